/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/polling.h"
#include "qemu/guest/stop.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/x86/halt.h"
#include "qemu/host/plugin_api.h"
#include "qemu/host/x86/registers.h"
#include "qemu/host/x86/resolve.h"
#include "qemu/host/resolve.h"
#include "qemu/host/x86/translation.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/options.h"
#include "qemu/report/callers.h"
#include "qemu/report/on_signal.h"
#include "qemu/report/report.h"
#include "qemu/report/triple_fault.h"
#include "qemu/x86/length.h"
#include "qemu/x86/polling_loop.h"

/* cvmem.so, a plugin for QEMU's TCG that makes a confidential virtual machine. QEMU provides the
 * machine, its devices and all ordinary instructions, emu/ provides what the processor adds, and
 * qemu/ connects the two. */
QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
					   char **argv);

/* Blocks are translated on several threads at once. The address tells a loop from others; that it
 * may be executed at another one does not matter. */
static bool is_loop(const struct x86_polling_block *block)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static struct x86_polling_blocks seen;
	bool waits;

	if (block->other)
		return false;
	pthread_mutex_lock(&mutex);
	waits = x86_polling_completes(block, &seen);
	pthread_mutex_unlock(&mutex);
	return waits;
}

static void wait_in_loop(struct qemu_plugin_tb *tb, const struct x86_polling_block *block)
{
	if (is_loop(block))
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, 0), guest_poll,
						       QEMU_PLUGIN_CB_R_REGS,
						       (void *)(uintptr_t)block->start);
}

static void translate(struct qemu_plugin_tb *tb, void *userdata)
{
	size_t count = qemu_plugin_tb_n_insns(tb), bytes_count = 0;
	struct x86_polling_block block = { 0 };
	uint8_t bytes[16];

	if (!platform->is_launched(qemu_this_vcpu()))
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, 0),
						       platform->first_instruction,
						       QEMU_PLUGIN_CB_RW_REGS_PC, NULL);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		size_t size = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));
		struct platform_call call = platform->instruction(bytes, size);

		bytes_count += size;
		if (!i)
			block.start = qemu_plugin_insn_vaddr(insn);
		x86_polling_add(&block, bytes, size);
		if (call.call)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, call.call, QEMU_PLUGIN_CB_RW_REGS_PC, call.data);
	}
	wait_in_loop(tb, &block);
	qemu_translation_seen(count, bytes_count);
}

/* x86_length() knows 64-bit mode. */
static bool may_skip(unsigned vcpu)
{
	return platform->is_launched(vcpu) && qemu_code_bits(vcpu) == 64;
}

/* Nothing here is hooked. That the instructions add up to the block which QEMU has translated shows
 * that they are decoded as QEMU does. */
static bool is_ordinary(uint64_t address, const uint8_t *code, size_t size, unsigned count)
{
	struct x86_polling_block block = { .start = address };

	for (; count && size; count--) {
		size_t length = x86_length(code, size);

		if (!length || platform->instruction(code, length).call)
			return false;
		x86_polling_add(&block, code, length);
		code += length;
		size -= length;
	}
	return !count && !size && !is_loop(&block);
}

static const struct qemu_block_ops block_ops = { .may_skip = may_skip, .is_ordinary = is_ordinary };

static void init_vcpu(unsigned int vcpu, void *userdata)
{
	const char *missing;

	if (vcpu)
		return;
	missing = qemu_registers_find();
	if (missing)
		guest_stop(GUEST_EXIT_SETUP, "this QEMU has no register %s", missing);
	/* As QEMU does for the real ones. */
	if (!qemu_block_migration("the states of a confidential guest's pages, which cvmem.so "
				  "has, are in no migration stream and no snapshot"))
		guest_stop(GUEST_EXIT_SETUP, "the guest cannot be migrated: start QEMU without "
					     "-only-migratable");
}

static void leave(void *userdata)
{
	const char *error = memory_trace_close();

	if (error)
		fprintf(stderr, "cvmem.so: %s\n", error);
	triple_fault_print();
	if (guest.options.report)
		report_write(guest.options.report);
}

/* NULL, or what is wrong. */
static const char *check(const struct qemu_info *info)
{
	static char text[160];
	const char *missing;

	if (!info->system_emulation || strcmp(info->target_name, "x86_64"))
		return "only for qemu-system-x86_64";
	if (info->system.max_vcpus > GUEST_MAX_VCPUS ||
	    info->system.smp_vcpus != info->system.max_vcpus) {
		snprintf(text, sizeof(text), "at most %d vCPUs, all there from the start",
			 GUEST_MAX_VCPUS);
		return text;
	}
	missing = qemu_resolve();
	if (!missing)
		missing = qemu_x86_resolve();
	if (!missing)
		return NULL;
	snprintf(text, sizeof(text),
		 "this QEMU does not export %s: install Debian's qemu-system-x86 11.1 "
		 "(cvmem vm --setup)",
		 missing);
	return text;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	const char *error = plugin_options_parse(&guest.options, argc, argv);

	if (!error)
		error = check(info);
	if (!error)
		error = callers_read();
	guest.vcpus = (unsigned)info->system.smp_vcpus;
	if (!error)
		error = memory_trace_open();
	if (error) {
		fprintf(stderr, "cvmem.so: %s\n", error);
		return 1;
	}
	qemu_plugin_register_vcpu_init_cb(id, init_vcpu, NULL);
	qemu_plugin_register_vcpu_idle_cb(id, qemu_halt_idle, NULL);
	qemu_plugin_register_vcpu_resume_cb(id, qemu_halt_resume, NULL);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	qemu_plugin_register_atexit_cb(id, leave, NULL);
	qemu_translation_hook(&block_ops);
	report_on_signal();
	return 0;
}
