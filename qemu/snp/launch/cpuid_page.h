/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H
#define CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu/snp/sev_cpuid.h"

/* CPUID in an SNP guest: a page of answers that the secure processor's firmware checks and adds at
 * launch (SEV-SNP firmware ABI, "CPUID page" of SNP_LAUNCH_UPDATE), so that the guest need not
 * trust the host. */
#define CPUID_PAGE_SIZE	   4096
#define CPUID_PAGE_ENTRIES 64

/* Answers CPUID for a leaf and subleaf, on the boot CPU. */
struct cpuid_source {
	void (*ask)(void *ctx, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *regs);
	void *ctx;
};

/*
 * Writes the page:
 *
 *      0  u32 number of entries; 12 zero bytes
 *     16  entries of 48 bytes: u32 EAX and ECX in, u64 XCR0 and XSS in, u32 EAX, EBX, ECX and
 *         EDX out, u64 zero
 *
 * Leaves from 0, 0x40000000 and 0x80000000 on, up to the maximum that each of the three reports (at
 * most 255 more), with all of their subleaves. Answers that are entirely zero are omitted: a leaf
 * below its maximum that is not in the page reads as zero. Leaf 0xD is that of XCR0 = 1 and XSS =
 * 0; EBX of its subleaves 0 and 1 is 0x240, the size without extended states, since the guest adds
 * up the sizes itself.
 *
 * Returns the number of entries, at most 64. 0: more than that are needed, and the page is
 * unusable. Unlike the firmware, this does not compare the values with the processor's.
 */
unsigned cpuid_page_build(const struct cpuid_source *source, uint8_t page[CPUID_PAGE_SIZE]);

#endif
