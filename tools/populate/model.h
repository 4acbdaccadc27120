/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_POPULATE_MODEL_H
#define TOOLS_POPULATE_MODEL_H

#include "emu/kvm/kvm.h"
#include "tools/populate/options.h"

/* What is measured: two regions of content, of pages that differ. */
#define LAUNCH_GPA    (UINT64_C(8) << 20)
#define LAUNCH_OTHER  (UINT64_C(12) << 20)
#define LAUNCH_PAGES  16
#define LAUNCH_REFUSE (UINT64_C(14) << 20) /* not populated */

enum { ORDER_ASCENDING, ORDER_POPULATED_OTHERWISE, ORDER_ADDED_OTHERWISE, ORDERS };

struct launches {
	bool maps_before; /* KVM maps memory before the launch is finished */
	bool refused;	  /* content for memory that was not populated */
	uint64_t refused_at;
	uint8_t digest[ORDERS][SHA384_BYTES];
};

/* launches.c: NULL, or what was not possible. */
const char *launches_make(const struct populate_options *options, uint64_t memory,
			  struct launches *launches);

/* One `cvmem boot`. */
struct boot_counts {
	bool ok;
	uint64_t populated, faults, conversions, accepted, double_accepts;
};

/* boots.c: populate: SIZE or all. False: a message was printed. */
bool boots_run(const struct populate_options *options, uint64_t memory, const char *populate,
	       struct boot_counts *counts);

#endif
