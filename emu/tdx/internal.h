/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_INTERNAL_H
#define CVMEM_EMU_TDX_INTERNAL_H

#include "emu/internal.h"
#include "emu/tdx/seam/seam.h"
#include "emu/tdx/seam/status.h"
#include "emu/tdx/tdx.h"

/* Completion status of guest leaves alone; see seam/status.h. */
#define TDX_NO_VALID_VE_INFO	  UINT64_C(0xC000070400000000)
#define TDX_FIELD_ID_INCORRECT	  UINT64_C(0xC0000C0000000000)
#define TDX_FIELD_NOT_WRITABLE	  UINT64_C(0xC0000C0100000000)
#define TDX_FIELD_NOT_READABLE	  UINT64_C(0xC0000C0200000000)
#define TDX_FIELD_VALUE_NOT_VALID UINT64_C(0xC0000C0300000000)
#define TDX_FIRST_FIELD_ID	  UINT64_C(0x00000C0B00000000)

/* RAX on entry: the leaf in bits 15:0, its version in 23:16, the rest reserved. */
#define TDX_LEAF(rax)	       ((rax)&0xffff)
#define TDX_LEAF_VERSION(rax)  ((unsigned)((rax) >> 16) & 0xff)
#define TDX_LEAF_RESERVED(rax) ((rax) >> 24)

#define ATTRIBUTE_SEPT_VE_DISABLE (UINT64_C(1) << 28)
/* Bits of the TDCS fields TD_CTLS and NOTIFY_ENABLES. */
#define TDX_PENDING_VE_DISABLE (UINT64_C(1) << 0)
#define TDX_NOTIFY_ZERO_STEP   (UINT64_C(1) << 0)

#define RTMRS 4

/* Run-time measurements. */
struct emu_tdx_mr {
	uint8_t lock;
	uint8_t mrtd[SHA384_BYTES];
	uint8_t rtmr[RTMRS][SHA384_BYTES];
};

struct emu_tdx_ve {
	bool valid;
	struct emu_ve info;
	unsigned epfs; /* EPT violations at one instruction, without progress */
};

struct emu_tdx {
	struct emu_machine machine;
	struct emu_seam *seam;
	struct emu_tdx_config config;
	uint64_t shared_bit;
	struct emu_tdx_stats stats;	  /* atomic */
	uint64_t td_ctls, notify_enables; /* TDCS fields, atomic */
	struct emu_tdx_mr mr;
	struct emu_tdx_ve *ve; /* one for each vCPU, used by it alone */
};

/* One function for a leaf, in the file named after it. They set the output registers,
 * RAX too. */
enum emu_action emu_tdg_vp_vmcall(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_vp_info(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_mr_rtmr_extend(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_vp_veinfo_get(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_mr_report(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_mem_page_accept(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_vm_rd(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);
enum emu_action emu_tdg_vm_wr(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr);

/* A #VE for an EPT violation at gpa, or EMU_DF. */
enum emu_action emu_tdx_raise(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa,
			      uint64_t qualification);

/* Intel SDM volume 3, "Exit Qualification for EPT Violations". */
enum { EPT_READ = 1 << 0, EPT_WRITE = 1 << 1 };

/* How a leaf accesses its operand in memory. */
enum emu_tdx_access { EMU_TDX_READ, EMU_TDX_READ_WRITE };

/* Whether the address is aligned to the size of the operand, which is at most a page. */
bool emu_tdx_operand_aligned(uint64_t gpa, uint64_t alignment);
/* Whether the GPA exists: below the shared bit; with shared, the bit itself may be set. */
bool emu_tdx_operand_valid(const struct emu_tdx *tdx, uint64_t gpa, bool shared);
/*
 * The walk to a valid operand. EMU_NEXT: the leaf can access it. EMU_VE, EMU_DF: it is PENDING, and
 * the guest has asked for a #VE. EMU_AGAIN: an EPT violation that the host has handled, after
 * which the guest executes the leaf again. EMU_STOP: one that the host cannot handle.
 */
enum emu_action emu_tdx_operand_walk(struct emu_tdx *tdx, unsigned vcpu, uint64_t gpa,
				     enum emu_tdx_access access);
/* After the walk. False: another vCPU has changed the page since, so the walk must be repeated. */
bool emu_tdx_operand_read(struct emu_tdx *tdx, uint64_t gpa, void *buffer, size_t size);
bool emu_tdx_operand_write(struct emu_tdx *tdx, uint64_t gpa, const void *buffer, size_t size);
void emu_tdx_mr_lock(struct emu_tdx *tdx);
void emu_tdx_mr_unlock(struct emu_tdx *tdx);

/*
 * The host's part.
 *
 * Build a TD for the cooperative host, up to where pages are added. False: it is not possible.
 */
bool emu_tdx_host_build(struct emu_tdx *tdx);
/* An EPT violation exit, with the GPA and, for an accept, the level of the extended exit
 * qualification. False: the host cannot handle it. */
bool emu_tdx_host_violation(struct emu_tdx *tdx, unsigned vcpu, enum emu_seam_exit type,
			    uint64_t gpa, uint64_t qualification, unsigned level);
/* TDVMCALL<MapGPA> and TDVMCALL<ReportFatalError>; gpr has the registers that the module passes
 * on. */
enum emu_action emu_tdx_host_map_gpa(struct emu_tdx *tdx, uint64_t *gpr);
enum emu_action emu_tdx_host_fatal_error(struct emu_tdx *tdx, unsigned vcpu, const uint64_t *gpr);

#endif
