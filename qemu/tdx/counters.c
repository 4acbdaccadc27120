/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/report/report.h"
#include "qemu/tdx/tdx.h"

static const char *const leaves[] = { "vp_vmcall",	 "vp_info",   "mr_rtmr_extend",
				      "vp_veinfo_get",	 "mr_report", "vp_cpuidve_set",
				      "mem_page_accept", "vm_rd",     "vm_wr" };

void tdx_totals(struct platform_totals *out)
{
	struct emu_tdx_stats stats;

	emu_tdx_stats(tdx.emu, &stats);
	out->accepted_bytes = (stats.accepted[0] << 12) + (stats.accepted[1] << 21);
	out->fell_back = stats.size_mismatch;
	out->double_accepts = stats.already;
	out->unaccepted_bytes = emu_tdx_unaccepted(tdx.emu);
}

void tdx_report_machine(FILE *out)
{
	guest_put_number(out, ",\n  ", "gpa_width", tdx.gpa_width);
	fprintf(out, ",\n  \"ve\": %s", tdx.ve ? "true" : "false");
	fprintf(out, ",\n  \"mrtd\": \"");
	for (unsigned i = 0; i < sizeof(tdx.mrtd); i++)
		fprintf(out, "%02x", tdx.mrtd[i]);
	fprintf(out, "\"");
}

void tdx_report_run(FILE *out)
{
	struct emu_tdx_stats stats;
	const char *separator = "";

	emu_tdx_stats(tdx.emu, &stats);
	fprintf(out, ",\n      \"calls\": {");
	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		fputs(separator, out);
		guest_put_number(out, " ", leaves[i], stats.calls[i]);
		separator = ",";
	}
	fprintf(out, " },\n      \"vmcalls\": {");
	separator = "";
	for (unsigned i = 0; i < TDX_VMCALLS; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < guest.vcpus; j++)
			sum += tdx.vcpu[j].vmcalls[i];
		fputs(separator, out);
		guest_put_number(out, " ", tdx_vmcall_name((enum tdx_vmcall)i), sum);
		separator = ",";
	}
	fprintf(out, " },\n      \"ve\": {");
	for (unsigned i = 0; i < TDX_VES; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < guest.vcpus; j++)
			sum += tdx.vcpu[j].ves[i];
		guest_put_number(out, i ? ", " : " ", tdx_ve_name((enum tdx_ve)i), sum);
	}
	fprintf(out, " }");
	guest_put_number(out, ",\n      ", "map_gpa_retries", stats.retries);
}
