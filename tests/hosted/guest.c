/* SPDX-License-Identifier: MIT */
#include "tests/hosted/guest.h"

#include <stdlib.h>

/* In the launch content: one GHCB page for each vCPU. */
#define GHCB_BASE KIB(64)

enum hosted_kind guest_kinds[2] = { HOSTED_TDX, HOSTED_SNP };

struct guest *guest_create(enum hosted_kind kind, uint64_t bytes,
			   const struct hosted_config *options)
{
	const struct emu_ram ram = { 0, bytes }, launch = { 0, MIB(1) };
	struct hosted_config config = { .vcpus = 1, .coherency_sfw_no = true };
	struct guest *guest = calloc(1, sizeof(*guest));
	char error[200];

	assert_non_null(guest);
	if (options)
		config = *options;
	config.kind = kind;
	guest->kind = kind;
	if (!config.ram) {
		config.ram = &ram;
		config.ram_count = 1;
		config.launch = &launch;
		config.launch_count = 1;
	}
	guest->machine = hosted_create(&config, error, sizeof(error));
	if (!guest->machine)
		fail_msg("%s", error);
	guest->direct_map = hosted_direct_map(guest->machine);
	guest->shared_map = hosted_shared_map(guest->machine);
	guest->vmpl = config.vmpl;
	for (unsigned i = 0; i < 16; i++) {
		guest->caa[i].gpa = config.caa + KIB(4) * i;
		guest->caa[i].va = (void *)(guest->direct_map + guest->caa[i].gpa);
	}
	return guest;
}

void guest_destroy(struct guest *guest)
{
	hosted_destroy(guest->machine);
	free(guest);
}

int guest_run(struct guest *guest, void (*entry)(unsigned vcpu, void *arg), void *arg,
	      unsigned vcpus)
{
	int result = hosted_run(guest->machine, vcpus, entry, arg, &guest->report);

	hosted_stats(guest->machine, &guest->stats);
	return result;
}

static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	struct guest *guest = ctx;
	const struct cvm_snp_ghcb *ghcb = &guest->ghcb[hosted_vcpu()];

	return ghcb->va ? ghcb : NULL;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
}

static const struct cvm_snp_caa *caa(void *ctx)
{
	return &((struct guest *)ctx)->caa[hosted_vcpu()];
}

static void vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	__atomic_fetch_add(&((struct guest *)ctx)->vmgexits, 1, __ATOMIC_RELAXED);
	hosted_vmgexit(ctx, regs);
}

/* Before there is a GHCB, the MSR protocol makes its page shared. */
static void begin_snp(struct guest *guest)
{
	const struct cvm_snp_config config = {
		.direct_map = guest->direct_map,
		.cpuid = hosted_cpuid,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
		.caa = guest->vmpl ? caa : NULL,
		.vmgexit = vmgexit,
		.ctx = guest,
	};

	if (cvm_snp_init(&guest->snp, &config))
		abort();
	guest->platform = &guest->snp.platform;
	for (unsigned i = 0; i < 16 && !guest->no_ghcb; i++) {
		uint64_t gpa = GHCB_BASE + KIB(4) * i, done;

		if (guest->platform->set_shared(guest->platform, gpa, gpa + KIB(4), &done))
			abort();
		guest->ghcb[i].gpa = gpa;
	}
	guest_begin_vcpu(guest);
}

/* From now on this vCPU has a GHCB. */
void guest_begin_vcpu(struct guest *guest)
{
	struct cvm_snp_ghcb *ghcb = &guest->ghcb[hosted_vcpu()];

	if (guest->kind != HOSTED_SNP || guest->no_ghcb)
		return;
	if (cvm_snp_register_ghcb(&guest->snp, ghcb->gpa))
		abort();
	ghcb->va = (void *)(guest->shared_map + ghcb->gpa);
}

void guest_begin(struct guest *guest)
{
	switch (cvm_platform_detect(hosted_cpuid)) {
	case CVM_PLATFORM_TDX:
		if (cvm_tdx_init(&guest->tdx))
			abort();
		guest->platform = &guest->tdx.platform;
		break;
	case CVM_PLATFORM_SNP:
		begin_snp(guest);
		break;
	default:
		abort();
	}
}

struct accepted guest_accept(struct guest *guest, uint64_t start, uint64_t end)
{
	struct accepted accepted = { 0 };

	accepted.error = guest->platform->accept(guest->platform, start, end, &accepted.result);
	return accepted;
}

volatile uint8_t *guest_private(const struct guest *guest, uint64_t gpa)
{
	return (volatile uint8_t *)(guest->direct_map + gpa);
}

volatile uint8_t *guest_shared(const struct guest *guest, uint64_t gpa)
{
	return (volatile uint8_t *)(guest->shared_map + gpa);
}
