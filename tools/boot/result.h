/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_RESULT_H
#define TOOLS_BOOT_RESULT_H

#include "boot/boot.h"
#include "emu/attack.h"
#include "hosted/hosted.h"
#include "tools/boot/attack.h"
#include "tools/boot/kvm.h"
#include "tools/boot/options.h"
#include "tools/boot/timeline.h"

/* One boot under one policy. */
struct boot_result {
	enum boot_policy policy;
	struct boot_report report;
	struct hosted_report machine;
	struct hosted_stats stats;
	/* Power-on to shell, valid if it was reached: see docs/workload.md, "Time". */
	double wall_seconds, virtual_seconds;
	double seconds;		   /* the one of both to compare: virtual, if that is known */
	bool host_busy;		   /* and lengthened the wall clock's */
	unsigned boots;		   /* of which this is the quickest */
	struct timeline *timeline; /* NULL: out of memory */
	bool is_snp;
	struct boot_kvm_report host;	 /* --host-populates */
	struct emu_attack_report struck; /* by an attack */
	enum boot_reaction reaction;
	bool moved, ok; /* boot_result_judge() */
};

/*
 * Sets moved: all memory was added, removed and taken back that the options say. Sets ok: that, and
 * the shell was reached, and nothing was corrupted, touched too soon or accepted twice; with an
 * attack: it had the documented effect. completed: the machine ran to its end.
 */
void boot_result_judge(const struct boot_options *options, bool completed,
		       struct boot_result *result);

/*
 * Sets the times from the report. Virtual time is that of vCPU 0. It is known of a boot with one
 * vCPU: with more, vCPU 0 also waits for work of others. The host was busy if the wall clock shows
 * over a tenth more, and over 50 ms, which sleeps that end late do not add up to.
 */
void boot_result_time(unsigned vcpus, struct boot_result *result);

/* The boot is ok, and its virtual time is known. */
bool boot_result_has_virtual_time(const struct boot_result *result);

/*
 * After one more boot: result becomes next, if that is quicker by virtual time or not ok. The
 * other one is freed. result->boots counts both.
 */
void boot_result_keep(struct boot_result *result, struct boot_result *next);

void boot_result_free(struct boot_result *result);

const char *boot_policy_name(enum boot_policy policy);

#endif
