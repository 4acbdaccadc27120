/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/cca.h"
#include "qemu/report/json_writer.h"
#include "qemu/report/report.h"

static const char *const calls[] = { "version",		  "features",
				     "measurement_read",  "measurement_extend",
				     "attest_token_init", "attest_token_continue",
				     "realm_config",	  "ipa_state_set",
				     "ipa_state_get",	  "host_call" };

static uint64_t sum(const uint64_t *first)
{
	return guest_sum(first, sizeof(struct cca_vcpu));
}

void cca_totals(struct platform_totals *out)
{
	struct emu_stats stats;

	emu_machine_stats(emu_cca_machine(cca.emu), &stats);
	*out = (struct platform_totals){ .accepted_bytes = stats.accepted_bytes,
					 .unaccepted_bytes = stats.unaccepted_bytes };
}

const char *cca_ripas_name(enum cca_ripas ripas)
{
	return ripas == CCA_RIPAS_IMAGE ? "image" : "all";
}

void cca_report_machine(struct json *json)
{
	json_number(json, "ipa_bits", cca.ipa_bits);
	json_text(json, "ripas", cca_ripas_name(cca.ripas));
}

static void put_calls(struct json *json, const struct emu_cca_stats *stats)
{
	json_object(json, "calls");
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		json_number(json, calls[i], stats->calls[i]);
	json_end(json);
}

static void put_smcs(struct json *json)
{
	static const char *const names[CCA_SMCS] = { "psci", "smccc", "unknown" };

	json_object(json, "smcs");
	for (unsigned i = 0; i < CCA_SMCS; i++)
		json_number(json, names[i], sum(&cca.vcpu[0].smcs[i]));
	json_end(json);
	json_number(json, "hvcs", sum(&cca.vcpu[0].hvcs));
}

static void put_attack(struct json *json)
{
	const struct emu_cca_attack_info *info = emu_cca_attack_info(cca.attack.kind);
	struct emu_cca_attack_report attack;

	if (!info)
		return;
	emu_cca_attack_progress(cca.emu, &attack);
	report_attack(json, info->name,
		      &(struct emu_attack_report){ .triggers = attack.triggers,
						   .injections = attack.injections,
						   .gpa = attack.ipa });
}

void cca_report_run(struct json *json)
{
	struct emu_cca_stats stats;

	emu_cca_stats(cca.emu, &stats);
	put_calls(json, &stats);
	put_smcs(json);
	json_number(json, "partial_changes", stats.partial);
	json_number(json, "rejected_changes", stats.rejected);
	json_number(json, "destroyed_pages", stats.destroyed);
	json_number(json, "populated_pages", stats.populated);
	put_attack(json);
}
