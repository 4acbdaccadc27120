/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_WATCH_H
#define TOOLS_POPULATE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/populate/options.h"

/*
 * What KVM counts of a process's VMs, in debugfs: a folder PID-FD for each VM, with a file for each
 * counter; those of vCPUs are sums (Linux, kvm_create_vm_debugfs()).
 */

/* Where KVM's folder is. */
#define WATCH_FOLDER "/sys/kernel/debug/kvm"

struct watch_counts {
	unsigned vms;
	uint64_t taken;	   /* pf_taken: all violations */
	uint64_t fixed;	   /* pf_fixed: those that were answered by a new mapping */
	uint64_t pages[3]; /* that are mapped: 4 KiB, 2 MiB, 1 GiB */
};

/* 0, or an errno: ENOENT, no such folder; EACCES; ESRCH, it has no VM of that process; ENODATA, KVM
 * does not count violations. */
int watch_read(const char *folder, pid_t pid, struct watch_counts *counts);

/* The command, with --watch. Exit status. */
int populate_watch(const struct populate_options *options);

#endif
