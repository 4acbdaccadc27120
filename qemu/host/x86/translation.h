/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_TRANSLATION_H
#define CVMEM_QEMU_HOST_X86_TRANSLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For a plugin that looks at translated code, QEMU adds a store to each load and store of the
 * guest, which it does not remove when the plugin wants nothing of it, and the translation itself
 * takes longer. So a block is translated without the plugin first. Only if the plugin is interested
 * in the code is it translated again. Blocks without hooks are then the same code as without a
 * plugin.
 */
struct qemu_block_ops {
	/* Whether the vCPU's next block may be translated without the plugin. */
	bool (*may_skip)(unsigned vcpu);
	/* Whether the plugin has no interest in these instructions, `count` of them. */
	bool (*is_ordinary)(uint64_t address, const uint8_t *code, size_t size, unsigned count);
};

/* Without effect in a QEMU where it is not possible. Before the first vCPU starts. */
void qemu_translation_hook(const struct qemu_block_ops *ops);
/* The plugin sees a block: its instructions, and their bytes. */
void qemu_translation_seen(size_t count, size_t size);

#endif
