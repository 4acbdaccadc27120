/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/x86/backtrace.h"

#include <string.h>

/* Linux's THREAD_SIZE on x86; a stack is aligned to its size. */
#define STACK_BYTES UINT64_C(0x4000)
#define KERNEL_SPAN (UINT64_C(1) << 30)
#define SLIDE_STEP  (UINT64_C(2) << 20)
#define SLIDE_CALLS 4
#define WINDOW	    24

/* A CALL that ends at the address, Intel SDM volume 2, "CALL": E8 with a relative target, or FF /2
 * with 2 to 7 bytes, where a REX prefix would precede them. */
static bool is_behind_call(const struct backtrace_memory *memory, struct return_address *found)
{
	/* Length of FF /2 by its ModRM byte, without and with a SIB byte. */
	static const uint8_t lengths[] = { 2, 3, 4, 6, 7 };
	uint8_t code[7];
	int32_t distance;

	if (!memory->read(memory->ctx, found->address - sizeof(code), code, sizeof(code)))
		return false;
	if (code[2] == 0xe8) {
		memcpy(&distance, code + 3, sizeof(distance));
		found->target = found->address + (uint64_t)(int64_t)distance;
		return true;
	}
	found->target = 0;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		const uint8_t *at = code + sizeof(code) - lengths[i];
		unsigned mod = at[1] >> 6, rm = at[1] & 7;
		unsigned length = 2u +
				  (mod == 1			   ? 1
				   : mod == 2 || (!mod && rm == 5) ? 4
								   : 0) +
				  (mod != 3 && rm == 4 ? 1 : 0);

		if (at[0] == 0xff && (at[1] >> 3 & 7) == 2 && length == lengths[i])
			return true;
	}
	return false;
}

size_t backtrace_scan(const struct backtrace_memory *memory, uint64_t rip, uint64_t rsp,
		      struct return_address *list, size_t max)
{
	uint64_t end = (rsp | (STACK_BYTES - 1)) + 1, word;
	size_t count = 0;

	for (uint64_t at = (rsp + 7) & -UINT64_C(8); at < end && count < max; at += 8) {
		if (!memory->read(memory->ctx, at, &word, sizeof(word)))
			break;
		if (word - rip + KERNEL_SPAN > 2 * KERNEL_SPAN)
			continue;
		list[count].address = word;
		count += is_behind_call(memory, &list[count]);
	}
	return count;
}

static bool is_start(const struct symbols *symbols, uint64_t address)
{
	long index = symbols_find(symbols, address);

	return index >= 0 && symbols_start(symbols, index) == address;
}

/* The number of CALLs that the slide explains. */
static unsigned explained(const struct symbols *symbols, const struct return_address *list,
			  size_t count, uint64_t slide)
{
	unsigned sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += list[i].target && is_start(symbols, list[i].target - slide);
	return sum;
}

bool backtrace_slide(const struct symbols *symbols, const struct return_address *list, size_t count,
		     uint64_t *slide)
{
	unsigned best = 0;
	bool alone = false;

	for (uint64_t by = -KERNEL_SPAN; by != KERNEL_SPAN + SLIDE_STEP; by += SLIDE_STEP) {
		unsigned sum = explained(symbols, list, count, by);

		if (sum == best)
			alone = false;
		if (sum <= best)
			continue;
		best = sum;
		alone = true;
		*slide = by;
	}
	return alone && best >= SLIDE_CALLS;
}

size_t backtrace_chain(const struct symbols *symbols, uint64_t slide, uint64_t rip,
		       const struct return_address *list, size_t count, long *chain, size_t max)
{
	long at = symbols_find(symbols, rip - slide);
	size_t length = 0, next = 0;

	while (at >= 0 && length < max) {
		uint64_t start = symbols_start(symbols, at) + slide;
		size_t match = next;

		chain[length++] = at;
		while (match < count && match < next + WINDOW && list[match].target != start)
			match++;
		if (match < count && match < next + WINDOW)
			next = match;
		if (next == count)
			break;
		/* The address of the CALL itself, since a function may end with one. */
		at = symbols_find(symbols, list[next++].address - 1 - slide);
	}
	return length;
}
