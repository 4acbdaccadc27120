/* SPDX-License-Identifier: MIT */
#include "emu/snp/internal.h"
#include "emu/snp/ghcb.h"

#include <stdlib.h>

/* As on all processors with SEV-SNP so far. */
#define DEFAULT_C_BIT 51

/* Besides RAM: guest contexts and other pages of the firmware, and a VMSA for each vCPU. */
#define OTHER_PAGES 64

uint64_t emu_snp_host_end(const struct emu_snp *snp)
{
	uint64_t ram = (snp->machine.pages.end + EMU_REGION_SIZE - 1) & -EMU_REGION_SIZE;

	return ram + (OTHER_PAGES + snp->config.vcpus) * EMU_PAGE_SIZE;
}

static bool attach_psp(struct emu_snp *snp)
{
	struct emu_psp_config config = {
		.machine = &snp->machine,
		.asid = EMU_SNP_ASID,
		.host_end = emu_snp_host_end(snp),
		.read_host = snp->config.read_host,
		.fault = snp->config.psp_fault,
		.ctx = snp->config.host_ctx,
	};

	snp->psp = emu_psp_create(&config);
	return snp->psp;
}

struct emu_snp *emu_snp_create(const struct emu_snp_config *config,
			       const struct emu_backend *backend)
{
	struct emu_snp *snp;

	if (!config->vcpus || config->vmpl >= VMPLS)
		return NULL;
	snp = calloc(1, sizeof(*snp));
	if (!snp)
		return NULL;

	snp->config = *config;
	if (!config->c_bit)
		snp->config.c_bit = DEFAULT_C_BIT;
	snp->vcpu = calloc(config->vcpus, sizeof(*snp->vcpu));
	if (!snp->vcpu ||
	    !emu_machine_init(&snp->machine, EMU_SNP, config->ram, config->ram_count,
			      config->ram_limit, backend, &config->attack) ||
	    !attach_psp(snp)) {
		emu_snp_destroy(snp);
		return NULL;
	}
	snp->config.ram = snp->machine.pages.list->ram;
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
	emu_psp_destroy(snp->psp);
	emu_machine_free(&snp->machine);
	free(snp->vcpu);
	free(snp);
}

struct emu_machine *emu_snp_machine(struct emu_snp *snp)
{
	return &snp->machine;
}

struct emu_psp *emu_snp_psp(struct emu_snp *snp)
{
	return snp->psp;
}

void emu_snp_stats(const struct emu_snp *snp, struct emu_snp_stats *out)
{
	const struct emu_snp_stats *stats = &snp->stats;

	for (unsigned i = 0; i < 2; i++)
		out->rescinded[i] = emu_counted(&stats->rescinded[i]);
	out->unchanged = emu_counted(&stats->unchanged);
	out->psc_requests = emu_counted(&stats->psc_requests);
	out->psc_entries = emu_counted(&stats->psc_entries);
	out->psc_msr = emu_counted(&stats->psc_msr);
	out->rmpadjusts = emu_counted(&stats->rmpadjusts);
	out->vmgexits = emu_counted(&stats->vmgexits);
}
