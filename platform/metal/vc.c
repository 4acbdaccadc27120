/* SPDX-License-Identifier: MIT */
#include "platform/metal/exception.h"
#include "platform/snp/snp.h"
#include "platform/x86.h"

/*
 * #VC: its error code is an exit code (AMD APM volume 2, 15.35.5 and appendix C). What the
 * instruction was is decoded from memory, since the processor says no more.
 *
 * The host can inject the exception at any instruction, with an error code of its choice, in a
 * guest without Restricted or Alternate Injection (15.36, "Interrupt Injection Restrictions"). So
 * an exit code is served only for an instruction that can cause it, with operands that can.
 */
enum {
	VC_CPUID = 0x72,
	VC_IOIO = 0x7b,
	VC_MSR = 0x7c,
	VC_NPF = 0x400,
	VC_PAGE_NOT_VALIDATED = 0x404, /* 15.36.10 */
};

/* Opcodes. */
#define OP_IN_IMM8 0xe4 /* to 0xe5; OUT: 0xe6 and 0xe7 */
#define OP_IN_DX   0xec /* to 0xed; OUT: 0xee and 0xef */
#define OP_IS_OUT  0x02
#define OP_WRMSR   0x130
#define OP_RDMSR   0x132
#define OP_CPUID   0x1a2

static int vc_in(const void *snp, uint16_t port, unsigned bytes, uint32_t *value)
{
	return cvm_snp_in(snp, port, bytes, value);
}

static int vc_out(const void *snp, uint16_t port, unsigned bytes, uint32_t value)
{
	return cvm_snp_out(snp, port, bytes, value);
}

static int vc_cpuid(const void *snp, uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *value)
{
	return cvm_snp_cpuid(snp, leaf, subleaf, value);
}

static int vc_rdmsr(const void *snp, uint32_t msr, uint64_t *value)
{
	return cvm_snp_rdmsr(snp, msr, value);
}

static int vc_wrmsr(const void *snp, uint32_t msr, uint64_t value)
{
	return cvm_snp_wrmsr(snp, msr, value);
}

static int vc_mmio_read(const void *snp, uint64_t gpa, unsigned bytes, uint64_t *value)
{
	return cvm_snp_mmio_read(snp, gpa, bytes, value);
}

static int vc_mmio_write(const void *snp, uint64_t gpa, unsigned bytes, uint64_t value)
{
	return cvm_snp_mmio_write(snp, gpa, bytes, value);
}

static uint64_t vc_gpa(const struct cvm_exception_config *config, uint64_t va)
{
	return config->gpa_of ? config->gpa_of(config->ctx, va) : va;
}

static int vc_port(const struct exception_host *host, const struct instruction *instruction,
		   struct cvm_exception_frame *frame)
{
	uint16_t opcode = instruction->opcode & 0xfffc;

	if (opcode != OP_IN_IMM8 && opcode != OP_IN_DX)
		return CVM_EINVAL;
	return cvm_exception_port(host, frame,
				  opcode == OP_IN_IMM8 ? (uint8_t)instruction->immediate
						       : (uint16_t)frame->gpr[GPR_RDX],
				  instruction->bytes, !(instruction->opcode & OP_IS_OUT));
}

static int vc_cpuid_instruction(const struct exception_host *host,
				const struct cvm_exception_config *config,
				const struct instruction *instruction,
				struct cvm_exception_frame *frame)
{
	if (instruction->opcode != OP_CPUID)
		return CVM_EINVAL;
	return cvm_exception_cpuid(host, config, frame);
}

/* The GHCB MSR and SEV_STATUS are the guest's own: no host intercepts them (APM volume 2, 15.34.10
 * and 15.35). */
static int vc_msr(const struct exception_host *host, const struct instruction *instruction,
		  struct cvm_exception_frame *frame)
{
	uint32_t msr = (uint32_t)frame->gpr[GPR_RCX];

	if (msr == MSR_GHCB || msr == MSR_SEV_STATUS)
		return CVM_EINVAL;
	if (instruction->opcode == OP_WRMSR)
		return cvm_exception_wrmsr(host, frame);
	if (instruction->opcode == OP_RDMSR)
		return cvm_exception_rdmsr(host, frame);
	return CVM_EINVAL;
}

/* From the first byte to the last: only shared memory is the host's to read and to answer. */
static bool vc_is_shared(const struct cvm_exception_config *config,
			 const struct instruction *instruction)
{
	uint64_t first = instruction->address[0], last = first + instruction->bytes - 1;

	return config->is_shared && config->is_shared(config->ctx, first) &&
	       config->is_shared(config->ctx, last);
}

static int vc_mmio(const struct exception_host *host, const struct cvm_exception_config *config,
		   const struct instruction *instruction, struct cvm_exception_frame *frame)
{
	if (instruction->count != 1 || !vc_is_shared(config, instruction))
		return CVM_EINVAL;
	return cvm_exception_mmio(host, instruction, vc_gpa(config, instruction->address[0]),
				  frame);
}

/*
 * Which page of those that the instruction touches: the first that is unaccepted. All may have been
 * accepted meanwhile, by another CPU; then the first is taken, and not_accepted() judges.
 */
static int not_validated(const struct cvm_exception_config *config,
			 const struct cvm_exception_frame *frame)
{
	struct instruction instruction;
	uint64_t gpa = vc_gpa(config, frame->rip);
	int error;

	if (!config->not_accepted || !config->is_unaccepted)
		return CVM_EINVAL;
	if (config->is_unaccepted(config->ctx, gpa))
		return config->not_accepted(config->ctx, gpa);
	error = cvm_instruction_decode(frame, &instruction);
	if (error || !instruction.count)
		return CVM_EINVAL;
	/* An operand may end in another page. */
	for (unsigned i = 0; i < 2 * instruction.count; i++) {
		uint64_t va = instruction.address[i / 2] + (i & 1 ? instruction.bytes - 1 : 0);

		gpa = vc_gpa(config, va);
		if (config->is_unaccepted(config->ctx, gpa))
			return config->not_accepted(config->ctx, gpa);
	}
	return config->not_accepted(config->ctx, vc_gpa(config, instruction.address[0]));
}

int cvm_snp_handle_vc(const struct cvm_snp *snp, const struct cvm_exception_config *config,
		      struct cvm_exception_frame *frame)
{
	const struct exception_host host = {
		.platform = snp,
		.in = vc_in,
		.out = vc_out,
		.cpuid = vc_cpuid,
		.rdmsr = vc_rdmsr,
		.wrmsr = vc_wrmsr,
		.mmio_read = vc_mmio_read,
		.mmio_write = vc_mmio_write,
	};
	struct instruction instruction;
	int error;

	if (frame->error == VC_PAGE_NOT_VALIDATED)
		return not_validated(config, frame);
	error = cvm_instruction_decode(frame, &instruction);
	if (error)
		return error;
	if (frame->error == VC_CPUID)
		error = vc_cpuid_instruction(&host, config, &instruction, frame);
	else if (frame->error == VC_IOIO)
		error = vc_port(&host, &instruction, frame);
	else if (frame->error == VC_MSR)
		error = vc_msr(&host, &instruction, frame);
	else if (frame->error == VC_NPF)
		error = vc_mmio(&host, config, &instruction, frame);
	else
		error = CVM_EINVAL;
	if (!error)
		frame->rip += instruction.length;
	return error;
}
