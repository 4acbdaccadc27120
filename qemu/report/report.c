/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/report.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qemu/guest/call.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/options.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/memory/view.h"
#include "qemu/memory/violation.h"
#include "qemu/report/callers.h"

/* The JSON report, with the keys of `cvmem boot --json` where they mean the same. */

void guest_put_text(FILE *out, const char *text)
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

void guest_put_number(FILE *out, const char *before, const char *name, uint64_t value)
{
	fprintf(out, "%s\"%s\": %llu", before, name, (unsigned long long)value);
}

static uint64_t accepts(unsigned vcpu, unsigned phase, unsigned level)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < guest.vcpus; i++)
		for (unsigned j = 0; j < GUEST_PHASES; j++)
			if ((vcpu == UINT32_MAX || vcpu == i) &&
			    (phase == UINT32_MAX || phase == j))
				sum += guest.vcpu[i].accepted[j][level];
	return sum;
}

static void put_accepts(FILE *out, unsigned vcpu, unsigned phase)
{
	fprintf(out, "{ \"4k\": %llu, \"2m\": %llu, \"1g\": 0 }",
		(unsigned long long)accepts(vcpu, phase, 0),
		(unsigned long long)accepts(vcpu, phase, 1));
}

static void put_violation(FILE *out)
{
	static const char *const views[] = { "private", "shared", "device" };
	struct memory_violations violations;

	memory_violations_get(&violations);
	if (!violations.count)
		return;
	fprintf(out, ",\n      \"violation\": {");
	guest_put_number(out, " ", "gpa", violations.gpa);
	guest_put_number(out, ", ", "rip", violations.rip);
	guest_put_number(out, ", ", "vcpu", violations.vcpu);
	fprintf(out, ", \"write\": %s, \"fetch\": %s, \"view\": \"%s\", \"state\": \"%s\" }",
		violations.write ? "true" : "false", violations.fetch ? "true" : "false",
		views[violations.initiator], violations.state);
}

static void put_attack(FILE *out)
{
	const struct emu_attack_info *info = emu_attack_info(guest.options.attack.kind);
	struct emu_attack_report attack;

	if (!info)
		return;
	platform->attack_report(&attack);
	fprintf(out, ",\n      \"attack\": { \"name\": \"%s\"", info->name);
	guest_put_number(out, ", ", "opportunities", attack.opportunities);
	guest_put_number(out, ", ", "strikes", attack.strikes);
	if (attack.strikes)
		guest_put_number(out, ", ", "gpa", attack.gpa);
	fprintf(out, " }");
}

static void put_run(FILE *out)
{
	static const char indent[] = ",\n      ";
	struct memory_violations violations;
	struct platform_totals totals;

	memory_violations_get(&violations);
	platform->totals(&totals);
	fprintf(out, "    {\n      \"ok\": %s",
		guest_stop_reason() || violations.count ? "false" : "true");
	guest_put_number(out, indent, "accepted_bytes", totals.accepted_bytes);
	fprintf(out, "%s\"accept_calls\": ", indent);
	put_accepts(out, UINT32_MAX, UINT32_MAX);
	guest_put_number(out, indent, "fell_back", totals.fell_back);
	guest_put_number(out, indent, "touch_before_accept", violations.count);
	guest_put_number(out, indent, "double_accepts", totals.double_accepts);
	guest_put_number(out, indent, "unaccepted_bytes", totals.unaccepted_bytes);
	guest_put_number(out, indent, "trap_rebuilds", memory_views_rebuilds());
	fprintf(out, "%s\"accept_calls_by_phase\": {", indent);
	for (unsigned i = 0; i < GUEST_PHASES; i++) {
		fprintf(out, "%s \"%s\": ", i ? "," : "", guest_phase_name((enum guest_phase)i));
		put_accepts(out, UINT32_MAX, i);
	}
	fprintf(out, " }%s\"accept_calls_by_vcpu\": [", indent);
	for (unsigned i = 0; i < guest.vcpus; i++) {
		fprintf(out, "%s ", i ? "," : "");
		put_accepts(out, i, UINT32_MAX);
	}
	fprintf(out, " ]");
	callers_report(out);
	platform->report_run(out);
	put_attack(out);
	put_violation(out);
	if (guest_stop_reason()) {
		fprintf(out, "%s\"stopped\": ", indent);
		guest_put_text(out, guest_stop_reason());
	}
	fprintf(out, "\n    }\n");
}

static void put_report(FILE *out)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < guest.ram_count; i++)
		bytes += guest.ram[i].end - guest.ram[i].start;
	fprintf(out, "{\n  \"platform\": \"%s\"", platform->name);
	guest_put_number(out, ",\n  ", "memory_bytes", bytes);
	guest_put_number(out, ",\n  ", "vcpus", guest.vcpus);
	platform->report_machine(out);
	guest_put_number(out, ",\n  ", "accept_ns_per_4k", guest.options.accept_ns_per_4k);
	fprintf(out, ",\n  \"violation_policy\": \"%s\"",
		guest_violation_policy_name(guest.options.violation));
	if (guest.options.firmware) {
		fprintf(out, ",\n  \"firmware\": ");
		guest_put_text(out, guest.options.firmware);
	}
	fprintf(out, ",\n  \"runs\": [\n");
	put_run(out);
	fprintf(out, "  ]\n}\n");
}

static bool write_report(const char *path)
{
	FILE *out = fopen(path, "w");
	bool ok;

	if (!out)
		return false;
	put_report(out);
	ok = !ferror(out);
	return !fclose(out) && ok;
}

void report_write(const char *path)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	char other[PATH_MAX];

	if (!platform->is_created())
		return;
	pthread_mutex_lock(&mutex);
	snprintf(other, sizeof(other), "%s.%ld", path, (long)getpid());
	if (!write_report(other) || rename(other, path)) {
		fprintf(stderr, "cvmem.so: %s: %s\n", path, strerror(errno));
		unlink(other);
	}
	pthread_mutex_unlock(&mutex);
}
