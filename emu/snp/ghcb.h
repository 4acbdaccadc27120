/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_GHCB_H
#define CVMEM_EMU_SNP_GHCB_H

#include <stdint.h>

/*
 * GHCB specification 2.03, as a host reads it. platform/snp/ has the guest's reading, and shares no
 * constant with this file on purpose: a number that one of them has wrong is then noticed when they
 * meet. The same holds for emu/tdx/ and platform/tdx/.
 */

#define GHCB_VERSION_MIN UINT64_C(1)
#define GHCB_VERSION_MAX UINT64_C(2)

/* Table "GHCB layout". */
enum {
	GHCB_CPL = 0x0cb,
	GHCB_XSS = 0x140,
	GHCB_RAX = 0x1f8,
	GHCB_RCX = 0x308,
	GHCB_RDX = 0x310,
	GHCB_RBX = 0x318,
	GHCB_SW_EXITCODE = 0x390,
	GHCB_SW_EXITINFO1 = 0x398,
	GHCB_SW_EXITINFO2 = 0x3a0,
	GHCB_SW_SCRATCH = 0x3a8,
	GHCB_XCR0 = 0x3e8,
	GHCB_VALID_BITMAP = 0x3f0, /* a bit for each quadword below it */
	GHCB_SHARED_BUFFER = 0x800,
	GHCB_SHARED_BUFFER_END = 0xff0,
	GHCB_PROTOCOL_VERSION = 0xffa,
	GHCB_USAGE = 0xffc,
};

/* Table "List of supported non-automatic events". */
#define NAE_DR7_READ		   UINT64_C(0x27)
#define NAE_DR7_WRITE		   UINT64_C(0x37)
#define NAE_RDTSC		   UINT64_C(0x6e)
#define NAE_RDPMC		   UINT64_C(0x6f)
#define NAE_CPUID		   UINT64_C(0x72)
#define NAE_INVD		   UINT64_C(0x76)
#define NAE_IOIO		   UINT64_C(0x7b)
#define NAE_MSR			   UINT64_C(0x7c)
#define NAE_VMMCALL		   UINT64_C(0x81)
#define NAE_RDTSCP		   UINT64_C(0x87)
#define NAE_WBINVD		   UINT64_C(0x89)
#define NAE_MONITOR		   UINT64_C(0x8a)
#define NAE_MWAIT		   UINT64_C(0x8b)
#define NAE_MMIO_READ		   UINT64_C(0x80000001)
#define NAE_MMIO_WRITE		   UINT64_C(0x80000002)
#define NAE_NMI_COMPLETE	   UINT64_C(0x80000003)
#define NAE_RESET_HOLD		   UINT64_C(0x80000004)
#define NAE_AP_JUMP_TABLE	   UINT64_C(0x80000005)
#define NAE_PSC			   UINT64_C(0x80000010)
#define NAE_GUEST_REQUEST	   UINT64_C(0x80000011)
#define NAE_EXTENDED_GUEST_REQUEST UINT64_C(0x80000012)
#define NAE_AP_CREATION		   UINT64_C(0x80000013)
#define NAE_HV_DOORBELL		   UINT64_C(0x80000014)
#define NAE_HV_IPI		   UINT64_C(0x80000015)
#define NAE_HV_TIMER		   UINT64_C(0x80000016)
#define NAE_APIC_IDS		   UINT64_C(0x80000017)
#define NAE_RUN_VMPL		   UINT64_C(0x80000018)
#define NAE_HV_FEATURES		   UINT64_C(0x8000fffd)
#define NAE_TERMINATE		   UINT64_C(0x8000fffe)

/* SW_EXITINFO1; SW_EXITINFO2 is an event to inject with the second, a reason with the third. */
enum { GHCB_NO_ACTION = 0, GHCB_EXCEPTION = 1, GHCB_MALFORMED_INPUT = 2 };
/* #GP(0) in the format of EVENTINJ, AMD APM volume 2, 15.20. */
#define GHCB_INJECT_GP (UINT64_C(1) << 31 | UINT64_C(1) << 11 | UINT64_C(3) << 8 | 13)
enum {
	GHCB_NOT_REGISTERED = 1,
	GHCB_INVALID_USAGE = 2,
	GHCB_INVALID_SCRATCH = 3,
	GHCB_MISSING_INPUT = 4,
	GHCB_INVALID_INPUT = 5,
	GHCB_INVALID_EVENT = 6,
};

/* The MSR protocol: what is in bits 11:0. */
enum {
	MSR_SEV_INFO = 0x001,
	MSR_SEV_INFO_REQUEST = 0x002,
	MSR_RESET_HOLD_REQUEST = 0x006,
	MSR_RESET_HOLD = 0x007,
	MSR_PREFERRED_GPA_REQUEST = 0x010,
	MSR_PREFERRED_GPA = 0x011,
	MSR_REGISTER_GPA_REQUEST = 0x012,
	MSR_REGISTER_GPA = 0x013,
	MSR_PSC_REQUEST = 0x014,
	MSR_PSC = 0x015,
	MSR_HV_FEATURES_REQUEST = 0x080,
	MSR_HV_FEATURES = 0x081,
	MSR_TERMINATE = 0x100,
};

/* Maximum and minimum version, and the C-bit's position. */
#define GHCB_SEV_INFO(c_bit)                                                                       \
	(GHCB_VERSION_MAX << 48 | GHCB_VERSION_MIN << 32 | (uint64_t)(c_bit) << 24 | MSR_SEV_INFO)

#define MSR_PSC_ERROR	     (UINT64_C(1) << 63)
#define MSR_NO_PREFERRED_GPA (~UINT64_C(0xfff))
#define HV_FEATURE_SNP	     (UINT64_C(1) << 0)
#define HV_FEATURE_AP	     (UINT64_C(1) << 1)

/* SW_EXITINFO2 of a page-state change. */
#define PSC_DONE_OR_INTERRUPTED UINT64_C(0)
#define PSC_INVALID_HEADER	(UINT64_C(1) << 32 | 1)
#define PSC_INVALID_ENTRY	(UINT64_C(1) << 32 | 2)
#define PSC_GENERIC		(UINT64_C(0x100) << 32)

#define PSC_MAX_ENTRIES 253

#endif
