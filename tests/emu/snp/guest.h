/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_SNP_GUEST_H
#define CVMEM_TESTS_EMU_SNP_GUEST_H

#include "emu/snp/snp.h"
#include "tests/emu/fake_backend.h"

/*
 * An SNP guest's requests by the GHCB MSR and the GHCB page, on vCPU 0. Offsets and numbers are
 * those that GHCB specification 2.03 prints.
 */

#define GHCB   0x7000
#define BUFFER (GHCB + 0x800)
#define VMSA   0x5000

enum { RAX = 0x1f8, RCX = 0x308, RDX = 0x310, RBX = 0x318, SCRATCH = 0x3a8, CPL = 0xc8 };

struct guest {
	struct fake_backend *fake;
	struct emu_snp *snp;
	struct emu_machine *emu;
	/* The host's part, with guest_start_host(): what it was asked, and what it answers. */
	struct emu_ghcb_event got;
	struct emu_ghcb_event answer;
	enum emu_ghcb_result result;
	unsigned calls;
	struct emu_snp_ap ap;
	bool ap_refused;
	unsigned holds; /* of vCPU 0 */
};

/* 8 MiB, a hole, and 1 MiB and 4 KiB; without a GHCB, and with a registered one at GHCB. */
struct guest guest_start(unsigned psc_chunk);
struct guest guest_start_ghcb(unsigned psc_chunk);
/* 8 MiB, C-bit 47, a registered GHCB; with host: a host that answers events, requests of the MSR
 * protocol and AP creation. */
void guest_start_host(struct guest *m, bool host);
void guest_finish(struct guest *m);

/* A request of the MSR protocol; the answer. */
uint64_t guest_msr(struct guest *m, uint64_t request);

/* Eight bytes of shared memory. */
void guest_put(struct guest *m, uint64_t gpa, uint64_t value);
uint64_t guest_get(struct guest *m, uint64_t gpa);

/* Write a request by the GHCB page: with all the fields of a page-state change; or with
 * SW_EXITINFO1 and 2, to which guest_field() adds. */
void guest_prepare(struct guest *m, uint64_t exitcode, uint64_t scratch);
void guest_request(struct guest *m, uint64_t exitcode, uint64_t info1, uint64_t info2);
void guest_field(struct guest *m, unsigned offset, uint64_t value);
bool guest_is_valid(struct guest *m, unsigned offset);

/* VMGEXIT, and SW_EXITINFO1 and 2 of the answer; expect_exit: no other field is valid. */
void guest_expect_exit(struct guest *m, uint64_t info1, uint64_t info2);
void guest_expect_answer(struct guest *m, uint64_t info1, uint64_t info2);

#endif
