/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_MEASURE_H
#define TOOLS_POPULATE_MEASURE_H

#include <cvmem/vmm.h>
#include <stdio.h>

#include "tools/populate/options.h"

/* A test VM on this host's KVM, for each kind of memory and each way to populate it. */

enum backing {
	BACKING_ANONYMOUS,
	BACKING_THP,
	BACKING_MEMFD,
	BACKING_HUGETLB,
	BACKING_GUEST_MEMFD,
	BACKINGS
};

/* The last is the library's plan. */
enum method { METHOD_NOTHING, METHOD_HOST, METHOD_STAGE2, METHOD_BOTH, METHODS };

struct row {
	enum backing backing;
	enum method method;
	unsigned workers;
	const char *missing; /* why it was not measured; or NULL */
	double populate_seconds, guest_seconds;
	/* Processor time of the thread that took most of it: what other load does not add to. */
	double busiest_seconds;
	uint64_t busiest_instructions; /* 0: they are not counted */
	uint64_t bytes, calls;	       /* populated; KVM_PRE_FAULT_MEMORY, madvise, fallocate */
	uint64_t violations;	       /* that the guest had: KVM's pf_taken */
	uint64_t pages[3];	       /* mapped for the guest before it ran: 4 KiB, 2 MiB, 1 GiB */
	bool content;		       /* the guest has read what it wrote */
};

#define MAX_ROWS (BACKINGS * (METHODS + 1))

struct result {
	const struct populate_options *options;
	uint64_t memory;
	struct cvm_vmm_caps caps;
	bool has_stats; /* KVM counts violations */
	struct row row[MAX_ROWS];
	size_t rows;
};

const char *backing_name(enum backing backing);
const char *method_name(enum method method);

/* False: this host has no KVM, or it cannot be used; a message was printed. */
bool measure_all(const struct populate_options *options, struct result *result);

/*
 * workers.c: one thread for each vCPU; each calls once. Into the row: seconds of the clock until
 * all have ended; the most processor time of one; with `instructions`, which says how many the
 * processor has executed, the most of one, each thread on a processor of its own.
 * Returns the first error, or 0.
 */
int workers_run(struct cvm_vmm_job *job, const int *vcpu_fd, uint64_t (*instructions)(void),
		struct row *row);

/* stats.c: a counter by name, of the file descriptor of a VM or vCPU. False: KVM has none. */
bool stats_read(int fd, const char *name, uint64_t *value);

/* What print.c, json.c and advise.c make of it. */
void populate_print(FILE *out, const struct result *result);
void populate_advise(FILE *out, const struct result *result);
bool populate_json(const struct result *result);

/* cmd.c's other half: --model. Exit status. */
int populate_model(const struct populate_options *options);

#endif
