/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/parse.h"
#include "qemu/guest/phase.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/platform_table.h"
#include "qemu/tdx/launch/launch.h"
#include "qemu/tdx/tdx.h"

/* The interface of TDX to the shared part of the plugin. */

/* 53: the shared bit is the lowest bit that page-table entries do not use for the address. The MMU
 * drops it, and shared memory has no addresses of its own. */
static void set_width(unsigned width)
{
	tdx.gpa_width = width;
	tdx.shared_bit = UINT64_C(1) << (width - 1);
	guest.shared_base = width == 53 ? 0 : tdx.shared_bit;
}

static void init(void)
{
	set_width(52);
	tdx.ve = true;
}

static bool option(const char *key, const char *value)
{
	uint64_t width;

	if (!strcmp(key, "ve"))
		return guest_parse_switch(value, &tdx.ve);
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

static struct emu_machine *machine(void)
{
	return emu_tdx_machine(tdx.emu);
}

static bool is_shared(uint64_t gpa)
{
	return emu_machine_state(emu_tdx_machine(tdx.emu), gpa) == EMU_PAGE_SHARED;
}

static const char *state_name(uint64_t gpa)
{
	return emu_page_state_name(EMU_TDX, emu_machine_state(emu_tdx_machine(tdx.emu), gpa));
}

static bool is_created(void)
{
	return tdx.emu;
}

static void stopped(struct emu_stop *why)
{
	emu_stop_get(emu_tdx_machine(tdx.emu), why);
}

static void attack_report(struct emu_attack_report *out)
{
	emu_attack_progress(emu_tdx_machine(tdx.emu), out);
}

const struct platform platform_tdx = {
	.name = "tdx",
	.exception = "ve",
	.exception_name = "VE",
	.unaccepted = "PENDING",
	.address = "GPA",
	.counter = "RIP",
	.init = init,
	.option = option,
	.has_attack = has_attack,
	.instruction = tdx_instruction,
	.is_launched = tdx_is_launched,
	.first_instruction = tdx_first_instruction,
	.machine = machine,
	.is_shared = is_shared,
	.state_name = state_name,
	.raise = tdx_raise_violation,
	.phase = guest_x86_phase,
	.is_triple_fault = qemu_is_triple_fault,
	.is_created = is_created,
	.stopped = stopped,
	.totals = tdx_totals,
	.attack_report = attack_report,
	.report_machine = tdx_report_machine,
	.report_run = tdx_report_run,
};
