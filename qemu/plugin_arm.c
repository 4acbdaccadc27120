/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/hook.h"
#include "qemu/host/arm/resolve.h"
#include "qemu/host/plugin_api.h"
#include "qemu/install.h"
#include "qemu/platform_table.h"
#include "qemu/report/arm/call_path.h"

/* cvmem-aarch64.so, the same for qemu-system-aarch64: a Realm. */
QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
					   char **argv);

static void translate(struct qemu_plugin_tb *tb, void *userdata)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	uint8_t bytes[HOOK_INSTRUCTION_MAX];

	for (size_t i = 0; i < count; i++)
		hook_instruction(tb, i, bytes);
}

static const struct platform *const platforms[] = { &platform_cca, NULL };

static const struct plugin_target target = {
	.processor = "aarch64",
	.package = "qemu-system-arm",
	.setup = "cvmem vm --setup --platform cca",
	.platforms = platforms,
	.resolve = qemu_arm_resolve,
	.call_path = arm_call_path,
	.translate = translate,
};

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	return plugin_install(id, info, argc, argv, &target);
}
