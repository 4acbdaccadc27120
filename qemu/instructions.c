/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "qemu/host/plugin_api.h"
#include "qemu/host/x86/registers.h"

/*
 * A plugin of its own: a guest asks how many instructions its vCPU has executed. A program in the
 * guest puts 0 into RAX and executes the instruction below, a NOP of eight bytes with "insn" as its
 * displacement, which does nothing where this plugin is not loaded. Afterwards RAX has the count.
 * Other load on the host changes it no more than by the guest's interrupts and waits.
 */

static const uint8_t question[] = { 0x0f, 0x1f, 0x84, 0x00, 'i', 'n', 's', 'n' };

static struct qemu_plugin_u64 executed;
static bool can_answer;

static void answer(unsigned int vcpu, void *userdata)
{
	qemu_register_write(EMU_RAX, qemu_plugin_u64_get(executed, vcpu));
}

static void translate(struct qemu_plugin_tb *tb, void *userdata)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	uint8_t bytes[sizeof(question)];

	if (!can_answer)
		return;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QEMU_PLUGIN_INLINE_ADD_U64, executed,
							  count);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_size(insn) != sizeof(bytes) ||
		    qemu_plugin_insn_data(insn, bytes, sizeof(bytes)) != sizeof(bytes) ||
		    memcmp(bytes, question, sizeof(question)))
			continue;
		qemu_plugin_register_vcpu_insn_exec_cb(insn, answer, QEMU_PLUGIN_CB_RW_REGS, NULL);
	}
}

static void init_vcpu(unsigned int vcpu, void *userdata)
{
	const char *missing;

	if (vcpu)
		return;
	missing = qemu_registers_find();
	can_answer = !missing;
	if (missing)
		fprintf(stderr,
			"cvmem-instructions.so: this QEMU has no register %s: no program is told "
			"how many instructions were executed\n",
			missing);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
					   char **argv)
{
	if (!info->system_emulation || strcmp(info->target_name, "x86_64"))
		return -1;
	executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	qemu_plugin_register_vcpu_init_cb(id, init_vcpu, NULL);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	return 0;
}
