/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_TDX_VM_FIELD_H
#define CVMEM_EMU_TDX_VM_FIELD_H

#include "emu/tdx/internal.h"

/* What TDG.VM.RD and TDG.VM.WR read and write: the TD's metadata. Fields that the guest may read
 * have a name here. */
#define EMU_TDX_TD_UUID		UINT64_C(0x8010000300000020)
#define EMU_TDX_NUM_VCPUS	UINT64_C(0x9010000200000001)
#define EMU_TDX_NUM_L2_VMS	UINT64_C(0x9010000100000005)
#define EMU_TDX_ATTRIBUTES	UINT64_C(0x1110000300000000)
#define EMU_TDX_XFAM		UINT64_C(0x1110000300000001)
#define EMU_TDX_MAX_VCPUS	UINT64_C(0x1110000200000002)
#define EMU_TDX_GPAW		UINT64_C(0x1110000000000003)
#define EMU_TDX_TSC_FREQUENCY	UINT64_C(0x111000010000000c)
#define EMU_TDX_NOTIFY_ENABLES	UINT64_C(0x9110000300000010)
#define EMU_TDX_CONFIG_FLAGS	UINT64_C(0x1110000300000016)
#define EMU_TDX_TD_CTLS		UINT64_C(0x1110000300000017)
#define EMU_TDX_MRTD		UINT64_C(0x1310000300000000)
#define EMU_TDX_MRCONFIGID	UINT64_C(0x1310000300000010)
#define EMU_TDX_MROWNER		UINT64_C(0x1310000300000018)
#define EMU_TDX_MROWNERCONFIG	UINT64_C(0x1310000300000020)
#define EMU_TDX_RTMR		UINT64_C(0x1310000300000040)
#define EMU_TDX_PRE_IMPORT_UUID UINT64_C(0x9810000300000040)
#define EMU_TDX_SERVTD_HASH	UINT64_C(0x9910000300000000)
#define EMU_TDX_SERVTD_NUM	UINT64_C(0x9910000100000006)
#define EMU_TDX_SERVTD_BINDINGS UINT64_C(0x9910000300000080)
#define EMU_TDX_FIELD_NONE	UINT64_MAX
/* The context code in an identifier, which is ignored on input. */
#define EMU_TDX_FIELD_CONTEXT (UINT64_C(7) << 52)

struct emu_tdx_field {
	uint64_t id; /* of its first element */
	uint32_t elements;
	uint64_t readable, writable; /* bits, by the guest */
};

/* NULL: no such field; *element is counted from the field's first. */
const struct emu_tdx_field *emu_tdx_field_find(uint64_t id, unsigned *element);
/* The identifier of the next element that the guest may read; field NULL: of the first. */
uint64_t emu_tdx_field_next(const struct emu_tdx_field *field, unsigned element);
/* Where a field that can be written is stored, atomic; NULL: it is constant. */
uint64_t *emu_tdx_field_stored(struct emu_tdx *tdx, const struct emu_tdx_field *field);
/* Of a field that the guest may read. */
uint64_t emu_tdx_field_value(struct emu_tdx *tdx, const struct emu_tdx_field *field,
			     unsigned element);

#endif
