/* SPDX-License-Identifier: MIT */
#ifndef LINUX_CVMEM_H
#define LINUX_CVMEM_H

#include <linux/jump_label.h>
#include <linux/types.h>

struct zone;

/* What Linux's own files call: include/linux/cvmem.h there. */

DECLARE_STATIC_KEY_TRUE(cvmem_chosen);

bool cvmem_has_begun(void);
void cvmem_accept_range(phys_addr_t start, unsigned long size);
bool cvmem_has_unaccepted(phys_addr_t start, unsigned long size);
bool cvmem_has_ready(struct zone *zone, unsigned int order);

/* Does the library accept memory? If not, Linux does. */
static inline bool cvmem_accepts(void)
{
	return static_branch_likely(&cvmem_chosen) && cvmem_has_begun();
}

/* Has an allocation enough, while there are no watermarks? Linux would accept a block for each. */
static inline bool cvmem_is_ready(struct zone *zone, unsigned int order)
{
	return cvmem_accepts() && cvmem_has_ready(zone, order);
}

#endif
