/* SPDX-License-Identifier: MIT */
#include "tests/vmm/kernel.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/abi.h"

#define PAGE UINT64_C(4096)

static void note(struct kernel *kernel, const char *wrong)
{
	if (!kernel->wrong)
		kernel->wrong = wrong;
}

static uint8_t flags_of(const struct kernel *kernel, uint64_t gpa)
{
	return __atomic_load_n(&kernel->page[gpa / PAGE], __ATOMIC_ACQUIRE);
}

static void set(struct kernel *kernel, uint64_t gpa, uint64_t size, uint8_t on, uint8_t off)
{
	for (uint64_t i = gpa / PAGE; i < (gpa + size) / PAGE && i < KERNEL_PAGES; i++) {
		__atomic_fetch_or(&kernel->page[i], on, __ATOMIC_ACQ_REL);
		__atomic_fetch_and(&kernel->page[i], (uint8_t)~off, __ATOMIC_ACQ_REL);
	}
}

static long begin(struct kernel *kernel, const char *call, uint64_t gpa, uint64_t size,
		  uint64_t flags)
{
	unsigned at = __atomic_fetch_add(&kernel->logged, 1, __ATOMIC_RELAXED);

	if (at < sizeof(kernel->log) / sizeof(kernel->log[0])) {
		kernel->log[at].call = call;
		kernel->log[at].gpa = gpa;
		kernel->log[at].size = size;
		kernel->log[at].flags = flags;
	}
	__atomic_fetch_add(&kernel->calls, 1, __ATOMIC_RELAXED);
	return kernel->fault ? kernel->fault(kernel->fault_ctx, call, gpa) : 0;
}

/* Documentation/virt/kvm/api.rst, KVM_PRE_FAULT_MEMORY: 0 once a part is done. */
static long pre_fault(struct kernel *kernel, int fd, struct abi_pre_fault *range)
{
	uint8_t *busy = &kernel->vcpu_busy[fd - KERNEL_VCPU];
	uint64_t done = 0;
	long result = begin(kernel, "pre_fault", range->gpa, range->size, range->flags);

	if (__atomic_exchange_n(busy, 1, __ATOMIC_ACQUIRE))
		note(kernel, "two threads use one vCPU");
	if (!result && (range->flags || (range->gpa | range->size) % PAGE || !range->size))
		result = -EINVAL;
	while (!result && range->size && done < kernel->batch) {
		uint8_t flags = range->gpa / PAGE < KERNEL_PAGES ? flags_of(kernel, range->gpa) : 0;

		if (!(flags & PAGE_SLOT))
			break;
		set(kernel, range->gpa, PAGE, PAGE_MAPPED, 0);
		range->gpa += PAGE;
		range->size -= PAGE;
		done++;
	}
	if (!result && !done)
		result = -ENOENT;
	__atomic_store_n(busy, 0, __ATOMIC_RELEASE);
	return result;
}

static long set_attributes(struct kernel *kernel, const struct abi_attributes *a)
{
	long result = begin(kernel, "attributes", a->address, a->size, a->attributes);

	if (result)
		return result;
	if (!a->size || (a->address | a->size) % PAGE || a->flags || a->attributes & ~UINT64_C(8))
		return -EINVAL;
	/* A page that changes sides is not mapped any more. */
	set(kernel, a->address, a->size, a->attributes ? PAGE_PRIVATE : 0,
	    (a->attributes ? 0 : PAGE_PRIVATE) | PAGE_MAPPED);
	return 0;
}

/* A page at a time, with what is left written back. */
static long tdx_region(struct kernel *kernel, const struct abi_tdx_cmd *command)
{
	struct abi_tdx_region *region = (struct abi_tdx_region *)(uintptr_t)command->data;
	unsigned done = 0;

	if (command->hw_error || command->flags & ~1u)
		return -EINVAL;
	while (region->pages && done++ < 3) {
		long result = begin(kernel, "init_mem_region", region->gpa, region->source,
				    command->flags);

		if (result)
			return result;
		if (!(flags_of(kernel, region->gpa) & PAGE_SLOT))
			return -ENXIO;
		set(kernel, region->gpa, PAGE, PAGE_CONTENT, 0);
		region->gpa += PAGE;
		region->source += PAGE;
		region->pages--;
	}
	return region->pages ? -EINTR : 0;
}

static long snp_update(struct kernel *kernel, struct abi_sev_cmd *command)
{
	struct abi_snp_update *update = (struct abi_snp_update *)(uintptr_t)command->data;
	bool any = false;
	long result;

	if (command->id != 101 || command->sev_fd != 7)
		return -EINVAL;
	while (update->size) {
		result = begin(kernel, "launch_update", update->gfn * PAGE, update->uaddr,
			       update->type);
		/* Of an error before the first page Linux says only that there was one. */
		if (result) {
			command->error = result == -EINTR ? 0 : 0x1a;
			return result == -EINTR && any ? 0 : -EIO;
		}
		any = true;
		set(kernel, update->gfn * PAGE, PAGE, PAGE_CONTENT, 0);
		update->gfn++;
		update->size -= PAGE;
		if (update->uaddr)
			update->uaddr += PAGE;
	}
	return 0;
}

static long set_slot(struct kernel *kernel, const struct abi_slot2 *slot, bool two)
{
	long result = begin(kernel, two ? "slot2" : "slot", slot->gpa, slot->size, slot->flags);

	if (!result && two && (slot->memfd != KERNEL_MEMFD || !(slot->flags & 4)))
		result = -EINVAL;
	if (!result)
		kernel_slot(kernel, slot->gpa, slot->gpa + slot->size, slot->size);
	return result;
}

static long kernel_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
	struct kernel *kernel = ctx;

	switch (request) {
	case ABI_CHECK_EXTENSION:
		return fd == KERNEL_VM ? (long)kernel->caps[(uintptr_t)argument] : -EBADF;
	case ABI_PRE_FAULT_MEMORY:
		return pre_fault(kernel, fd, argument);
	case ABI_SET_ATTRIBUTES:
		return fd == KERNEL_VM ? set_attributes(kernel, argument) : -EBADF;
	case ABI_CREATE_MEMFD:
		return begin(kernel, "memfd", 0, ((struct abi_memfd *)argument)->size,
			     ((struct abi_memfd *)argument)->flags)
			       ?: KERNEL_MEMFD;
	case ABI_SET_SLOT:
		return set_slot(kernel, argument, false);
	case ABI_SET_SLOT2:
		return set_slot(kernel, argument, true);
	case ABI_ENCRYPT_OP:
		return fd == KERNEL_VM ? snp_update(kernel, argument)
				       : tdx_region(kernel, argument);
	default:
		return -ENOTTY;
	}
}

static long kernel_madvise(void *ctx, uintptr_t address, size_t size, int advice)
{
	struct kernel *kernel = ctx;
	uint64_t gpa = address - KERNEL_HOST;
	long result;

	if (!size)
		return kernel->populate_write ? 0 : -EINVAL;
	if (advice == ABI_MADV_POPULATE_WRITE) {
		result = begin(kernel, "populate", gpa, size, 0);
		if (!result)
			set(kernel, gpa, size, PAGE_HOST, 0);
		return result;
	}
	result = begin(kernel, advice == ABI_MADV_REMOVE ? "remove" : "dontneed", gpa, size, 0);
	if (!result)
		set(kernel, gpa, size, 0, PAGE_HOST);
	return result;
}

static long kernel_fallocate(void *ctx, int fd, int mode, uint64_t offset, uint64_t size)
{
	struct kernel *kernel = ctx;
	bool punch = mode & ABI_FALLOC_PUNCH_HOLE;
	long result = begin(kernel, punch ? "punch" : "allocate", offset, size, (uint64_t)mode);

	if (result)
		return result;
	if (fd != KERNEL_MEMFD || !(mode & ABI_FALLOC_KEEP_SIZE))
		return -EINVAL;
	set(kernel, offset, size, punch ? 0 : PAGE_HOST, punch ? PAGE_HOST | PAGE_MAPPED : 0);
	return 0;
}

static void kernel_relax(void *ctx)
{
	struct kernel *kernel = ctx;

	__atomic_fetch_add(&kernel->relaxed, 1, __ATOMIC_RELAXED);
	sched_yield();
}

void kernel_init(struct kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->sys.ioctl = kernel_ioctl;
	kernel->sys.madvise = kernel_madvise;
	kernel->sys.fallocate = kernel_fallocate;
	kernel->sys.relax = kernel_relax;
	kernel->sys.ctx = kernel;
	kernel->batch = 512;
	kernel->populate_write = true;
}

void kernel_slot(struct kernel *kernel, uint64_t start, uint64_t end, bool there)
{
	set(kernel, start, end - start, there ? PAGE_SLOT : 0, there ? 0 : 0xff);
}

uint64_t kernel_pages(const struct kernel *kernel, uint64_t start, uint64_t end, unsigned flags)
{
	uint64_t n = 0;

	for (uint64_t gpa = start; gpa < end; gpa += PAGE)
		n += (flags_of(kernel, gpa) & flags) == flags;
	return n;
}

void kernel_full(struct kernel *kernel, struct cvm_vmm_caps *caps)
{
	kernel->caps[232] = kernel->caps[234] = kernel->caps[236] = 1;
	kernel->caps[233] = 8;
	kernel->caps[244] = 1;
	assert_int_equal(cvm_vmm_probe(&kernel->sys, KERNEL_VM, caps), 0);
}
