/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_CODE_H
#define CVMEM_QEMU_X86_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instructions, as far as an emulator or an intercept has to understand them: Intel SDM volume 2,
 * chapter 2. The code starts with one instruction, and may continue after it. */

/* The bytes before the opcode. Outside 64-bit mode a REX byte is an instruction of its own. */
struct x86_prefixes {
	size_t count;
	bool lock, operand_size, address_size, repeat; /* F0, 66, 67, F2 or F3 */
	uint8_t segment;			       /* ES, CS, SS, DS, FS, GS */
	uint8_t rex;				       /* the last byte, if it is one */
};

struct x86_prefixes x86_read_prefixes(const uint8_t *code, size_t size);

/* INS, OUTS, IN and OUT. */
bool x86_is_port_access(const uint8_t *code, size_t size);

/* A port instruction, packed to fit into the user data of a call. */
struct x86_port {
	bool in : 1, string : 1, repeats : 1;
	bool in_dx : 1;		/* the port is in DX, else it is `number` */
	bool byte : 1;		/* one byte; else a word or double word: */
	bool other_size : 1;	/* not the size of the code segment */
	bool other_address : 1; /* the same for addresses */
	uint8_t number;
	uint8_t segment; /* of OUTS: ES, CS, SS, DS, FS, GS */
	uint8_t length;	 /* of the instruction */
};

struct x86_port x86_decode_port(const uint8_t *code, size_t size);
/* Bytes of one datum, and of an address; bits: of the code segment, 16, 32 or 64. */
unsigned x86_port_size(const struct x86_port *port, unsigned bits);
unsigned x86_port_address_size(const struct x86_port *port, unsigned bits);

/* What an address in 64-bit mode is made of: general registers in encoding order, and where the
 * instruction itself is. */
struct x86_address_parts {
	const uint64_t *gpr;
	uint64_t rip, fs_base, gs_base;
};

/* Linear addresses in 64-bit mode, one of which is the start of the instruction's memory operand:
 * opcodes differ in what follows the address. Returns their number. Stack operations and
 * gather/scatter are not supported. */
#define X86_MAX_OPERANDS 4
unsigned x86_decode_operand(const uint8_t *code, size_t size, const struct x86_address_parts *parts,
			    uint64_t out[X86_MAX_OPERANDS]);

#endif
