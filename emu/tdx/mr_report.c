/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/internal.h"

/* TDX module 1.5 ABI specification, "TDREPORT_STRUCT": REPORTMACSTRUCT, TEE_TCB_INFO,
 * TDINFO_STRUCT. */
struct report_mac {
	uint8_t type, subtype, version, reserved;
	uint8_t reserved2[12];
	uint8_t cpu_svn[16];
	uint8_t tcb_info_hash[SHA384_BYTES];
	uint8_t td_info_hash[SHA384_BYTES];
	uint8_t report_data[64];
	uint8_t reserved3[32];
	uint8_t mac[32];
};

struct tcb_info {
	uint64_t valid;
	uint8_t svn[16];
	uint8_t mrseam[SHA384_BYTES], mrsignerseam[SHA384_BYTES];
	uint64_t attributes;
	uint8_t rest[128]; /* TEE_TCB_SVN2 and reserved bytes, up to TDINFO_STRUCT */
};

struct td_info {
	uint64_t attributes, xfam;
	uint8_t mrtd[SHA384_BYTES];
	uint8_t mrconfigid[SHA384_BYTES], mrowner[SHA384_BYTES];
	uint8_t mrownerconfig[SHA384_BYTES];
	uint8_t rtmr[RTMRS][SHA384_BYTES];
	uint8_t servtd_hash[SHA384_BYTES];
	uint8_t reserved[64];
};

struct report {
	struct report_mac mac;
	struct tcb_info tcb;
	struct td_info td;
};

_Static_assert(sizeof(struct report_mac) == 256 && sizeof(struct report) == 1024, "");

#define REPORT_TYPE_TDX	 0x81
#define REPORT_DATA_SIZE sizeof(((struct report_mac *)0)->report_data)
/* TEE_TCB_INFO without the reserved bytes behind it. */
#define TCB_INFO_SIZE 239

/* The identity of processor and module and the MAC, which only a processor can compute, are 0: no
 * verifier mistakes this for a report of hardware. */
static void fill(struct emu_tdx *tdx, struct report *report)
{
	report->mac.type = REPORT_TYPE_TDX;
	report->td.attributes = tdx->config.attributes;
	report->td.xfam = tdx->config.xfam;
	emu_tdx_mr_lock(tdx);
	memcpy(report->td.mrtd, tdx->mr.mrtd, sizeof(report->td.mrtd));
	memcpy(report->td.rtmr, tdx->mr.rtmr, sizeof(report->td.rtmr));
	emu_tdx_mr_unlock(tdx);
	tdx->config.sha384(&report->tcb, TCB_INFO_SIZE, report->mac.tcb_info_hash);
	tdx->config.sha384(&report->td, sizeof(report->td), report->mac.td_info_hash);
}

static bool can_report(const struct emu_tdx *tdx)
{
	const struct emu_backend *backend = &tdx->machine.pages.backend;

	return backend->write_private && backend->read_private && tdx->config.sha384;
}

/* RAX; in the module's order, which *action interrupts when a walk does not end. */
static uint64_t run(struct emu_tdx *tdx, unsigned vcpu, const uint64_t *gpr,
		    enum emu_action *action)
{
	uint64_t to = gpr[EMU_RCX], data = gpr[EMU_RDX];
	struct report report = { 0 };

	if (!can_report(tdx))
		return TDX_OPERAND_INVALID | OPERAND_RAX;
	if (!emu_tdx_operand_aligned(to, sizeof(report)))
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	if (!emu_tdx_operand_aligned(data, REPORT_DATA_SIZE) ||
	    !emu_tdx_operand_valid(tdx, data, true))
		return TDX_OPERAND_INVALID | OPERAND_RDX;
	*action = emu_tdx_operand_walk(tdx, vcpu, data, EMU_TDX_READ);
	if (*action != EMU_NEXT)
		return 0;
	if (gpr[EMU_R8])
		return TDX_OPERAND_INVALID | OPERAND_R8;
	if (!emu_tdx_operand_valid(tdx, to, true))
		return TDX_OPERAND_INVALID | OPERAND_RCX;
	*action = emu_tdx_operand_walk(tdx, vcpu, to, EMU_TDX_READ_WRITE);
	if (*action != EMU_NEXT)
		return 0;
	*action = EMU_AGAIN;
	if (!emu_tdx_operand_read(tdx, data, report.mac.report_data, REPORT_DATA_SIZE))
		return 0;
	fill(tdx, &report);
	if (emu_tdx_operand_write(tdx, to, &report, sizeof(report)))
		*action = EMU_NEXT;
	return TDX_SUCCESS;
}

/* TDG.MR.REPORT (leaf 4). RCX: GPA of the report, aligned to its 1024 bytes; RDX: GPA of 64
 * bytes to put into it; both private or shared. R8: the sub-type, 0. */
enum emu_action emu_tdg_mr_report(struct emu_tdx *tdx, unsigned vcpu, uint64_t *gpr)
{
	enum emu_action action = EMU_NEXT;
	uint64_t status = run(tdx, vcpu, gpr, &action);

	if (action == EMU_NEXT)
		gpr[EMU_RAX] = status;
	return action;
}

void emu_tdx_set_mrtd(struct emu_tdx *tdx, const uint8_t mrtd[SHA384_BYTES])
{
	memcpy(tdx->mr.mrtd, mrtd, SHA384_BYTES);
}
