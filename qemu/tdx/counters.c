/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/tdx/tdx.h"
#include "qemu/report/callers.h"
#include "qemu/report/json_writer.h"

static const char *const leaves[] = { "vp_vmcall",	 "vp_info",   "mr_rtmr_extend",
				      "vp_veinfo_get",	 "mr_report", "vp_cpuidve_set",
				      "mem_page_accept", "vm_rd",     "vm_wr" };

static uint64_t sum(const uint64_t *first)
{
	return guest_sum(first, sizeof(struct tdx_vcpu));
}

void tdx_totals(struct platform_totals *out)
{
	struct emu_stats stats;

	emu_machine_stats(emu_tdx_machine(tdx.emu), &stats);
	out->accepted_bytes = stats.accepted_bytes;
	out->fell_back = stats.size_mismatch;
	out->double_accepts = stats.already_accepted;
	out->unaccepted_bytes = stats.unaccepted_bytes;
}

void tdx_report_machine(struct json *json)
{
	json_number(json, "gpa_width", tdx.gpa_width);
	json_bool(json, "ve", tdx.ve);
	json_hex(json, "mrtd", tdx.mrtd, sizeof(tdx.mrtd));
}

static void put_vmcalls(struct json *json)
{
	json_object(json, "vmcalls");
	for (unsigned i = 0; i < TDX_VMCALLS; i++)
		json_number(json, tdx_vmcall_name((enum tdx_vmcall)i),
			    sum(&tdx.vcpu[0].vmcalls[i]));
	json_end(json);
}

static void put_ves(struct json *json)
{
	json_object(json, "ve");
	for (unsigned i = 0; i < TDX_VES; i++)
		json_number(json, tdx_ve_name((enum tdx_ve)i), sum(&tdx.vcpu[0].ves[i]));
	json_end(json);
}

void tdx_report_run(struct json *json)
{
	struct emu_tdx_stats stats;

	callers_report(json);
	emu_tdx_stats(tdx.emu, &stats);
	json_object(json, "calls");
	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
		json_number(json, leaves[i], stats.calls[i]);
	json_end(json);
	put_vmcalls(json);
	put_ves(json);
	json_number(json, "map_gpa_retries", stats.retries);
}
