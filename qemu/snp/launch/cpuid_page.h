/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H
#define CVMEM_QEMU_SNP_LAUNCH_CPUID_PAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * CPUID as an SNP guest knows it: the page of answers that the firmware of the secure
 * processor checks and adds at launch (SEV-SNP firmware ABI, "CPUID page" of
 * SNP_LAUNCH_UPDATE), so that the guest need not believe the host.
 */
#define CPUID_PAGE_SIZE	   4096
#define CPUID_PAGE_ENTRIES 64

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

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

/*
 * What SNP changes in what a processor answers (AMD APM volume 3, E.4.17): leaf 0x80000000
 * reaches 0x8000001f, and that leaf says that SEV, SEV-ES and SEV-SNP are there.
 *
 *     c_bit       position of the C-bit in a page-table entry, 32 to 63
 *     reduction   how many bits of physical address SEV takes away
 *
 * Software need not evict cache lines at PVALIDATE (EBX[31], COHERENCY_SFW_NO), which under an
 * emulator would only cost time. Other leaves stay as they are.
 */
void cpuid_as_snp(uint32_t leaf, unsigned c_bit, unsigned reduction, struct cpuid_regs *regs);

#endif
