/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/cca/attestation/attestation.h"
#include "qemu/cca/cca.h"
#include "qemu/cca/launch/launch.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/parse.h"
#include "qemu/guest/platform.h"
#include "qemu/platform_table.h"

/* The interface of Arm CCA to the shared part of the plugin. */

#define IPA_BITS_MIN	 40 /* the devices of the machine `virt` are below 512 GiB */
#define IPA_BITS_MAX	 52
#define IPA_BITS_DEFAULT 48

static void set_width(unsigned bits)
{
	cca.ipa_bits = bits;
	cca.shared_bit = UINT64_C(1) << (bits - 1);
	guest.shared_base = cca.shared_bit;
}

static void init(void)
{
	set_width(IPA_BITS_DEFAULT);
}

static bool parse_ripas(const char *value)
{
	cca.ripas =
		strcmp(value, cca_ripas_name(CCA_RIPAS_IMAGE)) ? CCA_RIPAS_ALL : CCA_RIPAS_IMAGE;
	return !strcmp(value, cca_ripas_name(cca.ripas));
}

/* NAME or NAME@N. */
static bool parse_attack(const char *value)
{
	const char *at = strchr(value, '@');
	size_t length = at ? (size_t)(at - value) : strlen(value);

	for (unsigned kind = 0; kind < EMU_CCA_ATTACKS; kind++) {
		const struct emu_cca_attack_info *info =
			emu_cca_attack_info((enum emu_cca_attack_kind)kind);

		if (!info || strlen(info->name) != length || strncmp(info->name, value, length))
			continue;
		cca.attack.kind = (enum emu_cca_attack_kind)kind;
		cca.attack.at = 0;
		return !at ||
		       (guest_parse_number(at + 1, UINT64_MAX, &cca.attack.at) && cca.attack.at);
	}
	return false;
}

static bool option(const char *key, const char *value)
{
	uint64_t bits;

	if (!strcmp(key, "ripas"))
		return parse_ripas(value);
	if (!strcmp(key, "attack"))
		return parse_attack(value);
	if (strcmp(key, "ipa_bits") || !guest_parse_number(value, IPA_BITS_MAX, &bits) ||
	    bits < IPA_BITS_MIN)
		return false;
	set_width((unsigned)bits);
	return true;
}

static struct emu_machine *machine(void)
{
	return emu_cca_machine(cca.emu);
}

static bool is_shared(uint64_t ipa)
{
	return emu_machine_state(emu_cca_machine(cca.emu), ipa) == EMU_PAGE_SHARED;
}

static const char *state_name(uint64_t ipa)
{
	return emu_machine_state_name(emu_cca_machine(cca.emu), ipa);
}

static bool is_created(void)
{
	return cca.emu;
}

static void stopped(struct emu_stop *why)
{
	emu_stop_get(emu_cca_machine(cca.emu), why);
}

static void no_attack(struct emu_attack_report *out)
{
	*out = (struct emu_attack_report){ .gpa = EMU_ATTACK_ANYWHERE };
}

/* Linux proper runs in the upper half of the address space, and nothing before it does. */
static enum guest_phase phase(struct guest_call *call)
{
	return call->rip >> 63 ? GUEST_PHASE_KERNEL : GUEST_PHASE_STUB;
}

static void report_run(struct json *json)
{
	cca_report_run(json);
	cca_attestation_report(json);
}

const struct platform platform_cca = {
	.name = "cca",
	.exception = "sea",
	.exception_name = "SEA",
	.unaccepted = "EMPTY",
	.address = "IPA",
	.counter = "PC",
	.init = init,
	.option = option,
	.instruction = cca_instruction,
	.is_launched = cca_is_launched,
	.first_instruction = cca_first_instruction,
	.machine = machine,
	.is_shared = is_shared,
	.state_name = state_name,
	.allows = cca_allows,
	.phase = phase,
	.is_created = is_created,
	.stopped = stopped,
	.totals = cca_totals,
	.attack_report = no_attack,
	.report_machine = cca_report_machine,
	.report_run = report_run,
};
