/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/internal.h"

#include <string.h>

#include "emu/internal.h"

/*
 * SNP_LAUNCH_UPDATE (0xa1): a page that the host has filled is encrypted and measured, and is the
 * guest's, validated. Pre-Guest -> Guest-Valid.
 */

static uint32_t check_page(const struct emu_psp *psp, const struct emu_snp_launch_update *buffer)
{
	struct psp_page page;

	if (!emu_psp_is_page(psp, buffer->spa, buffer->large))
		return EMU_PSP_INVALID_ADDRESS;
	page = emu_psp_read(psp, buffer->spa);
	if (page.state == PSP_HYPERVISOR)
		return EMU_PSP_INVALID_PAGE_STATE;
	if (page.large != buffer->large)
		return EMU_PSP_INVALID_PAGE_SIZE;
	if (page.state == PSP_PRE_GUEST)
		return psp->asid == psp->config.asid ? EMU_PSP_SUCCESS : EMU_PSP_INVALID_PAGE_OWNER;
	return page.state == PSP_PRE_FOREIGN ? EMU_PSP_INVALID_PAGE_OWNER
					     : EMU_PSP_INVALID_PAGE_STATE;
}

static uint32_t check(const struct emu_psp *psp, const struct emu_snp_launch_update *buffer)
{
	uint32_t status = emu_psp_check_context(psp, buffer->context);

	if (status)
		return status;
	if (psp->state != EMU_GSTATE_LAUNCH)
		return EMU_PSP_INVALID_GUEST_STATE;
	if (!psp->asid)
		return EMU_PSP_INACTIVE;
	if (buffer->type < EMU_SNP_PAGE_NORMAL || buffer->type > EMU_SNP_PAGE_CPUID)
		return EMU_PSP_INVALID_PARAM;
	/* One page each. */
	if (buffer->large &&
	    (buffer->type == EMU_SNP_PAGE_VMSA || buffer->type == EMU_SNP_PAGE_SECRETS ||
	     buffer->type == EMU_SNP_PAGE_CPUID))
		return EMU_PSP_INVALID_PARAM;
	return check_page(psp, buffer);
}

static uint64_t gpa_of(const struct emu_psp *psp, uint64_t spa)
{
	return spa < psp->ram_end ? spa : psp->gpa[(spa - psp->ram_end) / EMU_PAGE_SIZE];
}

/* Content that comes from the host: the firmware makes the others. */
static bool has_content(unsigned type)
{
	return type != EMU_SNP_PAGE_ZERO && type != EMU_SNP_PAGE_SECRETS;
}

static void measure(struct emu_psp *psp, unsigned type, uint64_t gpa, const uint8_t *content)
{
	switch (type) {
	case EMU_SNP_PAGE_NORMAL:
		emu_launch_digest_normal(&psp->digest, gpa, content);
		break;
	case EMU_SNP_PAGE_VMSA:
		emu_launch_digest_vmsa(&psp->digest, gpa, content);
		break;
	default:
		emu_launch_digest_page(&psp->digest, (enum emu_launch_page)type, gpa);
		break;
	}
}

/* 4 KiB. In RAM the guest's page is accessible already. */
static void add(struct emu_psp *psp, unsigned type, uint64_t spa)
{
	const struct emu_backend *backend = &psp->pages->backend;
	bool ram = emu_psp_is_ram(psp, spa);
	uint8_t content[EMU_PAGE_SIZE];

	memset(content, 0, sizeof(content));
	if (has_content(type)) {
		if (psp->config.read_host)
			psp->config.read_host(psp->config.ctx, spa, content, sizeof(content));
		else if (ram && backend->read_private)
			backend->read_private(backend->ctx, spa, content, sizeof(content));
	}
	if (ram && psp->config.read_host && has_content(type) && backend->write_private)
		backend->write_private(backend->ctx, spa, content, sizeof(content));
	measure(psp, type, gpa_of(psp, spa), content);
}

uint32_t emu_snp_launch_update(struct emu_psp *psp, const struct emu_snp_launch_update *buffer)
{
	const struct emu_backend *backend = &psp->pages->backend;
	uint64_t size = psp_size(buffer->large);
	uint32_t status = check(psp, buffer);

	if (status)
		return status;
	if (emu_psp_is_ram(psp, buffer->spa)) {
		backend->map_private(backend->ctx, buffer->spa, size, !has_content(buffer->type));
		emu_count(&psp->pages->mapped, size / EMU_PAGE_SIZE);
	}
	for (uint64_t spa = buffer->spa; spa < buffer->spa + size; spa += EMU_PAGE_SIZE)
		add(psp, buffer->type, spa);
	emu_psp_write(psp, buffer->spa, buffer->large, PSP_VALID,
		      buffer->type == EMU_SNP_PAGE_VMSA ? EMU_PAGE_VMSA : 0);
	return EMU_PSP_SUCCESS;
}
