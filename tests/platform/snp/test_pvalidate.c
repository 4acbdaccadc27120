/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cvmem/snp.h>

#include "tests/platform/fake_cpu.h"

/*
 * The reads that evict stale cache lines. The guest's memory has no access rights: every access
 * traps, is recorded, and is executed alone, by single-stepping.
 */

#define PAGE	    UINT64_C(4096)
#define LARGE	    UINT64_C(0x200000)
#define ARENA_BYTES (4 * LARGE)
#define PAGES	    (ARENA_BYTES / PAGE)
#define TRAP_FLAG   0x100

static uint8_t *arena; /* aligned to 2 MiB */
static uint8_t *stepped;
static struct sigaction fake_handler;
static struct cvm_snp snp;

static struct {
	bool validated[PAGES];
	unsigned first[PAGES], last[PAGES]; /* reads of these bytes */
	unsigned other;			    /* of other bytes, or of a page that is not validated */
	uint64_t psc_entries;
} seen;

static struct cvm_cpuid leaf, leaf_extended;
static unsigned cpuids;

static void on_segv(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint8_t *address = info->si_addr;
	size_t page = (size_t)(address - arena) / PAGE, offset = (size_t)(address - arena) % PAGE;

	if (info->si_code <= 0 || regs[REG_TRAPNO] != 14 || address < arena || page >= PAGES) {
		fake_handler.sa_sigaction(sig, info, context);
		return;
	}
	if (!seen.validated[page] || (offset && offset != PAGE - 1))
		seen.other++;
	else if (offset)
		seen.last[page]++;
	else
		seen.first[page]++;
	stepped = arena + page * PAGE;
	mprotect(stepped, PAGE, PROT_READ);
	regs[REG_EFL] |= TRAP_FLAG;
}

static void on_step(int sig, siginfo_t *info, void *context)
{
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	mprotect(stepped, PAGE, PROT_NONE);
}

static uint32_t on_pvalidate(uintptr_t va, bool large, bool validate, bool *cf)
{
	size_t page = (va - (uintptr_t)arena) / PAGE;

	for (size_t i = 0; i < (large ? 512 : 1); i++)
		seen.validated[page + i] = validate;
	return 0;
}

/* The MSR protocol: any page-state change succeeds. */
static void on_vmgexit(void *ctx, struct cvm_snp_regs *regs)
{
	assert_null(regs);
	fake_cpu.ghcb_msr = 0x015;
}

static void on_cpuid(uint32_t number, uint32_t subleaf, struct cvm_cpuid *out)
{
	cpuids++;
	*out = (struct cvm_cpuid){ 0 };
	if (number == 0x80000000)
		*out = leaf_extended;
	else if (number == 0x8000001f)
		*out = leaf;
}

static void begin(enum cvm_snp_evict evict)
{
	struct sigaction action = {
		.sa_sigaction = on_segv,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	struct cvm_snp_config config = {
		.direct_map = (uintptr_t)arena,
		.evict = evict,
		.cpuid = on_cpuid,
		.vmgexit = on_vmgexit,
	};

	if (!arena) {
		uint8_t *room = mmap(NULL, ARENA_BYTES + LARGE, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		assert_true(room != MAP_FAILED);
		arena = (uint8_t *)(((uintptr_t)room + LARGE - 1) & ~(LARGE - 1));
		config.direct_map = (uintptr_t)arena;
	}
	fake_cpu_begin();
	fake_cpu.pvalidate = on_pvalidate;
	sigemptyset(&action.sa_mask);
	assert_int_equal(sigaction(SIGSEGV, &action, &fake_handler), 0);
	action.sa_sigaction = on_step;
	assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
	memset(&seen, 0, sizeof(seen));
	cpuids = 0;
	assert_int_equal(cvm_snp_init(&snp, &config), 0);
}

/* Two pages, a 2 MiB page, and three more pages. */
#define START (LARGE - 2 * PAGE)
#define END   (2 * LARGE + 3 * PAGE)

static void accept_some(void)
{
	struct cvm_accept_result result = { 0 };

	assert_int_equal(snp.platform.accept(&snp.platform, START, END, &result), 0);
	assert_int_equal(result.accepted[CVM_LEVEL_2M], 1);
	assert_int_equal(result.accepted[CVM_LEVEL_4K], 5);
}

/* Each page of [START, END) so often, and nothing else. */
static void expect_reads(unsigned times)
{
	assert_int_equal(seen.other, 0);
	for (size_t i = 0; i < PAGES; i++) {
		unsigned expected = i >= START / PAGE && i < END / PAGE ? times : 0;

		assert_int_equal(seen.first[i], expected);
		assert_int_equal(seen.last[i], expected);
	}
}

/* As Linux does since 6.17, "x86/sev: Evict cache lines during SNP memory validation". */
static void test_reads_each_page(void **state)
{
	uint64_t done;

	begin(CVM_SNP_EVICT_ALWAYS);
	accept_some();
	expect_reads(1);
	assert_int_equal(cpuids, 0);
	/* Memory that is given to the host is not read. */
	assert_int_equal(snp.platform.set_shared(&snp.platform, START, END, &done), 0);
	expect_reads(1);
}

static void test_never(void **state)
{
	begin(CVM_SNP_EVICT_NEVER);
	accept_some();
	expect_reads(0);
	assert_int_equal(cpuids, 0);
}

static void test_by_cpuid(void **state)
{
	const struct {
		uint32_t last, ebx;
		unsigned reads;
	} cases[] = {
		{ 0x8000001f, 0, 1 },
		{ 0x80000021, UINT32_C(1) << 31, 0 },
		{ 0x8000001f, ~(UINT32_C(1) << 31), 1 },
		{ 0x8000001f, UINT32_MAX, 0 },
		/* A processor without the leaf says nothing by it. */
		{ 0x8000001e, UINT32_MAX, 1 },
		{ 0, UINT32_MAX, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		leaf_extended.eax = cases[i].last;
		leaf.ebx = cases[i].ebx;
		begin(CVM_SNP_EVICT_BY_CPUID);
		accept_some();
		expect_reads(cases[i].reads);
		assert_true(cpuids > 0);
	}
}

static void test_unknown_value(void **state)
{
	struct cvm_snp_config config = { .evict = (enum cvm_snp_evict)3 };

	assert_int_equal(cvm_snp_init(&snp, &config), CVM_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_each_page),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_by_cpuid),
		cmocka_unit_test(test_unknown_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
