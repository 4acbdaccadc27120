/* SPDX-License-Identifier: MIT */
#include "tools/populate/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/populate/test_vm.h"

const char *method_name(enum method method)
{
	static const char *const names[METHODS] = { "nothing", "host", "stage 2", "both" };

	return names[method];
}

/* One line on a terminal, written over by the next. */
static void show(const struct result *result, const struct row *row, const char *what,
		 unsigned percent)
{
	if (result->options->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%s, %s: %s", backing_name(row->backing), method_name(row->method),
		what);
	if (percent)
		fprintf(stderr, " %u %%", percent);
}

struct shown {
	const struct result *result;
	const struct row *row;
};

static void progress(void *ctx, uint64_t done, uint64_t total)
{
	const struct shown *shown = ctx;

	show(shown->result, shown->row, "populating", (unsigned)(done * 100 / total));
}

/* The library's plan, or one half of it alone: what others do. NULL, or what is missing. */
static const char *plan_for(const struct test_vm *vm, enum method method, struct cvm_vmm_plan *plan)
{
	enum cvm_vmm_reason *why = plan->why;

	if (cvm_vmm_plan(&vm->machine, &vm->caps, plan, NULL))
		return "the library refuses the region";
	if (method == METHOD_HOST) {
		if (!vm->caps.populate_write && vm->region.backing != CVM_VMM_GUEST_MEMFD)
			return "the kernel has no MADV_POPULATE_WRITE";
		why[CVM_VMM_STEP_HOST] = CVM_VMM_DO;
		why[CVM_VMM_STEP_STAGE2] = CVM_VMM_NOT_THIS_KIND;
	} else if (method == METHOD_STAGE2) {
		if (!vm->caps.pre_fault)
			return "the kernel has no KVM_PRE_FAULT_MEMORY, or not for this processor";
		why[CVM_VMM_STEP_HOST] = CVM_VMM_NOT_THIS_KIND;
		why[CVM_VMM_STEP_STAGE2] = CVM_VMM_DO;
	}
	return NULL;
}

static const char *populate(const struct result *result, struct test_vm *vm, struct row *row)
{
	struct shown shown = { result, row };
	struct cvm_vmm_plan plan;
	struct cvm_vmm_job_config config = { .sys = &cvm_vmm_linux,
					     .machine = &vm->machine,
					     .plan = &plan,
					     .progress = progress,
					     .ctx = &shown };
	struct cvm_vmm_progress done;
	struct cvm_vmm_job job;
	const char *missing = plan_for(vm, row->method, &plan);
	int error;

	if (missing)
		return missing;
	config.storage_size = cvm_vmm_job_storage(&vm->machine, 0);
	config.storage = malloc(config.storage_size);
	if (!config.storage || cvm_vmm_job_init(&job, &config)) {
		free(config.storage);
		return "out of memory";
	}
	error = workers_run(&job, vm->vcpu, result->options->instructions, row);
	cvm_vmm_job_progress(&job, &done);
	row->bytes = done.done;
	row->calls = done.calls[CVM_VMM_STEP_HOST] + done.calls[CVM_VMM_STEP_STAGE2];
	free(config.storage);
	return error ? cvm_vmm_strerror(error) : NULL;
}

static void count_pages(const struct test_vm *vm, struct row *row)
{
	static const char *const names[] = { "pages_4k", "pages_2m", "pages_1g" };

	for (unsigned i = 0; i < 3; i++)
		stats_read(vm->fd, names[i], &row->pages[i]);
}

static const char *measure_in(struct result *result, struct test_vm *vm, struct row *row)
{
	const char *missing = backing_make(vm, row->backing, result->memory);
	uint64_t before, after;

	if (!missing && row->method != METHOD_NOTHING)
		missing = populate(result, vm, row);
	if (missing)
		return missing;
	count_pages(vm, row);
	result->has_stats = stats_read(vm->vcpu[0], "pf_taken", &before);
	show(result, row, "the guest writes and reads", 0);
	if (!test_vm_run(vm, &row->content, &row->guest_seconds))
		return "the guest did not end: KVM_RUN";
	stats_read(vm->vcpu[0], "pf_taken", &after);
	row->violations = after - before;
	return NULL;
}

/* False: there is no VM. */
static bool measure_row(struct result *result, struct row *row)
{
	struct test_vm vm;
	const char *problem = test_vm_create(&vm, result->options->vcpus);

	if (problem) {
		int error = errno;

		fprintf(stderr, "cvmem populate: %s: %s\n", problem, strerror(error));
		if (vm.kvm < 0)
			fputs("This host's KVM cannot be used; --model linux needs none.\n",
			      stderr);
	} else {
		result->caps = vm.caps;
		row->missing = measure_in(result, &vm, row);
	}
	test_vm_destroy(&vm);
	return !problem;
}

/*
 * By the library's plan more than once, of which the fastest counts: one worker and several are
 * compared, and the first to run would pay for what the others find, such as memory of the host
 * that nothing had used before. Of rounds that differ in what they show, the worst one is kept.
 */
#define ROUNDS 3

static bool counts_instead(const struct row *row, const struct row *best)
{
	if (row->missing || !row->content)
		return true;
	if (row->violations != best->violations)
		return row->violations > best->violations;
	return row->populate_seconds < best->populate_seconds;
}

static bool add_row(struct result *result, enum backing backing, enum method method,
		    unsigned workers)
{
	struct row *best = &result->row[result->rows++];

	for (unsigned i = 0; i < (method == METHOD_BOTH ? ROUNDS : 1); i++) {
		struct row row = { .backing = backing, .method = method, .workers = workers };

		if (!measure_row(result, &row))
			return false;
		if (!i || counts_instead(&row, best))
			*best = row;
		if (best->missing || !best->content)
			break;
	}
	return true;
}

bool measure_all(const struct populate_options *options, struct result *result)
{
	bool good = true;

	memset(result, 0, sizeof(*result));
	result->options = options;
	result->memory = options->memory ? options->memory : UINT64_C(256) << 20;
	for (enum backing backing = 0; good && backing < BACKINGS; backing++) {
		if (options->backing && strcmp(options->backing, backing_name(backing)))
			continue;
		good = add_row(result, backing, METHOD_NOTHING, 1);
		/* There is no such memory: once is enough. */
		if (!good || result->row[result->rows - 1].missing)
			continue;
		for (enum method method = METHOD_HOST; good && method < METHODS; method++)
			good = add_row(result, backing, method, 1);
		if (good && options->vcpus > 1)
			good = add_row(result, backing, METHOD_BOTH, options->vcpus);
	}
	if (!options->quiet && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	return good;
}
