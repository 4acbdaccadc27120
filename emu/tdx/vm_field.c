/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/tdx/vm_field.h"

/* TDR and TDCS fields of TDX module 1.5.01, in the order in which TDG.VM.RD lists them: ABI
 * specification, "TD-scope metadata". Without CPUID_VALUES, whose codes are leaves. */

#define FIELD_CODE(id)	((uint32_t)(id))
#define FIELD_CLASS(id) ((unsigned)((id) >> 56) & 0x3f)

#define ALL UINT64_MAX

static const struct emu_tdx_field fields[] = {
	/* id, elements, bits that the guest may read, bits that it may write */
	{ 0x8010000000000001, 1, 0, 0 }, /* FATAL */
	{ 0x8010000200000002, 1, 0, 0 }, /* NUM_TDCX */
	{ 0x8010000300000004, 1, 0, 0 }, /* CHLDCNT */
	{ 0x8010000200000005, 1, 0, 0 }, /* LIFECYCLE_STATE */
	{ 0x8010000300000010, 9, 0, 0 }, /* TDCX_PA */
	{ EMU_TDX_TD_UUID, 4, ALL, 0 },
	{ 0x8110000100000001, 1, 0, 0 }, /* HKID */
	{ 0x8110000300000002, 1, 0, 0 }, /* PKG_CONFIG_BITMAP */
	{ 0x8210000100000000, 1, 0, 0 }, /* HANDOFF_VERSION */
	{ 0x8210000300000001, 1, 0, 0 }, /* SEAMDB_INDEX */
	{ 0x8210000300000002, 4, 0, 0 }, /* SEAMDB_NONCE */
	{ EMU_TDX_NUM_VCPUS, 1, ALL, 0 },
	{ 0x9010000200000002, 1, 0, 0 }, /* NUM_ASSOC_VCPUS */
	{ 0x9010000200000004, 1, 0, 0 }, /* OP_STATE */
	{ EMU_TDX_NUM_L2_VMS, 1, ALL, 0 },
	{ EMU_TDX_ATTRIBUTES, 1, ALL, 0 },
	{ EMU_TDX_XFAM, 1, ALL, 0 },
	{ EMU_TDX_MAX_VCPUS, 1, ALL, 0 },
	{ EMU_TDX_GPAW, 1, ALL, 0 },
	{ 0x1110000300000004, 1, 0, 0 }, /* EPTP */
	{ 0x111000030000000a, 1, 0, 0 }, /* TSC_OFFSET */
	{ 0x111000030000000b, 1, 0, 0 }, /* TSC_MULTIPLIER */
	{ EMU_TDX_TSC_FREQUENCY, 1, ALL, 0 },
	{ 0x111000030000000d, 1, 0, 0 }, /* VIRTUAL_TSC */
	{ 0x911000010000000e, 1, 0, 0 }, /* NUM_CPUID_VALUES */
	{ 0x911000020000000f, 1, 0, 0 }, /* XBUFF_SIZE */
	{ EMU_TDX_NOTIFY_ENABLES, 1, TDX_NOTIFY_ZERO_STEP, TDX_NOTIFY_ZERO_STEP },
	{ 0x9110000300000011, 1, 0, 0 }, /* HP_LOCK_TIMEOUT */
	{ 0x9110000300000012, 4, 0, 0 }, /* VM_CTLS */
	{ EMU_TDX_CONFIG_FLAGS, 1, ALL, 0 },
	{ EMU_TDX_TD_CTLS, 1, ALL, TDX_PENDING_VE_DISABLE },
	{ 0x9110000000000080, 80, 0, 0 }, /* CPUID_VALID */
	{ 0x9110000200000800, 19, 0, 0 }, /* XBUFF_OFFSETS */
	{ 0x9210000300000000, 1, 0, 0 },  /* TD_EPOCH */
	{ 0x9210000100000001, 2, 0, 0 },  /* REFCOUNT */
	{ EMU_TDX_MRTD, 6, ALL, 0 },
	{ EMU_TDX_MRCONFIGID, 6, ALL, 0 },
	{ EMU_TDX_MROWNER, 6, ALL, 0 },
	{ EMU_TDX_MROWNERCONFIG, 6, ALL, 0 },
	{ EMU_TDX_RTMR, 6 * 4, ALL, 0 },
	{ 0x961000030000010a, 1, 0, 0 }, /* VIRTUAL_IA32_ARCH_CAPABILITIES */
	{ 0x9610000300000480, 1, 0, 0 }, /* VIRTUAL_IA32_VMX_*, to 493 */
	{ 0x9610000300000485, 5, 0, 0 },
	{ 0x961000030000048b, 9, 0, 0 },
	{ 0x9810000000000001, 1, 0, 0 },  /* MIG_DEC_KEY_SET */
	{ 0x9810000200000002, 3, 0, 0 },  /* EXPORT_COUNT, IMPORT_COUNT, MIG_EPOCH */
	{ 0x9810000300000005, 2, 0, 0 },  /* BW_EPOCH, TOTAL_MB_COUNT */
	{ 0x9810000300000010, 16, 0, 0 }, /* MIG_DEC_KEY to MIG_ENC_WORKING_KEY */
	{ 0x9810000100000020, 2, 0, 0 },  /* MIG_VERSION, MIG_WORKING_VERSION */
	{ 0x9810000300000030, 2, 0, 0 },  /* DIRTY_COUNT, MIG_COUNT */
	{ 0x9810000100000032, 1, 0, 0 },  /* NUM_MIGS */
	{ 0x9810000200000034, 1, 0, 0 },  /* NUM_MIGRATED_VCPUS */
	{ EMU_TDX_PRE_IMPORT_UUID, 4, ALL, 0 },
	{ EMU_TDX_SERVTD_HASH, 6, ALL, 0 },
	{ EMU_TDX_SERVTD_NUM, 1, ALL, 0 },
	{ EMU_TDX_SERVTD_BINDINGS, 16, ALL, 0 },
	{ 0x9a10000300000000, 512, 0, 0 }, /* MIGSC_LINKS */
	{ 0x2010000300000000, 512, 0, 0 }, /* MSR_BITMAPS */
	{ 0x2110000300000000, 512, 0, 0 }, /* SEPT_ROOT */
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Bits that must be 0 in the identifier of a single element: the reserved ones, the last element
 * and the last field of a sequence. All others but class and code are ignored on input. */
#define MUST_BE_ZERO                                                                               \
	(UINT64_C(1) << 62 | UINT64_C(1) << 55 | UINT64_C(0x7) << 47 | UINT64_C(0x1ff) << 38 |     \
	 UINT64_C(0xf) << 34 | UINT64_C(0xff) << 24)

const struct emu_tdx_field *emu_tdx_field_find(uint64_t id, unsigned *element)
{
	if (id & MUST_BE_ZERO)
		return NULL;
	for (size_t i = 0; i < FIELDS; i++) {
		const struct emu_tdx_field *field = &fields[i];

		if (FIELD_CLASS(field->id) != FIELD_CLASS(id) ||
		    FIELD_CODE(id) < FIELD_CODE(field->id) ||
		    FIELD_CODE(id) - FIELD_CODE(field->id) >= field->elements)
			continue;
		*element = FIELD_CODE(id) - FIELD_CODE(field->id);
		return field;
	}
	return NULL;
}

uint64_t emu_tdx_field_next(const struct emu_tdx_field *field, unsigned element)
{
	if (field && element + 1 < field->elements)
		return field->id + element + 1;
	for (field = field ? field + 1 : fields; field < fields + FIELDS; field++)
		if (field->readable)
			return field->id;
	return EMU_TDX_FIELD_NONE;
}

static uint64_t word(const void *bytes, unsigned index)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)bytes + 8 * index, sizeof(value));
	return value;
}

static uint64_t measurement(struct emu_tdx *tdx, const void *bytes, unsigned element)
{
	uint64_t value;

	emu_tdx_mr_lock(tdx);
	value = word(bytes, element);
	emu_tdx_mr_unlock(tdx);
	return value;
}

uint64_t *emu_tdx_field_stored(struct emu_tdx *tdx, const struct emu_tdx_field *field)
{
	switch (field->id) {
	case EMU_TDX_TD_CTLS:
		return &tdx->td_ctls;
	case EMU_TDX_NOTIFY_ENABLES:
		return &tdx->notify_enables;
	default:
		return NULL;
	}
}

/* The TSC's frequency in units of 25 MHz: 1 GHz, as the module has no other unit. */
#define TSC_1GHZ 40

#define CONFIG_GPAW		   (UINT64_C(1) << 0)
#define CONFIG_FLEXIBLE_PENDING_VE (UINT64_C(1) << 1)

uint64_t emu_tdx_field_value(struct emu_tdx *tdx, const struct emu_tdx_field *field,
			     unsigned element)
{
	const uint64_t *stored = emu_tdx_field_stored(tdx, field);
	bool wide = tdx->config.gpa_width >= 52;

	if (stored)
		return emu_counted(stored);
	switch (field->id) {
	case EMU_TDX_NUM_VCPUS:
	case EMU_TDX_MAX_VCPUS:
		return tdx->config.vcpus;
	case EMU_TDX_ATTRIBUTES:
		return tdx->config.attributes;
	case EMU_TDX_XFAM:
		return tdx->config.xfam;
	case EMU_TDX_GPAW:
		return wide;
	case EMU_TDX_TSC_FREQUENCY:
		return TSC_1GHZ;
	case EMU_TDX_CONFIG_FLAGS:
		return CONFIG_FLEXIBLE_PENDING_VE | (wide ? CONFIG_GPAW : 0);
	case EMU_TDX_MRTD:
		return measurement(tdx, tdx->mr.mrtd, element);
	case EMU_TDX_RTMR:
		return measurement(tdx, tdx->mr.rtmr, element);
	default:
		return 0; /* no service TD, nothing of an owner; no identity of the TD */
	}
}
