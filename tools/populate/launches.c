/* SPDX-License-Identifier: MIT */
#include "tools/populate/model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/model/model.h"

/* Launches over the model of KVM, of a guest that never runs: what is refused, and what the
 * measurement depends on. */

#define PAGE UINT64_C(4096)

static uint8_t content[LAUNCH_PAGES][4096] __attribute__((aligned(4096)));

/* The guest's private memory; nothing else is ever accessed. */
struct memory {
	uint8_t *at;
	uint64_t bytes;
};

static void ignore(void *ctx, uint64_t gpa, uint64_t size)
{
	(void)ctx;
	(void)gpa;
	(void)size;
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	const struct memory *memory = ctx;

	if (zero)
		memset(memory->at + gpa, 0, (size_t)size);
}

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	const struct memory *memory = ctx;

	memcpy(buffer, memory->at + gpa, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	const struct memory *memory = ctx;

	memcpy(memory->at + gpa, buffer, size);
}

static const char *error_text(int error)
{
	return error ? cvm_vmm_strerror(error) : NULL;
}

static const char *add(struct model *model, uint64_t gpa)
{
	return error_text(model_add(model, gpa, sizeof(content), content, CVM_VMM_CONTENT, NULL));
}

/* Both regions, and memory that holds no content, in that order or in the other one. */
static const char *populate(struct model *model, bool backwards)
{
	static const uint64_t gpas[] = { LAUNCH_GPA, LAUNCH_OTHER };
	int error = backwards ? model_map(model, UINT64_C(2) << 20, UINT64_C(1) << 20) : 0;

	for (unsigned i = 0; i < 2 && !error; i++)
		error = model_map(model, gpas[backwards ? 1 - i : i], sizeof(content));
	return error_text(error);
}

/* A VM that can be launched: whether it maps memory now, and what it says to content where it has
 * mapped none. */
static const char *try_refusals(struct model *model, struct launches *launches)
{
	uint64_t at;
	int error = model_map(model, LAUNCH_GPA, PAGE);

	if (error && error != CVM_VMM_ENOTSUP)
		return error_text(error);
	launches->maps_before = !error;
	error = model_add(model, LAUNCH_REFUSE, PAGE, content, CVM_VMM_CONTENT, &at);
	if (error && error != CVM_VMM_EHOLE)
		return error_text(error);
	launches->refused = error;
	launches->refused_at = at;
	return NULL;
}

static const char *launch(struct model *model, struct launches *launches, unsigned order)
{
	const char *problem = NULL;

	if (launches->maps_before)
		problem = populate(model, order == ORDER_POPULATED_OTHERWISE);
	if (!problem)
		problem = add(model, order == ORDER_ADDED_OTHERWISE ? LAUNCH_OTHER : LAUNCH_GPA);
	if (!problem)
		problem = add(model, order == ORDER_ADDED_OTHERWISE ? LAUNCH_GPA : LAUNCH_OTHER);
	if (!problem)
		problem = error_text(model_finish(model, launches->digest[order]));
	return problem;
}

/* In a VM of its own. order ORDERS: what it refuses. */
static const char *in_vm(const struct populate_options *options, struct memory *memory,
			 unsigned order, struct launches *launches)
{
	const struct emu_ram ram = { 0, memory->bytes };
	const struct emu_backend backend = {
		.map_private = map_private,
		.unmap_private = ignore,
		.map_shared = ignore,
		.unmap_shared = ignore,
		.read_private = read_private,
		.write_private = write_private,
		.ctx = memory,
	};
	const char *problem = "out of memory";
	struct emu_kvm *kvm;
	struct model model;

	model_init(&model, strcmp(options->model, "seed") ? EMU_KVM_LINUX : EMU_KVM_SEED,
		   options->platform ? EMU_KVM_SNP : EMU_KVM_TDX, options->vcpus, &ram, 1);
	kvm = emu_kvm_create(&model.config, &backend);
	if (kvm)
		problem = model_create(&model, kvm);
	if (!problem)
		problem = order == ORDERS ? try_refusals(&model, launches)
					  : launch(&model, launches, order);
	emu_kvm_destroy(kvm);
	return problem;
}

const char *launches_make(const struct populate_options *options, uint64_t bytes,
			  struct launches *launches)
{
	struct memory memory = { .bytes = bytes };
	const char *problem;

	for (unsigned i = 0; i < LAUNCH_PAGES; i++)
		memset(content[i], (int)i + 1, sizeof(content[i]));
	memory.at = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory.at == MAP_FAILED)
		return "out of memory";
	problem = in_vm(options, &memory, ORDERS, launches);
	for (unsigned order = 0; order < ORDERS && !problem; order++)
		problem = in_vm(options, &memory, order, launches);
	munmap(memory.at, (size_t)bytes);
	return problem;
}
