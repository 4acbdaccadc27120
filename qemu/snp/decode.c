/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/decode.h"

#include <string.h>

/* Encodings: AMD APM volume 3. */

enum { OPERAND_SIZE = 0x66, REPNE = 0xf2, REP = 0xf3, REX = 0x40, REX_R = 0x4 };

/* These are emulated, and how long they are is known: without any other prefix. */
static const struct {
	uint8_t size, bytes[4];
	enum snp_op op;
} whole[] = {
	{ 4, { REPNE, 0x0f, 0x01, 0xff }, SNP_OP_PVALIDATE },
	{ 4, { REP, 0x0f, 0x01, 0xfe }, SNP_OP_RMPADJUST },
	{ 4, { REP, 0x0f, 0x01, 0xd9 }, SNP_OP_VMGEXIT },
	{ 4, { REPNE, 0x0f, 0x01, 0xd9 }, SNP_OP_VMGEXIT },
	{ 2, { 0x0f, 0x32 }, SNP_OP_RDMSR },
	{ 2, { 0x0f, 0x30 }, SNP_OP_WRMSR },
	{ 2, { 0x0f, 0xa2 }, SNP_OP_CPUID },
};

/* What stands in front of the opcode. */
struct prefixes {
	size_t count;
	bool operand_size, repeat; /* 66; F2 or F3 */
	uint8_t rex;		   /* the last byte, if it is one */
};

/* Operand and address size, segments, REP, REX. In other modes than 64-bit mode an REX prefix is an
 * instruction of its own, with nothing behind it. */
static bool is_prefix(uint8_t byte)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e,		0x36, 0x3e, 0x64,
					    0x65, OPERAND_SIZE, 0x67, REP,  REPNE };

	return memchr(prefixes, byte, sizeof(prefixes)) || (byte & 0xf0) == REX;
}

static struct prefixes read_prefixes(const uint8_t *bytes, size_t size)
{
	struct prefixes found = { 0 };

	for (; found.count + 1 < size && is_prefix(bytes[found.count]); found.count++) {
		uint8_t byte = bytes[found.count];

		found.operand_size |= byte == OPERAND_SIZE;
		found.repeat |= byte == REP || byte == REPNE;
		found.rex = (byte & 0xf0) == REX ? byte : 0;
	}
	return found;
}

/* 0F 01, with the operation in a third byte; prefixes make others of them. */
static enum snp_op decode_group(uint8_t byte, const struct prefixes *prefixes)
{
	if (prefixes->operand_size || prefixes->repeat)
		return SNP_OP_OTHER;
	switch (byte) {
	case 0xc8:
		return SNP_OP_MONITOR;
	case 0xc9:
		return SNP_OP_MWAIT;
	case 0xd9:
		return SNP_OP_VMMCALL;
	default:
		return SNP_OP_OTHER;
	}
}

static bool is_dr7(uint8_t modrm, const struct prefixes *prefixes)
{
	return (modrm >> 3 & 7) == 7 && !(prefixes->rex & REX_R);
}

/* The opcode's bytes behind 0F. */
static enum snp_op decode_two_bytes(const uint8_t *bytes, size_t size,
				    const struct prefixes *prefixes)
{
	switch (bytes[0]) {
	case 0x08:
		return SNP_OP_INVD;
	case 0x09:
		return SNP_OP_WBINVD;
	case 0x33:
		return SNP_OP_RDPMC;
	default:
		break;
	}
	if (size < 2)
		return SNP_OP_OTHER;
	if (bytes[0] == 0x01)
		return decode_group(bytes[1], prefixes);
	if (bytes[0] == 0x21 && is_dr7(bytes[1], prefixes))
		return SNP_OP_DR7_READ;
	if (bytes[0] == 0x23 && is_dr7(bytes[1], prefixes))
		return SNP_OP_DR7_WRITE;
	return SNP_OP_OTHER;
}

/* INS and OUTS, IN and OUT of a port in the instruction, and of one in DX. */
static bool is_port_access(uint8_t byte)
{
	return (byte & 0xfc) == 0x6c || (byte & 0xf4) == 0xe4;
}

enum snp_op snp_decode(const uint8_t *bytes, size_t size)
{
	struct prefixes prefixes;

	for (unsigned i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (size >= whole[i].size && !memcmp(bytes, whole[i].bytes, whole[i].size))
			return whole[i].op;
	prefixes = read_prefixes(bytes, size);
	bytes += prefixes.count;
	size -= prefixes.count;
	if (size && is_port_access(bytes[0]))
		return SNP_OP_PORT;
	if (size < 2 || bytes[0] != 0x0f)
		return SNP_OP_OTHER;
	return decode_two_bytes(bytes + 1, size - 1, &prefixes);
}

struct snp_port snp_decode_port(const uint8_t *bytes, size_t size)
{
	struct prefixes prefixes = read_prefixes(bytes, size);
	uint8_t opcode = bytes[prefixes.count];
	struct snp_port port = { .byte = !(opcode & 1), .other_size = prefixes.operand_size };

	port.in_dx = (opcode & 0xfc) != 0xe4 || size < prefixes.count + 2;
	if (!port.in_dx)
		port.number = bytes[prefixes.count + 1];
	return port;
}
