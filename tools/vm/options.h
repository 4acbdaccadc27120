/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_OPTIONS_H
#define TOOLS_VM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/common/accept_cost.h"
#include "tools/common/options.h"

enum { VM_MAX_DISKS = 8 };

#define VM_MIN_NODE_BYTES (UINT64_C(128) << 20)

/* OPTION_OTHER, by vm_options_parse(). */
enum { VM_OPTION_DISK, VM_OPTION_FORGET };

extern const struct option_spec vm_option_table[];

/* In the order of --platform. */
enum vm_platform { VM_TDX, VM_SNP, VM_CCA };

/* The command line of `cvmem vm`. */
struct vm_options {
	const char *kernel, *initrd, *append; /* NULL: not given */
	const char *disk[VM_MAX_DISKS];
	size_t disks;
	const char *firmware; /* NULL: the one that was fetched */
	uint64_t memory_bytes;
	unsigned platform;	/* enum vm_platform */
	uint64_t hot_add_bytes; /* 0: none */
	unsigned vcpus, nodes;
	unsigned gpa_width;    /* of TDX; 0: not given */
	const char *ve;	       /* of TDX; NULL: not given */
	unsigned c_bit;	       /* of SNP; 0: not given */
	const char *vc;	       /* of SNP; NULL: not given */
	unsigned vmpl;	       /* of SNP: the guest's */
	const char *cpu;       /* of CCA: a preset; NULL: not given */
	const char *ripas;     /* of CCA; NULL: not given */
	const char *policy;    /* for the kernel's accept_memory=; NULL: the kernel's default */
	const char *violation; /* the plugin's reaction */
	const char *attack;    /* NAME or NAME@N; NULL: none */
	uint64_t forget;       /* the accept that does nothing; 0: none */
	bool host_4k_only;
	const struct accept_cost *cost;
	const char *json;    /* NULL: none */
	const char *symbols; /* of the kernel, for the report; NULL: none */
	const char *trace;   /* NULL: none */
	const char *report;  /* an HTML page; NULL: none */
	bool demonstration;  /* also without that option when nothing else is named */
	bool plain;	     /* the same machine without the plugin */
	const char *exec;    /* a command for the guest's shell; NULL: none */
	bool shell;	     /* in the demonstration, instead of filling memory */
	bool print_command;  /* that of QEMU, and boot nothing */
	bool raw_console;    /* with the firmware's control sequences */
	bool quiet, verbose; /* nothing at the start and the end; and with exec */
	uint64_t timeout_ns; /* 0: none */
	unsigned expect;     /* enum vm_ending: how the machine is to end */
	bool setup;	     /* fetch, boot nothing */
	bool update, remove; /* with setup: what is newer; or all of it */
	char **qemu_arguments;
	size_t qemu_argument_count;
};

/* Exits on --help and on wrong usage, with a message that names the correct usage. */
void vm_options_parse(int argc, char **argv, struct vm_options *options);

/* This project's own firmware, by name. */
bool vm_is_shim(const struct vm_options *options);

#endif
