/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cvmem-version.h"
#include "emu/cost.h"
#include "qemu/guest/call.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/options.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/memory/view.h"
#include "qemu/memory/violation.h"
#include "qemu/report/functions.h"
#include "qemu/report/json_writer.h"
#include "qemu/report/triple_fault.h"

/* The keys are those of `cvmem boot --json` where they mean the same. */

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

static void put_accepts(struct json *json, const char *key, unsigned vcpu, unsigned phase)
{
	json_object(json, key);
	json_number(json, "4k", accepts(vcpu, phase, 0));
	json_number(json, "2m", accepts(vcpu, phase, 1));
	json_number(json, "1g", 0);
	json_end(json);
}

static void put_violation(struct json *json, const struct memory_violations *violations)
{
	static const char *const views[] = { "private", "shared", "device" };

	if (!violations->count)
		return;
	json_object(json, "violation");
	json_number(json, "gpa", violations->gpa);
	json_number(json, "rip", violations->rip);
	json_number(json, "vcpu", violations->vcpu);
	json_bool(json, "write", violations->write);
	json_bool(json, "fetch", violations->fetch);
	json_bool(json, "delivery", violations->delivery);
	json_text(json, "view", views[violations->initiator]);
	json_text(json, "state", violations->state);
	if (*violations->function)
		functions_report_violation(json);
	json_end(json);
}

void report_attack(struct json *json, const char *name, const struct emu_attack_report *attack)
{
	json_object(json, "attack");
	json_text(json, "name", name);
	json_number(json, "opportunities", attack->triggers);
	json_number(json, "strikes", attack->injections);
	if (attack->injections)
		json_number(json, "gpa", attack->gpa);
	json_end(json);
}

static void put_attack(struct json *json)
{
	const struct emu_attack_info *info = emu_attack_info(guest.options.attack.kind);
	struct emu_attack_report attack;

	if (!info)
		return;
	platform->attack_report(&attack);
	report_attack(json, info->name, &attack);
}

static void put_accept_calls(struct json *json)
{
	json_object(json, "accept_calls_by_phase");
	for (unsigned i = 0; i < GUEST_PHASES; i++)
		put_accepts(json, guest_phase_name((enum guest_phase)i), UINT32_MAX, i);
	json_end(json);
	json_array(json, "accept_calls_by_vcpu");
	for (unsigned i = 0; i < guest.vcpus; i++)
		put_accepts(json, NULL, i, UINT32_MAX);
	json_end(json);
}

/* Of a guest that is silent, the place that it has come to. */
static void put_last_accept(struct json *json)
{
	const struct guest_accept *last = &guest.vcpu[0].last_accept;

	for (unsigned i = 1; i < guest.vcpus; i++)
		if (guest.vcpu[i].last_accept.ns > last->ns)
			last = &guest.vcpu[i].last_accept;
	if (!last->ns)
		return;
	json_object(json, "last_accept");
	json_text(json, "phase", guest_phase_name(last->phase));
	json_number(json, "rip", last->rip);
	json_number(json, "ms_ago", (emu_now_ns() - last->ns) / 1000000);
	json_end(json);
}

static void put_run(struct json *json)
{
	struct memory_violations violations;
	struct platform_totals totals;

	memory_violations_get(&violations);
	platform->totals(&totals);
	json_object(json, NULL);
	json_bool(json, "ok", !guest_stop_reason() && !violations.count);
	json_number(json, "accepted_bytes", totals.accepted_bytes);
	put_accepts(json, "accept_calls", UINT32_MAX, UINT32_MAX);
	json_number(json, "fell_back", totals.fell_back);
	json_number(json, "touch_before_accept", violations.count);
	json_number(json, "double_accepts", totals.double_accepts);
	json_number(json, "unaccepted_bytes", totals.unaccepted_bytes);
	json_number(json, "trap_rebuilds", memory_views_rebuilds());
	put_accept_calls(json);
	platform->report_run(json);
	put_attack(json);
	put_violation(json, &violations);
	triple_fault_report(json);
	put_last_accept(json);
	if (guest_stop_reason())
		json_text(json, "stopped", guest_stop_reason());
	json_end(json);
}

static void put_report(struct json *json)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < guest.ram_count; i++)
		bytes += guest.ram[i].end - guest.ram[i].start;
	json_object(json, NULL);
	json_text(json, "version", CVMEM_VERSION);
	json_text(json, "platform", platform->name);
	json_number(json, "memory_bytes", bytes);
	json_number(json, "plugged_bytes", __atomic_load_n(&guest.plugged, __ATOMIC_RELAXED));
	json_number(json, "vcpus", guest.vcpus);
	platform->report_machine(json);
	json_number(json, "accept_ns_per_4k", guest.options.accept_ns_per_4k);
	json_text(json, "violation_policy", guest_violation_policy_name(guest.options.violation));
	if (guest.options.firmware)
		json_text(json, "firmware", guest.options.firmware);
	json_array(json, "runs");
	put_run(json);
	json_end(json);
	json_end(json);
}

/* What is no regular file keeps its place: a device, a pipe, a symbolic link. */
static bool is_replaceable(const char *path)
{
	struct stat found;

	return lstat(path, &found) || S_ISREG(found.st_mode);
}

/* A pipe without a reader is an error: to wait would hold the machine. */
static FILE *open_report(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);

	if (fd < 0)
		return NULL;
	fcntl(fd, F_SETFL, O_WRONLY);
	return fdopen(fd, "w");
}

static bool write_report(const char *path)
{
	FILE *out = open_report(path);
	bool ok;

	if (!out)
		return false;
	put_report(&(struct json){ .out = out });
	ok = !ferror(out);
	return !fclose(out) && ok;
}

static bool replace_report(const char *path)
{
	char other[PATH_MAX];
	int error;

	snprintf(other, sizeof(other), "%s.%ld", path, (long)getpid());
	if (write_report(other) && !rename(other, path))
		return true;
	error = errno;
	unlink(other);
	errno = error;
	return false;
}

void report_write(const char *path)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	if (!platform->is_created())
		return;
	pthread_mutex_lock(&mutex);
	if (is_replaceable(path) ? !replace_report(path) : !write_report(path))
		fprintf(stderr, "cvmem.so: %s: %s\n", path, strerror(errno));
	pthread_mutex_unlock(&mutex);
}
