/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_X86_CODE_H
#define CVMEM_QEMU_X86_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Instructions, as far as somebody who emulates or intercepts them has to understand them: Intel
 * SDM volume 2, chapter 2. The code is one instruction, and may have more bytes behind it.
 */

/* What stands in front of the opcode. In other modes than 64-bit mode REX is an instruction of its
 * own, with nothing behind it. */
struct x86_prefixes {
	size_t count;
	bool lock, operand_size, address_size, repeat; /* F0, 66, 67, F2 or F3 */
	uint8_t segment;			       /* ES, CS, SS, DS, FS, GS */
	uint8_t rex;				       /* the last byte, if it is one */
};

struct x86_prefixes x86_read_prefixes(const uint8_t *code, size_t size);

/* INS, OUTS, IN and OUT. */
bool x86_is_port_access(const uint8_t *code, size_t size);

/* One of them, as user data of a call. */
struct x86_port {
	bool in : 1, string : 1, repeats : 1;
	bool in_dx : 1;		/* the port is in DX, and else `number` */
	bool byte : 1;		/* and else a word or a double word: */
	bool other_size : 1;	/* not the one that the code segment has */
	bool other_address : 1; /* the same of addresses */
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

/*
 * Linear addresses in 64-bit mode, one of which is where the instruction's operand in memory
 * begins: the operations differ in where their operand is, and in what is behind it. Returns how
 * many there are. Not of stack operations, and of vectors of addresses.
 */
#define X86_MAX_OPERANDS 4
unsigned x86_decode_operand(const uint8_t *code, size_t size, const struct x86_address_parts *parts,
			    uint64_t out[X86_MAX_OPERANDS]);

#endif
