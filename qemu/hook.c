/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/hook.h"

#include "qemu/guest/platform.h"
#include "qemu/host/vcpu.h"

size_t hook_instruction(struct qemu_plugin_tb *tb, size_t index,
			uint8_t bytes[HOOK_INSTRUCTION_MAX])
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, index);
	size_t size = qemu_plugin_insn_data(insn, bytes, HOOK_INSTRUCTION_MAX);
	struct platform_call call = platform->instruction(bytes, size);

	if (!index && !platform->is_launched(qemu_this_vcpu()))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, platform->first_instruction,
						       QEMU_PLUGIN_CB_RW_REGS_PC, NULL);
	if (call.call)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, call.call, QEMU_PLUGIN_CB_RW_REGS_PC,
						       call.data);
	return size;
}
