/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_METAL_H
#define CVMEM_METAL_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a kernel on TDX or SEV-SNP needs besides acceptance: ports, CPUID, MSRs, HLT and device
 * memory, which it asks the host for; and page tables with a private and a shared view. Optional:
 * the library calls none of it.
 *
 * On both platforms the answers are the host's: check what depends on them. `bytes` is 1, 2 or 4
 * for ports, and 8 too for device memory; another number is CVM_EINVAL. CVM_EIO: the host rejected
 * the request, or its answer has not the documented form; what the result points to is unchanged.
 */

/* TDX: TDG.VP.VMCALL sub-functions (GHCI 1.5, chapter 3). Any CPU. */
int cvm_tdx_in(uint16_t port, unsigned bytes, uint32_t *value);
int cvm_tdx_out(uint16_t port, unsigned bytes, uint32_t value);
int cvm_tdx_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
int cvm_tdx_rdmsr(uint32_t msr, uint64_t *value);
int cvm_tdx_wrmsr(uint32_t msr, uint64_t value);
/* gpa without the shared bit. */
int cvm_tdx_mmio_read(uint64_t gpa, unsigned bytes, uint64_t *value);
int cvm_tdx_mmio_write(uint64_t gpa, unsigned bytes, uint64_t value);
/* Until an interrupt. masked: whether interrupts are masked, which the host cannot see. */
int cvm_tdx_halt(bool masked);

/*
 * SNP: events by this CPU's GHCB page (GHCB specification 2.03, section 4.1), which the platform's
 * ghcb_get() returns; CVM_EINVAL: it returns none. Any CPU.
 */
int cvm_snp_in(const struct cvm_snp *snp, uint16_t port, unsigned bytes, uint32_t *value);
int cvm_snp_out(const struct cvm_snp *snp, uint16_t port, unsigned bytes, uint32_t value);
/* Leaf 0xd depends on XCR0, which is taken as 1. */
int cvm_snp_cpuid(const struct cvm_snp *snp, uint32_t leaf, uint32_t subleaf,
		  struct cvm_cpuid *out);
int cvm_snp_rdmsr(const struct cvm_snp *snp, uint32_t msr, uint64_t *value);
int cvm_snp_wrmsr(const struct cvm_snp *snp, uint32_t msr, uint64_t value);
int cvm_snp_mmio_read(const struct cvm_snp *snp, uint64_t gpa, unsigned bytes, uint64_t *value);
int cvm_snp_mmio_write(const struct cvm_snp *snp, uint64_t gpa, unsigned bytes, uint64_t value);

/*
 * SNP before there is a GHCB page, by the MSR protocol (section 2.3.1), with interrupts masked; the
 * MSR is as before afterwards. CPUID: sub-leaf 0. The C-bit: its position; CVM_EIO also if that is
 * not from 32 to 51.
 */
int cvm_snp_msr_cpuid(const struct cvm_snp *snp, uint32_t leaf, struct cvm_cpuid *out);
int cvm_snp_msr_c_bit(const struct cvm_snp *snp, unsigned *c_bit);

/* How another CPU begins, in 64-bit mode with interrupts masked and no IDT. */
struct cvm_snp_cpu_start {
	uint32_t apic_id;
	/* 4 KiB of private memory, accepted, not on a boundary of 2 MiB (an erratum of processors
	 * whose RMP has such entries; KVM rejects it). Its content is lost, and it must stay as it
	 * is while the CPU runs. */
	uint64_t vmsa;
	uint64_t cr3, rip, rsp, rdi;
	uint64_t gdt; /* virtual address */
	uint16_t gdt_limit, code_selector, data_selector;
	uint64_t sev_features; /* those of this CPU: MSR SEV_STATUS, bits 31:2 shifted to 29:0 */
};

/*
 * SNP at VMPL 0: start a CPU that has not run (section 4.1.9, AP Creation). CVM_EINVAL: the VMSA's
 * address, or this CPU has no GHCB page. CVM_EIO: RMPADJUST failed, or the host rejected it. After
 * both the page at `vmsa` is one of private memory like others. CVM_EBUSY: the host rejected it,
 * and the page cannot be made one again, as that of a CPU that runs: never use it again.
 */
int cvm_snp_start_cpu(const struct cvm_snp *snp, const struct cvm_snp_cpu_start *start);

/*
 * SNP at VMPL 0: stop a CPU that was started so, whatever it executes (section 4.1.9, AP Destroy),
 * before another kernel takes over. Its VMSA is a page of private memory like others afterwards,
 * with any content, and it can be started again. CVM_EINVAL: this CPU has no GHCB page. CVM_EIO:
 * the host rejected it, or the CPU still runs. After both the page is a VMSA as before.
 */
int cvm_snp_stop_cpu(const struct cvm_snp *snp, uint32_t apic_id, uint64_t vmsa);

/*
 * Exceptions. A kernel's gates for #VE (vector 20) and #VC (29) lead to an entry that this macro
 * makes, and its function calls the handler of its platform, below. On the stack of the interrupted
 * context or another; interrupts masked (an interrupt gate); the kernel saves no other registers.
 */
struct cvm_exception_frame {
	/* RAX, RCX, RDX, RBX, -, RBP, RSI, RDI, R8 to R15. */
	uint64_t gpr[16];
	uint64_t error, rip, cs, rflags, rsp, ss;
};

/* At file scope: `name` is the entry, to be declared `extern const char name[];` in the same file.
 * `function` takes a struct cvm_exception_frame *; it has external linkage or the attribute `used`.
 * has_error: 1 for a vector with an error code (#VC), 0 for one without (#VE). */
#define CVM_EXCEPTION_ENTRY(name, has_error, function)                                             \
	__asm__(".pushsection .text\n" #name ":\n"                                                 \
		".if !" #has_error "\npushq $0\n.endif\n"                                          \
		"pushq %r15\npushq %r14\npushq %r13\npushq %r12\n"                                 \
		"pushq %r11\npushq %r10\npushq %r9\npushq %r8\n"                                   \
		"pushq %rdi\npushq %rsi\npushq %rbp\npushq $0\n"                                   \
		"pushq %rbx\npushq %rdx\npushq %rcx\npushq %rax\n"                                 \
		"cld\nmovq %rsp, %rdi\nmovq %rsp, %rbp\nandq $-16, %rsp\n"                         \
		"call " #function "\nmovq %rbp, %rsp\n"                                            \
		"popq %rax\npopq %rcx\npopq %rdx\npopq %rbx\n"                                     \
		"addq $8, %rsp\npopq %rbp\npopq %rsi\npopq %rdi\n"                                 \
		"popq %r8\npopq %r9\npopq %r10\npopq %r11\n"                                       \
		"popq %r12\npopq %r13\npopq %r14\npopq %r15\n"                                     \
		"addq $8, %rsp\niretq\n"                                                           \
		".popsection\n")

/* What the kernel adds to the handlers. Called in the exception. */
struct cvm_exception_config {
	/* Private memory at gpa was touched and is not accepted, or no longer: call
	 * cvm_fault_handle(). 0: the instruction is executed again; an error is returned. NULL:
	 * CVM_EINVAL. */
	int (*not_accepted)(void *ctx, uint64_t gpa);
	/* SNP, where the exception does not say which page it is about: whether the page at gpa is
	 * unaccepted, as cvm_is_unaccepted() tells; false for what is not RAM. */
	bool (*is_unaccepted)(void *ctx, uint64_t gpa);
	/* SNP: where a virtual address of the interrupted context leads, without the C-bit; NULL:
	 * to its own number. */
	uint64_t (*gpa_of)(void *ctx, uint64_t va);
	/* SNP: whether a virtual address of the interrupted context is one of shared memory,
	 * mapped without the C-bit. Only there is device memory: what the host says of an access to
	 * private memory is never believed. NULL: no device memory is served. */
	bool (*is_shared)(void *ctx, uint64_t va);
	/* CPUID. SNP: from the CPUID page. NULL: the host's answer. */
	void (*cpuid)(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
	void *ctx;
};

/*
 * Serve one exception: CPUID, a port, an MSR, HLT (TDX), device memory, unaccepted memory. 0: the
 * context continues; the frame is changed. Device memory: MOV, MOVZX, MOVSX and MOVSXD. Code is
 * read at frame->rip, in 64-bit mode, and no byte behind the instruction is. Any CPU.
 * CVM_EINVAL: another reason, or an instruction that is not served: string instructions at ports
 * and device memory, and with a prefix of AVX, FS, GS or 32-bit addresses. CVM_EIO: the host has
 * rejected it. Else what not_accepted() returns. The context is as it was then: it cannot continue.
 *
 * SNP: the host may inject #VC at any instruction and with any error code. One that does not fit
 * the instruction is CVM_EINVAL; so are MSRs that no host intercepts (GHCB, SEV_STATUS), and device
 * memory without is_shared(). What remains: at a CPUID, IN, OUT, RDMSR or WRMSR, or a MOV from or
 * to shared memory, the host's answer takes the place of what the processor would have done. So
 * check what was read, and do not rely on what a WRMSR has written.
 */
int cvm_tdx_handle_ve(const struct cvm_tdx *tdx, const struct cvm_exception_config *config,
		      struct cvm_exception_frame *frame);
int cvm_snp_handle_vc(const struct cvm_snp *snp, const struct cvm_exception_config *config,
		      struct cvm_exception_frame *frame);

/*
 * Page tables of 4 levels (Intel SDM volume 3, 4.5; AMD APM volume 2, 5.3) for the kernel's own
 * view of memory: present, writable, not user, accessed and dirty; mapped in the largest pages of
 * 1 GiB, 2 MiB and 4 KiB that fit. One CPU.
 */
struct cvm_page_tables {
	/* The caller's, before cvm_page_tables_init(). Where tables are allocated, from `next` on:
	 * accepted memory, whole pages; private memory at gpa is at gpa + direct_map. */
	uint64_t next, end;
	uintptr_t direct_map;
	/* Bits of an entry: SNP, the C-bit of private memory; TDX, the shared bit of shared memory;
	 * the other is 0. */
	uint64_t private_bit, shared_bit;
	/* The value for CR3, from cvm_page_tables_init() on. */
	uint64_t root;
};

/* CVM_ENOMEM: no room for the first table. */
int cvm_page_tables_init(struct cvm_page_tables *tables);
/*
 * Map `bytes` bytes at va to gpa, all multiples of 4 KiB, in the private or the shared view.
 * CVM_EINVAL: alignment, an address that is not canonical, or part of it is mapped already; what
 * comes before that part stays mapped. CVM_ENOMEM: no room for a table, likewise.
 */
int cvm_page_tables_map(struct cvm_page_tables *tables, uint64_t va, uint64_t gpa, uint64_t bytes,
			bool shared);

#ifdef __cplusplus
}
#endif

#endif
