/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_LAUNCH_DIGEST_H
#define CVMEM_QEMU_SNP_LAUNCH_LAUNCH_DIGEST_H

#include <stdint.h>

/*
 * What a report calls the measurement: a hash over what was added to a guest before it ran, page
 * by page and in that order (SEV-SNP firmware ABI 1.56, 8.17.2, "PAGE_INFO"). QEMU adds the
 * firmware, then the sections of its metadata as they are listed, then a VMSA for each vCPU;
 * `sev-snp-measure --mode snp --vmm-type QEMU` computes the same from files.
 */
#define LAUNCH_DIGEST_SIZE 48

/* Begins as zeros. */
struct launch_digest {
	uint8_t value[LAUNCH_DIGEST_SIZE];
};

/* Kinds of pages whose content is not measured. */
enum launch_page {
	LAUNCH_PAGE_ZERO = 3,
	LAUNCH_PAGE_SECRETS = 5,
	LAUNCH_PAGE_CPUID = 6,
};

/* 4096 bytes at page. */
void launch_digest_normal(struct launch_digest *digest, uint64_t gpa, const uint8_t *page);
void launch_digest_page(struct launch_digest *digest, enum launch_page kind, uint64_t gpa);

/*
 * A vCPU as QEMU with KVM launches it: after reset, at ip, of a processor whose CPUID leaf 1 has
 * this EAX. ip is 0xfffffff0 for the first vCPU, and what the firmware's table says for the others
 * (formats/sev.h, es_reset).
 */
void launch_digest_vcpu(struct launch_digest *digest, uint32_t ip, uint32_t fms);

#endif
