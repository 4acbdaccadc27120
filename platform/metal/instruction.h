/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_METAL_INSTRUCTION_H
#define CVMEM_PLATFORM_METAL_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/metal.h>

/* Registers in the order of instruction encodings: Intel SDM volume 2, table 2-2. */
enum { GPR_RAX, GPR_RCX, GPR_RDX, GPR_RBX, GPR_RSP, GPR_RBP, GPR_RSI, GPR_RDI };

/* An instruction's opcode: its map in bits 15:8 (0: one byte; 1: 0F; 2: 0F 38; 3: 0F 3A). */
struct instruction {
	uint16_t opcode;
	uint8_t length;
	uint8_t bytes;	   /* of the operand in memory or at a port */
	uint8_t full;	   /* operand size: of a register that a narrow operand is extended to */
	uint8_t reg;	   /* register operand */
	uint8_t extension; /* ModRM.reg, where it extends the opcode */
	bool rex;	   /* registers 4 to 7 of one byte are SPL to DIL, not AH to BH */
	bool repeated;
	uint8_t count; /* operands in memory */
	uint64_t address[2];
	uint64_t immediate;
};

/*
 * The instruction at frame->rip, in 64-bit mode. Reads no byte behind its end. CVM_EINVAL: a VEX or
 * EVEX prefix, a segment override by FS or GS, an address size of 32 bits, or an opcode that has no
 * meaning.
 */
int cvm_instruction_decode(const struct cvm_exception_frame *frame, struct instruction *out);

/* MOV, MOVZX, MOVSX, MOVSXD between a register, or an immediate operand, and memory. */
bool cvm_instruction_is_store(const struct instruction *instruction);
bool cvm_instruction_is_load(const struct instruction *instruction);
/* The value that it stores; the register after it has loaded a value. */
uint64_t cvm_instruction_stored(const struct instruction *instruction,
				const struct cvm_exception_frame *frame);
void cvm_instruction_load(const struct instruction *instruction, uint64_t value,
			  struct cvm_exception_frame *frame);

#endif
