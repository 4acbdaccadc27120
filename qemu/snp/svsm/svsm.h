/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_SVSM_SVSM_H
#define CVMEM_QEMU_SNP_SVSM_SVSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a Secure VM Service Module (SVSM) does for a guest above VMPL 0, which may not use
 * PVALIDATE and RMPADJUST for itself: the core protocol, version 1, of AMD publication 58019
 * "Secure VM Service Module for SEV-SNP Guests", revision 1.00. The module itself is not
 * emulated: no code runs at VMPL 0.
 *
 * A guest sets the first byte of its vCPU's calling area (CAA), asks the host to run VMPL 0, and
 * finds the result in RAX. Calls, with RAX = protocol << 32 | number:
 *
 *     0.0 REMAP_CA        RCX: GPA of another calling area, 8 bytes that do not cross a page
 *     0.1 PVALIDATE       RCX: GPA of a list: u16 entries, u16 next, u32 0; entries of 8
 *                         bytes: size 1:0 (0 4K, 1 2M), validate 2, ignore "unchanged" 3, GFN
 *                         63:12. The list ends with its page. next moves on with each entry done
 *     0.2 CREATE_VCPU     RCX: VMSA, RDX: its calling area, R8: APIC ID
 *     0.3 DELETE_VCPU     RCX: VMSA
 *     0.6 QUERY_PROTOCOL  RCX: protocol << 32 | version; back: highest << 32 | lowest, or 0
 *     0.7 CONFIGURE_VTOM  RCX: bit 0 asks whether there is a virtual top of memory: there is not
 *
 * DEPOSIT_MEM (0.4) and WITHDRAW_MEM (0.5) are SVSM_UNSUPPORTED_CALL: this SVSM needs no memory
 * of the guest. Other protocols (attestation, vTPM, APIC) are SVSM_UNSUPPORTED_PROTOCOL.
 */
enum svsm_status {
	SVSM_SUCCESS = 0,
	SVSM_UNSUPPORTED_PROTOCOL = 0x80000001,
	SVSM_UNSUPPORTED_CALL = 0x80000002,
	SVSM_INVALID_ADDRESS = 0x80000003,
	SVSM_INVALID_PARAMETER = 0x80000005,
	SVSM_INVALID_REQUEST = 0x80000006,
	SVSM_BUSY = 0x80000007, /* four VMSAs per vCPU are registered */
	/* Of the core protocol: this and the result of PVALIDATE or RMPADJUST. */
	SVSM_CORE_RESULT = 0x80001000,
};

/* Results of PVALIDATE; RMPADJUST has the first three. */
enum svsm_rmp {
	SVSM_RMP_SUCCESS = 0,
	SVSM_RMP_FAIL_INPUT = 1,
	SVSM_RMP_FAIL_PERMISSION = 2,
	SVSM_RMP_FAIL_SIZEMISMATCH = 6,
	SVSM_RMP_UNCHANGED = 0x10, /* CF = 1: the page was so already */
	SVSM_RMP_STOP = -1,	   /* the machine has stopped */
};

/* What VMPL 0 can do. Called on several vCPUs at once, set_vmsa one at a time; none may call
 * a function of this header. */
struct svsm_host {
	/* PVALIDATE of a page of the guest: 2 MiB if huge, and then aligned. A page that becomes
	 * valid is zero, and the guest's VMPL may use it. */
	enum svsm_rmp (*pvalidate)(void *ctx, unsigned vcpu, uint64_t gpa, bool huge,
				   bool validate);
	/* Memory of the guest that is private and valid. False: some of it is not. */
	bool (*read)(void *ctx, uint64_t gpa, void *buffer, size_t size);
	bool (*write)(void *ctx, uint64_t gpa, const void *buffer, size_t size);
	/* Whether a page may belong to the guest: RAM, firmware. */
	bool (*is_memory)(void *ctx, uint64_t gpa);
	/* The VMSA bit of a valid page: RMPADJUST. */
	enum svsm_rmp (*set_vmsa)(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa);
	/* The vCPU with an APIC ID; -1: none. */
	int (*vcpu_of)(void *ctx, uint32_t apic_id);
	void *ctx;
};

struct svsm_config {
	unsigned vcpus;
	unsigned vmpl;	       /* the guest's: 1 to 3 */
	uint64_t sev_features; /* that the guest runs with, and every VMSA of it must have */
	uint64_t base, size;   /* what the SVSM keeps for itself: pages */
	uint64_t caa;	       /* of vCPU 0 */
	struct svsm_host host;
};

struct svsm_regs {
	uint64_t rax, rcx, rdx, r8, r9;
};

enum svsm_result {
	SVSM_RETURNED, /* regs are the answer, and the calling area says so */
	SVSM_IDLE,     /* no call was pending: nothing has changed */
	SVSM_NO_CAA,   /* no calling area, or it is not valid memory: the SVSM cannot go on */
	SVSM_STOPPED,  /* pvalidate or set_vmsa has stopped the machine */
};

struct svsm;

/* NULL: no memory. */
struct svsm *svsm_create(const struct svsm_config *config);
void svsm_destroy(struct svsm *svsm);

/* A vCPU of the guest has had VMPL 0 run: what the SVSM then does. Several vCPUs at once. */
enum svsm_result svsm_call(struct svsm *svsm, unsigned vcpu, struct svsm_regs *regs);

/* Where a vCPU's calling area is; UINT64_MAX: nowhere yet. */
uint64_t svsm_caa(struct svsm *svsm, unsigned vcpu);

/* Whether the SVSM has let a page be a VMSA, of which vCPU: what AP creation must respect. */
bool svsm_is_vmsa(struct svsm *svsm, uint64_t gpa, unsigned *vcpu);

#endif
