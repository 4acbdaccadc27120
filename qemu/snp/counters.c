/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/snp.h"
#include "qemu/report/callers.h"
#include "qemu/report/json_writer.h"

static uint64_t sum(const uint64_t *first)
{
	return guest_sum(first, sizeof(struct snp_vcpu));
}

void snp_totals(struct platform_totals *out)
{
	struct emu_stats stats;

	emu_machine_stats(emu_snp_machine(snp.emu), &stats);
	out->accepted_bytes = stats.accepted_bytes;
	out->fell_back = stats.size_mismatch;
	out->double_accepts = stats.already_accepted;
	out->unaccepted_bytes = stats.unaccepted_bytes;
}

void snp_report_machine(struct json *json)
{
	json_number(json, "c_bit", snp.c_bit);
	json_number(json, "vmpl", snp.vmpl);
	json_bool(json, "vc", snp.vc);
}

static void put_sizes(struct json *json, const char *key, const uint64_t pages[2])
{
	json_object(json, key);
	json_number(json, "4k", pages[0]);
	json_number(json, "2m", pages[1]);
	json_end(json);
}

static void put_exits(struct json *json)
{
	json_object(json, "exits");
	for (unsigned i = 0; i < SNP_EXITS; i++)
		json_number(json, snp_exit_name((enum snp_exit)i), sum(&snp.vcpu[0].exits[i]));
	json_end(json);
}

static void put_vcs(struct json *json)
{
	json_object(json, "vc");
	for (unsigned i = 0; i < SNP_VCS; i++)
		json_number(json, snp_vc_name((enum snp_vc)i), sum(&snp.vcpu[0].vcs[i]));
	json_end(json);
}

void snp_report_run(struct json *json)
{
	struct emu_snp_stats stats;

	callers_report(json);
	emu_snp_stats(snp.emu, &stats);
	put_sizes(json, "rescinded", stats.rescinded);
	json_number(json, "unchanged", stats.unchanged);
	json_number(json, "psc_requests", stats.psc_requests);
	json_number(json, "psc_entries", stats.psc_entries);
	json_number(json, "psc_msr", stats.psc_msr);
	json_number(json, "rmpadjusts", stats.rmpadjusts);
	json_number(json, "implicitly_shared", snp.implicit);
	json_number(json, "vmgexits", stats.vmgexits);
	json_number(json, "svsm_calls", sum(&snp.vcpu[0].svsm_calls));
	put_exits(json);
	put_vcs(json);
	snp.attestation->report(json);
}
