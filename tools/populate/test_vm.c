/* SPDX-License-Identifier: MIT */
#include "tools/populate/test_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CODE_GPA  0x1000
#define CODE_SLOT 0
#define PAGE	  UINT64_C(4096)

/* 32-bit code without paging. EDI, EBX: first address; ECX, EDX: pages. EAX: 0, or 1 where a page
 * does not have what was written. */
static const uint8_t code[] = {
	0x89, 0x3f,			    /* 1: mov %edi, (%edi) */
	0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /* add $0x1000, %edi */
	0x49,				    /* dec %ecx */
	0x75, 0xf5,			    /* jnz 1b */
	0x89, 0xdf,			    /* mov %ebx, %edi */
	0x89, 0xd1,			    /* mov %edx, %ecx */
	0x39, 0x3f,			    /* 2: cmp %edi, (%edi) */
	0x75, 0x0c,			    /* jne 3f */
	0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, /* add $0x1000, %edi */
	0x49,				    /* dec %ecx */
	0x75, 0xf3,			    /* jnz 2b */
	0x31, 0xc0,			    /* xor %eax, %eax */
	0xf4,				    /* hlt */
	0xb8, 0x01, 0x00, 0x00, 0x00,	    /* 3: mov $1, %eax */
	0xf4,				    /* hlt */
};

double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Flat segments of 4 GiB, protected mode. */
static bool set_registers(int vcpu)
{
	struct kvm_segment segment = {
		.limit = 0xffffffff, .selector = 8, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return false;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment;
	segment.type = 11;
	sregs.cs = segment;
	sregs.cr0 |= 1;
	return !ioctl(vcpu, KVM_SET_SREGS, &sregs);
}

static const char *create_vcpus(struct test_vm *vm, unsigned vcpus)
{
	long bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (; vm->vcpus < vcpus; vm->vcpus++) {
		vm->vcpu[vm->vcpus] = ioctl(vm->fd, KVM_CREATE_VCPU, vm->vcpus);
		if (vm->vcpu[vm->vcpus] < 0)
			return "KVM_CREATE_VCPU";
	}
	if (bytes <= 0)
		return "KVM_GET_VCPU_MMAP_SIZE";
	vm->run_bytes = (size_t)bytes;
	vm->run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[0], 0);
	if (vm->run == MAP_FAILED)
		return "mmap of a vCPU";
	/* Before memory is mapped: the mode is part of what KVM maps it for. */
	for (unsigned i = 0; i < vcpus; i++)
		if (!set_registers(vm->vcpu[i]))
			return "KVM_SET_SREGS";
	return NULL;
}

static const char *add_code(struct test_vm *vm)
{
	struct kvm_userspace_memory_region slot = { .slot = CODE_SLOT,
						    .guest_phys_addr = CODE_GPA,
						    .memory_size = PAGE };

	vm->code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (vm->code == MAP_FAILED)
		return "mmap";
	memcpy(vm->code, code, sizeof(code));
	slot.userspace_addr = (uintptr_t)vm->code;
	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) ? "KVM_SET_USER_MEMORY_REGION"
								: NULL;
}

const char *test_vm_create(struct test_vm *vm, unsigned vcpus)
{
	const char *problem;

	memset(vm, 0, sizeof(*vm));
	vm->fd = vm->file = -1;
	vm->code = vm->run = vm->memory = MAP_FAILED;
	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return "/dev/kvm";
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return "KVM_CREATE_VM";
	problem = create_vcpus(vm, vcpus);
	if (!problem)
		problem = add_code(vm);
	if (!problem)
		cvm_vmm_probe(&cvm_vmm_linux, vm->fd, &vm->caps);
	return problem;
}

static void unmap(void *at, size_t bytes)
{
	if (at != MAP_FAILED)
		munmap(at, bytes);
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

void test_vm_destroy(struct test_vm *vm)
{
	unmap(vm->run, vm->run_bytes);
	for (unsigned i = 0; i < vm->vcpus; i++)
		close_file(vm->vcpu[i]);
	close_file(vm->fd);
	close_file(vm->kvm);
	close_file(vm->file);
	unmap(vm->memory, (size_t)vm->bytes);
	unmap(vm->code, PAGE);
}

bool test_vm_run(struct test_vm *vm, bool *content, double *seconds)
{
	const struct kvm_run *run = vm->run;
	struct kvm_regs regs = { .rip = CODE_GPA,
				 .rflags = 2,
				 .rdi = TEST_GPA,
				 .rbx = TEST_GPA,
				 .rcx = vm->bytes / PAGE,
				 .rdx = vm->bytes / PAGE };
	double began = seconds_now();

	if (ioctl(vm->vcpu[0], KVM_SET_REGS, &regs))
		return false;
	while (ioctl(vm->vcpu[0], KVM_RUN, 0))
		if (errno != EINTR && errno != EAGAIN)
			return false;
	*seconds = seconds_now() - began;
	if (ioctl(vm->vcpu[0], KVM_GET_REGS, &regs))
		return false;
	*content = run->exit_reason == KVM_EXIT_HLT && !regs.rax;
	return run->exit_reason == KVM_EXIT_HLT;
}
