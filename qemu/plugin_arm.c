/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/platform.h"
#include "qemu/host/arm/resolve.h"
#include "qemu/host/plugin_api.h"
#include "qemu/host/vcpu.h"
#include "qemu/install.h"
#include "qemu/platform_table.h"
#include "qemu/report/arm/call_path.h"
#include "qemu/report/functions.h"

/* cvmem-aarch64.so, the same for qemu-system-aarch64: a Realm. */
QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
					   char **argv);

static void translate(struct qemu_plugin_tb *tb, void *userdata)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	uint8_t bytes[4];

	if (!platform->is_launched(qemu_this_vcpu()))
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, 0),
						       platform->first_instruction,
						       QEMU_PLUGIN_CB_RW_REGS_PC, NULL);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		size_t size = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));
		struct platform_call call = platform->instruction(bytes, size);

		if (call.call)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, call.call, QEMU_PLUGIN_CB_RW_REGS_PC, call.data);
	}
}

static const char *read_functions(void)
{
	return functions_read(arm_call_path);
}

static const struct platform *const platforms[] = { &platform_cca, NULL };

static const struct plugin_target target = {
	.processor = "aarch64",
	.package = "qemu-system-arm",
	.setup = "cvmem vm --setup --platform cca",
	.platforms = platforms,
	.resolve = qemu_arm_resolve,
	.begin = read_functions,
	.translate = translate,
};

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	return plugin_install(id, info, argc, argv, &target);
}
