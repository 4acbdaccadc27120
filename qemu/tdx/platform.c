/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/tdx/td.h"

/* What the shared part of the plugin asks of TDX. */

struct td td;

/* 53: the shared bit is the first that a page-table entry does not use for the address. The MMU
 * drops it, and shared memory has no addresses of its own. */
static void set_width(unsigned width)
{
	td.gpa_width = width;
	td.shared_bit = UINT64_C(1) << (width - 1);
	guest.shared_base = width == 53 ? 0 : td.shared_bit;
}

static void init(void)
{
	set_width(52);
	td.ve = true;
}

static bool option(const char *key, const char *value)
{
	uint64_t width;

	if (!strcmp(key, "ve"))
		return guest_parse_switch(value, &td.ve);
	if (strcmp(key, "gpa_width") || !guest_parse_number(value, 64, &width) ||
	    (width != 48 && width != 52 && width != 53))
		return false;
	set_width((unsigned)width);
	return true;
}

static bool has_attack(const struct emu_attack_info *info)
{
	return info->tdx_at;
}

static bool is_shared(uint64_t gpa)
{
	return emu_tdx_state(td.emu, gpa) == EMU_SEPT_SHARED;
}

static const char *state_name(uint64_t gpa)
{
	return emu_sept_state_name(emu_tdx_state(td.emu, gpa));
}

static bool is_created(void)
{
	return td.emu;
}

static void attack_report(struct emu_attack_report *out)
{
	emu_tdx_attack_report(td.emu, out);
}

const struct platform platform_tdx = {
	.name = "tdx",
	.exception = "ve",
	.init = init,
	.option = option,
	.has_attack = has_attack,
	.instruction = td_instruction,
	.is_launched = td_is_launched,
	.first_instruction = td_first_instruction,
	.is_shared = is_shared,
	.state_name = state_name,
	.raise = td_raise_violation,
	.is_created = is_created,
	.totals = td_totals,
	.attack_report = attack_report,
	.report_machine = td_report_machine,
	.report_run = td_report_run,
};
