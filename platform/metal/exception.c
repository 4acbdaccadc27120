/* SPDX-License-Identifier: MIT */
#include "platform/metal/exception.h"

/* The results are those of the instructions: Intel SDM volume 2. */

static void set_low(uint64_t *reg, unsigned bytes, uint32_t value)
{
	uint64_t mask = UINT64_MAX >> (64 - 8 * bytes);

	*reg = bytes == 4 ? value : (*reg & ~mask) | (value & mask);
}

int cvm_exception_cpuid(const struct exception_host *host,
			const struct cvm_exception_config *config,
			struct cvm_exception_frame *frame)
{
	uint32_t leaf = (uint32_t)frame->gpr[GPR_RAX], subleaf = (uint32_t)frame->gpr[GPR_RCX];
	struct cvm_cpuid out;
	int error = 0;

	if (config->cpuid)
		config->cpuid(leaf, subleaf, &out);
	else
		error = host->cpuid(host->platform, leaf, subleaf, &out);
	if (error)
		return error;
	frame->gpr[GPR_RAX] = out.eax;
	frame->gpr[GPR_RBX] = out.ebx;
	frame->gpr[GPR_RCX] = out.ecx;
	frame->gpr[GPR_RDX] = out.edx;
	return 0;
}

int cvm_exception_port(const struct exception_host *host, struct cvm_exception_frame *frame,
		       uint16_t port, unsigned bytes, bool in)
{
	uint64_t mask = UINT64_MAX >> (64 - 8 * bytes);
	uint32_t value;
	int error;

	if (!in)
		return host->out(host->platform, port, bytes,
				 (uint32_t)(frame->gpr[GPR_RAX] & mask));
	error = host->in(host->platform, port, bytes, &value);
	if (!error)
		set_low(&frame->gpr[GPR_RAX], bytes, value);
	return error;
}

int cvm_exception_rdmsr(const struct exception_host *host, struct cvm_exception_frame *frame)
{
	uint64_t value;
	int error = host->rdmsr(host->platform, (uint32_t)frame->gpr[GPR_RCX], &value);

	if (error)
		return error;
	frame->gpr[GPR_RAX] = (uint32_t)value;
	frame->gpr[GPR_RDX] = value >> 32;
	return 0;
}

int cvm_exception_wrmsr(const struct exception_host *host, const struct cvm_exception_frame *frame)
{
	return host->wrmsr(host->platform, (uint32_t)frame->gpr[GPR_RCX],
			   (uint32_t)frame->gpr[GPR_RAX] | frame->gpr[GPR_RDX] << 32);
}

int cvm_exception_mmio(const struct exception_host *host, const struct instruction *instruction,
		       uint64_t gpa, struct cvm_exception_frame *frame)
{
	uint64_t value;
	int error;

	if (cvm_instruction_is_store(instruction))
		return host->mmio_write(host->platform, gpa, instruction->bytes,
					cvm_instruction_stored(instruction, frame));
	if (!cvm_instruction_is_load(instruction))
		return CVM_EINVAL;
	error = host->mmio_read(host->platform, gpa, instruction->bytes, &value);
	if (!error)
		cvm_instruction_load(instruction, value, frame);
	return error;
}
