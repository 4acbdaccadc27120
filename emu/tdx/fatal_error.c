/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "emu/tdx/internal.h"

/* GHCI 1.5 section 3.4: the message may be in registers, in this order, 8 bytes each. */
static const unsigned message_registers[] = { EMU_R14, EMU_R15, EMU_RBX, EMU_RDI,
					      EMU_RSI, EMU_R8,	EMU_R9,	 EMU_RDX };

#define MESSAGE_SIZE sizeof(uint64_t[8])

/* A guest's message is printed on a terminal: reduce it to one line of printable ASCII. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80 || !isprint((unsigned char)*text))
			*text = ' ';
}

/* TDVMCALL<ReportFatalError>. R12: error code; bit 63 set: R13 is the GPA of shared
 * memory that holds a message. */
enum emu_action emu_tdx_host_fatal_error(struct emu_tdx *tdx, unsigned vcpu, const uint64_t *gpr)
{
	const struct emu_backend *backend = &tdx->machine.pages.backend;
	char text[MESSAGE_SIZE + 1] = "";
	uint64_t gpa = UINT64_MAX;

	for (unsigned i = 0; i < 8; i++)
		memcpy(text + i * 8, &gpr[message_registers[i]], 8);
	if (gpr[EMU_R12] >> 63) {
		gpa = gpr[EMU_R13] & ~tdx->shared_bit;
		if (!backend->read_shared(backend->ctx, gpa, text, MESSAGE_SIZE))
			text[0] = '\0';
	}
	make_printable(text);
	return emu_stop_set(&tdx->machine, EMU_STOP_GUEST_REQUEST, vcpu, gpa, gpr[EMU_R12],
			    "the guest reported fatal error 0x%llx%s%s",
			    (unsigned long long)gpr[EMU_R12], *text ? ": " : "", text);
}
