/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_SEV_CPUID_H
#define CVMEM_QEMU_SNP_SEV_CPUID_H

#include <stdint.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/*
 * Changes a processor's answer to CPUID into that of a processor with SEV-SNP (AMD APM volume 3,
 * E.4.17): leaf 0x80000000 reaches 0x8000001f, and that leaf reports SEV, SEV-ES and SEV-SNP.
 *
 *     c_bit       position of the C-bit in a page-table entry, 32 to 63
 *     reduction   by how many bits SEV shortens physical addresses
 *
 * Software need not evict cache lines at PVALIDATE (EBX[31], COHERENCY_SFW_NO), which an emulator
 * would only spend time on. Other leaves stay unchanged.
 */
void snp_cpuid_adjust(uint32_t leaf, unsigned c_bit, unsigned reduction, struct cpuid_regs *regs);

/*
 * What KVM makes of the answer, where it intercepts CPUID: no MONITOR and MWAIT, which it hides
 * from a guest, and its signature with none of its features (Linux,
 * Documentation/virt/kvm/x86/cpuid.rst). By the signature Linux uses x2APIC, as on hardware, and
 * does not test the timer's interrupt, which it would miss on a busy host.
 */
void snp_cpuid_as_kvm(uint32_t leaf, struct cpuid_regs *regs);

#endif
