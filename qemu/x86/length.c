/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/length.h"

#include <stdbool.h>

#include "qemu/x86/code.h"

#define MAX_LENGTH 15
#define REX_W	   0x8

/*
 * Intel SDM volume 2, appendix A: the opcode maps, as far as lengths need them. What follows the
 * opcode:
 *   .  nothing
 *   m  a ModRM byte and its operand
 *   b  an immediate of 1 byte, w of 2 bytes
 *   z  of 4 bytes, or 2 with an operand-size prefix
 *   v  of 8 bytes with REX.W, else as z
 *   j  an offset of 4 bytes; with an operand-size prefix processors differ
 *   B  as m, then as b
 *   Z  as m, then as z
 *   g  as m; for TEST (group 3) then as z, or b for the opcode F6
 *   -  not known here
 */
static const char *const one_byte[16] = {
	"mmmmbz--mmmmbz--", "mmmmbz--mmmmbz--", "mmmmbz--mmmmbz--", "mmmmbz--mmmmbz--",
	"----------------", "................", "---m----zZbB----", "bbbbbbbbbbbbbbbb",
	"BZ-Bmmmmmmmmmmmm", "..........-.....", "----....bz......", "bbbbbbbbvvvvvvvv",
	"BBw.--BZ-.w..b-.", "mmmm---.mmmmmmmm", "bbbb----jj-b----", "-----.gg......mm",
};

/* After 0F. */
static const char *const two_bytes[16] = {
	"m-mm-...---.-m--", "mmmmmmmmmmmmmmmm", "--------mmmmmmmm", "-.--..----------",
	"mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "BBBBmmm.----mmmm",
	"jjjjjjjjjjjjjjjj", "mmmmmmmmmmmmmmmm", "..-mBm--..-mBmmm", "mmmmmmmmmmBmmmmm",
	"mmBmBBBm........", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmmm", "mmmmmmmmmmmmmmm-",
};

struct reader {
	const uint8_t *code;
	size_t at, size;
	struct x86_prefixes prefixes;
};

static int take(struct reader *reader)
{
	return reader->at < reader->size ? reader->code[reader->at++] : -1;
}

static bool skip(struct reader *reader, size_t count)
{
	reader->at += count;
	return reader->at <= reader->size;
}

static char kind_of(const char *const map[16], int opcode)
{
	return opcode < 0 ? '-' : map[opcode >> 4][opcode & 15];
}

/* The prefix C5 or C4 stands for 0F, or for 0F 38 and 0F 3A. */
static char vex_kind(struct reader *reader, int opcode)
{
	int map = opcode == 0xc5 ? 1 : take(reader) & 0x1f;

	take(reader);
	opcode = take(reader);
	if (opcode < 0)
		return '-';
	switch (map) {
	case 1:
		return kind_of(two_bytes, opcode);
	case 2:
		return 'm';
	case 3:
		return 'B';
	default:
		return '-';
	}
}

static char read_kind(struct reader *reader, int *opcode)
{
	*opcode = take(reader);
	if (*opcode == 0xc4 || *opcode == 0xc5)
		return vex_kind(reader, *opcode);
	if (*opcode != 0x0f)
		return kind_of(one_byte, *opcode);
	*opcode = take(reader);
	if (*opcode != 0x38 && *opcode != 0x3a)
		return kind_of(two_bytes, *opcode);
	if (take(reader) < 0)
		return '-';
	return *opcode == 0x38 ? 'm' : 'B';
}

/* Sets the field that selects one of a group of instructions. */
static bool skip_modrm(struct reader *reader, unsigned *group)
{
	int modrm = take(reader), sib = 0;
	unsigned mod;

	if (modrm < 0)
		return false;
	mod = (unsigned)modrm >> 6;
	*group = (unsigned)modrm >> 3 & 7;
	if (mod == 3)
		return true;
	if ((modrm & 7) == 4) {
		sib = take(reader);
		if (sib < 0)
			return false;
	}
	if (!mod)
		return skip(reader, (modrm & 7) == 5 || (sib & 7) == 5 ? 4 : 0);
	return skip(reader, mod == 1 ? 1 : 4);
}

static bool skip_rest(struct reader *reader, char kind, int opcode)
{
	const struct x86_prefixes *prefixes = &reader->prefixes;
	size_t operand = prefixes->operand_size && !(prefixes->rex & REX_W) ? 2 : 4;
	unsigned group = 0;

	if ((kind == 'm' || kind == 'B' || kind == 'Z' || kind == 'g') &&
	    !skip_modrm(reader, &group))
		return false;
	switch (kind) {
	case '.':
	case 'm':
		return true;
	case 'b':
	case 'B':
		return skip(reader, 1);
	case 'w':
		return skip(reader, 2);
	case 'v':
		return skip(reader, prefixes->rex & REX_W ? 8 : operand);
	case 'z':
	case 'Z':
		return skip(reader, operand);
	case 'g':
		return skip(reader, group > 1 ? 0 : opcode == 0xf6 ? 1 : operand);
	case 'j':
		return !prefixes->operand_size && skip(reader, 4);
	default:
		return false;
	}
}

size_t x86_length(const uint8_t *code, size_t size)
{
	struct reader reader = { code, 0, size < MAX_LENGTH ? size : MAX_LENGTH, { 0 } };
	int opcode;
	char kind;

	reader.prefixes = x86_read_prefixes(code, reader.size);
	reader.at = reader.prefixes.count;
	kind = read_kind(&reader, &opcode);
	return skip_rest(&reader, kind, opcode) ? reader.at : 0;
}
