/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/internal.h"

struct emu_psp *emu_psp_create(const struct emu_psp_config *config)
{
	struct emu_psp *psp = calloc(1, sizeof(*psp));
	void *host;

	if (!psp)
		return NULL;
	psp->config = *config;
	psp->pages = &config->machine->pages;
	psp->ram_end = psp->pages->end;
	psp->host_bytes = (size_t)(config->host_end / EMU_PAGE_SIZE) + 1;
	/* Zeroed memory that the kernel allocates where it is touched. */
	host = mmap(NULL, psp->host_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	psp->host = host == MAP_FAILED ? NULL : host;
	psp->gpa = calloc((size_t)((config->host_end - psp->ram_end) / EMU_PAGE_SIZE) + 1,
			  sizeof(*psp->gpa));
	if (!psp->host || !psp->gpa) {
		emu_psp_destroy(psp);
		return NULL;
	}
	return psp;
}

void emu_psp_destroy(struct emu_psp *psp)
{
	if (!psp)
		return;
	if (psp->host)
		munmap(psp->host, psp->host_bytes);
	free(psp->gpa);
	free(psp);
}

void emu_psp_lock(struct emu_psp *psp)
{
	unsigned turns = 0;

	while (__atomic_exchange_n(&psp->lock, 1, __ATOMIC_ACQUIRE))
		emu_pause(&turns);
}

void emu_psp_unlock(struct emu_psp *psp)
{
	__atomic_store_n(&psp->lock, 0, __ATOMIC_RELEASE);
}

uint32_t emu_psp_fault(struct emu_psp *psp, unsigned command)
{
	emu_count(&psp->calls[command], 1);
	return psp->config.fault ? psp->config.fault(psp->config.ctx, command) : 0;
}

static uint32_t dispatch(struct emu_psp *psp, unsigned command, void *buffer)
{
	switch (command) {
	case EMU_SNP_GCTX_CREATE:
		return emu_snp_gctx_create(psp, buffer);
	case EMU_SNP_ACTIVATE:
		return emu_snp_activate(psp, buffer);
	case EMU_SNP_DF_FLUSH:
		return emu_snp_df_flush(psp);
	case EMU_SNP_LAUNCH_START:
		return emu_snp_launch_start(psp, buffer);
	case EMU_SNP_LAUNCH_UPDATE:
		return emu_snp_launch_update(psp, buffer);
	case EMU_SNP_LAUNCH_FINISH:
		return emu_snp_launch_finish(psp, buffer);
	case EMU_SNP_PAGE_RECLAIM:
		return emu_snp_page_reclaim(psp, buffer);
	case EMU_SNP_DECOMMISSION:
		return emu_snp_decommission(psp, buffer);
	default:
		return EMU_PSP_INVALID_COMMAND;
	}
}

uint32_t emu_psp_command(struct emu_psp *psp, unsigned command, void *buffer)
{
	uint32_t status;

	if (command >= EMU_PSP_COMMANDS)
		return EMU_PSP_INVALID_COMMAND;
	status = emu_psp_fault(psp, command);
	if (status)
		return status;
	emu_psp_lock(psp);
	status = dispatch(psp, command, buffer);
	emu_psp_unlock(psp);
	return status;
}

void emu_psp_info(const struct emu_psp *psp, struct emu_psp_info *out)
{
	out->state = psp->state;
	out->asid = psp->asid;
	memcpy(out->digest, psp->digest.value, sizeof(out->digest));
	for (unsigned i = 0; i < EMU_PSP_COMMANDS; i++)
		out->calls[i] = emu_counted(&psp->calls[i]);
}

uint64_t emu_psp_assigned(const struct emu_psp *psp)
{
	uint64_t n = 0;

	for (uint64_t spa = 0; spa < psp->config.host_end; spa += EMU_PAGE_SIZE)
		n += emu_psp_read(psp, spa).state != PSP_HYPERVISOR;
	return n;
}
