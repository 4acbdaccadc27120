/* SPDX-License-Identifier: MIT */
#include "emu/internal.h"

#include <string.h>

bool emu_machine_init(struct emu_machine *machine, enum emu_platform platform,
		      const struct emu_ram *ram, size_t ram_count, uint64_t ram_limit,
		      const struct emu_backend *backend, const struct emu_attack *attack)
{
	memset(machine, 0, sizeof(*machine));
	machine->platform = platform;
	emu_attack_arm(machine, attack);
	return emu_pages_init(&machine->pages, ram, ram_count, ram_limit, backend);
}

void emu_machine_free(struct emu_machine *machine)
{
	emu_pages_free(&machine->pages);
}

void emu_machine_launch(struct emu_machine *machine, uint64_t start, uint64_t end)
{
	emu_pages_launch(&machine->pages, start, end);
}

bool emu_machine_add_ram(struct emu_machine *machine, uint64_t start, uint64_t end)
{
	return emu_pages_add(&machine->pages, start, end);
}

bool emu_machine_remove_ram(struct emu_machine *machine, uint64_t start, uint64_t end)
{
	return emu_pages_remove(&machine->pages, start, end);
}

bool emu_machine_is_ram(const struct emu_machine *machine, uint64_t gpa)
{
	return emu_pages_state(&machine->pages, gpa) != EMU_PAGE_NOT_RAM;
}

enum emu_page_state emu_machine_state(const struct emu_machine *machine, uint64_t gpa)
{
	return emu_pages_state(&machine->pages, gpa);
}

static const char *const state_names[][EMU_PAGE_NOT_RAM + 1] = {
	[EMU_TDX] = { "FREE", "PENDING", "MAPPED", "SHARED", "not RAM" },
	[EMU_SNP] = { "UNVALIDATED", "UNVALIDATED", "VALIDATED", "SHARED", "not RAM" },
	[EMU_CCA] = { "EMPTY", "DESTROYED", "RAM", "EMPTY", "not RAM" },
};

const char *emu_page_state_name(enum emu_platform platform, enum emu_page_state state)
{
	return state_names[platform][state];
}

const char *emu_machine_state_name(const struct emu_machine *machine, uint64_t gpa)
{
	return emu_page_state_name(machine->platform, emu_machine_state(machine, gpa));
}

void emu_machine_stats(const struct emu_machine *machine, struct emu_stats *out)
{
	out->accepted_bytes = 0;
	for (unsigned level = 0; level < 3; level++) {
		out->accepted[level] = emu_counted(&machine->accepted[level]);
		out->accepted_bytes += (out->accepted[level] * EMU_PAGE_SIZE) << (9 * level);
	}
	out->size_mismatch = emu_counted(&machine->size_mismatch);
	out->already_accepted = emu_counted(&machine->already_accepted);
	out->unaccepted_bytes = emu_pages_unaccepted(&machine->pages) * EMU_PAGE_SIZE;
}
