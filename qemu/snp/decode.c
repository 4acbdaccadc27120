/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/decode.h"

#include <string.h>

#include "qemu/x86/code.h"

/* Encodings: AMD APM volume 3. */

enum { REPNE = 0xf2, REP = 0xf3, REX_R = 0x4 };

/* These are emulated, which takes their length: only the form without further prefixes. */
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

/* 0F 01 with the operation in a third byte; prefixes select other instructions. */
static enum snp_op decode_group(uint8_t byte, const struct x86_prefixes *prefixes)
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

static bool is_dr7(uint8_t modrm, const struct x86_prefixes *prefixes)
{
	return (modrm >> 3 & 7) == 7 && !(prefixes->rex & REX_R);
}

/* The opcode's bytes after 0F. */
static enum snp_op decode_two_bytes(const uint8_t *bytes, size_t size,
				    const struct x86_prefixes *prefixes)
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

enum snp_op snp_decode(const uint8_t *bytes, size_t size)
{
	struct x86_prefixes prefixes;

	for (unsigned i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (size >= whole[i].size && !memcmp(bytes, whole[i].bytes, whole[i].size))
			return whole[i].op;
	prefixes = x86_read_prefixes(bytes, size);
	if (x86_is_port_access(bytes, size))
		return SNP_OP_PORT;
	bytes += prefixes.count;
	size -= prefixes.count;
	if (size < 2 || bytes[0] != 0x0f || prefixes.lock)
		return SNP_OP_OTHER;
	return decode_two_bytes(bytes + 1, size - 1, &prefixes);
}
