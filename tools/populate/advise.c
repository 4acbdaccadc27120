/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "tools/common/print.h"
#include "tools/populate/measure.h"

static const struct row *find(const struct result *result, enum backing backing, enum method method)
{
	for (size_t i = 0; i < result->rows; i++) {
		const struct row *row = &result->row[i];

		if (row->backing == backing && row->method == method && !row->missing)
			return row;
	}
	return NULL;
}

/* By the guest's time. */
static enum backing best(const struct result *result)
{
	enum backing best = BACKINGS;

	for (enum backing backing = 0; backing < BACKINGS; backing++) {
		const struct row *row = find(result, backing, METHOD_BOTH);

		if (row && (best == BACKINGS ||
			    row->guest_seconds < find(result, best, METHOD_BOTH)->guest_seconds))
			best = backing;
	}
	return best;
}

static void advise_options(FILE *out, const struct result *result, enum backing backing)
{
	unsigned threads = result->options->vcpus;

	switch (backing) {
	case BACKING_HUGETLB:
		fprintf(out,
			"QEMU: -object memory-backend-memfd,id=m,size=SIZE,hugetlb=on,prealloc=on,"
			"prealloc-threads=%u -machine memory-backend=m\n"
			"cloud-hypervisor: --memory size=SIZE,hugepages=on,prefault=on\n",
			threads);
		break;
	case BACKING_MEMFD:
		fprintf(out,
			"QEMU: -object memory-backend-memfd,id=m,size=SIZE,prealloc=on,"
			"prealloc-threads=%u -machine memory-backend=m\n"
			"cloud-hypervisor: --memory size=SIZE,shared=on,prefault=on\n",
			threads);
		break;
	case BACKING_GUEST_MEMFD:
		fputs("QEMU maps guest_memfd page by page for confidential guests; no option "
		      "populates it. A VMM of your own: cvm_vmm_plan() and cvm_vmm_job_run() of "
		      "cvmem/vmm.h.\n",
		      out);
		break;
	default:
		fprintf(out,
			"QEMU: -object memory-backend-ram,id=m,size=SIZE,prealloc=on,"
			"prealloc-threads=%u -machine memory-backend=m\n"
			"cloud-hypervisor: --memory size=SIZE,thp=%s,prefault=on\n",
			threads, backing == BACKING_THP ? "on" : "off");
		break;
	}
}

void populate_advise(FILE *out, const struct result *result)
{
	enum backing backing = best(result);
	const struct row *host, *both, *stage2, *nothing;

	if (backing == BACKINGS) {
		fputs("\nNothing could be measured: no advice.\n", out);
		return;
	}
	host = find(result, backing, METHOD_HOST);
	both = find(result, backing, METHOD_BOTH);
	stage2 = find(result, backing, METHOD_STAGE2);
	nothing = find(result, backing, METHOD_NOTHING);
	fprintf(out, "\nFastest for the guest on this host: %s, populated before it runs.\n",
		backing_name(backing));
	advise_options(out, result, backing);
	if (nothing && both && result->has_stats)
		fprintf(out, "The guest's violations: %" PRIu64 " without, %" PRIu64 " with it.\n",
			nothing->violations, both->violations);
	if (host && both && both->violations < host->violations)
		fprintf(out,
			"These options populate the host's side alone, which leaves %" PRIu64
			" violations; the rest needs KVM_PRE_FAULT_MEMORY (docs/populate.md).\n",
			host->violations);
	if (stage2 && nothing && stage2->violations > nothing->violations)
		fputs("Do not use KVM_PRE_FAULT_MEMORY alone on this memory: it maps the zero "
		      "page, and each write costs two violations.\n",
		      out);
}
