/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

/* Intel ICH9 data sheet, 13.1: the LPC bridge, function 00:1f.0. QEMU's ACPI tables say where the
 * registers for power management are when firmware has set it. */
#define LPC	    0x8000f800
#define PMBASE	    0x40
#define ACPI_CNTL   0x44
#define ACPI_ENABLE 0x80
#define PM_PORT	    0x600

/* AMD64 APM volume 2, 7.7: MTRRs are enabled, and memory is write-back. Without them Linux 6.1 sets
 * up no PAT, which it needs to convert its first pages. */
#define MSR_MTRR_DEF_TYPE 0x2ff
#define MTRR_ENABLE	  0x800
#define MTRR_WRITE_BACK	  6

static void write_lpc(unsigned reg, unsigned bytes, uint32_t value)
{
	bare_out(0xcf8, 4, LPC | reg);
	bare_out(0xcfc, bytes, value);
}

void shim_chipset_start(void)
{
	write_lpc(PMBASE, 4, PM_PORT | 1);
	write_lpc(ACPI_CNTL, 1, ACPI_ENABLE);
	if (bare_platform.kind == CVM_PLATFORM_SNP)
		shim_check(cvm_snp_wrmsr(&bare_platform.snp, MSR_MTRR_DEF_TYPE,
					 MTRR_ENABLE | MTRR_WRITE_BACK),
			   "the MTRRs");
}
