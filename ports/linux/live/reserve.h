/* SPDX-License-Identifier: MIT */
#ifndef PORTS_LINUX_LIVE_RESERVE_H
#define PORTS_LINUX_LIVE_RESERVE_H

#include <linux/types.h>

#include <cvmem/reserve.h>

struct live_settings {
	enum cvm_reserve_policy policy;
	u64 keep; /* bytes that each zone keeps ready at least; 0: the library's floor */
	u64 rate; /* bytes a second that the thread accepts at most; 0: no limit */
};

extern struct live_settings live_settings;

/* The settings have changed: the thread takes them over. A thread's context. */
void live_reserve_changed(void);

#endif
