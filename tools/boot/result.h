/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_RESULT_H
#define TOOLS_BOOT_RESULT_H

#include "boot/boot.h"
#include "emu/attack.h"
#include "hosted/hosted.h"
#include "tools/boot/attack.h"
#include "tools/boot/timeline.h"

/* One boot under one policy. */
struct boot_result {
	enum boot_policy policy;
	struct boot_report report;
	struct hosted_report machine;
	struct hosted_stats stats;
	double seconds;		   /* power-on to shell; valid if ok */
	struct timeline *timeline; /* NULL: out of memory */
	bool is_snp;
	struct emu_attack_report struck; /* by an attack */
	enum boot_reaction reaction;
	bool ok; /* boot_result_judge() */
};

/*
 * Sets ok: the shell was reached, and nothing was corrupted, touched too soon or accepted twice;
 * with an attack: it had the documented effect. completed: the machine ran to its end.
 */
void boot_result_judge(const struct boot_attack *attack, bool completed,
		       struct boot_result *result);

void boot_result_free(struct boot_result *result);

const char *boot_policy_name(enum boot_policy policy);

#endif
