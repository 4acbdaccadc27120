/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_TDX_SEAM_HOST_H
#define CVMEM_TESTS_EMU_TDX_SEAM_HOST_H

#include "emu/tdx/seam/seam.h"
#include "emu/tdx/tdx.h"
#include "tests/emu/fake_backend.h"

/*
 * A host that builds a TD of 8 MiB by SEAMCALLs. The RAM's pages are at 0 in the host's memory; the
 * TDR is at 8 MiB, and new pages are above it.
 */

#define HOST_TDR UINT64_C(0x800000)

struct host {
	struct fake_backend *fake;
	struct emu_backend backend; /* the fake's, with bytes of private memory */
	uint8_t *memory;	    /* of the guest */
	struct emu_tdx *tdx;
	struct emu_seam *seam;
	uint64_t next; /* host page that has no use yet */
	/* The last EPT violation exit. */
	struct emu_tdx_exit exit;
	unsigned exits;
	uint64_t rcx, rdx; /* what the last call returned */
};

/* Up to TDH.MNG.INIT, with one vCPU. attributes as in struct emu_tdx_config. */
void host_start(struct host *host, uint64_t attributes);
/* Nothing is called yet; then all calls of host_start(). */
void host_create(struct host *host, uint64_t attributes);
void host_build(struct host *host);
void host_finish(struct host *host);

/* A page of the host that is new. */
uint64_t host_page(struct host *host);
/* RAX of a SEAMCALL. */
uint64_t host_call(struct host *host, unsigned leaf, uint64_t rcx, uint64_t rdx, uint64_t r8);
/* The tables for 4 KiB pages at gpa. */
void host_add_tables(struct host *host, uint64_t gpa);
/* RAX of TDG.MEM.PAGE.ACCEPT; an exit is the machine's end. */
uint64_t host_guest_accepts(struct host *host, uint64_t gpa, unsigned level);

#endif
