/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/report/report.h"
#include "qemu/tdx/td.h"

static const char *const leaves[] = { "vp_vmcall",	 "vp_info",   "mr_rtmr_extend",
				      "vp_veinfo_get",	 "mr_report", "vp_cpuidve_set",
				      "mem_page_accept", "vm_rd",     "vm_wr" };

void td_totals(struct platform_totals *out)
{
	struct emu_tdx_stats stats;

	emu_tdx_stats(td.emu, &stats);
	out->accepted_bytes = (stats.accepted[0] << 12) + (stats.accepted[1] << 21);
	out->fell_back = stats.size_mismatch;
	out->double_accepts = stats.already;
	out->unaccepted_bytes = emu_tdx_unaccepted(td.emu);
}

void td_report_machine(FILE *out)
{
	guest_put_number(out, ",\n  ", "gpa_width", td.gpa_width);
	fprintf(out, ",\n  \"ve\": %s", td.ve ? "true" : "false");
	fprintf(out, ",\n  \"mrtd\": \"");
	for (unsigned i = 0; i < sizeof(td.mrtd); i++)
		fprintf(out, "%02x", td.mrtd[i]);
	fprintf(out, "\"");
}

void td_report_run(FILE *out)
{
	struct emu_tdx_stats stats;
	const char *separator = "";

	emu_tdx_stats(td.emu, &stats);
	fprintf(out, ",\n      \"calls\": {");
	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		fputs(separator, out);
		guest_put_number(out, " ", leaves[i], stats.calls[i]);
		separator = ",";
	}
	fprintf(out, " },\n      \"vmcalls\": {");
	separator = "";
	for (unsigned i = 0; i < TD_VMCALLS; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < guest.vcpus; j++)
			sum += td.vcpu[j].vmcalls[i];
		fputs(separator, out);
		guest_put_number(out, " ", td_vmcall_name((enum td_vmcall)i), sum);
		separator = ",";
	}
	fprintf(out, " },\n      \"ve\": {");
	for (unsigned i = 0; i < TD_VES; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < guest.vcpus; j++)
			sum += td.vcpu[j].ves[i];
		guest_put_number(out, i ? ", " : " ", td_ve_name((enum td_ve)i), sum);
	}
	fprintf(out, " }");
	guest_put_number(out, ",\n      ", "map_gpa_retries", stats.retries);
}
