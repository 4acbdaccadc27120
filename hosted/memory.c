/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_SHIFT   12
#define REGION_SHIFT 21
/* Windows are aligned so that 2 MiB and 1 GiB pages of the guest are aligned in this process as
 * well. */
#define WINDOW_ALIGN (UINT64_C(1) << 30)
#define WINDOW_GAP   (UINT64_C(1) << 21)

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif

/*
 * ThreadSanitizer gives an application three ranges of addresses and ends a process that maps
 * anything elsewhere. Its wrapper of mmap() is bypassed, so that an address space that is too small
 * is an error for the caller and does not end the process.
 */
static void *raw_mmap(void *address, size_t bytes, int flags, int fd)
{
	/* syscall() does not convert its arguments: each must have the width of a register. */
	return (void *)syscall(SYS_mmap, address, bytes, (long)PROT_NONE, (long)flags, (long)fd,
			       0L);
}

static bool usable_address(uintptr_t start, size_t bytes)
{
#ifdef THREAD_SANITIZER
	return start >= 0x7e8000000000 && start + bytes <= 0x800000000000;
#else
	return true;
#endif
}

/* A window: aligned, without access, the file in front and a gap behind it. 0: no room. */
static uintptr_t reserve_window(const struct hosted_memory *memory)
{
	size_t bytes = memory->view_bytes + WINDOW_ALIGN;
	uintptr_t raw, start, end;

	raw = (uintptr_t)raw_mmap(NULL, bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (raw == (uintptr_t)MAP_FAILED)
		return 0;
	start = (raw + WINDOW_ALIGN - 1) & ~(WINDOW_ALIGN - 1);
	end = start + memory->view_bytes;
	if (start > raw)
		munmap((void *)raw, start - raw);
	munmap((void *)end, raw + bytes - end);
	if (!usable_address(start, memory->view_bytes) ||
	    raw_mmap((void *)start, memory->span, MAP_SHARED | MAP_NORESERVE | MAP_FIXED,
		     memory->fd) == MAP_FAILED) {
		munmap((void *)start, memory->view_bytes);
		return 0;
	}
	madvise((void *)start, memory->view_bytes, MADV_DONTDUMP);
	return start;
}

static uint64_t *reserve_bitmap(uint64_t bits, size_t *bytes)
{
	void *map;

	*bytes = (bits + 63) / 64 * 8;
	map = mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return map == MAP_FAILED ? NULL : map;
}

const char *hosted_memory_create(struct hosted_memory *memory, uint64_t span)
{
	*memory = (struct hosted_memory){ .fd = -1 };
	if (span > UINT64_C(1) << 46)
		return "guest-physical addresses from 64 TiB on do not fit into this process";

	memory->span = (span + WINDOW_GAP - 1) & ~(WINDOW_GAP - 1);
	memory->view_bytes = memory->span + WINDOW_GAP;
	memory->fd = memfd_create("guest-memory", MFD_CLOEXEC);
	if (memory->fd < 0 || ftruncate(memory->fd, (off_t)memory->span)) {
		hosted_memory_destroy(memory);
		return "the host has no sparse file of the size of the guest's memory";
	}
	memory->shared = reserve_bitmap(memory->span >> PAGE_SHIFT, &memory->shared_bytes);
	memory->used = reserve_bitmap(memory->span >> REGION_SHIFT, &memory->used_bytes);
	if (memory->shared && memory->used) {
		memory->private_view = reserve_window(memory);
		if (memory->private_view)
			memory->shared_view = reserve_window(memory);
	}
	if (!memory->shared_view) {
		hosted_memory_destroy(memory);
		return "the address space of this process is too small for the guest's memory";
	}
	return NULL;
}

void hosted_memory_destroy(struct hosted_memory *memory)
{
	if (memory->private_view)
		munmap((void *)memory->private_view, memory->view_bytes);
	if (memory->shared_view)
		munmap((void *)memory->shared_view, memory->view_bytes);
	if (memory->shared)
		munmap(memory->shared, memory->shared_bytes);
	if (memory->used)
		munmap(memory->used, memory->used_bytes);
	if (memory->fd >= 0)
		close(memory->fd);
	*memory = (struct hosted_memory){ .fd = -1 };
}

/* Other vCPUs change other bits of the same word. */
static void assign_bits(uint64_t *bitmap, uint64_t first, uint64_t end, bool value)
{
	while (first < end) {
		uint64_t in_word = first % 64;
		uint64_t count = end - first < 64 - in_word ? end - first : 64 - in_word;
		uint64_t mask = (count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1)
				<< in_word;

		if (value)
			__atomic_fetch_or(&bitmap[first / 64], mask, __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(&bitmap[first / 64], ~mask, __ATOMIC_RELAXED);
		first += count;
	}
}

static bool test_bit(const uint64_t *bitmap, uint64_t bit)
{
	return __atomic_load_n(&bitmap[bit / 64], __ATOMIC_RELAXED) >> (bit % 64) & 1;
}

static bool any_bit(const uint64_t *bitmap, uint64_t first, uint64_t end)
{
	while (first < end) {
		if (test_bit(bitmap, first))
			return true;
		first++;
	}
	return false;
}

static bool protect(const struct hosted_memory *memory, bool shared_view, uint64_t gpa,
		    uint64_t size, int protection)
{
	uintptr_t view = shared_view ? memory->shared_view : memory->private_view;

	return mprotect((void *)(view + gpa), size, protection) == 0;
}

/* Make a range accessible in a view. False: the host's kernel fails it; errno says why. */
static bool map(struct hosted_memory *memory, bool shared_view, uint64_t gpa, uint64_t size)
{
	assign_bits(memory->used, gpa >> REGION_SHIFT, ((gpa + size - 1) >> REGION_SHIFT) + 1,
		    true);
	if (shared_view)
		assign_bits(memory->shared, gpa >> PAGE_SHIFT, (gpa + size) >> PAGE_SHIFT, true);
	return protect(memory, shared_view, gpa, size, PROT_READ | PROT_WRITE);
}

/* Make a range inaccessible in a view, which discards its content. False: likewise. */
static bool unmap(struct hosted_memory *memory, bool shared_view, uint64_t gpa, uint64_t size)
{
	if (shared_view)
		assign_bits(memory->shared, gpa >> PAGE_SHIFT, (gpa + size) >> PAGE_SHIFT, false);
	if (!protect(memory, shared_view, gpa, size, PROT_NONE))
		return false;
	/* Most memory that a guest converts has never been used: then there is no hole to punch. */
	if (!any_bit(memory->used, gpa >> REGION_SHIFT, ((gpa + size - 1) >> REGION_SHIFT) + 1))
		return true;
	return fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)gpa,
			 (off_t)size) == 0;
}

static bool is_shared(const struct hosted_memory *memory, uint64_t gpa, size_t size)
{
	if (!size || gpa >= memory->span || size > memory->span - gpa)
		return false;
	for (uint64_t page = gpa >> PAGE_SHIFT; page <= (gpa + size - 1) >> PAGE_SHIFT; page++) {
		if (!test_bit(memory->shared, page))
			return false;
	}
	return true;
}

bool hosted_memory_find(const struct hosted_memory *memory, uintptr_t address, uint64_t *gpa,
			bool *shared_view)
{
	const uintptr_t views[] = { memory->private_view, memory->shared_view };

	for (unsigned i = 0; i < 2; i++) {
		if (address < views[i] || address - views[i] >= memory->view_bytes)
			continue;
		*gpa = address - views[i];
		*shared_view = i == 1;
		return true;
	}
	return false;
}

/*
 * The emulator's callbacks cannot fail. If the host's kernel fails one, the machine stops, and the
 * vCPU leaves when the emulator returns to the trap.
 */
static void stop(struct hosted_machine *machine, const char *what, uint64_t gpa)
{
	int error = errno;
	const struct hosted_vcpu *vcpu = hosted_this_vcpu;

	hosted_stop_text(machine, EMU_STOP_FAILED, vcpu ? vcpu->number : 0, gpa,
			 "the host cannot %s: %s%s", what, strerror(error),
			 error == ENOMEM ? " (too many separate mappings: raise vm.max_map_count)"
					 : "");
}

static void map_private(void *ctx, uint64_t gpa, uint64_t size, bool zero)
{
	struct hosted_machine *machine = ctx;

	/* Memory that is in no view holds no data, so that it reads as zero in any case. */
	if (!map(&machine->memory, false, gpa, size))
		stop(machine, "map private memory", gpa);
}

static void unmap_private(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!unmap(&machine->memory, false, gpa, size))
		stop(machine, "unmap private memory", gpa);
}

static void map_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!map(&machine->memory, true, gpa, size))
		stop(machine, "map shared memory", gpa);
}

static void unmap_shared(void *ctx, uint64_t gpa, uint64_t size)
{
	struct hosted_machine *machine = ctx;

	if (!unmap(&machine->memory, true, gpa, size))
		stop(machine, "unmap shared memory", gpa);
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	const struct hosted_memory *memory = &((struct hosted_machine *)ctx)->memory;

	if (!is_shared(memory, gpa, size))
		return false;
	return pread(memory->fd, buffer, size, (off_t)gpa) == (ssize_t)size;
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	const struct hosted_memory *memory = &((struct hosted_machine *)ctx)->memory;

	if (!is_shared(memory, gpa, size))
		return false;
	return pwrite(memory->fd, buffer, size, (off_t)gpa) == (ssize_t)size;
}

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	if (pread(machine->memory.fd, buffer, size, (off_t)gpa) != (ssize_t)size)
		stop(machine, "read private memory", gpa);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	struct hosted_machine *machine = ctx;

	if (pwrite(machine->memory.fd, buffer, size, (off_t)gpa) != (ssize_t)size)
		stop(machine, "write private memory", gpa);
}

struct emu_backend hosted_memory_backend(struct hosted_machine *machine)
{
	return (struct emu_backend){
		.map_private = map_private,
		.unmap_private = unmap_private,
		.map_shared = map_shared,
		.unmap_shared = unmap_shared,
		.read_shared = read_shared,
		.write_shared = write_shared,
		.read_private = read_private,
		.write_private = write_private,
		.ctx = machine,
	};
}
