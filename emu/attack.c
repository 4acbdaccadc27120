/* SPDX-License-Identifier: MIT */
#include "emu/attack.h"

#include <stddef.h>

/*
 * The defaults are such that a boot with default options is struck where it hurts: regions 1 to
 * 64 or so are firmware's; the kernel's first MapGPA calls are its bounce buffers, while
 * SNP's page-state changes come with every accept.
 */
static const struct emu_attack_info infos[EMU_ATTACKS] = {
	[EMU_ATTACK_BUSY] = { "busy", "the page's entry is locked a thousand times, then free", 80,
			      0 },
	[EMU_ATTACK_BUSY_FOREVER] = { "busy-forever", "the page's entry is locked for ever", 80,
				      0 },
	[EMU_ATTACK_4K_ONLY] = { "4k-only", "memory is mapped as 4 KiB pages from then on", 1, 1 },
	[EMU_ATTACK_SIZE_MISMATCH] = { "size-mismatch",
				       "size mismatch is answered at every level, 4 KiB too", 80,
				       80 },
	[EMU_ATTACK_ALREADY_ACCEPTED] = { "already-accepted",
					  "a page of the host's is there already", 80, 80 },
	[EMU_ATTACK_INTERRUPT_2M] = { "interrupt-2m", "a 2 MiB accept is interrupted in the middle",
				      80, 0 },
	[EMU_ATTACK_REMOVE] = { "remove", "an accepted page is taken away and given again", 80,
				80 },
	[EMU_ATTACK_REMAP] = { "remap", "an accepted address is mapped to another page", 80, 80 },
	[EMU_ATTACK_SWAP] = { "swap", "two accepted pages change places", 80, 80 },
	[EMU_ATTACK_RETRY_STALL] = { "retry-stall",
				     "a conversion is to be retried for ever, without progress", 4,
				     20 },
	[EMU_ATTACK_RETRY_PAST] = { "retry-past",
				    "a conversion is to go on past the end of its range", 4, 20 },
	[EMU_ATTACK_RETRY_BACK] = { "retry-back", "a conversion is to go on before where it was", 4,
				    4 },
	[EMU_ATTACK_RETRY_UNALIGNED] = { "retry-unaligned",
					 "a conversion is to go on in the middle of a page", 4, 0 },
	[EMU_ATTACK_PSC_LIE] = { "psc-lie", "a conversion is answered as done, and is not", 4, 20 },
};

const struct emu_attack_info *emu_attack_info(enum emu_attack_kind kind)
{
	return (unsigned)kind < EMU_ATTACKS && infos[kind].name ? &infos[kind] : NULL;
}
