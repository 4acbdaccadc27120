/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/parse.h"
#include "qemu/guest/phase.h"
#include "qemu/guest/platform.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/platform_table.h"
#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/launch/launch.h"
#include "qemu/snp/snp.h"

/* The interface of SEV-SNP to the shared part of the plugin. */

/* Memory is private where the bit is set. */
static void set_c_bit(unsigned c_bit)
{
	snp.c_bit = c_bit;
	guest.private_base = UINT64_C(1) << c_bit;
}

static void init(void)
{
	set_c_bit(51);
	snp.vc = true;
#ifdef CVMEM_ATTESTATION
	snp.attestation = &snp_attestation;
#else
	snp.attestation = &snp_attestation_unsupported;
#endif
}

static bool parse_vc(const char *value)
{
	snp.vc_dr7 = !strcmp(value, "all");
	return guest_parse_switch(snp.vc_dr7 ? "on" : value, &snp.vc);
}

static bool option(const char *key, const char *value)
{
	uint64_t c_bit, vmpl;

	if (!strcmp(key, "vc"))
		return parse_vc(value);
	if (!strcmp(key, "vmpl") && guest_parse_number(value, 3, &vmpl)) {
		snp.vmpl = (unsigned)vmpl;
		return true;
	}
	if (strcmp(key, "c_bit") || !guest_parse_number(value, 51, &c_bit) ||
	    (c_bit != 47 && c_bit != 51))
		return false;
	set_c_bit((unsigned)c_bit);
	return true;
}

static bool has_attack(const struct emu_attack_info *info)
{
	return info->snp_at;
}

static bool is_launched(unsigned vcpu)
{
	return __atomic_load_n(&guest.running, __ATOMIC_ACQUIRE);
}

static struct emu_machine *machine(void)
{
	return emu_snp_machine(snp.emu);
}

static bool is_shared(uint64_t gpa)
{
	return emu_machine_state(emu_snp_machine(snp.emu), gpa) == EMU_PAGE_SHARED;
}

static const char *state_name(uint64_t gpa)
{
	return emu_page_state_name(EMU_SNP, emu_machine_state(emu_snp_machine(snp.emu), gpa));
}

static bool is_created(void)
{
	return snp.emu;
}

static void stopped(struct emu_stop *why)
{
	emu_stop_get(emu_snp_machine(snp.emu), why);
}

static void attack_report(struct emu_attack_report *out)
{
	emu_attack_progress(emu_snp_machine(snp.emu), out);
}

const struct platform platform_snp = {
	.name = "snp",
	.exception = "vc",
	.exception_name = "VC",
	.unaccepted = "UNVALIDATED",
	.address = "GPA",
	.counter = "RIP",
	.init = init,
	.option = option,
	.has_attack = has_attack,
	.instruction = snp_instruction,
	.is_launched = is_launched,
	.first_instruction = snp_first_instruction,
	.machine = machine,
	.is_shared = is_shared,
	.state_name = state_name,
	.allows = snp_allows,
	.raise = snp_raise_violation,
	.phase = guest_x86_phase,
	.is_triple_fault = qemu_is_triple_fault,
	.is_created = is_created,
	.stopped = stopped,
	.totals = snp_totals,
	.attack_report = attack_report,
	.report_machine = snp_report_machine,
	.report_run = snp_report_run,
};
