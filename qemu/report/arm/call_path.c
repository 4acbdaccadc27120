/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/arm/call_path.h"

#include "qemu/guest/guest.h"
#include "qemu/host/arm/vcpu.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"

enum { FRAME_POINTER = 29, LINK_REGISTER = 30 };
#define INSTRUCTION_BYTES 4

/* The bits where a pointer authentication code may be, and bit 55, which tells what they are
 * without one (Arm ARM D8.10). Linux maps its image below the space of 48 bits' end. */
#define PAC_BITS   (UINT64_C(0xffff) << 48)
#define UPPER_HALF (UINT64_C(1) << 55)

struct frame {
	uint64_t caller; /* its frame record */
	uint64_t back;	 /* where it is returned to */
};

static uint64_t without_pac(uint64_t address)
{
	return address & UPPER_HALF ? address | PAC_BITS : address & ~PAC_BITS;
}

/* RAM, trapped or not; what is read does not cross a page. */
static bool read_virtual(uint64_t address, void *buffer, size_t size)
{
	uint64_t ipa;

	return !(address & (size - 1)) && qemu_arm_translate(address, &ipa) &&
	       qemu_ram_read(ipa, buffer, size);
}

static bool read_frame(uint64_t at, struct frame *frame)
{
	if (!read_virtual(at, &frame->caller, sizeof(frame->caller)) ||
	    !read_virtual(at + sizeof(frame->caller), &frame->back, sizeof(frame->back)))
		return false;
	frame->back = without_pac(frame->back);
	return frame->back;
}

/* How far the code at the address lies above its symbols. False: it is not the kernel's. */
static bool find_slide(const struct symbols *symbols, uint64_t address, uint64_t *slide)
{
	long text = symbols_named(symbols, "_text");
	uint64_t ipa;

	*slide = 0;
	if (text < 0 || guest.kernel.start == guest.kernel.end)
		return true;
	if (!qemu_arm_translate(address, &ipa) || ipa < guest.kernel.start ||
	    ipa >= guest.kernel.end)
		return false;
	*slide = address - (ipa - guest.kernel.start) - symbols_start(symbols, text);
	return true;
}

/* False: the path ends here. */
static bool add(const struct symbols *symbols, uint64_t address, struct call_path *path)
{
	uint64_t slide;
	long function;

	if (path->depth == CALL_PATH_MAX || !find_slide(symbols, address, &slide))
		return false;
	function = symbols_find(symbols, address - slide);
	if (function < 0)
		return false;
	if (!path->depth) {
		path->slide_known = true;
		path->slide = slide;
	}
	path->function[path->depth++] = function;
	return true;
}

/* Whether the instruction before the address is a BL to the function at start (Arm ARM C6.2). */
static bool is_behind_call(uint64_t address, uint64_t start)
{
	uint64_t at = address - INSTRUCTION_BYTES;
	uint32_t code;

	return read_virtual(at, &code, sizeof(code)) && code >> 26 == 0x25 &&
	       at + (uint64_t)(int64_t)((int32_t)(code << 6) >> 4) == start;
}

/* A function that calls nothing, or has not come to it, has no frame record of its own. */
static bool is_without_frame(const struct symbols *symbols, const struct call_path *path,
			     uint64_t link, uint64_t back)
{
	return link != back &&
	       is_behind_call(link, symbols_start(symbols, path->function[0]) + path->slide);
}

void arm_call_path(const struct symbols *symbols, unsigned vcpu, uint64_t pc,
		   struct call_path *path)
{
	const uint64_t *x = qemu_gpr(vcpu);
	uint64_t link = without_pac(x[LINK_REGISTER]);
	struct frame frame = { .caller = x[FRAME_POINTER] };
	bool more;

	*path = (struct call_path){ 0 };
	if (!add(symbols, pc, path))
		return;
	more = read_frame(frame.caller, &frame);
	if (is_without_frame(symbols, path, link, more ? frame.back : 0))
		more = add(symbols, link - INSTRUCTION_BYTES, path) && more;
	/* The address of the BL itself, since a function may end with one. */
	while (more && add(symbols, frame.back - INSTRUCTION_BYTES, path))
		more = read_frame(frame.caller, &frame);
}
