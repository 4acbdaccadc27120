/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_SNP_PSP_PSP_HOST_H
#define CVMEM_TESTS_EMU_SNP_PSP_PSP_HOST_H

#include "emu/snp/snp.h"
#include "tests/emu/fake_backend.h"

/* A host with the firmware's calls, and a guest of 8 MiB. */

#define HOST_RAM     UINT64_C(0x800000)
#define HOST_CONTEXT HOST_RAM
#define HOST_VMSA    (HOST_RAM + 0x1000)
#define HOST_POLICY  UINT64_C(0x30000)

struct psp_host {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_psp *psp;
	uint32_t fault; /* that the next call of an instruction meets */
};

void psp_start(struct psp_host *host);
void psp_finish(struct psp_host *host);

unsigned psp_rmpupdate(struct psp_host *host, uint64_t spa, bool assigned, unsigned asid,
		       bool immutable, bool large);
uint32_t psp_address(struct psp_host *host, unsigned command, uint64_t spa);
uint32_t psp_activate(struct psp_host *host, unsigned asid);
uint32_t psp_launch_start(struct psp_host *host, uint64_t policy);
uint32_t psp_launch_update(struct psp_host *host, uint64_t spa, unsigned type, bool large);
uint32_t psp_launch_finish(struct psp_host *host, const uint8_t *digest, uint64_t policy);
/* Up to SNP_ACTIVATE. */
void psp_launch(struct psp_host *host);

#endif
