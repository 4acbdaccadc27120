/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"
#include "qemu/guest/polling.h"
#include "qemu/hook.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/x86/halt.h"
#include "qemu/host/plugin_api.h"
#include "qemu/host/x86/registers.h"
#include "qemu/host/x86/resolve.h"
#include "qemu/host/x86/translation.h"
#include "qemu/host/vcpu.h"
#include "qemu/install.h"
#include "qemu/platform_table.h"
#include "qemu/report/x86/call_path.h"
#include "qemu/x86/length.h"
#include "qemu/x86/polling_loop.h"

/* cvmem.so, a plugin for the TCG of qemu-system-x86_64 that makes a confidential virtual machine.
 * QEMU provides the machine, its devices and all ordinary instructions, emu/ provides what the
 * processor adds, and qemu/ connects the two. */
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
	uint8_t bytes[HOOK_INSTRUCTION_MAX];

	block.start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	for (size_t i = 0; i < count; i++) {
		size_t size = hook_instruction(tb, i, bytes);

		bytes_count += size;
		x86_polling_add(&block, bytes, size);
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

static const struct platform *const platforms[] = { &platform_tdx, &platform_snp, NULL };

static const struct plugin_target target = {
	.processor = "x86_64",
	.package = "qemu-system-x86",
	.setup = "cvmem vm --setup",
	.platforms = platforms,
	.resolve = qemu_x86_resolve,
	.call_path = x86_call_path,
	.find_registers = qemu_registers_find,
	.translate = translate,
};

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	int status = plugin_install(id, info, argc, argv, &target);

	if (status)
		return status;
	qemu_plugin_register_vcpu_idle_cb(id, qemu_halt_idle, NULL);
	qemu_plugin_register_vcpu_resume_cb(id, qemu_halt_resume, NULL);
	qemu_translation_hook(&block_ops);
	return 0;
}
