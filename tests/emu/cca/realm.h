/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_CCA_REALM_H
#define CVMEM_TESTS_EMU_CCA_REALM_H

#include "emu/cca/cca.h"
#include "tests/emu/fake_backend.h"

/* A Realm of two vCPUs with 4 MiB, a hole, and 1 MiB and 4 KiB; 40 bits of IPA. */

#define REALM_SHARED (UINT64_C(1) << 39)

/* Function numbers, as TF-RMM's smc-rsi.h prints them. */
enum {
	VERSION = 0xc4000190,
	FEATURES = 0xc4000191,
	MEASUREMENT_READ = 0xc4000192,
	MEASUREMENT_EXTEND = 0xc4000193,
	ATTEST_TOKEN_INIT = 0xc4000194,
	ATTEST_TOKEN_CONTINUE = 0xc4000195,
	REALM_CONFIG = 0xc4000196,
	IPA_STATE_SET = 0xc4000197,
	IPA_STATE_GET = 0xc4000198,
	HOST_CALL = 0xc4000199,
};

struct realm {
	struct fake_backend *fake;
	struct emu_cca *cca;
	unsigned char *bytes; /* of private memory */
};

/* What the configuration leaves at 0 gets the values above. */
struct realm realm_start(struct emu_cca_config config);
void realm_finish(struct realm *realm);

struct rsi {
	uint64_t x[EMU_CCA_SMC_REGS];
};

/* One call that the Realm goes on behind. */
struct rsi realm_call(struct realm *realm, uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3,
		      uint64_t x4);
/* IPA_STATE_SET with CHANGE_DESTROYED or without that is to succeed; x1. */
uint64_t realm_set(struct realm *realm, uint64_t base, uint64_t top, enum emu_ripas ripas,
		   bool change_destroyed);

#endif
