/* SPDX-License-Identifier: MIT */
#include "tools/boot/ghcb.h"

#include <stdlib.h>

#include "hosted/hosted.h"
#include "tools/boot/host.h"

#define PAGE UINT64_C(4096)

enum { GHCB_PRIVATE, GHCB_SHARED, GHCB_FAILED };

uint64_t boot_ghcbs_bytes(unsigned vcpus)
{
	return PAGE * vcpus;
}

bool boot_ghcbs_init(struct boot_ghcbs *ghcbs, uint64_t gpa, unsigned vcpus, uintptr_t shared_map)
{
	*ghcbs = (struct boot_ghcbs){
		.page = calloc(vcpus, sizeof(*ghcbs->page)),
		.registered = calloc(vcpus, sizeof(*ghcbs->registered)),
		.gpa = gpa,
		.count = vcpus,
		.state = GHCB_PRIVATE,
	};
	if (!ghcbs->page || !ghcbs->registered)
		return false;
	for (unsigned i = 0; i < vcpus; i++) {
		ghcbs->page[i].gpa = gpa + PAGE * i;
		ghcbs->page[i].va = (void *)(uintptr_t)(ghcbs->page[i].gpa + shared_map);
	}
	return true;
}

void boot_ghcbs_free(struct boot_ghcbs *ghcbs)
{
	free(ghcbs->page);
	free(ghcbs->registered);
}

int boot_ghcbs_share(struct boot_ghcbs *ghcbs, struct cvm_platform *platform, int error)
{
	uint64_t end = ghcbs->gpa + boot_ghcbs_bytes(ghcbs->count), done;

	if (!error)
		error = platform->set_shared(platform, ghcbs->gpa, end, &done);
	__atomic_store_n(&ghcbs->state, error ? GHCB_FAILED : GHCB_SHARED, __ATOMIC_RELEASE);
	boot_host_wake(NULL, &ghcbs->state);
	return error;
}

int boot_ghcbs_register(struct boot_ghcbs *ghcbs, struct cvm_snp *snp, unsigned vcpu)
{
	uint32_t state;
	int error;

	while ((state = __atomic_load_n(&ghcbs->state, __ATOMIC_ACQUIRE)) == GHCB_PRIVATE)
		boot_host_wait(NULL, &ghcbs->state, GHCB_PRIVATE);
	if (state == GHCB_FAILED)
		return CVM_EIO;
	error = cvm_snp_register_ghcb(snp, ghcbs->page[vcpu].gpa);
	ghcbs->registered[vcpu] = !error;
	return error;
}

const struct cvm_snp_ghcb *boot_ghcbs_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	const struct boot_ghcbs *ghcbs = ctx;
	unsigned vcpu = hosted_vcpu();

	return ghcbs->registered[vcpu] ? &ghcbs->page[vcpu] : NULL;
}

/* No guest code interrupts a vCPU's thread, so its page is never in use twice. */
void boot_ghcbs_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
}
