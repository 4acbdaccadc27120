/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_RUN_H
#define TOOLS_BOOT_RUN_H

#include "tools/boot/memory.h"
#include "tools/boot/timeline.h"

/* One boot under one policy, on a fresh machine. */
struct boot_result {
	enum boot_policy policy;
	struct boot_report report;
	struct hosted_report machine;
	struct hosted_stats stats;
	double seconds;		   /* power-on to shell; valid if ok */
	struct timeline *timeline; /* of what was accepted; NULL: no memory for it */
	bool is_snp;
	struct emu_attack_report struck; /* by an attack */
	enum boot_reaction reaction;
	bool ok; /* the shell was reached, and nothing was corrupted; with an
		    attack: it had the documented effect */
};

/* false: no machine could be made; a message was printed. */
bool boot_run(const struct boot_options *options, const struct boot_memory *memory,
	      const struct trace *workload, enum boot_policy policy, struct boot_result *result);

void boot_result_free(struct boot_result *result);

const char *boot_policy_name(enum boot_policy policy);

#endif
