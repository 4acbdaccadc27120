/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "qemu/td.h"
#include "qemu/view.h"
#include "qemu/violation.h"

/* The JSON report, with the keys of `cvmem boot --json` where they mean the same. */

static const char *const phases[TD_PHASES] = { "firmware_and_stub", "kernel" };
static const char *const policies[] = {
	[TD_VIOLATION_STOP] = "stop",
	[TD_VIOLATION_VE] = "ve",
	[TD_VIOLATION_LOG] = "log",
};
static const char *const leaves[] = { "vp_vmcall",	 "vp_info",   "mr_rtmr_extend",
				      "vp_veinfo_get",	 "mr_report", "vp_cpuidve_set",
				      "mem_page_accept", "vm_rd",     "vm_wr" };

static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void put_number(FILE *out, const char *indent, const char *name, uint64_t value)
{
	fprintf(out, "%s\"%s\": %llu", indent, name, (unsigned long long)value);
}

static uint64_t accepts(unsigned vcpu, unsigned phase, unsigned level)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < td.vcpus; i++)
		for (unsigned j = 0; j < TD_PHASES; j++)
			if ((vcpu == UINT32_MAX || vcpu == i) &&
			    (phase == UINT32_MAX || phase == j))
				sum += td.vcpu[i].accepted[j][level];
	return sum;
}

static void put_accepts(FILE *out, unsigned vcpu, unsigned phase)
{
	fprintf(out, "{ \"4k\": %llu, \"2m\": %llu, \"1g\": 0 }",
		(unsigned long long)accepts(vcpu, phase, 0),
		(unsigned long long)accepts(vcpu, phase, 1));
}

static void put_calls(FILE *out, const struct emu_tdx_stats *stats)
{
	const char *separator = "";

	fprintf(out, ",\n      \"calls\": {");
	for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		fputs(separator, out);
		put_number(out, " ", leaves[i], stats->calls[i]);
		separator = ",";
	}
	fprintf(out, " },\n      \"vmcalls\": {");
	separator = "";
	for (unsigned i = 0; i < TD_VMCALLS; i++) {
		uint64_t sum = 0;

		for (unsigned j = 0; j < td.vcpus; j++)
			sum += td.vcpu[j].vmcalls[i];
		fputs(separator, out);
		put_number(out, " ", td_vmcall_name((enum td_vmcall)i), sum);
		separator = ",";
	}
	fprintf(out, " }");
}

static void put_violation(FILE *out)
{
	static const char *const views[] = { "private", "shared", "device" };
	struct td_violations violations;

	td_violations_get(&violations);
	if (!violations.count)
		return;
	fprintf(out, ",\n      \"violation\": {");
	put_number(out, " ", "gpa", violations.gpa);
	put_number(out, ", ", "rip", violations.rip);
	put_number(out, ", ", "vcpu", violations.vcpu);
	fprintf(out, ", \"write\": %s, \"fetch\": %s, \"view\": \"%s\", \"state\": \"%s\" }",
		violations.write ? "true" : "false", violations.fetch ? "true" : "false",
		views[violations.accessor], violations.state);
}

static void put_attack(FILE *out)
{
	const struct emu_attack_info *info = emu_attack_info(td.options.attack.kind);
	struct emu_attack_report attack;

	if (!info)
		return;
	emu_tdx_attack_report(td.emu, &attack);
	fprintf(out, ",\n      \"attack\": { \"name\": \"%s\"", info->name);
	put_number(out, ", ", "opportunities", attack.opportunities);
	put_number(out, ", ", "strikes", attack.strikes);
	if (attack.strikes)
		put_number(out, ", ", "gpa", attack.gpa);
	fprintf(out, " }");
}

static void put_run(FILE *out)
{
	static const char indent[] = ",\n      ";
	struct td_violations violations;
	struct emu_tdx_stats stats;

	td_violations_get(&violations);
	emu_tdx_stats(td.emu, &stats);
	fprintf(out, "    {\n      \"ok\": %s",
		td_stop_reason() || violations.count ? "false" : "true");
	put_number(out, indent, "accepted_bytes",
		   (stats.accepted[0] << 12) + (stats.accepted[1] << 21));
	fprintf(out, "%s\"accept_calls\": ", indent);
	put_accepts(out, UINT32_MAX, UINT32_MAX);
	put_number(out, indent, "fell_back", stats.size_mismatch);
	put_number(out, indent, "touch_before_accept", violations.count);
	put_number(out, indent, "double_accepts", stats.already);
	put_number(out, indent, "unaccepted_bytes", emu_tdx_unaccepted(td.emu));
	put_number(out, indent, "trap_rebuilds", td_views_rebuilds());
	fprintf(out, "%s\"accept_calls_by_phase\": {", indent);
	for (unsigned i = 0; i < TD_PHASES; i++) {
		fprintf(out, "%s \"%s\": ", i ? "," : "", phases[i]);
		put_accepts(out, UINT32_MAX, i);
	}
	fprintf(out, " }%s\"accept_calls_by_vcpu\": [", indent);
	for (unsigned i = 0; i < td.vcpus; i++) {
		fprintf(out, "%s ", i ? "," : "");
		put_accepts(out, i, UINT32_MAX);
	}
	fprintf(out, " ]");
	put_calls(out, &stats);
	put_number(out, indent, "map_gpa_retries", stats.retries);
	put_attack(out);
	put_violation(out);
	if (td_stop_reason()) {
		fprintf(out, "%s\"stopped\": ", indent);
		put_text(out, td_stop_reason());
	}
	fprintf(out, "\n    }\n");
}

static void put_report(FILE *out)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < td.ram_count; i++)
		bytes += td.ram[i].end - td.ram[i].start;
	fprintf(out, "{\n  \"platform\": \"tdx\"");
	put_number(out, ",\n  ", "memory_bytes", bytes);
	put_number(out, ",\n  ", "vcpus", td.vcpus);
	put_number(out, ",\n  ", "gpa_width", td.options.gpa_width);
	put_number(out, ",\n  ", "accept_ns_per_4k", td.options.accept_ns_per_4k);
	fprintf(out, ",\n  \"violation_policy\": \"%s\"", policies[td.options.violation]);
	if (td.options.firmware) {
		fprintf(out, ",\n  \"firmware\": ");
		put_text(out, td.options.firmware);
	}
	fprintf(out, ",\n  \"runs\": [\n");
	put_run(out);
	fprintf(out, "  ]\n}\n");
}

void td_report(void *userdata)
{
	FILE *out;
	bool ok;

	if (!td.options.report || !td.emu)
		return;
	out = fopen(td.options.report, "w");
	ok = out != NULL;
	if (ok) {
		put_report(out);
		ok = !ferror(out);
		ok = !fclose(out) && ok;
	}
	if (!ok)
		fprintf(stderr, "cvmem-tdx: %s: %s\n", td.options.report, strerror(errno));
}
