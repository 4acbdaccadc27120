/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_PSP_INTERNAL_H
#define CVMEM_EMU_SNP_PSP_INTERNAL_H

#include "emu/pages.h"
#include "emu/snp/psp/launch_digest.h"
#include "emu/snp/psp/psp.h"

/* The states of psp.h. FOREIGN: assigned to an ASID that is not this guest's, so that its nested
 * page tables reach nothing there. */
enum psp_state {
	PSP_HYPERVISOR,
	PSP_FIRMWARE,
	PSP_RECLAIM,
	PSP_CONTEXT,
	PSP_FOREIGN,
	PSP_PRE_FOREIGN,
	PSP_INVALID,
	PSP_PRE_GUEST,
	PSP_VALID,
};

struct emu_psp {
	struct emu_psp_config config;
	struct emu_pages *pages;
	uint8_t lock; /* of all below */
	/* A state for each host page. Of RAM the guest's own pages have PSP_HYPERVISOR here, and
	 * their state in emu/pages.h. */
	uint8_t *host;
	size_t host_bytes;
	uint64_t *gpa; /* of the guest's pages that are no RAM */
	uint64_t ram_end;

	/* The guest context. */
	enum emu_snp_guest_state state;
	uint64_t context, policy;
	unsigned asid;	  /* 0: not activated */
	bool needs_flush; /* an ASID has been given up since the last SNP_DF_FLUSH */
	struct emu_launch_digest digest;

	uint64_t calls[EMU_PSP_COMMANDS]; /* atomic */
};

/* 0, or INVALID_GUEST: there is no context at that page. */
static inline uint32_t emu_psp_check_context(const struct emu_psp *psp, uint64_t context)
{
	return psp->state == EMU_GSTATE_NONE || context != psp->context ? EMU_PSP_INVALID_GUEST
									: EMU_PSP_SUCCESS;
}

/* One function for a command, in the file named after it, with the lock held. */
uint32_t emu_snp_gctx_create(struct emu_psp *psp, const struct emu_snp_address *buffer);
uint32_t emu_snp_activate(struct emu_psp *psp, const struct emu_snp_activate *buffer);
uint32_t emu_snp_df_flush(struct emu_psp *psp);
uint32_t emu_snp_launch_start(struct emu_psp *psp, const struct emu_snp_launch_start *buffer);
uint32_t emu_snp_launch_update(struct emu_psp *psp, const struct emu_snp_launch_update *buffer);
uint32_t emu_snp_launch_finish(struct emu_psp *psp, const struct emu_snp_launch_finish *buffer);
uint32_t emu_snp_page_reclaim(struct emu_psp *psp, const struct emu_snp_address *buffer);
uint32_t emu_snp_decommission(struct emu_psp *psp, const struct emu_snp_address *buffer);

uint32_t emu_psp_fault(struct emu_psp *psp, unsigned command);

void emu_psp_lock(struct emu_psp *psp);
void emu_psp_unlock(struct emu_psp *psp);

/* page.c: an RMP entry, with the lock held. */
struct psp_page {
	uint64_t spa;
	bool large;  /* the entry that covers it is one of 2 MiB */
	bool busy;   /* another processor, or a conversion, is changing it */
	bool shared; /* Hypervisor, and the guest uses it as shared memory */
	enum psp_state state;
};

/* The page is in RAM, so that its state as the guest's page is in emu/pages.h. */
bool emu_psp_is_ram(const struct emu_psp *psp, uint64_t spa);
bool emu_psp_is_page(const struct emu_psp *psp, uint64_t spa, bool large);

/* For a few instructions no other processor changes entries of this 2 MiB region, nor marks one
 * busy. What was read with this lock held is still so when it is written. */
void emu_psp_lock_entry(const struct emu_psp *psp, uint64_t spa);
void emu_psp_unlock_entry(const struct emu_psp *psp, uint64_t spa);
struct psp_page emu_psp_entry(const struct emu_psp *psp, uint64_t spa);
/* flags: of emu/pages.h, for a page of this guest. */
void emu_psp_set_entry(struct emu_psp *psp, uint64_t spa, bool large, enum psp_state state,
		       uint8_t flags);
/* A validated page of RAM is marked busy, so that the backend can be called without locks. */
void emu_psp_begin_change(struct emu_psp *psp, uint64_t spa, bool large);

/* The same with that lock taken for the one access: for pages that the guest cannot change. */
struct psp_page emu_psp_read(const struct emu_psp *psp, uint64_t spa);
void emu_psp_write(struct emu_psp *psp, uint64_t spa, bool large, enum psp_state state,
		   uint8_t flags);

static inline uint64_t psp_size(bool large)
{
	return large ? EMU_REGION_SIZE : EMU_PAGE_SIZE;
}

#endif
