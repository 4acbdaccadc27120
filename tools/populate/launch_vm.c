/* SPDX-License-Identifier: MIT */
#include "tools/populate/launch_vm.h"

#include <string.h>
#include <sys/mman.h>

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

static const char *use_vm(const struct populate_options *options, const struct launch_vm *vm,
			  struct memory *memory, const char *(*use)(void *ctx, struct model *model),
			  void *ctx)
{
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
		   options->platform ? EMU_KVM_SNP : EMU_KVM_TDX, options->vcpus, vm->ram,
		   vm->ram_count);
	if (vm->ap_ip)
		model.config.ap_ip = vm->ap_ip;
	model.config.fms = vm->fms;
	kvm = emu_kvm_create(&model.config, &backend);
	if (kvm)
		problem = model_create(&model, kvm);
	if (!problem)
		problem = use(ctx, &model);
	emu_kvm_destroy(kvm);
	return problem;
}

const char *launch_in_vm(const struct populate_options *options, const struct launch_vm *vm,
			 const char *(*use)(void *ctx, struct model *model), void *ctx)
{
	struct memory memory = { .bytes = vm->ram[vm->ram_count - 1].end };
	const char *problem;

	memory.at = mmap(NULL, (size_t)memory.bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory.at == MAP_FAILED)
		return "out of memory";
	problem = use_vm(options, vm, &memory, use, ctx);
	munmap(memory.at, (size_t)memory.bytes);
	return problem;
}
