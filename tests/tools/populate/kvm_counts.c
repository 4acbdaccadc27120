/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/populate/test_vm.h"
#include "tools/populate/watch.h"

/*
 * usage: kvm-counts [BYTES [BACKING]]
 *
 * A static program: what cvmem populate measures, and whether KVM's counters say of each kind of
 * memory what docs/populate.md does. Exit status: 0 they do.
 */

#define PAGE 4096
#define M2   (UINT64_C(2) << 20)

static const struct row *find(const struct result *result, enum backing backing, enum method method)
{
	for (size_t i = 0; i < result->rows; i++)
		if (result->row[i].backing == backing && result->row[i].method == method)
			return &result->row[i];
	return NULL;
}

static unsigned wrong;

static void expect(bool condition, enum backing backing, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", backing_name(backing), what);
	wrong++;
}

/* Violations: one of the code's page, and one for each page that is not mapped. */
static void check(const struct result *result, enum backing backing)
{
	bool large = backing == BACKING_THP || backing == BACKING_HUGETLB;
	bool is_private = backing == BACKING_ANONYMOUS || backing == BACKING_THP;
	uint64_t pages = result->memory / (large ? M2 : PAGE);
	const struct row *nothing = find(result, backing, METHOD_NOTHING);
	const struct row *host = find(result, backing, METHOD_HOST);
	const struct row *stage2 = find(result, backing, METHOD_STAGE2);
	const struct row *both = find(result, backing, METHOD_BOTH);

	if (!nothing || nothing->missing) {
		expect(large, backing, "it could not be measured");
		return;
	}
	expect(nothing->violations == pages + 1, backing, "not one violation for each page");
	expect(host->violations == pages + 1, backing, "the host's side alone has saved some");
	expect(both->violations <= 1, backing, "the library has left more than one");
	expect(stage2->violations == (is_private ? 2 * pages + 1 : 1), backing,
	       "KVM_PRE_FAULT_MEMORY alone");
	expect(both->pages[large] == pages, backing, "not all is mapped, or in another size");
	for (size_t i = 0; i < result->rows; i++)
		if (result->row[i].backing == backing)
			expect(!result->row[i].missing && result->row[i].content, backing,
			       "a row is missing, or its guest read what it had not written");
}

/* Of the thread that has executed most of them: one alone, against the busier of two. */
static void compare_instructions(const struct result *result, enum backing backing)
{
	const struct row *one = find(result, backing, METHOD_BOTH), *two;

	if (!one || !one->busiest_instructions || one + 1 >= result->row + result->rows)
		return;
	two = one + 1;
	printf("%s: %" PRIu64 " instructions by one thread, %" PRIu64
	       " by the busiest of %u: 1/%.2f\n",
	       backing_name(backing), one->busiest_instructions, two->busiest_instructions,
	       two->workers, (double)one->busiest_instructions / (double)two->busiest_instructions);
}

/* What --watch reads of a VM in debugfs is what KVM says of its vCPU. */
static void check_watch(void)
{
	struct watch_counts counts;
	struct test_vm vm;
	double seconds;
	uint64_t taken;
	bool content;
	int error;

	if (test_vm_create(&vm, 1) || backing_make(&vm, BACKING_MEMFD, M2) ||
	    !test_vm_run(&vm, &content, &seconds) || !stats_read(vm.vcpu[0], "pf_taken", &taken)) {
		expect(false, BACKING_MEMFD, "no VM to watch");
		return;
	}
	error = watch_read(WATCH_FOLDER, getpid(), &counts);
	printf("watched: %s: %u VM, %" PRIu64 " violations\n", error ? strerror(error) : "found",
	       counts.vms, counts.taken);
	expect(!error && counts.vms == 1 && counts.taken == taken && taken >= M2 / PAGE,
	       BACKING_MEMFD, "debugfs has another count than KVM_GET_STATS_FD");
	expect(counts.pages[0] >= M2 / PAGE, BACKING_MEMFD, "debugfs has not the VM's pages");
	test_vm_destroy(&vm);
}

/* 0 without qemu/instructions.c: the instruction is a NOP of eight bytes. */
static uint64_t instructions(void)
{
	uint64_t count = 0;

	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 'i', 'n', 's', 'n'" : "+a"(count));
	return count;
}

int main(int argc, char **argv)
{
	static struct result result;
	struct populate_options options = { .vcpus = 2,
					    .memory = argc > 1 ? strtoull(argv[1], NULL, 0)
							       : 64 << 20,
					    .backing = argc > 2 ? argv[2] : NULL,
					    .quiet = true,
					    .instructions = instructions() ? instructions : NULL };

	if (!measure_all(&options, &result))
		return EXIT_FAILURE;
	populate_print(stdout, &result);
	populate_advise(stdout, &result);
	for (enum backing backing = 0; backing < BACKINGS; backing++) {
		if (options.backing && strcmp(options.backing, backing_name(backing)))
			continue;
		check(&result, backing);
		compare_instructions(&result, backing);
	}
	check_watch();
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
