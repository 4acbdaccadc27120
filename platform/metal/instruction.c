/* SPDX-License-Identifier: MIT */
#include "platform/metal/instruction.h"

#include "platform/x86.h"

/* Intel SDM volume 2: chapter 2, "Instruction Format", and appendix A, "Opcode Map". */

#define INSTRUCTION_MAX 15

enum {
	HAS_MODRM = 1 << 0,
	HAS_IMM8 = 1 << 1,
	HAS_IMMZ = 1 << 2,
	HAS_STRING = 1 << 3,
	HAS_MOFFS = 1 << 4
};
enum { NOT_IN_64_BIT = 1 << 5, HAS_IMMV = 1 << 6 };

struct decoder {
	const uint8_t *code;
	const struct cvm_exception_frame *frame;
	struct instruction *out;
	uint8_t rex;
	bool operand16, failed;
	uint8_t modrm;
	bool relative; /* to the instruction's end */
};

static bool between(uint8_t value, uint8_t first, uint8_t last)
{
	return value >= first && value <= last;
}

static uint8_t next_byte(struct decoder *in)
{
	if (in->out->length == INSTRUCTION_MAX) {
		in->failed = true;
		return 0;
	}
	return in->code[in->out->length++];
}

static uint64_t next_number(struct decoder *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)next_byte(in) << 8 * i;
	return value;
}

static uint64_t sign_extend(uint64_t value, unsigned bytes)
{
	uint64_t sign = UINT64_C(1) << (8 * bytes - 1);

	return bytes == 8 ? value : (((value & (2 * sign - 1)) ^ sign) - sign);
}

static uint64_t read_register(const struct cvm_exception_frame *frame, unsigned number)
{
	return number == GPR_RSP ? frame->rsp : frame->gpr[number];
}

static unsigned format_low(uint8_t opcode)
{
	static const uint8_t formats[8] = { HAS_MODRM, HAS_MODRM, HAS_MODRM,	 HAS_MODRM,
					    HAS_IMM8,  HAS_IMMZ,  NOT_IN_64_BIT, NOT_IN_64_BIT };

	return formats[opcode & 7];
}

static unsigned format_of(uint8_t opcode)
{
	if (opcode < 0x40)
		return format_low(opcode);
	if (between(opcode, 0xa0, 0xa3))
		return HAS_MOFFS;
	if (between(opcode, 0x6c, 0x6f) || between(opcode, 0xa4, 0xa7) ||
	    between(opcode, 0xaa, 0xaf))
		return HAS_STRING;
	if (opcode == 0x69 || opcode == 0x81 || opcode == 0xc7)
		return HAS_MODRM | HAS_IMMZ;
	if (opcode == 0x6b || opcode == 0x80 || opcode == 0x83 || opcode == 0xc0 ||
	    opcode == 0xc1 || opcode == 0xc6)
		return HAS_MODRM | HAS_IMM8;
	if (opcode == 0x63 || between(opcode, 0x84, 0x8f) || between(opcode, 0xd0, 0xd3) ||
	    between(opcode, 0xd8, 0xdf) || opcode == 0xf6 || opcode == 0xf7 || opcode >= 0xfe)
		return HAS_MODRM;
	if (opcode == 0x6a || between(opcode, 0x70, 0x7f) || opcode == 0xa8 ||
	    between(opcode, 0xb0, 0xb7) || between(opcode, 0xe0, 0xe7) || opcode == 0xeb)
		return HAS_IMM8;
	if (opcode == 0x68 || opcode == 0xa9 || opcode == 0xe8 || opcode == 0xe9)
		return HAS_IMMZ;
	if (between(opcode, 0xb8, 0xbf))
		return HAS_IMMV;
	/* 0x82, VEX and EVEX, and what 64-bit mode does not have. */
	if (between(opcode, 0x60, 0x62) || opcode == 0x82 || opcode == 0xc4 || opcode == 0xc5 ||
	    opcode == 0x9a || opcode == 0xc8 || opcode == 0xea)
		return NOT_IN_64_BIT;
	return 0;
}

static unsigned format_of_0f(uint8_t opcode)
{
	if (between(opcode, 0x80, 0x8f))
		return HAS_IMMZ;
	if (between(opcode, 0x70, 0x73) || opcode == 0xa4 || opcode == 0xac || opcode == 0xba ||
	    opcode == 0xc2 || between(opcode, 0xc4, 0xc6))
		return HAS_MODRM | HAS_IMM8;
	if (between(opcode, 0x05, 0x0b) || between(opcode, 0x30, 0x37) || opcode == 0x77 ||
	    between(opcode, 0xa0, 0xa2) || between(opcode, 0xa8, 0xaa) ||
	    between(opcode, 0xc8, 0xcf))
		return 0;
	return HAS_MODRM;
}

/* False: FS or GS, or another size of addresses. */
static bool take_prefixes(struct decoder *in, uint8_t *opcode)
{
	for (;;) {
		uint8_t byte = *opcode = next_byte(in);

		if (byte == 0x64 || byte == 0x65 || byte == 0x67)
			return false;
		if (byte == 0x66)
			in->operand16 = true;
		else if (byte == 0xf2 || byte == 0xf3)
			in->out->repeated = true;
		else if (byte != 0xf0 && byte != 0x2e && byte != 0x36 && byte != 0x3e &&
			 byte != 0x26)
			break;
	}
	if ((*opcode & 0xf0) == 0x40) {
		in->rex = *opcode;
		in->out->rex = true;
		*opcode = next_byte(in);
	}
	return !in->failed;
}

static unsigned take_opcode(struct decoder *in, uint8_t opcode)
{
	uint8_t map = 0;

	if (opcode == 0x0f) {
		opcode = next_byte(in);
		map = opcode == 0x38 ? 2 : opcode == 0x3a ? 3 : 1;
		if (map > 1)
			opcode = next_byte(in);
	}
	in->out->opcode = (uint16_t)(map << 8 | opcode);
	switch (map) {
	case 0:
		return format_of(opcode);
	case 1:
		return format_of_0f(opcode);
	case 2:
		return HAS_MODRM;
	default:
		return HAS_MODRM | HAS_IMM8;
	}
}

/* Table 2-3, "32-Bit Addressing Forms with the SIB Byte". */
static uint64_t take_sib(struct decoder *in, unsigned mod)
{
	uint8_t sib = next_byte(in);
	unsigned index = (sib >> 3 & 7) | (in->rex & 2) << 2, base = (sib & 7) | (in->rex & 1) << 3;
	uint64_t address = index == GPR_RSP ? 0 : read_register(in->frame, index) << (sib >> 6);

	if ((sib & 7) == GPR_RBP && !mod)
		return address + sign_extend(next_number(in, 4), 4);
	return address + read_register(in->frame, base);
}

static void take_memory(struct decoder *in)
{
	unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
	uint64_t address;

	if (mod == 3)
		return;
	if (rm == GPR_RSP) {
		address = take_sib(in, mod);
	} else if (rm == GPR_RBP && !mod) {
		in->relative = true;
		address = sign_extend(next_number(in, 4), 4);
	} else {
		address = read_register(in->frame, rm | (in->rex & 1) << 3);
	}
	if (mod)
		address += sign_extend(next_number(in, mod == 1 ? 1 : 4), mod == 1 ? 1 : 4);
	in->out->address[in->out->count++] = address;
}

/* MOVS and CMPS have two; of the others STOS, SCAS and INS have RDI, and LODS and OUTS have RSI. */
static void take_string(struct decoder *in, uint8_t opcode)
{
	uint64_t si = in->frame->gpr[GPR_RSI], di = in->frame->gpr[GPR_RDI];
	bool has_si = between(opcode, 0xa4, 0xa7) || between(opcode, 0xac, 0xad) ||
		      between(opcode, 0x6e, 0x6f);

	if (has_si)
		in->out->address[in->out->count++] = si;
	if (!has_si || between(opcode, 0xa4, 0xa7))
		in->out->address[in->out->count++] = di;
}

static void set_sizes(struct decoder *in)
{
	struct instruction *out = in->out;
	uint8_t opcode = (uint8_t)out->opcode;

	out->full = in->rex & 8 ? 8 : in->operand16 ? 2 : 4;
	out->bytes = out->full;
	if (out->opcode == 0x63)
		out->bytes = 4;
	else if (out->opcode < 0x100 && !(opcode & 1))
		out->bytes = 1;
	else if (out->opcode == 0x1b6 || out->opcode == 0x1be)
		out->bytes = 1;
	else if (out->opcode == 0x1b7 || out->opcode == 0x1bf)
		out->bytes = 2;
	/* Ports have 32 bits at most. */
	if (out->bytes == 8 && (opcode & 0xf4) == 0xe4 && out->opcode < 0x100)
		out->bytes = 4;
}

static void take_operands(struct decoder *in, unsigned format)
{
	struct instruction *out = in->out;
	unsigned z = in->operand16 ? 2 : 4;

	if (format & HAS_MODRM) {
		in->modrm = next_byte(in);
		out->extension = in->modrm >> 3 & 7;
		out->reg = (uint8_t)(out->extension | (in->rex & 4) << 1);
		take_memory(in);
		/* TEST with an immediate operand. */
		if (out->opcode == 0xf6 && out->extension < 2)
			format |= HAS_IMM8;
		if (out->opcode == 0xf7 && out->extension < 2)
			format |= HAS_IMMZ;
	}
	if (format & HAS_STRING)
		take_string(in, (uint8_t)out->opcode);
	if (format & HAS_MOFFS)
		out->address[out->count++] = next_number(in, 8);
	if (format & HAS_IMM8)
		out->immediate = sign_extend(next_number(in, 1), 1);
	if (format & HAS_IMMZ)
		out->immediate = sign_extend(next_number(in, z), z);
	if (format & HAS_IMMV)
		out->immediate = next_number(in, in->rex & 8 ? 8 : z);
	if (in->relative)
		out->address[0] += in->frame->rip + out->length;
}

int cvm_instruction_decode(const struct cvm_exception_frame *frame, struct instruction *out)
{
	struct decoder in;
	unsigned format;
	uint8_t opcode;

	x86_clear(&in, sizeof(in));
	x86_clear(out, sizeof(*out));
	in.code = (const uint8_t *)(uintptr_t)frame->rip;
	in.frame = frame;
	in.out = out;
	if (!take_prefixes(&in, &opcode))
		return CVM_EINVAL;
	format = take_opcode(&in, opcode);
	if (format & NOT_IN_64_BIT)
		return CVM_EINVAL;
	take_operands(&in, format);
	set_sizes(&in);
	return in.failed ? CVM_EINVAL : 0;
}

bool cvm_instruction_is_store(const struct instruction *instruction)
{
	uint16_t opcode = instruction->opcode;

	return instruction->count == 1 &&
	       (opcode == 0x88 || opcode == 0x89 || opcode == 0xa2 || opcode == 0xa3 ||
		((opcode == 0xc6 || opcode == 0xc7) && !instruction->extension));
}

bool cvm_instruction_is_load(const struct instruction *instruction)
{
	uint16_t opcode = instruction->opcode;

	return instruction->count == 1 &&
	       (opcode == 0x8a || opcode == 0x8b || opcode == 0xa0 || opcode == 0xa1 ||
		opcode == 0x63 || (opcode & 0xfff6) == 0x1b6);
}

/* AH to BH: the second byte of the first four registers. */
static bool is_high_byte(const struct instruction *instruction, unsigned bytes)
{
	return bytes == 1 && !instruction->rex && instruction->reg >= 4;
}

uint64_t cvm_instruction_stored(const struct instruction *instruction,
				const struct cvm_exception_frame *frame)
{
	uint64_t value;

	if (instruction->opcode == 0xc6 || instruction->opcode == 0xc7)
		value = instruction->immediate;
	else if (is_high_byte(instruction, instruction->bytes))
		value = read_register(frame, instruction->reg - 4) >> 8;
	else
		value = read_register(frame, instruction->reg);
	return value & UINT64_MAX >> (64 - 8 * instruction->bytes);
}

void cvm_instruction_load(const struct instruction *instruction, uint64_t value,
			  struct cvm_exception_frame *frame)
{
	bool extends = instruction->opcode == 0x63 || instruction->opcode >= 0x100;
	unsigned bytes = extends ? instruction->full : instruction->bytes, reg = instruction->reg;
	unsigned shift = is_high_byte(instruction, bytes) ? 8 : 0;
	uint64_t mask = UINT64_MAX >> (64 - 8 * bytes), *to;

	if (shift)
		reg -= 4;
	to = reg == GPR_RSP ? &frame->rsp : &frame->gpr[reg];
	if (instruction->opcode == 0x63 || (instruction->opcode & 0xfffe) == 0x1be)
		value = sign_extend(value, instruction->bytes);
	value &= mask;
	/* A result of 32 bits clears the upper half. */
	*to = bytes == 4 ? value : (*to & ~(mask << shift)) | value << shift;
}
