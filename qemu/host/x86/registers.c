/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/registers.h"

#include <string.h>

#include "qemu/host/plugin_api.h"

static const char *const names[QEMU_REGS] = {
	[EMU_RAX] = "rax",
	[EMU_RCX] = "rcx",
	[EMU_RDX] = "rdx",
	[EMU_RBX] = "rbx",
	[EMU_RSP] = "rsp",
	[EMU_RBP] = "rbp",
	[EMU_RSI] = "rsi",
	[EMU_RDI] = "rdi",
	[EMU_R8] = "r8",
	[EMU_R9] = "r9",
	[EMU_R10] = "r10",
	[EMU_R11] = "r11",
	[EMU_R12] = "r12",
	[EMU_R13] = "r13",
	[EMU_R14] = "r14",
	[EMU_R15] = "r15",
	[QEMU_REG_CS] = "cs",
	[QEMU_REG_SS] = "ss",
	[QEMU_REG_DS] = "ds",
	[QEMU_REG_ES] = "es",
	[QEMU_REG_FS] = "fs",
	[QEMU_REG_GS] = "gs",
	[QEMU_REG_EFLAGS] = "eflags",
	[QEMU_REG_CR0] = "cr0",
	[QEMU_REG_CR4] = "cr4",
	[QEMU_REG_EFER] = "efer",
};

/* The same for all vCPUs. A handle may be NULL: that of rax is. */
static struct qemu_plugin_register *handles[QEMU_REGS];

const char *qemu_registers_find(void)
{
	struct g_array *array = qemu_plugin_get_registers();
	const struct qemu_plugin_reg_descriptor *known = (const void *)array->data;
	const char *missing = NULL;

	for (unsigned i = 0; i < QEMU_REGS && !missing; i++) {
		missing = names[i];
		for (unsigned j = 0; j < array->len && missing; j++) {
			if (strcmp(known[j].name, names[i]))
				continue;
			handles[i] = known[j].handle;
			missing = NULL;
		}
	}
	g_array_free(array, 1);
	return missing;
}

/* QEMU's functions take a GLib array. Each thread keeps one. */
static struct g_array *scratch(void)
{
	static _Thread_local struct g_array *array;

	if (!array)
		array = g_byte_array_new();
	return array;
}

uint64_t qemu_register_read(unsigned which)
{
	struct g_array *array = scratch();
	uint64_t value = 0;

	g_byte_array_set_size(array, 0);
	if (qemu_plugin_read_register(handles[which], array))
		memcpy(&value, array->data, array->len < 8 ? array->len : 8);
	return value;
}

void qemu_register_write(unsigned which, uint64_t value)
{
	struct g_array *array = scratch();

	g_byte_array_set_size(array, sizeof(value));
	memcpy(array->data, &value, sizeof(value));
	qemu_plugin_write_register(handles[which], array);
}
