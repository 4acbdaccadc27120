/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_INTERNAL_H
#define CVMEM_EMU_SNP_INTERNAL_H

#include "emu/internal.h"
#include "emu/snp/snp.h"

/* EAX after PVALIDATE and RMPADJUST, AMD APM volume 3. PVALIDATE has no FAIL_PERMISSION. */
enum {
	RMP_SUCCESS = 0,
	RMP_FAIL_INPUT = 1,
	RMP_FAIL_PERMISSION = 2,
	RMP_FAIL_SIZEMISMATCH = 6,
};

enum { SIZE_4K = 0, SIZE_2M = 1 };

#define VMPLS	  4
#define GHCB_NONE UINT64_MAX

/* Used by one vCPU's own thread alone. */
struct emu_snp_vcpu {
	uint64_t ghcb_msr;
	uint64_t ghcb_gpa; /* registered; GHCB_NONE: none */
	/* The AP reset hold that it has asked for, by the protocol that will carry the answer. */
	enum { HOLD_NONE, HOLD_MSR, HOLD_GHCB } hold;
};

struct emu_snp {
	struct emu_machine machine;
	struct emu_psp *psp;
	struct emu_snp_config config;
	struct emu_snp_stats stats; /* atomic */
	struct emu_snp_vcpu *vcpu;
};

/*
 * The entry that an instruction of the guest works on: its region is locked, and the
 * byte is the page's or the 2 MiB page's.
 */
struct emu_rmp_entry {
	struct emu_region *region;
	uint8_t *byte;
	uint64_t gpa, size;
};

/*
 * Find and lock the RMP entry of an assigned page, in the size that the instruction names. -1:
 * locked; else the instruction's result: RMP_FAIL_SIZEMISMATCH, or any with *action EMU_STOP after
 * an #NPF that the host cannot handle.
 */
int emu_rmp_lock(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, uint32_t size,
		 const char *instruction, struct emu_rmp_entry *entry, enum emu_action *action);
/* Size, alignment and mapping of PVALIDATE's and RMPADJUST's operand. */
bool emu_rmp_is_operand_valid(uint64_t gpa, bool mapped_2m, uint32_t size);
/* RMPADJUST has made the page a VMSA. */
bool emu_snp_is_vmsa(const struct emu_snp *snp, uint64_t gpa);

/*
 * The host's part.
 *
 * An #NPF of an instruction on a page that is not assigned, or in a 2 MiB entry although
 * it names 4 KiB. False: the host cannot help.
 */
bool emu_snp_host_npf(struct emu_snp *snp, uint64_t gpa, uint32_t size);
/* Page-state change operations, GHCB specification 2.03, section 4.1.6. */
enum { PSC_PRIVATE = 1, PSC_SHARED = 2, PSC_PSMASH = 3, PSC_UNSMASH = 4 };
/* One operation on a range; huge: it is a whole 2 MiB entry. False: not possible here, nothing has
 * changed. */
bool emu_snp_host_psc(struct emu_snp *snp, unsigned operation, uint64_t start, uint64_t end,
		      bool huge);

/* VMGEXIT: a request of the MSR protocol, and one by a GHCB page at gpa. */
enum emu_action emu_snp_msr_protocol(struct emu_snp *snp, unsigned vcpu);
enum emu_action emu_snp_ghcb(struct emu_snp *snp, unsigned vcpu, uint64_t gpa);

/* One file for each request that both protocols have: the MSR protocol's part. The other part is in
 * ghcb_page.h. */
enum emu_action emu_msr_psc(struct emu_snp *snp, unsigned vcpu, uint64_t *msr);
enum emu_action emu_msr_reset_hold(struct emu_snp *snp, unsigned vcpu, uint64_t *msr);
enum emu_action emu_msr_hv_features(struct emu_snp *snp, unsigned vcpu, uint64_t *msr);
enum emu_action emu_msr_terminate(struct emu_snp *snp, unsigned vcpu, uint64_t *msr);

#endif
