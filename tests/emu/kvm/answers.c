/* SPDX-License-Identifier: MIT */
#include "tests/emu/kvm/answers.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "vmm/abi.h"

/* Linux's Documentation/virt/kvm/api.rst, and what its selftests assert: set_memory_region_test,
 * pre_fault_memory_test, guest_memfd_test. */

#define PAGE UINT64_C(0x1000)
#define M2   UINT64_C(0x200000)

/* Calls until a signal has come where it is wanted. */
#define MANY 1000000

static const char *name_of(long error)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ ENOENT, "ENOENT" }, { EINTR, "EINTR" },	    { EIO, "EIO" },
		{ EBADF, "EBADF" },   { EFAULT, "EFAULT" },	    { EEXIST, "EEXIST" },
		{ EINVAL, "EINVAL" }, { EOPNOTSUPP, "EOPNOTSUPP" }, { ENOTTY, "ENOTTY" },
		{ EBUSY, "EBUSY" },   { ENODEV, "ENODEV" },	    { EAGAIN, "EAGAIN" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == error)
			return names[i].name;
	return "another error";
}

struct asker {
	const struct answers_machine *machine;
	struct answers *answers;
};

static long call(const struct asker *asker, int fd, unsigned long request, void *argument)
{
	const struct cvm_vmm_sys *sys = asker->machine->sys;

	return sys->ioctl(sys->ctx, fd, request, argument);
}

/* left: not 0: what of the size is left. */
static void note(struct asker *asker, const char *what, long result, uint64_t left)
{
	struct answers *answers = asker->answers;
	char *to = answers->row[answers->rows].answer;
	size_t size = sizeof(answers->row[0].answer);

	assert(answers->rows < ANSWERS_ROWS);
	answers->row[answers->rows++].call = what;
	if (result < 0)
		snprintf(to, size, "%s", name_of(-result));
	else if (left)
		snprintf(to, size, "0, %llu left", (unsigned long long)left);
	else
		snprintf(to, size, "0");
}

/* ---- KVM_SET_USER_MEMORY_REGION ---- */

struct slot {
	uint32_t number, flags;
	uint64_t gpa, size, host;
	int memfd;
	uint64_t offset;
};

static long set(const struct asker *asker, const struct slot *slot, bool two)
{
	struct abi_slot2 abi = {
		.slot = slot->number,
		.flags = slot->flags,
		.gpa = slot->gpa,
		.size = slot->size,
		.host = asker->machine->host + slot->host,
		.memfd = (uint32_t)slot->memfd,
		.memfd_offset = slot->offset,
	};

	return call(asker, asker->machine->vm, two ? ABI_SET_SLOT2 : ABI_SET_SLOT, &abi);
}

static void ask_slots(struct asker *asker)
{
	static const struct {
		const char *what;
		struct slot slot;
	} rows[] = {
		{ "slot: number", { 0xffff, 0, 0, M2, 0, -1, 0 } },
		{ "slot: unknown flag", { 0, 8, 0, M2, 0, -1, 0 } },
		{ "slot: guest_memfd, by the call without one", { 0, 4, 0, M2, 0, -1, 0 } },
		{ "slot: address not aligned", { 0, 0, 1, M2, 0, -1, 0 } },
		{ "slot: size not aligned", { 0, 0, 0, M2 + 1, 0, -1, 0 } },
		{ "slot: host address not aligned", { 0, 0, 0, M2, 1, -1, 0 } },
		{ "slot: wraps", { 0, 0, -PAGE, 2 * PAGE, 0, -1, 0 } },
		{ "slot: deleted, there is none", { 0, 0, 0, 0, 0, -1, 0 } },
		{ "slot", { 0, 0, 0, M2 + PAGE, 0, -1, 0 } },
		{ "slot: the same again", { 0, 0, 0, M2 + PAGE, 0, -1, 0 } },
		{ "slot: overlaps another", { 1, 0, M2, M2, 0, -1, 0 } },
		{ "slot: another size", { 0, 0, 0, M2, 0, -1, 0 } },
		{ "slot: another host address", { 0, 0, 0, M2 + PAGE, PAGE, -1, 0 } },
		{ "slot: read-only from now on", { 0, 2, 0, M2 + PAGE, 0, -1, 0 } },
		{ "slot: logged from now on", { 0, 1, 0, M2 + PAGE, 0, -1, 0 } },
		{ "slot: logged no more", { 0, 0, 0, M2 + PAGE, 0, -1, 0 } },
		{ "slot: beside it", { 1, 0, 2 * M2, PAGE, 0, -1, 0 } },
		{ "slot: moved to another's place", { 1, 0, M2, PAGE, 0, -1, 0 } },
		{ "slot: moved", { 1, 0, 3 * M2, PAGE, 0, -1, 0 } },
		{ "slot: deleted, address not aligned", { 1, 0, 1, 0, 0, -1, 0 } },
		{ "slot: deleted, host address not aligned", { 1, 0, 0, 0, 1, -1, 0 } },
		{ "slot: deleted, unknown flag", { 1, 8, 0, 0, 0, -1, 0 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		note(asker, rows[i].what, set(asker, &rows[i].slot, false), 0);
}

/* ---- KVM_PRE_FAULT_MEMORY ---- */

static long pre_fault(const struct asker *asker, int fd, struct abi_pre_fault *range)
{
	return call(asker, fd, ABI_PRE_FAULT_MEMORY, range);
}

static void note_pre_fault(struct asker *asker, const char *what, struct abi_pre_fault *range)
{
	long result = pre_fault(asker, asker->machine->vcpu, range);

	note(asker, what, result, range->size);
}

static void ask_signals(struct asker *asker)
{
	long result = -EINVAL;
	unsigned i;

	asker->machine->signals(asker->machine->ctx, true);
	for (i = 0; i < MANY && result != -EINTR; i++) {
		struct abi_pre_fault range = { .size = PAGE };

		result = pre_fault(asker, asker->machine->vcpu, &range);
	}
	note(asker, "pre-fault: a signal before the first page", result, 0);
	for (i = 0; i < MANY; i++) {
		struct abi_pre_fault range = { .size = M2 };

		result = pre_fault(asker, asker->machine->vcpu, &range);
		if (!result && range.size)
			break;
	}
	asker->machine->signals(asker->machine->ctx, false);
	/* How much is left depends on when it came. */
	note(asker, "pre-fault: a signal behind it, 0 with a part left",
	     i == MANY ? -EINVAL : result, 0);
}

/* With the slots that ask_slots() leaves: 2 MiB and a page at 0, a page at 6 MiB. */
static void ask_pre_fault(struct asker *asker)
{
	static const struct {
		const char *what;
		uint64_t gpa, size, flags;
	} rows[] = {
		{ "pre-fault: flags", 0, PAGE, 1 },
		{ "pre-fault: address not aligned", 1, PAGE, 0 },
		{ "pre-fault: size not aligned", 0, PAGE + 1, 0 },
		{ "pre-fault: size 0", 0, 0, 0 },
		{ "pre-fault: wraps", -PAGE, 2 * PAGE, 0 },
		{ "pre-fault: ends at 2^64", -PAGE, PAGE, 0 },
		{ "pre-fault", 0, M2, 0 },
		{ "pre-fault: the same again", 0, M2, 0 },
		{ "pre-fault: a part, and then no slot", M2, 3 * PAGE, 0 },
		{ "pre-fault: no slot", M2 + PAGE, PAGE, 0 },
		{ "pre-fault: from where a slot was moved away", 2 * M2, PAGE, 0 },
		{ "pre-fault: to where it was moved", 3 * M2, PAGE, 0 },
	};
	struct abi_pre_fault range = { .size = PAGE };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		range = (struct abi_pre_fault){ .gpa = rows[i].gpa,
						.size = rows[i].size,
						.flags = rows[i].flags };
		note_pre_fault(asker, rows[i].what, &range);
	}
	range = (struct abi_pre_fault){ .size = PAGE };
	note(asker, "pre-fault: of the VM, not a vCPU",
	     pre_fault(asker, asker->machine->vm, &range), 0);
	ask_signals(asker);
	/* Its mapping changes, so that the guest's is gone as well. */
	asker->machine->protect(asker->machine->ctx, asker->machine->host + M2);
	range = (struct abi_pre_fault){ .gpa = M2 - PAGE, .size = 2 * PAGE };
	note_pre_fault(asker, "pre-fault: a part, and then no access on the host's side", &range);
	note_pre_fault(asker, "pre-fault: no access on the host's side", &range);
}

/* ---- guest_memfd ---- */

static long create(const struct asker *asker, uint64_t size, uint64_t flags)
{
	struct abi_memfd memfd = { .size = size, .flags = flags };

	return call(asker, asker->machine->vm, ABI_CREATE_MEMFD, &memfd);
}

static void ask_memfd(struct asker *asker)
{
	static const struct {
		const char *what;
		uint64_t size, flags;
	} rows[] = {
		{ "guest_memfd", PAGE, 0 },
		{ "guest_memfd: MMAP", PAGE, 1 },
		{ "guest_memfd: INIT_SHARED", PAGE, 2 },
		{ "guest_memfd: unknown flag", PAGE, 4 },
		{ "guest_memfd: size 0", 0, 0 },
		{ "guest_memfd: size not aligned", PAGE + 1, 0 },
		{ "guest_memfd: size below 0", -PAGE, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		note(asker, rows[i].what, create(asker, rows[i].size, rows[i].flags), 0);
}

static void ask_allocate(struct asker *asker, int memfd)
{
	static const struct {
		const char *what;
		int mode;
		uint64_t offset, size;
	} rows[] = {
		{ "fallocate: would grow it", 0, 0, PAGE },
		{ "fallocate: unknown mode", ABI_FALLOC_KEEP_SIZE | 0x10, 0, PAGE },
		{ "fallocate: offset not aligned", ABI_FALLOC_KEEP_SIZE, 1, PAGE },
		{ "fallocate: size not aligned", ABI_FALLOC_KEEP_SIZE, 0, PAGE + 1 },
		{ "fallocate: size 0", ABI_FALLOC_KEEP_SIZE, 0, 0 },
		{ "fallocate: behind the end", ABI_FALLOC_KEEP_SIZE, M2, 2 * M2 },
		{ "fallocate", ABI_FALLOC_KEEP_SIZE, 0, PAGE },
		{ "fallocate: a hole", ABI_FALLOC_KEEP_SIZE | ABI_FALLOC_PUNCH_HOLE, 0, PAGE },
		{ "fallocate: a hole, not aligned", ABI_FALLOC_KEEP_SIZE | ABI_FALLOC_PUNCH_HOLE, 1,
		  PAGE },
	};
	const struct cvm_vmm_sys *sys = asker->machine->sys;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		note(asker, rows[i].what,
		     sys->fallocate(sys->ctx, memfd, rows[i].mode, rows[i].offset, rows[i].size),
		     0);
}

static void ask_memfd_slots(struct asker *asker)
{
	enum { NONE = 900000 };
	int memfd = (int)create(asker, 2 * M2, 3), vm = asker->machine->vm;
	const struct {
		const char *what;
		struct slot slot;
	} rows[] = {
		{ "slot of a guest_memfd", { 0, 4, 0, M2, 0, memfd, 0 } },
		{ "slot of it: the same again", { 0, 4, 0, M2, 0, memfd, 0 } },
		{ "slot of it: overlaps another", { 1, 4, M2 - PAGE, M2, 0, memfd, M2 } },
		{ "slot of it: overlaps another in the file",
		  { 1, 4, M2, M2, 0, memfd, M2 - PAGE } },
		{ "slot of it: the rest", { 1, 4, M2, M2, 0, memfd, M2 } },
		{ "slot of it: behind the end", { 2, 4, 2 * M2, M2, 0, memfd, M2 + PAGE } },
		{ "slot of it: offset not aligned", { 2, 4, 2 * M2, PAGE, 0, memfd, 1 } },
		{ "slot of it: read-only", { 2, 6, 2 * M2, PAGE, 0, memfd, 0 } },
		{ "slot of it: logged", { 2, 5, 2 * M2, PAGE, 0, memfd, 0 } },
		{ "slot of a file that is none", { 2, 4, 2 * M2, PAGE, 0, vm, 0 } },
		{ "slot of no file", { 2, 4, 2 * M2, PAGE, 0, NONE, 0 } },
		{ "slot of it: deleted, offset not aligned", { 1, 4, 0, 0, 0, 0, 1 } },
		{ "slot of it: deleted", { 1, 0, 0, 0, 0, -1, 0 } },
		{ "slot of it: deleted twice", { 1, 0, 0, 0, 0, -1, 0 } },
		{ "slot of it: there again", { 1, 4, M2, M2, 0, memfd, M2 } },
	};
	struct abi_pre_fault range = { .gpa = M2, .size = 2 * PAGE };

	for (unsigned number = 0; number < 2; number++)
		set(asker, &(struct slot){ .number = number }, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		note(asker, rows[i].what, set(asker, &rows[i].slot, true), 0);
	note_pre_fault(asker, "pre-fault: of a guest_memfd", &range);
	ask_allocate(asker, memfd);
}

void answers_collect(const struct answers_machine *machine, struct answers *answers)
{
	struct asker asker = { machine, answers };
	struct abi_tdx_cmd command = { 0 };

	answers->rows = 0;
	ask_slots(&asker);
	ask_pre_fault(&asker);
	ask_memfd(&asker);
	ask_memfd_slots(&asker);
	note(&asker, "KVM_MEMORY_ENCRYPT_OP of an ordinary VM",
	     call(&asker, machine->vm, ABI_ENCRYPT_OP, &command), 0);
}
