/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/x86/call_path.h"

#include <pthread.h>

#include "emu/gpr.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/report/x86/backtrace.h"
#include "qemu/x86/walk.h"

#define MAX_ADDRESSES 256

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool slide_known;
static uint64_t slide;

/* Private memory, trapped or not: a word on the stack may be any address. */
static bool read_linear(void *ctx, uint64_t address, void *buffer, size_t size)
{
	const unsigned *vcpu = ctx;
	size_t first = 4096 - (address & 4095);
	struct x86_mapping mapping;

	if (size > first)
		return read_linear(ctx, address, buffer, first) &&
		       read_linear(ctx, address + first, (uint8_t *)buffer + first, size - first);
	return x86_walk(*vcpu, address, &mapping) && mapping.is_private &&
	       qemu_ram_read(mapping.gpa, buffer, size);
}

/* Waits for nothing while it holds the lock: violations are told of under QEMU's. */
static void find_slide(const struct symbols *symbols, const struct return_address *list,
		       size_t count, struct call_path *path)
{
	pthread_mutex_lock(&mutex);
	if (!slide_known)
		slide_known = backtrace_slide(symbols, list, count, &slide);
	path->slide_known = slide_known;
	path->slide = slide_known ? slide : 0;
	pthread_mutex_unlock(&mutex);
}

void x86_call_path(const struct symbols *symbols, unsigned vcpu, uint64_t rip,
		   struct call_path *path)
{
	const struct backtrace_memory memory = { .read = read_linear, .ctx = &vcpu };
	struct return_address list[MAX_ADDRESSES];
	size_t count = backtrace_scan(&memory, rip, qemu_gpr(vcpu)[EMU_RSP], list, MAX_ADDRESSES);

	*path = (struct call_path){ 0 };
	find_slide(symbols, list, count, path);
	if (path->slide_known)
		path->depth = backtrace_chain(symbols, path->slide, rip, list, count,
					      path->function, CALL_PATH_MAX);
}
