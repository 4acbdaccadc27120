/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_H
#define CVMEM_EMU_TDX_H

#include "emu/attack.h"
#include "emu/backend.h"
#include "emu/gpr.h"
#include "emu/machine.h"
#include "hash/sha384.h"

/*
 * The TDX module's part in a guest's memory, and the part of a cooperative host:
 * secure EPT states and the TDCALL leaves that concern memory. Source: TDX module
 * 1.5 base architecture and ABI specifications, GHCI 1.5.
 *
 * All functions may be called on several vCPUs at once, and from a handler of a
 * synchronous signal: they allocate nothing after creation.
 */

/* An EPT violation as the host sees it. */
struct emu_tdx_exit {
	uint64_t gpa;		/* of the page */
	uint64_t qualification; /* Intel SDM volume 3: bit 0 read, bit 1 write */
	uint64_t extended;	/* emu_seam_exit_info() */
};

struct emu_tdx_config {
	unsigned vcpus;
	/* 48 or 52: the shared bit is bit gpa_width - 1. Or 53, which no hardware has: its
	 * shared bit is the first bit that an MMU ignores. */
	unsigned gpa_width;
	const struct emu_ram *ram;
	size_t ram_count;
	uint64_t ram_limit;  /* emu_machine_add_ram() adds RAM below it; 0: none */
	uint64_t attributes; /* TD attributes; bit 28 SEPT_VE_DISABLE */
	uint64_t xfam;	     /* extended features, as in XCR0 and IA32_XSS; bits 0 and 1 are set */
	bool host_4k_only;   /* the host adds pages as 4 KiB: a 2 MiB accept gets SIZE_MISMATCH */
	/* MapGPA answers RETRY after this many bytes; 0: never. KVM: 2 MiB. */
	uint64_t map_gpa_chunk;
	/* TDVMCALLs that do not concern memory; NULL, or true returned: SUBFUNC_UNSUPPORTED. */
	bool (*vmcall)(void *ctx, unsigned vcpu, uint64_t *gpr);
	void *vmcall_ctx;
	struct emu_attack attack; /* what the host does to the guest */
	/*
	 * A host that is not this module's: it builds the TD by the SEAMCALLs of
	 * emu_tdx_seam(), and handles EPT violation exits. True: the guest executes its instruction
	 * again; false: the machine stops. NULL: a cooperative host, which has built the TD and
	 * answers by the same calls.
	 */
	bool (*violation)(void *ctx, unsigned vcpu, const struct emu_tdx_exit *exit);
	/* The same host's answer to MapGPA of [start, end): false fails it. NULL: cooperative. */
	bool (*convert)(void *ctx, uint64_t start, uint64_t end, bool to_private);
	/* The content of a host page, for TDH.MEM.PAGE.ADD, and faults to inject: seam/seam.h. */
	void (*read_host)(void *ctx, uint64_t hpa, void *buffer, size_t size);
	uint64_t (*seam_fault)(void *ctx, unsigned leaf);
	void *host_ctx;
	/* The hash of measurements; NULL: TDG.MR.RTMR.EXTEND and TDG.MR.REPORT fail. */
	void (*sha384)(const void *data, size_t size, uint8_t digest[SHA384_BYTES]);
};

/* Besides those of struct emu_stats. */
struct emu_tdx_stats {
	uint64_t busy; /* calls answered with OPERAND_BUSY */
	uint64_t map_gpa_calls, retries;
	uint64_t calls[32]; /* TDCALLs by leaf */
};

struct emu_tdx;

/* Backend and configuration are copied, with the RAM list. NULL: out of memory, or a
 * configuration that breaks the rules above. */
struct emu_tdx *emu_tdx_create(const struct emu_tdx_config *config,
			       const struct emu_backend *backend);
void emu_tdx_destroy(struct emu_tdx *tdx);

struct emu_machine *emu_tdx_machine(struct emu_tdx *tdx);
/* The host's side of the module. Host pages are numbered from 0 to emu_tdx_host_end(): the first
 * are as many as the guest's RAM reaches. */
struct emu_seam *emu_tdx_seam(struct emu_tdx *tdx);
uint64_t emu_tdx_host_end(const struct emu_tdx *tdx);

/* TDH.MR.FINALIZE: the measurement of what was added. Before the guest runs; zeros without. */
void emu_tdx_set_mrtd(struct emu_tdx *tdx, const uint8_t mrtd[SHA384_BYTES]);

/* One TDCALL at CPL 0: gpr[] is read and written as the leaf says. TDVMCALL<ReportFatalError>
 * stops the machine; emu_stop.code is then R12. */
enum emu_action emu_tdx_tdcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpr[EMU_GPRS]);

/* What TDG.VP.VEINFO.GET returns: a #VE that the engine is about to inject. */
struct emu_ve {
	uint64_t exit_reason, exit_qualification, gla, gpa;
	uint32_t instruction_length, instruction_information;
};

/* Called by the vCPU itself. False: the guest has not fetched the last one yet, and hardware would
 * raise #DF. */
bool emu_tdx_ve(struct emu_tdx *tdx, unsigned vcpu, const struct emu_ve *ve);

void emu_tdx_stats(const struct emu_tdx *tdx, struct emu_tdx_stats *out);

#endif
