/* SPDX-License-Identifier: MIT */
#include <cvmem/metal.h>

#include "platform/tdx/tdcall.h"

/* GHCI 1.5, chapter 3: sub-functions whose numbers are exit reasons. R10: 0 is success. */
enum {
	VMCALL_CPUID = 10,
	VMCALL_HLT = 12,
	VMCALL_IO = 30,
	VMCALL_RDMSR = 31,
	VMCALL_WRMSR = 32,
	VMCALL_MMIO = 48,
};

enum { READ = 0, WRITE = 1 };

/* R10 to R15 are passed to the host and back. */
#define VMCALL_REGISTERS 0xfc00

struct args {
	uint64_t r11, r12, r13, r14, r15;
};

static int call(struct args *args)
{
	uint64_t rax = TDG_VP_VMCALL, rcx = VMCALL_REGISTERS;
	uint64_t in11 = args->r11, in12 = args->r12, in13 = args->r13, in14 = args->r14;
	uint64_t in15 = args->r15;
	register uint64_t r10 __asm__("r10") = 0;
	register uint64_t r11 __asm__("r11") = in11;
	register uint64_t r12 __asm__("r12") = in12;
	register uint64_t r13 __asm__("r13") = in13;
	register uint64_t r14 __asm__("r14") = in14;
	register uint64_t r15 __asm__("r15") = in15;

	/* tdcall */
	__asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
			 : "+a"(rax), "+c"(rcx), "+r"(r10), "+r"(r11), "+r"(r12), "+r"(r13),
			   "+r"(r14), "+r"(r15)
			 :
			 : "memory", "cc");
	in11 = r11;
	in12 = r12;
	in13 = r13;
	in14 = r14;
	in15 = r15;
	rax |= r10;
	args->r11 = in11;
	args->r12 = in12;
	args->r13 = in13;
	args->r14 = in14;
	args->r15 = in15;
	return rax ? CVM_EIO : 0;
}

/* Field by field: compilers clear a structure of this size with memset(). */
static void start_call(struct args *args, uint64_t function, uint64_t r12, uint64_t r13,
		       uint64_t r14)
{
	args->r11 = function;
	args->r12 = r12;
	args->r13 = r13;
	args->r14 = r14;
	args->r15 = 0;
}

static bool is_port_size(unsigned bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4;
}

int cvm_tdx_in(uint16_t port, unsigned bytes, uint32_t *value)
{
	struct args args;
	int error;

	if (!is_port_size(bytes))
		return CVM_EINVAL;
	start_call(&args, VMCALL_IO, bytes, READ, port);
	error = call(&args);
	if (!error)
		*value = (uint32_t)args.r11 & (UINT32_MAX >> (32 - 8 * bytes));
	return error;
}

int cvm_tdx_out(uint16_t port, unsigned bytes, uint32_t value)
{
	struct args args;

	if (!is_port_size(bytes))
		return CVM_EINVAL;
	start_call(&args, VMCALL_IO, bytes, WRITE, port);
	args.r15 = value;
	return call(&args);
}

int cvm_tdx_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	struct args args;
	int error;

	start_call(&args, VMCALL_CPUID, leaf, subleaf, 0);
	error = call(&args);
	if (error)
		return error;
	out->eax = (uint32_t)args.r12;
	out->ebx = (uint32_t)args.r13;
	out->ecx = (uint32_t)args.r14;
	out->edx = (uint32_t)args.r15;
	return 0;
}

int cvm_tdx_rdmsr(uint32_t msr, uint64_t *value)
{
	struct args args;
	int error;

	start_call(&args, VMCALL_RDMSR, msr, 0, 0);
	error = call(&args);
	if (!error)
		*value = args.r11;
	return error;
}

int cvm_tdx_wrmsr(uint32_t msr, uint64_t value)
{
	struct args args;

	start_call(&args, VMCALL_WRMSR, msr, value, 0);
	return call(&args);
}

static bool is_access_size(unsigned bytes)
{
	return is_port_size(bytes) || bytes == 8;
}

int cvm_tdx_mmio_read(uint64_t gpa, unsigned bytes, uint64_t *value)
{
	struct args args;
	int error;

	if (!is_access_size(bytes))
		return CVM_EINVAL;
	start_call(&args, VMCALL_MMIO, bytes, READ, gpa);
	error = call(&args);
	if (!error)
		*value = args.r11 & (UINT64_MAX >> (64 - 8 * bytes));
	return error;
}

int cvm_tdx_mmio_write(uint64_t gpa, unsigned bytes, uint64_t value)
{
	struct args args;

	if (!is_access_size(bytes))
		return CVM_EINVAL;
	start_call(&args, VMCALL_MMIO, bytes, WRITE, gpa);
	args.r15 = value;
	return call(&args);
}

int cvm_tdx_halt(bool masked)
{
	struct args args;

	start_call(&args, VMCALL_HLT, masked, 0, 0);
	return call(&args);
}
