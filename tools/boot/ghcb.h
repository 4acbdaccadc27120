/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_GHCB_H
#define TOOLS_BOOT_GHCB_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/snp.h>

/*
 * The GHCB pages of an SNP guest, one for each vCPU, contiguous. They start private: vCPU 0 shares
 * them, then each vCPU registers its own (GHCB specification 2.03, section 2.3.2).
 */
struct boot_ghcbs {
	struct cvm_snp_ghcb *page;
	bool *registered; /* by vCPU */
	uint64_t gpa;
	unsigned count;
	uint32_t state; /* atomic */
};

/* Bytes of guest memory for the pages of that many vCPUs. */
uint64_t boot_ghcbs_bytes(unsigned vcpus);

/*
 * False: out of memory. shared_map: as in struct boot_machine. Freed by boot_ghcbs_free() in both
 * cases.
 */
bool boot_ghcbs_init(struct boot_ghcbs *ghcbs, uint64_t gpa, unsigned vcpus, uintptr_t shared_map);
void boot_ghcbs_free(struct boot_ghcbs *ghcbs);

/*
 * On vCPU 0. error: of an earlier step; then the pages stay private and the other vCPUs get an
 * error. Returns the error.
 */
int boot_ghcbs_share(struct boot_ghcbs *ghcbs, struct cvm_platform *platform, int error);

/* On each vCPU; waits for boot_ghcbs_share(). */
int boot_ghcbs_register(struct boot_ghcbs *ghcbs, struct cvm_snp *snp, unsigned vcpu);

/* For struct cvm_snp_config, with the pages as ctx. */
const struct cvm_snp_ghcb *boot_ghcbs_get(void *ctx, struct cvm_snp_ghcb_state *state);
void boot_ghcbs_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state);

#endif
