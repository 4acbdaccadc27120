/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/code.h"

#include <string.h>

#include "emu/gpr.h"

enum { SEGMENT_DS = 3, SEGMENT_FS, SEGMENT_GS };

static bool is_rex(uint8_t byte)
{
	return (byte & 0xf0) == 0x40;
}

static bool is_segment(uint8_t byte, uint8_t *segment)
{
	static const uint8_t bytes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
	const uint8_t *found = memchr(bytes, byte, sizeof(bytes));

	if (found)
		*segment = (uint8_t)(found - bytes);
	return found;
}

struct x86_prefixes x86_read_prefixes(const uint8_t *code, size_t size)
{
	struct x86_prefixes found = { .segment = SEGMENT_DS };

	for (; found.count + 1 < size; found.count++) {
		uint8_t byte = code[found.count];

		if (is_rex(byte)) {
			found.rex = byte;
			continue;
		}
		if (byte == 0x66)
			found.operand_size = true;
		else if (byte == 0x67)
			found.address_size = true;
		else if (byte == 0xf2 || byte == 0xf3)
			found.repeat = true;
		else if (byte == 0xf0)
			found.lock = true;
		else if (!is_segment(byte, &found.segment))
			break;
		/* Only the last prefix can be REX. */
		found.rex = 0;
	}
	return found;
}

/* 6C to 6F: INS, OUTS. E4 to E7 and EC to EF: IN, OUT. */
static bool is_string(uint8_t opcode)
{
	return (opcode & 0xfc) == 0x6c;
}

bool x86_is_port_access(const uint8_t *code, size_t size)
{
	struct x86_prefixes prefixes = x86_read_prefixes(code, size);

	return size && !prefixes.lock &&
	       (is_string(code[prefixes.count]) || (code[prefixes.count] & 0xf4) == 0xe4);
}

struct x86_port x86_decode_port(const uint8_t *code, size_t size)
{
	struct x86_prefixes prefixes = x86_read_prefixes(code, size);
	uint8_t opcode = code[prefixes.count];
	struct x86_port port = {
		.in = !(opcode & 2),
		.string = is_string(opcode),
		.repeats = is_string(opcode) && prefixes.repeat,
		.in_dx = (opcode & 0xfc) != 0xe4 || size < prefixes.count + 2,
		.byte = !(opcode & 1),
		.other_size = prefixes.operand_size,
		.other_address = prefixes.address_size,
		.segment = prefixes.segment,
		.length = (uint8_t)(prefixes.count + 1),
	};

	if (!port.in_dx)
		port.number = code[port.length++];
	return port;
}

unsigned x86_port_size(const struct x86_port *port, unsigned bits)
{
	if (port->byte)
		return 1;
	return port->other_size != (bits == 16) ? 2 : 4;
}

unsigned x86_port_address_size(const struct x86_port *port, unsigned bits)
{
	if (!port->other_address)
		return bits / 8;
	return bits == 32 ? 2 : 4;
}

/* An address during decoding. */
struct address {
	const uint8_t *code; /* what has not been read */
	size_t left;
	uint8_t rex;
	uint64_t value;
	bool is_relative; /* to the end of the instruction */
};

static bool take(struct address *address, void *value, size_t size)
{
	if (address->left < size)
		return false;
	memcpy(value, address->code, size);
	address->code += size;
	address->left -= size;
	return true;
}

static bool add_displacement(struct address *address, size_t size)
{
	int8_t small = 0;
	int32_t large = 0;

	if (size == 1 && !take(address, &small, 1))
		return false;
	if (size == 4 && !take(address, &large, 4))
		return false;
	address->value += (uint64_t)((int64_t)small + large);
	return true;
}

/* Base, index and scale; the mod field of the ModRM byte tells whether a displacement follows. */
static bool add_sib(struct address *address, unsigned mod, const uint64_t *gpr)
{
	unsigned index, base;
	uint8_t sib;

	if (!take(address, &sib, 1))
		return false;
	index = (sib >> 3 & 7) | (address->rex & 2) << 2;
	base = (sib & 7) | (address->rex & 1) << 3;
	if (index != EMU_RSP)
		address->value += gpr[index] << (sib >> 6);
	if ((sib & 7) == EMU_RBP && !mod)
		return add_displacement(address, 4);
	address->value += gpr[base];
	return true;
}

static bool read_modrm(struct address *address, const uint64_t *gpr)
{
	static const uint8_t displacement[] = { 0, 1, 4 };
	uint8_t modrm;
	unsigned mod;

	if (!take(address, &modrm, 1))
		return false;
	mod = modrm >> 6;
	if (mod == 3)
		return false;
	if ((modrm & 7) == EMU_RBP && !mod) {
		address->is_relative = true;
		return add_displacement(address, 4);
	}
	if ((modrm & 7) == EMU_RSP) {
		if (!add_sib(address, mod, gpr))
			return false;
	} else {
		address->value += gpr[(modrm & 7) | (address->rex & 1) << 3];
	}
	return add_displacement(address, displacement[mod]);
}

/* VEX and EVEX have REX's bits R, X and B inverted in their second byte; C5 has only R. */
static bool skip_vector_prefix(struct address *address)
{
	size_t size = *address->code == 0xc5 ? 2 : *address->code == 0xc4 ? 3 : 4;
	uint8_t bytes[4];

	if (!take(address, bytes, size))
		return false;
	if (size > 2)
		address->rex = (uint8_t)(~bytes[1] >> 5 & 7);
	return true;
}

/* Up to the ModRM byte: opcodes of one byte, 0F xx, 0F 38 xx and 0F 3A xx. */
static bool skip_opcode(struct address *address)
{
	uint8_t opcode;

	if (!address->left)
		return false;
	if (*address->code == 0xc4 || *address->code == 0xc5 || *address->code == 0x62)
		return skip_vector_prefix(address) && take(address, &opcode, 1);
	if (!take(address, &opcode, 1))
		return false;
	if (opcode != 0x0f)
		return true;
	if (!take(address, &opcode, 1))
		return false;
	return (opcode != 0x38 && opcode != 0x3a) || take(address, &opcode, 1);
}

/* MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS. */
static bool is_of_strings(uint8_t opcode)
{
	return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) ||
	       is_string(opcode);
}

unsigned x86_decode_operand(const uint8_t *code, size_t size, const struct x86_address_parts *parts,
			    uint64_t out[X86_MAX_OPERANDS])
{
	/* Bytes of immediate data that may follow the address. */
	static const uint8_t behind[X86_MAX_OPERANDS] = { 0, 1, 2, 4 };
	struct x86_prefixes prefixes = x86_read_prefixes(code, size);
	uint64_t base = prefixes.segment == SEGMENT_FS	 ? parts->fs_base
			: prefixes.segment == SEGMENT_GS ? parts->gs_base
							 : 0;
	uint64_t mask = prefixes.address_size ? UINT32_MAX : UINT64_MAX;
	struct address address = { code + prefixes.count, size - prefixes.count, prefixes.rex, 0,
				   false };

	if (size && is_of_strings(*address.code)) {
		out[0] = base + (parts->gpr[EMU_RSI] & mask);
		out[1] = parts->gpr[EMU_RDI] & mask;
		return 2;
	}
	/* MOV between RAX and an absolute address. */
	if (size && (*address.code & 0xfc) == 0xa0) {
		address.code++;
		address.left--;
		if (!take(&address, &out[0], prefixes.address_size ? 4 : 8))
			return 0;
		out[0] = base + (out[0] & mask);
		return 1;
	}
	if (!skip_opcode(&address) || !read_modrm(&address, parts->gpr))
		return 0;
	if (!address.is_relative) {
		out[0] = base + (address.value & mask);
		return 1;
	}
	address.value += parts->rip + (uint64_t)(address.code - code);
	for (unsigned i = 0; i < X86_MAX_OPERANDS; i++)
		out[i] = base + ((address.value + behind[i]) & mask);
	return X86_MAX_OPERANDS;
}
