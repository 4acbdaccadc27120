/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOOK_H
#define CVMEM_QEMU_HOOK_H

#include "qemu/host/plugin_api.h"

#define HOOK_INSTRUCTION_MAX 16

/*
 * An instruction of a block that QEMU translates: what the platform does instead of it is called
 * when it is executed, and before the first one of a machine that has not been launched its launch.
 * Gives the instruction's bytes, and returns how many they are.
 */
size_t hook_instruction(struct qemu_plugin_tb *tb, size_t index,
			uint8_t bytes[HOOK_INSTRUCTION_MAX]);

#endif
