/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/memory_trace.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "qemu/guest/call.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static FILE *file; /* open until the end; NULL: none */
static uint64_t began;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* NULL, or why the file cannot be written, until the next call. */
static const char *failure(bool failed)
{
	static char text[512];

	if (!failed)
		return NULL;
	snprintf(text, sizeof(text), "%s: %s", guest.options.trace, strerror(errno));
	return text;
}

const char *memory_trace_open(void)
{
	if (!guest.options.trace)
		return NULL;
	file = fopen(guest.options.trace, "w");
	if (!file)
		return failure(true);
	began = now();
	fprintf(file, "cvmem-trace 1 %s %u\n", platform->name, guest.vcpus);
	return NULL;
}

/* The phase of an access is not known. */
static const char *phase_name(unsigned vcpu, enum memory_event event)
{
	if (!__atomic_load_n(&guest.running, __ATOMIC_ACQUIRE))
		return "launch";
	if (event == MEMORY_EVENT_TOUCH)
		return "-";
	return guest_phase_name(guest_call_phase(&guest.vcpu[vcpu].call));
}

void memory_trace(enum memory_event event, uint64_t gpa, uint64_t size)
{
	static const char *const names[] = { "accept", "share", "unshare", "touch" };
	const char *phase;
	unsigned vcpu;

	/* QEMU's main thread takes away memory that is unplugged, with the pages that are shared:
	 * no event of the guest's. */
	if (!guest.options.trace || !qemu_is_vcpu())
		return;
	vcpu = qemu_this_vcpu();
	phase = phase_name(vcpu, event);
	pthread_mutex_lock(&mutex);
	if (file)
		fprintf(file, "%" PRIu64 " %u %s %s 0x%" PRIx64 " 0x%" PRIx64 "\n", now() - began,
			vcpu, phase, names[event], gpa, size);
	pthread_mutex_unlock(&mutex);
}

const char *memory_trace_close(void)
{
	const char *error;
	bool bad;

	if (!file)
		return NULL;
	pthread_mutex_lock(&mutex);
	fputs("end\n", file);
	bad = ferror(file);
	error = failure(fclose(file) || bad);
	file = NULL;
	pthread_mutex_unlock(&mutex);
	return error;
}
