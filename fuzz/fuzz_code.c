/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>

#include "qemu/x86/code.h"

/*
 * An input is an instruction, whose bytes a guest chooses. What is decoded lies within it, and with
 * all bytes that an instruction can have, what is behind them makes no difference.
 */
#define LONGEST 15
#define MOST	48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_port(const uint8_t *data, size_t size)
{
	struct x86_port port;

	if (!x86_is_port_access(data, size))
		return;
	port = x86_decode_port(data, size);
	assert(port.length >= 1 && port.length <= size);
	assert(port.segment < 6 && (!port.repeats || port.string) && (!port.string || port.in_dx));
	for (unsigned bits = 16; bits <= 64; bits *= 2) {
		unsigned bytes = x86_port_size(&port, bits);
		unsigned address = x86_port_address_size(&port, bits);

		assert(bytes == 1 || (!port.byte && (bytes == 2 || bytes == 4)));
		assert(address == bits / 8 ||
		       (port.other_address && (address == 2 || address == 4)));
	}
}

static void check_operand(const uint8_t *data, size_t size)
{
	uint64_t gpr[16], whole[X86_MAX_OPERANDS], part[X86_MAX_OPERANDS];
	const struct x86_address_parts parts = { gpr, 0xffffffff81000000, 0x1111, 0x2222 };
	unsigned count;

	for (unsigned i = 0; i < 16; i++)
		gpr[i] = 0x0123456789abcdef * (i + 1);
	count = x86_decode_operand(data, size, &parts, whole);
	assert(count <= X86_MAX_OPERANDS);
	if (size <= 2 * LONGEST || x86_read_prefixes(data, size).count + LONGEST > size)
		return;
	assert(x86_decode_operand(data, size - 1, &parts, part) == count);
	for (unsigned i = 0; i < count; i++)
		assert(part[i] == whole[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct x86_prefixes prefixes;

	if (size > MOST)
		return 0;
	prefixes = x86_read_prefixes(data, size);
	assert(prefixes.count <= size && (!size || prefixes.count < size));
	check_port(data, size);
	check_operand(data, size);
	return 0;
}
