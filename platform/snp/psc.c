/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

#define NAE_PAGE_STATE_CHANGE UINT64_C(0x80000010)

/* Section 4.1.6: a header of 8 bytes and entries of 8 bytes in the 2032-byte buffer. */
#define PSC_MAX_ENTRIES 253u

/* A request that returns early without progress is repeated this often. */
#define PSC_STUCK_MAX 1000u

uint64_t cvm_snp_entry_bytes(uint64_t pos, uint64_t end)
{
	uint64_t large = cvm_level_bytes(CVM_LEVEL_2M);

	return !(pos & (large - 1)) && end - pos >= large ? large : 4096;
}

uint64_t cvm_snp_batch_end(uint64_t start, uint64_t end)
{
	uint64_t pos = start;

	for (unsigned i = 0; i < PSC_MAX_ENTRIES && pos < end; i++)
		pos += cvm_snp_entry_bytes(pos, end);
	return pos;
}

/* Entry: cur_page in bits 11:0, GFN in 51:12, operation in 55:52, 2 MiB in 56. */
#define PSC_CUR_PAGE UINT64_C(0xfff)

static uint64_t make_entry(uint64_t pos, uint64_t bytes, enum psc_op op)
{
	return pos | (uint64_t)op << 52 | (uint64_t)(bytes > 4096) << 56;
}

static unsigned write_entries(const struct cvm_snp_ghcb *ghcb, uint64_t start, uint64_t end,
			      enum psc_op op)
{
	unsigned count = 0;

	for (uint64_t pos = start; pos < end && count < PSC_MAX_ENTRIES; count++) {
		uint64_t bytes = cvm_snp_entry_bytes(pos, end);

		*snp_ghcb_field(ghcb, GHCB_BUFFER + 8 + 8 * count) = make_entry(pos, bytes, op);
		pos += bytes;
	}
	/* cur_entry in bits 15:0, end_entry (the last one) in 31:16. */
	*snp_ghcb_field(ghcb, GHCB_BUFFER) = (uint64_t)(count - 1) << 16;
	return count;
}

/* Where the entry with that index begins. */
static uint64_t entry_start(uint64_t start, uint64_t end, unsigned index)
{
	while (index--)
		start += cvm_snp_entry_bytes(start, end);
	return start;
}

/* cvm_snp_change_state() for one batch, by a GHCB page. */
static int psc_ghcb(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb, uint64_t start,
		    uint64_t end, enum psc_op op, uint64_t *next, uint64_t *status)
{
	unsigned count = write_entries(ghcb, start, end, op);
	unsigned current = 0, stuck = 0;
	uint64_t pages = 0; /* of the current entry, that are changed */

	*next = start;
	*status = 0;
	while (current < count) {
		uint64_t header, error, bytes, entry;
		unsigned cur;
		bool failed;

		failed = !cvm_snp_ghcb_exit(snp, ghcb, NAE_PAGE_STATE_CHANGE, true, NULL, &error);
		header = *snp_ghcb_field(ghcb, GHCB_BUFFER);
		cur = header & 0xffff;

		/* The host may neither go back nor change what was asked for. */
		if (cur < current || cur > count || header >> 16 != count - 1)
			return CVM_EIO;
		/* An error that blames no entry counts for all since the last answer. */
		*next = entry_start(start, end, failed && cur == count ? current : cur);
		if (failed) {
			*status = error;
			return CVM_EIO;
		}
		if (cur == count)
			break;

		/* Progress is another entry, or more pages of a 2 MiB entry. So there is an end to
		 * it, whatever the host writes. */
		bytes = cvm_snp_entry_bytes(*next, end);
		entry = *snp_ghcb_field(ghcb, GHCB_BUFFER + 8 + 8 * cur);
		if ((entry ^ make_entry(*next, bytes, op)) & ~PSC_CUR_PAGE)
			return CVM_EIO;
		entry &= PSC_CUR_PAGE;
		if (cur > current)
			pages = 0;
		else if (entry == pages && stuck++ >= PSC_STUCK_MAX)
			return CVM_EIO;
		if (entry < pages || entry > bytes / 4096)
			return CVM_EIO;
		if (cur > current || entry > pages)
			stuck = 0;
		current = cur;
		pages = entry;
	}
	return 0;
}

int cvm_snp_change_state(struct cvm_snp *snp, uint64_t start, uint64_t end, enum psc_op op,
			 uint64_t *next, uint64_t *status)
{
	*next = start;
	*status = 0;
	while (*next < end) {
		struct cvm_snp_ghcb_state state;
		const struct cvm_snp_ghcb *ghcb = snp_ghcb_get(snp, &state);
		uint64_t batch = cvm_snp_batch_end(*next, end);
		int error;

		if (ghcb)
			error = psc_ghcb(snp, ghcb, *next, batch, op, next, status);
		else
			error = cvm_snp_psc_msr(snp, *next, op, status);
		snp_ghcb_put(snp, ghcb, &state);
		if (error)
			return error;
		if (!ghcb)
			*next += 4096;
	}
	return 0;
}
