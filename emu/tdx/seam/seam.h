/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_SEAM_SEAM_H
#define CVMEM_EMU_TDX_SEAM_SEAM_H

#include "emu/gpr.h"
#include "emu/machine.h"
#include "hash/sha384.h"

/*
 * The host's side of the TDX module: the SEAMCALL leaves that build a TD, give it memory and take
 * memory from it, over the page states of emu/pages.h. Source: TDX module 1.5 base architecture and
 * ABI specifications. One module has one TD at a time here. Every answer that the real module gives
 * in a state that its calls can reach is in tests/data/tdx/sept_table.tsv, and is the same here.
 *
 * Differences, each because the emulator keeps one state for a page: a guest-physical address
 * outside declared RAM is an invalid operand of PAGE.ADD and PAGE.AUG; a page that is converted to
 * shared at the moment makes a leaf busy, and one that is shared cannot be added before the host
 * has converted it back (STATE_INCORRECT; the entry is FREE); no 1 GiB pages.
 *
 * Host-physical addresses are names: the module tracks what each page is used for (PAMT), and
 * nothing is stored there.
 *
 * All calls may be made on several processors at once: those that concern the TD as a whole (MNG,
 * VP, MR.FINALIZE, RECLAIM) one after the other, and of two that want one host page one gets it.
 * They allocate nothing.
 */

/* Leaf numbers, in RAX. */
enum emu_seam_leaf {
	EMU_TDH_MNG_ADDCX = 1,
	EMU_TDH_MEM_PAGE_ADD = 2,
	EMU_TDH_MEM_SEPT_ADD = 3,
	EMU_TDH_MEM_PAGE_RELOCATE = 5,
	EMU_TDH_MEM_PAGE_AUG = 6,
	EMU_TDH_MEM_RANGE_BLOCK = 7,
	EMU_TDH_MNG_KEY_CONFIG = 8,
	EMU_TDH_MNG_CREATE = 9,
	EMU_TDH_VP_CREATE = 10,
	EMU_TDH_MEM_PAGE_DEMOTE = 15,
	EMU_TDH_MR_EXTEND = 16,
	EMU_TDH_MR_FINALIZE = 17,
	EMU_TDH_VP_FLUSH = 18,
	EMU_TDH_MNG_VPFLUSHDONE = 19,
	EMU_TDH_MNG_KEY_FREEID = 20,
	EMU_TDH_MNG_INIT = 21,
	EMU_TDH_VP_INIT = 22,
	EMU_TDH_MEM_PAGE_PROMOTE = 23,
	EMU_TDH_MEM_SEPT_RD = 25,
	EMU_TDH_PHYMEM_PAGE_RECLAIM = 28,
	EMU_TDH_MEM_PAGE_REMOVE = 29,
	EMU_TDH_MEM_SEPT_REMOVE = 30,
	EMU_TDH_MEM_TRACK = 38,
	EMU_TDH_MEM_RANGE_UNBLOCK = 39,
	EMU_SEAM_LEAVES
};

/* Pages of TDH.MNG.ADDCX, as the module reports it; host key identifiers that exist. */
#define EMU_SEAM_TDCX  4
#define EMU_SEAM_HKIDS 16

struct emu_seam;

struct emu_seam_config {
	struct emu_machine *machine; /* outlives the module */
	unsigned gpa_width;
	unsigned vcpus;	   /* MAX_VCPUS of the TD */
	uint64_t host_end; /* host-physical addresses are below it */
	/* The content of a host page, for TDH.MEM.PAGE.ADD. NULL: the backend has put it into the
	 * guest's page already. */
	void (*read_host)(void *ctx, uint64_t hpa, void *buffer, size_t size);
	/* A status other than 0 is the leaf's answer, and nothing is done. NULL: none. */
	uint64_t (*fault)(void *ctx, unsigned leaf);
	void *ctx;
};

/* NULL: out of memory. */
struct emu_seam *emu_seam_create(const struct emu_seam_config *config);
void emu_seam_destroy(struct emu_seam *seam);

/* One SEAMCALL: leaf and status in RAX; operands and results in RCX, RDX, R8, R9. */
void emu_seamcall(struct emu_seam *seam, uint64_t gpr[EMU_GPRS]);

/*
 * TDH.VP.ENTER and the exit, as far as TLB tracking is concerned: vCPU by the order of its
 * TDH.VP.CREATE. Enter: false in a TD that does not run, or a vCPU that is inside.
 */
bool emu_seam_enter(struct emu_seam *seam, unsigned vcpu);
void emu_seam_leave(struct emu_seam *seam, unsigned vcpu);

/* What an EPT violation exit tells the host: the extended exit qualification. */
enum emu_seam_exit { EMU_SEAM_ACCESS, EMU_SEAM_ACCEPT, EMU_SEAM_PENDING };
uint64_t emu_seam_exit_info(const struct emu_seam *seam, enum emu_seam_exit type, uint64_t gpa,
			    unsigned level);
/* A table above the 2 MiB entry of gpa is blocked: the guest reaches nothing below it. */
bool emu_seam_is_cut_off(const struct emu_seam *seam, uint64_t gpa);

/*
 * For the conversions of emu/pages.h, which take pages and empty tables from the guest in one step,
 * as TDH.MEM.RANGE.BLOCK, TRACK, REMOVE would: the host page or pages at hpa were used by the entry
 * of this level (as its table, if they are smaller), and have no owner any more if it does not.
 */
void emu_seam_abandon(struct emu_seam *seam, uint64_t gpa, unsigned level, uint64_t hpa,
		      unsigned hpa_level);

struct emu_seam_info {
	bool finalized;
	uint64_t epoch;	   /* TDCS.TD_EPOCH */
	uint64_t children; /* TDR.CHLDCNT: 4 KiB pages that the TD has, besides the TDR */
	uint64_t pages;	   /* host pages with an owner, the TDR too */
	uint8_t mrtd[SHA384_BYTES];
	uint64_t calls[EMU_SEAM_LEAVES];
};

void emu_seam_info(const struct emu_seam *seam, struct emu_seam_info *out);

#endif
