/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/origin.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unwind.h>

/*
 * The innermost of these functions that is active tells. aio_poll() completes the I/O of devices,
 * also while a monitor's command waits for it. The commands that read memory do so in functions
 * that are not exported, and are called as the last step of exported ones, which are then no longer
 * active; so the function that runs any command stands for them.
 */
static struct {
	const char *name;
	enum qemu_origin origin;
	bool optional; /* only x86 has memory accesses in the delivery of an exception */
	uintptr_t start, end;
} functions[] = {
	{ .name = "tb_gen_code", .origin = QEMU_BY_FETCH },
	{ .name = "get_page_addr_code_hostp", .origin = QEMU_BY_FETCH },
	{ .name = "do_interrupt_all", .origin = QEMU_BY_DELIVERY, .optional = true },
	{ .name = "cpu_memory_rw_debug", .origin = QEMU_BY_DEBUGGER },
	{ .name = "gdb_target_memory_rw_debug", .origin = QEMU_BY_DEBUGGER },
	{ .name = "handle_hmp_command", .origin = QEMU_BY_DEBUGGER },
	{ .name = "qmp_pmemsave", .origin = QEMU_BY_DEBUGGER },
	{ .name = "aio_poll", .origin = QEMU_BY_INSTRUCTION },
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

const char *qemu_origin_resolve(void)
{
	for (size_t i = 0; i < FUNCTIONS; i++) {
		void *address = dlsym(RTLD_DEFAULT, functions[i].name), *symbol = NULL;
		Dl_info info;

		if (!address && functions[i].optional)
			continue;
		if (!address || !dladdr1(address, &info, &symbol, RTLD_DL_SYMENT) || !symbol)
			return functions[i].name;
		functions[i].start = (uintptr_t)address;
		functions[i].end = (uintptr_t)address + ((const ElfW(Sym) *)symbol)->st_size;
	}
	return NULL;
}

/* A return address may be the first byte behind a function that ends with a call. */
static _Unwind_Reason_Code visit(struct _Unwind_Context *frame, void *ctx)
{
	uintptr_t caller = _Unwind_GetIP(frame) - 1;
	enum qemu_origin *origin = ctx;

	for (size_t i = 0; i < FUNCTIONS; i++) {
		if (caller < functions[i].start || caller >= functions[i].end)
			continue;
		*origin = functions[i].origin;
		return _URC_NORMAL_STOP;
	}
	return _URC_NO_REASON;
}

/* It ends at translated code, which has no unwind information. */
enum qemu_origin qemu_origin(void)
{
	enum qemu_origin origin = QEMU_BY_INSTRUCTION;

	_Unwind_Backtrace(visit, &origin);
	return origin;
}
