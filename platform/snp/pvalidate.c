/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"

#define PVALIDATE_FAIL_SIZEMISMATCH 6u
#define PVALIDATE_CF		    (UINT64_C(1) << 32)

/* PVALIDATE (AMD APM volume 3): EAX, and in bit 32 CF: the RMP was not changed. */
static uint64_t pvalidate(uintptr_t va, bool large, bool validate)
{
	uint64_t rax = va;
	bool cf;

	__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
			 : "+a"(rax), "=@ccc"(cf)
			 : "c"((uint32_t)large), "d"((uint32_t)validate)
			 : "memory");
	return (uint32_t)rax | (cf ? PVALIDATE_CF : 0);
}

/*
 * Lines that were cached before the page was validated may be stale; reading the first and
 * the last byte of a page evicts them on processors without COHERENCY_SFW_NO.
 */
void cvm_snp_evict_stale_lines(const struct cvm_snp *snp, uint64_t gpa, uint64_t bytes)
{
	uintptr_t va = snp->config.direct_map + gpa;

	if (!snp->evict)
		return;
	for (uintptr_t page = va; page < va + bytes; page += 4096) {
		(void)*(volatile const uint8_t *)page;
		(void)*(volatile const uint8_t *)(page + 4095);
	}
}

int cvm_snp_pvalidate(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
		      struct cvm_accept_result *result)
{
	uint64_t small_until = start; /* pages of 4 KiB up to here: the RMP has them so */
	uint64_t pos = start;

	while (pos < end) {
		uintptr_t va = snp->config.direct_map + pos;
		uint64_t bytes = 4096, status;
		enum cvm_level level;

		/* The instruction requires an aligned virtual address as well. */
		if (pos >= small_until && !((pos | va) & (cvm_level_bytes(CVM_LEVEL_2M) - 1)))
			bytes = cvm_snp_entry_bytes(pos, end);
		level = bytes > 4096 ? CVM_LEVEL_2M : CVM_LEVEL_4K;

		status = pvalidate(va, level == CVM_LEVEL_2M, validate);
		if (!status) {
			if (validate)
				cvm_snp_evict_stale_lines(snp, pos, bytes);
			result->accepted[level]++;
			result->done += bytes;
			pos += bytes;
			continue;
		}
		if ((uint32_t)status == PVALIDATE_FAIL_SIZEMISMATCH && level == CVM_LEVEL_2M) {
			result->fallbacks[level]++;
			small_until = pos + bytes;
			continue;
		}
		result->where = pos;
		result->where_bytes = bytes;
		result->status = status;
		return status == PVALIDATE_CF ? CVM_EALREADY : CVM_EIO;
	}
	return 0;
}
