/* SPDX-License-Identifier: MIT */
#ifndef PORTS_LINUX_LIVE_LIVE_H
#define PORTS_LINUX_LIVE_LIVE_H

#include <linux/types.h>

#include <cvmem/accept.h>
#include <cvmem/platform.h>
#include <cvmem/reserve.h>

struct dentry;
struct page;
struct seq_file;

/* symbols.c: functions of Linux that it does not export. They are called by static calls, which
 * are direct branches: an indirect one needs an ENDBR that Linux removes from such functions. */
int live_symbols_init(void);
unsigned long live_symbol(const char *name);

/* platform.c: the instructions of this machine. The error is printed. */
struct cvm_platform *live_platform_init(void);

/* host.c: what Linux provides to the library. */
extern struct cvm_acceptor live_acceptor;
extern const struct cvm_host live_host;

/* The table of unaccepted memory, once Linux knows of one. NULL: an unknown form, which is printed.
 */
struct cvm_table *live_table(void);
/* By the library; panics where memory cannot be accepted. */
void live_accept_for(u64 start, u64 end, enum cvm_cause cause);
/* What Linux's accept_memory() shall do: by the scheme, and counted. */
void live_accept(u64 start, u64 end);

/*
 * scheme.c: who accepts a range, Linux's code or the library. What the two patched functions call,
 * and the switch between both, which is safe while any CPU accepts memory.
 */
int live_scheme_init(struct cvm_platform *platform, struct cvm_events *events);
void live_scheme_exit(void);
/* The code of Linux's accept_memory(), behind its call of ftrace. */
int live_scheme_set_linux(void *accept_memory);
void live_scheme_use_library(void);
void live_scheme_use_linux(void);
bool live_scheme_is_library(void);
void live_scheme_accept(u64 start, u64 end);

/* patch.c: the live patch. */
int live_patch_enable(void);

/* reserve.c: the thread that accepts ahead of need. */
int live_reserve_init(void);
void live_reserve_exit(void);
int live_reserve_start(void);
void live_reserve_stop(void);
/* Memory was accepted for an allocation: the reserve is too small. Any context. */
void live_reserve_wake(void);
/* Is it the reserve's thread that accepts? */
bool live_reserve_is_current(void);
void live_reserve_show(struct seq_file *file);

/* counters.c: what is counted on each CPU. */
enum live_caller {
	LIVE_CALLER_ALLOCATION,
	LIVE_CALLER_RESERVE,
	LIVE_CALLERS,
};

void live_count_call(enum live_caller caller, u64 ns);
void live_count_quick(void);
void live_count_linux(void);
/* Interrupts were masked for so long. With interrupts masked. */
void live_count_masked(u64 ns);
void live_counters_show(struct seq_file *file);
void live_latency_show(struct seq_file *file);
void live_counters_reset(void);

/* events.c: the latest accepts. */
struct cvm_events *live_events_init(void);
void live_events_exit(void);
void live_events_init_debugfs(struct dentry *folder);

/* debugfs.c */
struct dentry *live_debugfs_init(void);
void live_debugfs_exit(void);

#endif
