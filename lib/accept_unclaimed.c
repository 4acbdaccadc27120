/* SPDX-License-Identifier: MIT */
#include "accept_internal.h"
#include "bitmap.h"
#include "claim.h"

/* Acceptance by one CPU, before there is room for claims: the bit is the claim. */

/* The first units of [*first, *last) that are unaccepted, side by side: narrows the two to them. */
static bool next_unaccepted(const struct cvm_acceptor *acceptor, uint64_t *first, uint64_t *last)
{
	uint64_t base = acceptor->config.table->phys_base;
	uint64_t start = cvm_unit_gpa(acceptor, *first), end = cvm_unit_gpa(acceptor, *last);

	if (*first >= *last || !cvm_table_next(acceptor->config.table, &start, &end, false))
		return false;
	*first = (start - base) >> acceptor->unit_shift;
	*last = (end - base) >> acceptor->unit_shift;
	return true;
}

static int accept_run(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last,
		      enum cvm_cause cause)
{
	int error = cvm_run_accept(acceptor, first, last, cause);

	/* Counted here, since get_stats() finds published units by their claims. */
	for (; first < last; first++)
		acceptor->unclaimed.units +=
			~cvm_word(acceptor->config.table->bitmap, first / 64) >> first % 64 & 1;
	return error;
}

int cvm_accept_unclaimed(struct cvm_acceptor *acceptor, uint64_t first, uint64_t last,
			 enum cvm_cause cause)
{
	uint64_t end = last, failed;
	int result = 0, error;

	if (!next_unaccepted(acceptor, &first, &end))
		return 0;
	if (!acceptor->config.single_cpu)
		return CVM_EINVAL;
	if (acceptor->unclaimed.busy)
		return CVM_EBUSY;
	acceptor->unclaimed.busy = true;
	do {
		failed = cvm_unclaimed_failed(acceptor, first, &end);
		if (failed) {
			error = CVM_EIO;
			end = failed;
		} else {
			end = cvm_min(end, cvm_run_limit(acceptor, first, last));
			error = accept_run(acceptor, first, end, cause);
		}
		if (error)
			result = error;
		first = end;
		end = last;
	} while (next_unaccepted(acceptor, &first, &end));
	acceptor->unclaimed.busy = false;
	return result;
}
