/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/report/report.h"
#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/snp.h"

static uint64_t sum(const uint64_t *first, size_t stride)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < guest.vcpus; i++)
		total += first[i * stride];
	return total;
}

#define STRIDE (sizeof(struct snp_vcpu) / sizeof(uint64_t))

void snp_totals(struct platform_totals *out)
{
	struct emu_snp_stats stats;

	emu_snp_stats(snp.emu, &stats);
	out->accepted_bytes = (stats.validated[0] << 12) + (stats.validated[1] << 21);
	out->fell_back = stats.size_mismatch;
	out->double_accepts = stats.revalidated;
	out->unaccepted_bytes = emu_snp_unvalidated(snp.emu);
}

void snp_report_machine(FILE *out)
{
	guest_put_number(out, ",\n  ", "c_bit", snp.c_bit);
	guest_put_number(out, ",\n  ", "vmpl", snp.vmpl);
	fprintf(out, ",\n  \"vc\": %s", snp.vc ? "true" : "false");
}

static void put_sizes(FILE *out, const char *name, const uint64_t pages[2])
{
	fprintf(out, ",\n      \"%s\": {", name);
	guest_put_number(out, " ", "4k", pages[0]);
	guest_put_number(out, ", ", "2m", pages[1]);
	fprintf(out, " }");
}

void snp_report_run(FILE *out)
{
	static const char indent[] = ",\n      ";
	struct emu_snp_stats stats;

	emu_snp_stats(snp.emu, &stats);
	put_sizes(out, "rescinded", stats.rescinded);
	guest_put_number(out, indent, "unchanged", stats.unchanged);
	guest_put_number(out, indent, "psc_requests", stats.psc_requests);
	guest_put_number(out, indent, "psc_entries", stats.psc_entries);
	guest_put_number(out, indent, "psc_msr", stats.psc_msr);
	guest_put_number(out, indent, "rmpadjusts", stats.rmpadjusts);
	guest_put_number(out, indent, "implicitly_shared", snp.implicit);
	guest_put_number(out, indent, "vmgexits", stats.vmgexits);
	guest_put_number(out, indent, "svsm_calls", sum(&snp.vcpu[0].svsm_calls, STRIDE));
	fprintf(out, "%s\"exits\": {", indent);
	for (unsigned i = 0; i < SNP_EXITS; i++)
		guest_put_number(out, i ? ", " : " ", snp_exit_name((enum snp_exit)i),
				 sum(&snp.vcpu[0].exits[i], STRIDE));
	fprintf(out, " }%s\"vc\": {", indent);
	for (unsigned i = 0; i < SNP_VCS; i++)
		guest_put_number(out, i ? ", " : " ", snp_vc_name((enum snp_vc)i),
				 sum(&snp.vcpu[0].vcs[i], STRIDE));
	fprintf(out, " }");
	snp_guest_request_report(out);
}
