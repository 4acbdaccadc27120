/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

#define PAGE UINT64_C(4096)

struct bare_platform bare_platform;
uint64_t bare_secrets_page = BARE_PLATFORM;
uint64_t bare_cpuid_page = BARE_PLATFORM + UINT64_C(0x1000);
static struct cvm_snp_ghcb ghcbs[BARE_CPUS]; /* va NULL: not registered yet */
static unsigned shared_ghcbs;

static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	const struct cvm_snp_ghcb *ghcb = &ghcbs[bare_cpu()];

	return ghcb->va ? ghcb : NULL;
}

/* Interrupts are masked always, so that nothing is to be undone. */
static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
}

/* The CPUID page, which the AMD Secure Processor has checked: SEV-SNP firmware ABI specification,
 * "PAGE_TYPE_CPUID". */
struct cpuid_page {
	uint32_t count, reserved[3];
	struct {
		uint32_t leaf, subleaf;
		uint64_t xcr0, xss;
		struct cvm_cpuid value;
		uint64_t reserved;
	} entry[64];
};

/* Executed in an SNP guest, CPUID is a #VC. No leaf that is asked for has sub-leaves. */
void bare_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	const struct cpuid_page *page = (const struct cpuid_page *)bare_cpuid_page;

	*out = (struct cvm_cpuid){ 0 };
	for (uint32_t i = 0; i < page->count && i < 64; i++)
		if (page->entry[i].leaf == leaf)
			*out = page->entry[i].value;
}

/* Under an SVSM, of the first vCPU: no other one may call it. */
static struct cvm_snp_caa caa;

static const struct cvm_snp_caa *caa_get(void *ctx)
{
	return &caa;
}

static int snp_start(void)
{
	struct cvm_snp_config config = { .cpuid = bare_cpuid,
					 .ghcb_get = ghcb_get,
					 .ghcb_put = ghcb_put };
	int error = cvm_snp_find_svsm((const void *)bare_secrets_page, &bare_platform.svsm);

	if (!error) {
		caa = (struct cvm_snp_caa){ (void *)bare_platform.svsm.caa,
					    bare_platform.svsm.caa };
		config.caa = caa_get;
	} else if (error != CVM_ENODEV) {
		return error;
	}
	error = cvm_snp_init(&bare_platform.snp, &config);
	if (!error)
		error = cvm_snp_msr_c_bit(&bare_platform.snp, &config.c_bit);
	if (!error)
		error = cvm_snp_init(&bare_platform.snp, &config);
	bare_platform.private_bit = UINT64_C(1) << config.c_bit;
	return error;
}

static int tdx_start(void)
{
	int error = cvm_tdx_init(&bare_platform.tdx);

	bare_platform.shared_bit = bare_platform.tdx.shared_mask;
	return error;
}

int bare_platform_start(enum cvm_platform_kind kind)
{
	bool snp = kind == CVM_PLATFORM_SNP;
	int error;

	bare_platform.kind = kind;
	error = snp ? snp_start() : tdx_start();
	if (error)
		return error;
	bare_platform.platform = snp ? &bare_platform.snp.platform : &bare_platform.tdx.platform;
	return cvm_platform_detect(snp ? bare_cpuid : NULL) == kind ? 0 : CVM_ENODEV;
}

static int share(uint64_t gpa)
{
	struct cvm_platform *platform = bare_platform.platform;
	struct cvm_accept_result result = { 0 };
	uint64_t done;
	/* Else it has never been accepted, so nothing is to be rescinded. */
	int error = bare_moved ? 0 : platform->accept(platform, gpa, gpa + PAGE, &result);

	return error ? error : platform->set_shared(platform, gpa, gpa + PAGE, &done);
}

int bare_ghcbs_share(unsigned cpus)
{
	int error = 0;

	if (bare_platform.kind != CVM_PLATFORM_SNP)
		return 0;
	while (!error && shared_ghcbs < cpus) {
		error = share(bare_at(BARE_GHCB + shared_ghcbs * PAGE));
		shared_ghcbs += !error;
	}
	return error;
}

int bare_ghcb_register(void)
{
	struct cvm_snp_ghcb *ghcb = &ghcbs[bare_cpu()];
	int error;

	if (bare_platform.kind != CVM_PLATFORM_SNP)
		return 0;
	ghcb->gpa = bare_at(BARE_GHCB + bare_cpu() * PAGE);
	error = cvm_snp_register_ghcb(&bare_platform.snp, ghcb->gpa);
	if (!error)
		ghcb->va = (void *)(ghcb->gpa + BARE_SHARED_MAP);
	return error;
}

int bare_ghcb_stop(void)
{
	struct cvm_platform *platform = bare_platform.platform;
	struct cvm_accept_result result = { 0 };
	uint64_t start = bare_at(BARE_GHCB), end = start + shared_ghcbs * PAGE, done;
	int error;

	if (!shared_ghcbs)
		return 0;
	ghcbs[0].va = NULL; /* the MSR protocol is left */
	error = platform->set_private(platform, start, end, &done);
	return error ? error : platform->accept(platform, start, end, &result);
}

bool bare_has_ports(void)
{
	return bare_platform.kind != CVM_PLATFORM_SNP || ghcbs[bare_cpu()].va;
}

void bare_out(uint16_t port, unsigned bytes, uint32_t value)
{
	if (bare_platform.kind == CVM_PLATFORM_SNP)
		cvm_snp_out(&bare_platform.snp, port, bytes, value);
	else
		cvm_tdx_out(port, bytes, value);
}

uint32_t bare_in(uint16_t port, unsigned bytes)
{
	uint32_t value = UINT32_MAX;

	if (bare_platform.kind == CVM_PLATFORM_SNP)
		cvm_snp_in(&bare_platform.snp, port, bytes, &value);
	else
		cvm_tdx_in(port, bytes, &value);
	return value;
}

void bare_mmio_write(uint64_t gpa, unsigned bytes, uint64_t value)
{
	if (bare_platform.kind == CVM_PLATFORM_SNP)
		cvm_snp_mmio_write(&bare_platform.snp, gpa, bytes, value);
	else
		cvm_tdx_mmio_write(gpa, bytes, value);
}

uint64_t bare_mmio_read(uint64_t gpa, unsigned bytes)
{
	uint64_t value = UINT64_MAX;

	if (bare_platform.kind == CVM_PLATFORM_SNP)
		cvm_snp_mmio_read(&bare_platform.snp, gpa, bytes, &value);
	else
		cvm_tdx_mmio_read(gpa, bytes, &value);
	return value;
}
