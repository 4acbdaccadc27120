/* SPDX-License-Identifier: MIT */
#include <cvmem/snp.h>

#include "snp.h"

/* Above VMPL 0, by the library's platform: it validates by calls of the SVSM. */

void svsm(void);
void svsm_by_msr(void);

/* start.S */
#define SECRETS UINT64_C(0x810000)
/* A 2 MiB page that is untouched, with pages around it. */
#define LARGE UINT64_C(0x1800000)
#define START (LARGE - 2 * 4096)
#define END   (LARGE + 0x200000 + 3 * 4096)

static struct cvm_snp snp;
static struct cvm_snp_ghcb ghcb_page;
static struct cvm_snp_caa calling_area;
static bool by_msr;

static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	(void)ctx;
	(void)state;
	return by_msr ? NULL : &ghcb_page;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
	(void)ctx;
	(void)ghcb;
	(void)state;
}

static const struct cvm_snp_caa *caa(void *ctx)
{
	(void)ctx;
	return &calling_area;
}

/* GHCB specification 2.03, 2.3.1: one register at a time. */
static void cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	uint32_t *registers = &out->eax;

	(void)subleaf;
	for (unsigned i = 0; i < 4; i++)
		registers[i] =
			(uint32_t)(msr_request((uint64_t)leaf << 32 | (uint64_t)i << 30 | 0x004) >>
				   32);
}

static uint64_t error_of(int error)
{
	return (uint64_t)-error;
}

static void accept_range(uint64_t start, uint64_t end)
{
	struct cvm_accept_result result = { 0 };
	int error = snp.platform.accept(&snp.platform, start, end, &result);

	say("accept", error_of(error));
	say("4K", result.accepted[CVM_LEVEL_4K]);
	say("2M", result.accepted[CVM_LEVEL_2M]);
	say("fell back", result.fallbacks[CVM_LEVEL_2M]);
	say("done", result.done);
	say("status", result.status);
}

static void start_library(void)
{
	struct cvm_snp_config config = { 0 };
	struct cvm_snp_svsm found;

	say("secrets", error_of(cvm_snp_find_svsm((const void *)SECRETS, &found)));
	say("VMPL", found.vmpl);
	say("calling area", found.caa);
	calling_area.gpa = found.caa;
	calling_area.va = (void *)found.caa;
	ghcb_page.gpa = GHCB;
	ghcb_page.va = ghcb_at(GHCB);
	config.cpuid = cpuid;
	config.ghcb_get = ghcb_get;
	config.ghcb_put = ghcb_put;
	config.caa = caa;
	say("start", error_of(cvm_snp_init(&snp, &config)));
	say("evicts", snp.evict);
}

void svsm(void)
{
	struct rmp_operands operands = { PAGE, 0, 1, 0 };
	uint64_t done = 0;

	start_library();
	attempt(pvalidate, &operands);
	say_attempt("PVALIDATE");
	accept_range(START, END);
	fill(LARGE + 4096);
	/* The first page was in that state before. */
	accept_range(START, END);
	say("share", error_of(snp.platform.set_shared(&snp.platform, LARGE, LARGE + 4096, &done)));
	store(SHARED + LARGE, PATTERN);
	say("shared page", load(SHARED + LARGE));
	say("unshare",
	    error_of(snp.platform.set_private(&snp.platform, LARGE, LARGE + 4096, &done)));
	accept_range(LARGE, LARGE + 4096);
	store(LARGE, PATTERN);
	say("page", load(LARGE));
	say("content beside it", load(LARGE + 4096));
}

/* As a guest does that has no GHCB yet. */
void svsm_by_msr(void)
{
	by_msr = true;
	start_library();
	accept_range(PAGE, PAGE + 5 * 4096);
	store(PAGE, PATTERN);
	say("page", load(PAGE));
}
