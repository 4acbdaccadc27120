/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_SVSM_SVSM_H
#define CVMEM_EMU_SNP_SVSM_SVSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The services of a Secure VM Service Module (SVSM) for a guest above VMPL 0, which may not use
 * PVALIDATE and RMPADJUST itself: the core protocol, version 1, of AMD publication 58019 "Secure VM
 * Service Module for SEV-SNP Guests", revision 1.00. The module itself is not emulated: no code
 * runs at VMPL 0.
 *
 * A guest sets the first byte of its vCPU's calling area (CAA), asks the host to run VMPL 0, and
 * finds the result in RAX. Calls, with RAX = protocol << 32 | number:
 *
 *     0.0 REMAP_CA        RCX: GPA of another calling area, 8 bytes that do not cross a page
 *     0.1 PVALIDATE       RCX: GPA of a list: u16 entries, u16 next, u32 0; entries of 8
 *                         bytes: size 1:0 (0 4K, 1 2M), validate 2, ignore "unchanged" 3, GFN
 *                         63:12. The list ends with its page. next counts finished entries
 *     0.2 CREATE_VCPU     RCX: VMSA, RDX: its calling area, R8: APIC ID
 *     0.3 DELETE_VCPU     RCX: VMSA
 *     0.6 QUERY_PROTOCOL  RCX: protocol << 32 | version; back: highest << 32 | lowest, or 0
 *     0.7 CONFIGURE_VTOM  RCX: bit 0 asks for a virtual top of memory, which does not exist
 *
 * DEPOSIT_MEM (0.4) and WITHDRAW_MEM (0.5) are SVSM_UNSUPPORTED_CALL: this SVSM needs no memory of
 * the guest. Other protocols (attestation, vTPM, APIC) are SVSM_UNSUPPORTED_PROTOCOL.
 */
enum svsm_status {
	SVSM_SUCCESS = 0,
	SVSM_UNSUPPORTED_PROTOCOL = 0x80000001,
	SVSM_UNSUPPORTED_CALL = 0x80000002,
	SVSM_INVALID_ADDRESS = 0x80000003,
	SVSM_INVALID_PARAMETER = 0x80000005,
	SVSM_INVALID_REQUEST = 0x80000006,
	SVSM_BUSY = 0x80000007, /* four VMSAs per vCPU are registered */
	/* Added to the result of PVALIDATE or RMPADJUST by calls of the core protocol. */
	SVSM_CORE_RESULT = 0x80001000,
};

/* Results of PVALIDATE; RMPADJUST has the first three. */
enum svsm_rmp {
	SVSM_RMP_SUCCESS = 0,
	SVSM_RMP_FAIL_INPUT = 1,
	SVSM_RMP_FAIL_PERMISSION = 2,
	SVSM_RMP_FAIL_SIZEMISMATCH = 6,
	SVSM_RMP_UNCHANGED = 0x10, /* CF = 1: the page had this state already */
	SVSM_RMP_STOP = -1,	   /* the machine has stopped */
};

/* What VMPL 0 can do. Called on several vCPUs at once, but set_vmsa only one at a time. They must
 * not call the functions of this header. */
struct svsm_host {
	/* PVALIDATE of a page of the guest: 2 MiB and aligned if huge. A page that becomes valid is
	 * zeroed, and accessible to the guest's VMPL. */
	enum svsm_rmp (*pvalidate)(void *ctx, unsigned vcpu, uint64_t gpa, bool huge,
				   bool validate);
	/* Private, validated memory of the guest. False: part of it is not. */
	bool (*read)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	bool (*write)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	/* Whether a page may belong to the guest: RAM, firmware. */
	bool (*is_memory)(void *ctx, uint64_t gpa);
	/* Sets or clears the VMSA attribute of a validated page by RMPADJUST. */
	enum svsm_rmp (*set_vmsa)(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa);
	/* The vCPU with an APIC ID; -1: none. */
	int (*vcpu_of)(void *ctx, uint32_t apic_id);
	void *ctx;
};

struct svsm_config {
	unsigned vcpus;
	unsigned vmpl;	       /* the guest's: 1 to 3 */
	uint64_t sev_features; /* of the guest, and required in each of its VMSAs */
	uint64_t base, size;   /* reserved for the SVSM itself: pages */
	uint64_t caa;	       /* of vCPU 0 */
	/* From one vCPU's calling area to the next; 0: the others have none before CREATE_VCPU. */
	uint64_t caa_step;
	struct svsm_host host;
};

struct svsm_regs {
	uint64_t rax, rcx, rdx, r8, r9;
};

enum svsm_result {
	SVSM_RETURNED, /* regs hold the answer, and the calling area is updated */
	SVSM_IDLE,     /* no call was pending: nothing has changed */
	SVSM_NO_CAA,   /* no calling area, or not in valid memory: the SVSM cannot continue */
	SVSM_STOPPED,  /* pvalidate or set_vmsa has stopped the machine */
};

struct svsm;

/* NULL: no memory. */
struct svsm *svsm_create(const struct svsm_config *config);
void svsm_destroy(struct svsm *svsm);

/* Handles a request of the vCPU to run VMPL 0. May be called on several vCPUs at once. */
enum svsm_result svsm_call(struct svsm *svsm, unsigned vcpu, struct svsm_regs *regs);

/* The vCPU's calling area; UINT64_MAX: none yet. */
uint64_t svsm_caa(struct svsm *svsm, unsigned vcpu);

/* Whether the SVSM has made a page a VMSA, and of which vCPU: AP creation must respect that. */
bool svsm_is_vmsa(struct svsm *svsm, uint64_t gpa, unsigned *vcpu);

#endif
