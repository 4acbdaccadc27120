/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_H
#define CVMEM_EMU_TDX_H

#include "emu/attack.h"
#include "emu/engine.h"
#include "emu/gpr.h"

/*
 * The TDX module's part in a guest's memory, and the part of a cooperative host:
 * secure EPT states and the TDCALL leaves that concern memory. Source: TDX module
 * 1.5 base architecture and ABI specifications, GHCI 1.5.
 *
 * All functions may be called on several vCPUs at once, and from a handler of a
 * synchronous signal: they allocate nothing after creation.
 */

/* State of one 4 KiB page (TDX module 1.5 base specification, "Secure EPT entry"). */
enum emu_sept_state {
	EMU_SEPT_FREE,	  /* no page: the host has not added one */
	EMU_SEPT_PENDING, /* TDH.MEM.PAGE.AUG: added, not accepted */
	EMU_SEPT_MAPPED,  /* accepted, or added at launch */
	EMU_SEPT_SHARED,  /* not in the secure EPT: converted with MapGPA */
};

#define EMU_SHA384_SIZE 48

struct emu_tdx_config {
	unsigned vcpus;
	/* 48 or 52: the shared bit is bit gpa_width - 1. Or 53, which no hardware has: its
	 * shared bit is the first bit that an MMU ignores. */
	unsigned gpa_width;
	const struct emu_ram *ram;
	size_t ram_count;
	uint64_t attributes; /* TD attributes; bit 28 SEPT_VE_DISABLE */
	bool host_4k_only;   /* the host adds pages as 4 KiB: a 2 MiB accept gets SIZE_MISMATCH */
	/* MapGPA answers RETRY after this many bytes; 0: never. KVM: 2 MiB. */
	uint64_t map_gpa_chunk;
	/* TDVMCALLs that do not concern memory; NULL, or true returned: SUBFUNC_UNSUPPORTED. */
	bool (*vmcall)(void *ctx, unsigned vcpu, uint64_t *gpr);
	void *vmcall_ctx;
	struct emu_attack attack; /* what the host does to the guest */
	/* The hash of measurements; NULL: TDG.MR.RTMR.EXTEND and TDG.MR.REPORT are refused. */
	void (*sha384)(const void *data, size_t size, uint8_t digest[EMU_SHA384_SIZE]);
};

struct emu_tdx_stats {
	uint64_t accepted[2];	/* successful accepts at 4K and 2M */
	uint64_t size_mismatch; /* 2M accepts answered with PAGE_SIZE_MISMATCH */
	uint64_t already;	/* accepts answered with PAGE_ALREADY_ACCEPTED */
	uint64_t busy;		/* calls answered with OPERAND_BUSY */
	uint64_t map_gpa_calls, retries;
	uint64_t calls[32]; /* TDCALLs by leaf */
};

struct emu_tdx;

/* The engine and configuration are copied (the RAM list too). NULL: out of memory, or a
 * configuration that breaks the rules above. */
struct emu_tdx *emu_tdx_create(const struct emu_tdx_config *config,
			       const struct emu_engine *engine);
void emu_tdx_destroy(struct emu_tdx *tdx);

/* TDH.MEM.PAGE.ADD at launch: the range is accepted before the guest runs. */
void emu_tdx_add(struct emu_tdx *tdx, uint64_t start, uint64_t end);

/* TDH.MR.FINALIZE: the measurement of what was added. Before the guest runs; zeros without. */
void emu_tdx_set_mrtd(struct emu_tdx *tdx, const uint8_t mrtd[EMU_SHA384_SIZE]);

/* One TDCALL at CPL 0: gpr[] is read and written as the leaf says. TDVMCALL<ReportFatalError>
 * stops the machine; emu_stop.code is then R12. */
enum emu_action emu_tdx_tdcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpr[EMU_GPRS]);

/* What TDG.VP.VEINFO.GET hands out: a #VE that an engine is about to inject. */
struct emu_ve {
	uint64_t exit_reason, exit_qualification, gla, gpa;
	uint32_t instruction_length, instruction_information;
};

/* By the vCPU itself. False: the guest has not yet fetched the last one, and hardware would
 * raise #DF. */
bool emu_tdx_ve(struct emu_tdx *tdx, unsigned vcpu, const struct emu_ve *ve);

/* For reports: the state of the page that holds gpa; FREE outside declared RAM. */
enum emu_sept_state emu_tdx_state(const struct emu_tdx *tdx, uint64_t gpa);
const char *emu_sept_state_name(enum emu_sept_state state);
bool emu_tdx_is_ram(const struct emu_tdx *tdx, uint64_t gpa);

/* Another attack from now on; only while no vCPU runs, or from the only one. */
void emu_tdx_attack(struct emu_tdx *tdx, const struct emu_attack *attack);
/* EMU_ATTACK_REMOVE, REMAP or SWAP of the page that holds gpa, now. False: it is not accepted. */
bool emu_tdx_strike(struct emu_tdx *tdx, enum emu_attack_kind kind, uint64_t gpa);
void emu_tdx_attack_report(const struct emu_tdx *tdx, struct emu_attack_report *out);

void emu_tdx_stats(const struct emu_tdx *tdx, struct emu_tdx_stats *out);
/* Bytes of declared private RAM that are not accepted now. */
uint64_t emu_tdx_unaccepted(const struct emu_tdx *tdx);
/* Why the machine stopped; cause EMU_RUNNING while it has not. */
void emu_tdx_stopped(const struct emu_tdx *tdx, struct emu_stop *out);

#endif
