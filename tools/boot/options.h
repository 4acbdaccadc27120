/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_OPTIONS_H
#define TOOLS_BOOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot.h"
#include "hosted/hosted.h"
#include "tools/boot/attack.h"
#include "tools/common/accept_cost.h"
#include "tools/common/options.h"

/* One more vCPU accepts in the background. */
#define BOOT_MAX_VCPUS (HOSTED_MAX_VCPUS - 1)

/* vCPUs of the model of KVM, with the one that accepts in the background. */
#define BOOT_KVM_VCPUS 32

/* OPTION_OTHER, by boot_options_parse(). */
enum {
	BOOT_OPTION_POPULATES,
	BOOT_OPTION_FIRMWARE,
	BOOT_OPTION_UNIT,
	BOOT_OPTION_HOT_ADD,
	BOOT_OPTION_HOT_REMOVE,
	BOOT_OPTION_BALLOON,
	BOOT_OPTION_ATTACK
};

extern const struct option_spec boot_option_table[];

enum boot_engine { BOOT_ENGINE_PROCESS, BOOT_ENGINE_VM };
enum boot_start_of { BOOT_FROM_ROM, BOOT_FROM_EFI };

/* The virtual machine's kernel has this many stacks. */
#define BOOT_ENGINE_VM_VCPUS 16
#define BOOT_ENGINE_VM_DIMM  (UINT64_C(128) << 20) /* as cvmem vm --hot-add */

/* The command line of `cvmem boot`. */
struct boot_options {
	const char *map_file; /* NULL: synthesise memory_bytes */
	uint64_t memory_bytes;
	enum hosted_kind platform;
	unsigned engine;	      /* enum boot_engine */
	unsigned start;		      /* enum boot_start_of */
	unsigned policy;	      /* enum boot_policy */
	bool policies[BOOT_POLICIES]; /* to run: `policy`, or with --compare all */
	bool compare;
	unsigned vcpus;
	unsigned kexecs;
	bool crash, every_page;
	uint64_t firmware_accepts;
	const char *workload; /* NULL: the built-in recording */
	const struct accept_cost *cost;
	bool host_4k_only;
	bool host_populates;	 /* the host is a VMM over the model of KVM, */
	uint64_t populate_bytes; /* and populates these before the boot; UINT64_MAX: all */
	const char *json;	 /* NULL: none; "-": standard output */
	const char *report;	 /* an HTML page; NULL: none */
	uint32_t unit_size;
	uint64_t hot_bytes, hot_add_at; /* 0 bytes: none */
	struct boot_giveback remove, balloon;
	uint64_t bounce_bytes;	 /* shared with devices; 0: nothing, and no attack needs it */
	const char *attack_text; /* as given; NULL: none */
	struct boot_attack attack;
	/* --engine vm: further options of cvmem vm, and behind -- of QEMU, up to NULL; or NULL. */
	char **vm_arguments;
};

/* Exits on --help and on wrong usage, with a message that names the correct usage. */
void boot_options_parse(int argc, char **argv, struct boot_options *options);

#endif
