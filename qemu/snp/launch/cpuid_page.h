/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H
#define CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu/snp/sev_cpuid.h"

/*
 * CPUID as an SNP guest knows it: the page of answers that the firmware of the secure
 * processor checks and adds at launch (SEV-SNP firmware ABI, "CPUID page" of
 * SNP_LAUNCH_UPDATE), so that the guest need not believe the host.
 */
#define CPUID_PAGE_SIZE	   4096
#define CPUID_PAGE_ENTRIES 64

/* Answers CPUID of a leaf and subleaf, for the CPU that boots. */
struct cpuid_source {
	void (*ask)(void *ctx, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *regs);
	void *ctx;
};

/*
 * Writes the page:
 *
 *      0  u32 number of entries; 12 bytes zero
 *     16  entries of 48 bytes: u32 EAX and ECX in, u64 XCR0 and XSS in, u32 EAX, EBX, ECX and
 *         EDX out, u64 zero
 *
 * Leaves from 0, 0x40000000 and 0x80000000 on, up to the maximum that each of the three
 * answers (at most 255 more); of leaves with subleaves all that the leaf says it has. Answers
 * that are zero throughout are left out: a leaf below its maximum that is not in the page reads
 * as zero. Leaf 0xD is as with XCR0 = 1 and XSS = 0, and EBX of its subleaves 0 and 1 is 0x240,
 * the size without any extended state: the guest adds the sizes up itself.
 *
 * Returns the number of entries, at most 64; 0: there are more than fit, and the page is to
 * be thrown away. Not done, which firmware does: comparing with what the processor can do.
 */
unsigned cpuid_page_build(const struct cpuid_source *source, uint8_t page[CPUID_PAGE_SIZE]);

#endif
