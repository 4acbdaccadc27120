/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"
#include "emu/snp/ghcb.h"

#include <stdlib.h>

/* Of the processors that have SEV-SNP so far. */
#define DEFAULT_C_BIT 51

struct emu_snp *emu_snp_create(const struct emu_snp_config *config, const struct emu_engine *engine)
{
	struct emu_snp *snp;

	if (!config->vcpus || config->vmpl > 3)
		return NULL;
	snp = calloc(1, sizeof(*snp));
	if (!snp)
		return NULL;

	snp->config = *config;
	if (!config->c_bit)
		snp->config.c_bit = DEFAULT_C_BIT;
	emu_snp_attack(snp, &config->attack);
	snp->vcpu = calloc(config->vcpus, sizeof(*snp->vcpu));
	if (!snp->vcpu || !emu_pages_init(&snp->pages, config->ram, config->ram_count, engine)) {
		emu_snp_destroy(snp);
		return NULL;
	}
	snp->config.ram = snp->pages.ram;
	for (unsigned i = 0; i < config->vcpus; i++) {
		/* As a hypervisor leaves it before the guest's first instruction. */
		snp->vcpu[i].ghcb_msr = GHCB_SEV_INFO(snp->config.c_bit);
		snp->vcpu[i].ghcb_gpa = GHCB_NONE;
	}
	return snp;
}

void emu_snp_destroy(struct emu_snp *snp)
{
	if (!snp)
		return;
	emu_pages_free(&snp->pages);
	free(snp->vcpu);
	free(snp);
}

void emu_snp_add(struct emu_snp *snp, uint64_t start, uint64_t end)
{
	emu_pages_launch(&snp->pages, start, end);
}

enum emu_rmp_state emu_snp_state(const struct emu_snp *snp, uint64_t gpa)
{
	if (!emu_snp_is_ram(snp, gpa))
		return EMU_RMP_UNVALIDATED;
	switch (emu_pages_get(&snp->pages, gpa) & EMU_PAGE_STATE) {
	case EMU_PAGE_MAPPED:
		return EMU_RMP_VALIDATED;
	case EMU_PAGE_SHARED:
		return EMU_RMP_SHARED;
	default:
		return EMU_RMP_UNVALIDATED;
	}
}

const char *emu_rmp_state_name(enum emu_rmp_state state)
{
	switch (state) {
	case EMU_RMP_UNVALIDATED:
		return "UNVALIDATED";
	case EMU_RMP_VALIDATED:
		return "VALIDATED";
	case EMU_RMP_SHARED:
		return "SHARED";
	}
	return "?";
}

bool emu_snp_is_ram(const struct emu_snp *snp, uint64_t gpa)
{
	return gpa < snp->pages.end && emu_pages_is_ram(&snp->pages, gpa, gpa + 1);
}

bool emu_snp_is_vmsa(const struct emu_snp *snp, uint64_t gpa)
{
	return emu_snp_is_ram(snp, gpa) && emu_pages_get(&snp->pages, gpa) & EMU_PAGE_VMSA;
}

void emu_snp_attack(struct emu_snp *snp, const struct emu_attack *attack)
{
	const struct emu_attack_info *info = emu_attack_info(attack->kind);

	emu_attacker_arm(&snp->attacker, info && info->snp_at ? attack : NULL,
			 info ? info->snp_at : 0);
}

bool emu_snp_strike(struct emu_snp *snp, enum emu_attack_kind kind, uint64_t gpa)
{
	return emu_attack_strike(&snp->attacker, &snp->pages, true, kind, gpa);
}

void emu_snp_attack_report(const struct emu_snp *snp, struct emu_attack_report *out)
{
	emu_attacker_report(&snp->attacker, out);
}

void emu_snp_stats(const struct emu_snp *snp, struct emu_snp_stats *out)
{
	const struct emu_snp_stats *stats = &snp->stats;

	for (unsigned i = 0; i < 2; i++) {
		out->validated[i] = emu_counted(&stats->validated[i]);
		out->rescinded[i] = emu_counted(&stats->rescinded[i]);
	}
	out->size_mismatch = emu_counted(&stats->size_mismatch);
	out->unchanged = emu_counted(&stats->unchanged);
	out->revalidated = emu_counted(&stats->revalidated);
	out->psc_requests = emu_counted(&stats->psc_requests);
	out->psc_entries = emu_counted(&stats->psc_entries);
	out->psc_msr = emu_counted(&stats->psc_msr);
	out->rmpadjusts = emu_counted(&stats->rmpadjusts);
	out->vmgexits = emu_counted(&stats->vmgexits);
}

uint64_t emu_snp_unvalidated(const struct emu_snp *snp)
{
	return emu_pages_unaccepted(&snp->pages) * EMU_PAGE_SIZE;
}

void emu_snp_stopped(const struct emu_snp *snp, struct emu_stop *out)
{
	emu_stopper_get(&snp->stopper, out);
}
