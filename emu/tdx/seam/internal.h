/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_SEAM_INTERNAL_H
#define CVMEM_EMU_TDX_SEAM_INTERNAL_H

#include "emu/pages.h"
#include "emu/tdx/seam/mrtd.h"
#include "emu/tdx/seam/seam.h"
#include "emu/tdx/seam/status.h"

/* The state of a secure EPT entry, as RDX[15:8] has it. */
enum {
	SEPT_FREE = 0x00,
	SEPT_BLOCKED = 0x01,
	SEPT_PENDING = 0x02,
	SEPT_PENDING_BLOCKED = 0x03,
	SEPT_MAPPED = 0x04,
	SEPT_NL_BLOCKED = 0x81, /* NL: not a leaf, but a table */
	SEPT_NL_MAPPED = 0x84,
};

/* What a host page is used for, PAMT.PT. */
enum { PAMT_NDA, PAMT_REG, PAMT_TDR, PAMT_TDCX, PAMT_TDVPR, PAMT_EPT };

/* Levels up to 256 TiB in one entry. */
#define SEPT_LEVELS 5

/* TDR.LIFECYCLE_STATE; NONE: there is no TDR. */
enum lifecycle { LIFE_NONE, LIFE_HKID_ASSIGNED, LIFE_KEYS_CONFIGURED, LIFE_BLOCKED, LIFE_TEARDOWN };
/* TDCS.OP_STATE */
enum op_state { OP_UNINITIALIZED, OP_INITIALIZED, OP_RUNNABLE };

/* Besides the state of an entry. hpa: of the page or table, exclusive-or the entry's own GPA, so
 * that a host which keeps guest page N at address N touches no memory here. */
struct sept_note {
	uint64_t hpa;
	uint64_t epoch; /* TD_EPOCH when it was blocked */
};

struct seam_vcpu {
	uint64_t tdvpr;
	bool initialized, inside, associated;
	uint64_t epoch; /* TD_EPOCH when it entered */
};

struct emu_seam {
	struct emu_seam_config config;
	struct emu_pages *pages;
	unsigned top; /* level of the root table's entries */

	uint8_t *pamt; /* a byte for each host page */
	size_t pamt_bytes;
	struct sept_note *note[SEPT_LEVELS];
	uint8_t *upper[SEPT_LEVELS]; /* states at levels above 2 MiB, atomic */
	size_t entries[SEPT_LEVELS];
	uint64_t cut_off;		/* blocked tables of these levels, atomic */
	uint64_t pages_owned, children; /* atomic */
	uint8_t pamt_lock;		/* the innermost lock: of taking pages */

	/*
	 * Of all below, and of the tables above 2 MiB. seamcall.c takes it for the calls that
	 * concern the TD as a whole. Whoever holds it may take a region's lock, not the other way.
	 */
	uint8_t lock;
	/* Written under the lock, and atomic: emu_seam_td() reads them without it. */
	enum lifecycle lifecycle;
	enum op_state op_state;
	uint64_t tdr;
	unsigned tdcx;
	unsigned hkid;
	struct seam_vcpu *vcpu;
	unsigned vcpus;
	uint64_t epoch;	    /* atomic */
	uint64_t inside[2]; /* vCPUs that entered in an even, in an odd epoch; atomic */
	struct emu_mrtd mr;
	uint8_t mrtd[SHA384_BYTES];

	uint64_t calls[EMU_SEAM_LEAVES]; /* atomic */
};

/* The registers of a call: what it is given, and what it returns besides RAX. */
struct seam_call {
	uint64_t rcx, rdx, r8, r9;
	uint64_t out_rcx, out_rdx;
};

/* All tables above 2 MiB, and what is noted of entries: as emu_seam_create() left it. */
void emu_seam_drop_notes(struct emu_seam *seam);

static inline enum lifecycle seam_lifecycle(const struct emu_seam *seam)
{
	return __atomic_load_n(&seam->lifecycle, __ATOMIC_ACQUIRE);
}

static inline void seam_set_lifecycle(struct emu_seam *seam, enum lifecycle lifecycle)
{
	__atomic_store_n(&seam->lifecycle, lifecycle, __ATOMIC_RELEASE);
}

void emu_seam_lock(struct emu_seam *seam);
void emu_seam_unlock(struct emu_seam *seam);

/*
 * pamt.c: whether a new page at hpa is possible (0, or a status that names the operand). Take: the
 * same, and if it is, that is its use from now on; of two processors one gets it. 512 or 1 pages.
 */
uint64_t emu_pamt_check(const struct emu_seam *seam, uint64_t hpa, unsigned level,
			unsigned operand);
uint64_t emu_pamt_take(struct emu_seam *seam, uint64_t hpa, unsigned level, unsigned operand,
		       uint8_t type);
/* Of its owner. */
void emu_pamt_free(struct emu_seam *seam, uint64_t hpa, unsigned level);
uint8_t emu_pamt_get(const struct emu_seam *seam, uint64_t hpa);

/* A secure EPT entry that a call has locked. */
struct sept_entry {
	uint64_t gpa;
	unsigned level;
	uint8_t state;
	bool busy;   /* the guest, or a conversion, is changing it */
	bool shared; /* FREE, and the host uses the page */
};

/* The states of op_state_lookup that these calls allow. */
enum { ALLOW_INITIALIZED = 1 << OP_INITIALIZED, ALLOW_RUNNABLE = 1 << OP_RUNNABLE };
#define ALLOW_BOTH (ALLOW_INITIALIZED | ALLOW_RUNNABLE)

/* RDX or RCX names the TDR of a TD with its keys, whose op_state is allowed; 0 or a status. */
uint64_t emu_seam_td(const struct emu_seam *seam, uint64_t tdr, unsigned operand, unsigned allowed);

/*
 * sept.c. The entry of RCX (level in 2:0) for a TD in RDX, at a level of [low, high], locked; 0.
 * Else a status, and nothing is locked: EPT_WALK_FAILED fills RCX and RDX with where the walk
 * ended.
 */
uint64_t emu_sept_find(struct emu_seam *seam, struct seam_call *call, unsigned allowed,
		       unsigned low, unsigned high, struct sept_entry *entry);
void emu_sept_read(const struct emu_seam *seam, uint64_t gpa, unsigned level,
		   struct sept_entry *entry);
/* Down from the root to `level`, or to the first entry that is no table or is blocked. True: the
 * entry of that level was reached. */
bool emu_sept_walk(const struct emu_seam *seam, uint64_t gpa, unsigned level,
		   struct sept_entry *entry);
/* The new state is visible at once; the entry stays locked. */
void emu_sept_write(struct emu_seam *seam, const struct sept_entry *entry, uint8_t state);
void emu_sept_unlock(struct emu_seam *seam, const struct sept_entry *entry);
/* Unlock; RCX and RDX describe the entry. Returns the status with operand RCX. */
uint64_t emu_sept_refuse(struct emu_seam *seam, struct seam_call *call,
			 const struct sept_entry *entry, uint64_t status);
/* The entry and its state as RCX and RDX return them. */
void emu_sept_describe(const struct emu_seam *seam, struct seam_call *call,
		       const struct sept_entry *entry);
bool emu_sept_is_table(uint8_t state);
/* Of a page, in any of its states. */
bool emu_sept_is_leaf(uint8_t state);
struct sept_note *emu_sept_note(const struct emu_seam *seam, uint64_t gpa, unsigned level);
uint64_t emu_sept_hpa(const struct emu_seam *seam, const struct sept_entry *entry);
void emu_sept_set_hpa(struct emu_seam *seam, const struct sept_entry *entry, uint64_t hpa);
/* Make the locked entry busy and unlock it, for a callback; publish a state and make it idle. */
void emu_sept_begin_change(struct emu_seam *seam, const struct sept_entry *entry);
void emu_sept_end_change(struct emu_seam *seam, const struct sept_entry *entry, uint8_t state);

/*
 * track.c. Whether an entry that was blocked can be in no TLB any more: 0, else a status with this
 * operand. Not asked before TDH.MR.FINALIZE.
 */
uint64_t emu_seam_check_tracked(const struct emu_seam *seam, const struct sept_entry *entry,
				unsigned operand);
/* State, then blocked, then tracked, as all calls that take something from a running TD ask. The
 * entry is unlocked unless 0 is returned. */
uint64_t emu_seam_check_taken(struct emu_seam *seam, struct seam_call *call,
			      const struct sept_entry *entry);

static inline bool seam_is_finalized(const struct emu_seam *seam)
{
	return __atomic_load_n(&seam->op_state, __ATOMIC_ACQUIRE) == OP_RUNNABLE;
}

static inline uint64_t sept_size(unsigned level)
{
	return EMU_PAGE_SIZE << (9 * level);
}

/* One function for a leaf, in the file named after it. They return RAX and set RCX and RDX. */
uint64_t emu_tdh_mng_create(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mng_key_config(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mng_addcx(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mng_init(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mng_vpflushdone(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mng_key_freeid(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_vp_create(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_vp_init(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_vp_flush(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mr_extend(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mr_finalize(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_sept_add(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_sept_rd(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_sept_remove(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_add(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_aug(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_remove(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_relocate(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_promote(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_page_demote(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_range_block(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_range_unblock(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_mem_track(struct emu_seam *seam, struct seam_call *call);
uint64_t emu_tdh_phymem_page_reclaim(struct emu_seam *seam, struct seam_call *call);

#endif
