/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/x86/memory_operand.h"

#include "qemu/guest/guest.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/ram.h"
#include "qemu/x86/code.h"
#include "qemu/x86/walk.h"

#define PAGE_SIZE UINT64_C(4096)
#define CODE_MAX  15 /* of an instruction */

/* The bytes at an instruction pointer; fewer where the mapping ends. */
static size_t read_code(unsigned vcpu, uint64_t rip, uint8_t code[CODE_MAX])
{
	uint64_t address = rip + qemu_segment_base(vcpu, QEMU_CS);
	struct x86_mapping mapping;
	size_t count = 0;

	while (count < CODE_MAX) {
		uint64_t room = PAGE_SIZE - (address + count) % PAGE_SIZE;
		size_t part = room < CODE_MAX - count ? room : CODE_MAX - count;

		if (!x86_walk(vcpu, address + count, &mapping) ||
		    !memory_read_private(mapping.gpa, code + count, part))
			break;
		count += part;
	}
	return count;
}

static bool leads_to(uint64_t address, const struct platform_access *access)
{
	struct x86_mapping mapping;

	return x86_walk(access->vcpu, address, &mapping) && mapping.gpa == access->gpa &&
	       (mapping.is_private != access->shared || !guest_is_separate());
}

bool x86_operand_address(const struct platform_access *access, uint64_t *address)
{
	uint64_t candidates[X86_MAX_OPERANDS];
	uint8_t code[CODE_MAX];
	const struct x86_address_parts parts = {
		.gpr = qemu_gpr(access->vcpu),
		.rip = qemu_rip(access->vcpu),
		.fs_base = qemu_segment_base(access->vcpu, QEMU_FS),
		.gs_base = qemu_segment_base(access->vcpu, QEMU_GS),
	};
	size_t size = read_code(access->vcpu, parts.rip, code);
	unsigned count;

	if (qemu_code_bits(access->vcpu) != 64)
		return false;
	count = x86_decode_operand(code, size, &parts, candidates);
	for (unsigned i = 0; i < count; i++) {
		*address = candidates[i];
		if (leads_to(candidates[i], access))
			return true;
	}
	*address = 0;
	return false;
}
