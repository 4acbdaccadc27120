/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

/*
 * AMD publication 58019 "Secure VM Service Module for SEV-SNP Guests", revision 1.00: the guest
 * sets the first byte of its calling area, asks the host to run VMPL 0, and finds the result in
 * RAX. The SVSM clears the byte. The host decides whether and when VMPL 0 runs, so the byte is the
 * only proof that it has.
 */
#define SVSM_CORE_PVALIDATE UINT64_C(1) /* protocol 0, call 1 */

enum {
	SVSM_SUCCESS = 0,
	SVSM_INCOMPLETE = 0x80000000,
	SVSM_BUSY = 0x80000007,
	/* Results of PVALIDATE, on top of 0x80001000. */
	SVSM_FAIL_SIZEMISMATCH = 0x80001006,
	SVSM_FAIL_UNCHANGED = 0x80001010,
};

/* The host's part: GHCB specification 2.03, sections 4.1 and 2.3.1. The MSR protocol: VMPL in bits
 * 39:32 of the request, an error in 63:32 of the answer. */
#define NAE_RUN_VMPL	      UINT64_C(0x80000018)
#define MSR_RUN_VMPL_REQUEST  UINT64_C(0x016)
#define MSR_RUN_VMPL_RESPONSE UINT64_C(0x017)

/* Chapter 6.2: the list of a call, behind the 8 bytes of the calling area. Its header has the
 * number of entries in bits 15:0 and the index of the next one in 31:16. */
#define LIST	    8u
#define LIST_HEADER 8u
#define LIST_MAX    ((4096u - LIST - LIST_HEADER) / 8u)

/* Entry: 2 MiB in bits 1:0, validate in 2, GFN in 63:12. Bit 3 would hide an unchanged RMP entry.
 */
#define ENTRY_2M       UINT64_C(1)
#define ENTRY_VALIDATE UINT64_C(4)

/* A call that is not served, or not finished, without progress is repeated this often. */
#define SVSM_STUCK_MAX 1000u

/* Secrets page, "SVSM information": offsets. */
enum {
	SECRETS_SVSM_BASE = 0x140,
	SECRETS_SVSM_SIZE = 0x148,
	SECRETS_SVSM_CAA = 0x150,
	SECRETS_SVSM_MAX_VERSION = 0x158,
	SECRETS_GUEST_VMPL = 0x15c,
};

/* The SVSM writes there, which the compiler does not see. */
static volatile uint64_t *list_word(const struct cvm_snp_caa *caa, unsigned index)
{
	return (volatile uint64_t *)((uintptr_t)caa->va + LIST) + index;
}

/* False: the host refuses; *status is its answer. */
static bool run_vmpl_0(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		       struct cvm_snp_regs *regs, uint64_t *status)
{
	if (ghcb)
		return cvm_snp_ghcb_exit(snp, ghcb, NAE_RUN_VMPL, false, regs, status);
	*status = cvm_snp_msr_exit(snp, MSR_RUN_VMPL_REQUEST, regs);
	return *status == MSR_RUN_VMPL_RESPONSE;
}

/*
 * The call for the list in the calling area, until it has a result, which is in *status; *next: the
 * entries that are done. CVM_EIO: the host or the SVSM gave no valid answer; *status is the host's.
 */
static int call_svsm(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		     const struct cvm_snp_caa *caa, unsigned *next, uint64_t *status)
{
	unsigned char *pending = caa->va;

	*next = 0;
	for (unsigned stuck = 0; stuck < SVSM_STUCK_MAX; stuck++) {
		struct cvm_snp_regs regs;
		bool ran, served;
		unsigned done;

		x86_clear(&regs, sizeof(regs));
		regs.rax = SVSM_CORE_PVALIDATE;
		regs.rcx = caa->gpa + LIST;
		__atomic_store_n(pending, 1, __ATOMIC_RELEASE);
		ran = run_vmpl_0(snp, ghcb, &regs, status);
		/* A call that is given up must not be served later. */
		served = !__atomic_exchange_n(pending, 0, __ATOMIC_ACQUIRE);
		if (!ran)
			return CVM_EIO;
		*status = 0;
		if (!served) {
			x86_pause();
			continue;
		}

		done = *list_word(caa, 0) >> 16 & 0xffff;
		if (done < *next || done > LIST_MAX)
			return CVM_EIO;
		if (done > *next)
			stuck = 0;
		*next = done;
		*status = regs.rax;
		if (regs.rax != SVSM_INCOMPLETE && regs.rax != SVSM_BUSY)
			return 0;
		x86_pause();
	}
	return CVM_EIO;
}

/* The bytes of the entry at pos: below small_until the RMP has 4 KiB pages. */
static uint64_t entry_bytes(uint64_t pos, uint64_t end, uint64_t small_until)
{
	return pos < small_until ? 4096 : cvm_snp_entry_bytes(pos, end);
}

/* As much of [pos, end) as fits; returns the number of entries. */
static unsigned write_list(const struct cvm_snp_caa *caa, uint64_t pos, uint64_t end,
			   uint64_t small_until, bool validate)
{
	unsigned count = 0;

	while (pos < end && count < LIST_MAX) {
		uint64_t bytes = entry_bytes(pos, end, small_until);

		*list_word(caa, 1 + count++) =
			pos | (validate ? ENTRY_VALIDATE : 0) | (bytes > 4096 ? ENTRY_2M : 0);
		pos += bytes;
	}
	*list_word(caa, 0) = count;
	return count;
}

/* One list: from pos to what became of it. *next and *status as of call_svsm(), also on error. */
static int validate_list(const struct cvm_snp *snp, uint64_t pos, uint64_t end,
			 uint64_t small_until, bool validate, unsigned *next, uint64_t *status)
{
	struct cvm_snp_ghcb_state state;
	const struct cvm_snp_ghcb *ghcb = snp_ghcb_get(snp, &state);
	const struct cvm_snp_caa *caa = snp->config.caa(snp->config.ctx);
	int error = CVM_EINVAL;
	unsigned count;

	*next = 0;
	*status = 0;
	if (caa) {
		count = write_list(caa, pos, end, small_until, validate);
		error = call_svsm(snp, ghcb, caa, next, status);
		/* All is done on success, and not all of it else. */
		if (*next > count || (!error && (*status == SVSM_SUCCESS) != (*next == count))) {
			*next = 0;
			error = CVM_EIO;
		}
	}
	snp_ghcb_put(snp, ghcb, &state);
	return error;
}

int cvm_snp_svsm_pvalidate(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
			   struct cvm_accept_result *result)
{
	uint64_t small_until = start, pos = start;

	while (pos < end) {
		uint64_t status, bytes;
		unsigned next;
		int error = validate_list(snp, pos, end, small_until, validate, &next, &status);

		for (unsigned i = 0; i < next; i++) {
			bytes = entry_bytes(pos, end, small_until);
			if (validate)
				cvm_snp_evict_stale_lines(snp, pos, bytes);
			result->accepted[bytes > 4096 ? CVM_LEVEL_2M : CVM_LEVEL_4K]++;
			result->done += bytes;
			pos += bytes;
		}
		if (!error && status == SVSM_SUCCESS)
			continue;
		bytes = entry_bytes(pos, end, small_until);
		if (!error && status == SVSM_FAIL_SIZEMISMATCH && bytes > 4096) {
			result->fallbacks[CVM_LEVEL_2M]++;
			small_until = pos + bytes;
			continue;
		}
		result->where = pos;
		result->where_bytes = bytes;
		result->status = status;
		if (error)
			return error;
		return status == SVSM_FAIL_UNCHANGED ? CVM_EALREADY : CVM_EIO;
	}
	return 0;
}

static uint64_t read_le(const void *page, unsigned offset, unsigned bytes)
{
	const volatile uint8_t *at = (const volatile uint8_t *)page + offset;
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

int cvm_snp_find_svsm(const void *secrets, struct cvm_snp_svsm *svsm)
{
	svsm->base = read_le(secrets, SECRETS_SVSM_BASE, 8);
	svsm->size = read_le(secrets, SECRETS_SVSM_SIZE, 8);
	svsm->caa = read_le(secrets, SECRETS_SVSM_CAA, 8);
	svsm->max_version = (uint32_t)read_le(secrets, SECRETS_SVSM_MAX_VERSION, 4);
	svsm->vmpl = (uint32_t)read_le(secrets, SECRETS_GUEST_VMPL, 1);
	if (!svsm->size)
		return CVM_ENODEV;
	if ((svsm->base | svsm->size | svsm->caa) & 4095 || svsm->base + svsm->size < svsm->base)
		return CVM_EINVAL;
	/* The core protocol has existed since version 1. */
	if (!svsm->max_version || !svsm->vmpl || svsm->vmpl > 3)
		return CVM_EINVAL;
	return 0;
}
