/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tools/common/print.h"
#include "tools/populate/measure.h"

static void print_row(FILE *out, const struct result *result, const struct row *row)
{
	char rate[16] = "-", seconds[16] = "-", violations[24] = "-";

	fprintf(out, "%-12s %-8s %7u", backing_name(row->backing), method_name(row->method),
		row->method == METHOD_NOTHING ? 0 : row->workers);
	if (row->missing) {
		fprintf(out, "  not measured: %s\n", row->missing);
		return;
	}
	if (row->populate_seconds > 0) {
		snprintf(seconds, sizeof(seconds), "%.4f s", row->populate_seconds);
		print_size(rate, (uint64_t)((double)row->bytes / row->populate_seconds));
	}
	if (result->has_stats)
		snprintf(violations, sizeof(violations), "%" PRIu64, row->violations);
	fprintf(out, " %11s %11s %9.4f s %10s %8" PRIu64 " %6" PRIu64 " %4" PRIu64 "  %s\n",
		seconds, rate, row->guest_seconds, violations, row->pages[0], row->pages[1],
		row->pages[2], row->content ? "" : "WRONG CONTENT");
}

void populate_print(FILE *out, const struct result *result)
{
	const struct row *one = NULL;
	char size[16];

	fprintf(out,
		"A VM of %s on this host; its guest writes to each page and reads it back.\n\n",
		print_size(size, result->memory));
	fprintf(out, "%-12s %-8s %7s %11s %11s %11s %10s %8s %6s %4s\n", "memory", "before",
		"threads", "takes", "a second", "guest", "violations", "4K", "2M", "1G");
	for (size_t i = 0; i < result->rows; i++)
		print_row(out, result, &result->row[i]);
	for (size_t i = 0; i < result->rows; i++) {
		const struct row *row = &result->row[i];

		if (row->missing || row->method != METHOD_BOTH)
			continue;
		if (row->workers > 1 && one && one->backing == row->backing &&
		    row->populate_seconds > 0 && row->busiest_seconds > 0)
			fprintf(out,
				"%s%s: %u threads are %.2f times as fast as one; the busiest has "
				"1/%.2f of its processor time\n",
				i < 6 ? "\n" : "", backing_name(row->backing), row->workers,
				one->populate_seconds / row->populate_seconds,
				one->busiest_seconds / row->busiest_seconds);
		one = row;
	}
	fprintf(out, "\nKVM_PRE_FAULT_MEMORY: %s; MADV_POPULATE_WRITE: %s; guest_memfd: %s\n",
		result->caps.pre_fault ? "yes" : "no", result->caps.populate_write ? "yes" : "no",
		result->caps.guest_memfd ? "yes" : "no");
	if (!result->has_stats)
		fputs("This kernel counts no violations (KVM_GET_STATS_FD, pf_taken).\n", out);
}
