/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_HOSTED_GUEST_H
#define CVMEM_TESTS_HOSTED_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include "emu/snp/snp.h"
#include "emu/tdx/tdx.h"
#include "hosted/hosted.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/* A test for each kind of machine; its state is the kind. */
extern enum hosted_kind guest_kinds[2];
#define BOTH(test)                                                                                 \
	{ #test " (tdx)", test, NULL, NULL, &guest_kinds[0] },                                     \
	{                                                                                          \
#test " (snp)", test, NULL, NULL, &guest_kinds[1]                                  \
	}

/* What a test's guest code works with. Set up by guest_begin() on vCPU 0. */
struct guest {
	enum hosted_kind kind;
	struct hosted_machine *machine;
	struct hosted_report report;
	struct hosted_stats stats;
	struct cvm_platform *platform;
	union {
		struct cvm_tdx tdx;
		struct cvm_snp snp;
	};
	struct cvm_snp_ghcb ghcb[16]; /* of each vCPU */
	struct cvm_snp_caa caa[16];   /* above VMPL 0 */
	unsigned vmpl;
	unsigned vmgexits; /* atomic */
	bool no_ghcb;	   /* the MSR protocol only */
	uintptr_t direct_map, shared_map;
};

/*
 * RAM from 0 to bytes, of which the first MiB is launch content. NULL means the default:
 * one vCPU, nothing special. Asserts.
 */
struct guest *guest_create(enum hosted_kind kind, uint64_t bytes,
			   const struct hosted_config *options);
void guest_destroy(struct guest *guest);

/* Run on one vCPU, or more; the report and the statistics are in the guest afterwards. */
int guest_run(struct guest *guest, void (*entry)(unsigned vcpu, void *arg), void *arg,
	      unsigned vcpus);

/* On a vCPU: make the platform ready (vCPU 0, before the others need it). */
void guest_begin(struct guest *guest);
/* On any other vCPU after that: make the vCPU ready. */
void guest_begin_vcpu(struct guest *guest);

/* On a vCPU: what happened is kept for the asserts, which belong to the main thread. */
struct accepted {
	int error;
	struct cvm_accept_result result;
};
struct accepted guest_accept(struct guest *guest, uint64_t start, uint64_t end);

/* Guest memory. */
volatile uint8_t *guest_private(const struct guest *guest, uint64_t gpa);
volatile uint8_t *guest_shared(const struct guest *guest, uint64_t gpa);

#endif
