/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_PSP_LAUNCH_DIGEST_H
#define CVMEM_EMU_SNP_PSP_LAUNCH_DIGEST_H

#include "hash/sha384.h"

/*
 * The measurement in a report: a hash over the pages that were added to the guest before it ran, in
 * their order (SEV-SNP firmware ABI 1.56, 8.17.2, "PAGE_INFO"). QEMU adds the firmware, then the
 * sections of its metadata in their order, then a VMSA for each vCPU. `sev-snp-measure --mode snp
 * --vmm-type QEMU` computes the same from files.
 */

/* Begins as zeros. */
struct emu_launch_digest {
	uint8_t value[SHA384_BYTES];
};

/* Kinds of pages whose content is not measured. */
enum emu_launch_page {
	EMU_LAUNCH_PAGE_ZERO = 3,
	EMU_LAUNCH_PAGE_UNMEASURED = 4,
	EMU_LAUNCH_PAGE_SECRETS = 5,
	EMU_LAUNCH_PAGE_CPUID = 6,
};

/* 4096 bytes at page. */
void emu_launch_digest_normal(struct emu_launch_digest *digest, uint64_t gpa, const uint8_t *page);
void emu_launch_digest_page(struct emu_launch_digest *digest, enum emu_launch_page kind,
			    uint64_t gpa);

/* The address that KVM and the firmware use for a VMSA: no GPA, truncated to 48 bits. */
#define EMU_LAUNCH_VMSA_GPA UINT64_C(0xfffffffff000)

/*
 * A vCPU's VMSA (4096 bytes) as QEMU with KVM launches it: in the reset state, at ip, on a
 * processor with this EAX in CPUID leaf 1. ip is 0xfffffff0 for the first vCPU, and the value in
 * the firmware's table for the others (es_reset of its SEV metadata).
 */
void emu_launch_vmsa(uint8_t *vmsa, uint32_t ip, uint32_t fms);
void emu_launch_digest_vmsa(struct emu_launch_digest *digest, uint64_t gpa, const uint8_t *vmsa);
/* Both at once. */
void emu_launch_digest_vcpu(struct emu_launch_digest *digest, uint32_t ip, uint32_t fms);

#endif
