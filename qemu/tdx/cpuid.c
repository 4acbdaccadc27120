/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "qemu/tdx/ve_policy.h"

/* TDX module 1.5 ABI specification, "CPUID virtualization". Not listed: leaves that the module
 * knows, but that raise a #VE unless TD_CTLS says otherwise: 2, 6, 9, C, F, 10, 16, 17, 1B and
 * 80000002 to 80000006, and B and 1F without an enumeration of the topology. */
#define ALL UINT32_MAX

static const struct {
	uint32_t leaf, subleaves; /* from 0 on */
} answered[] = {
	{ 0x0, ALL },	     { 0x1, ALL },	  { 0x3, ALL },	       { 0x4, 5 },
	{ 0x5, ALL },	     { 0x7, 3 },	  { 0x8, ALL },	       { 0xa, ALL },
	{ 0xd, 0x13 },	     { 0xe, ALL },	  { 0x11, ALL },       { 0x12, ALL },
	{ 0x13, ALL },	     { 0x14, 2 },	  { 0x15, ALL },       { 0x19, ALL },
	{ 0x1a, ALL },	     { 0x1c, ALL },	  { 0x1d, 2 },	       { 0x1e, ALL },
	{ 0x20, ALL },	     { 0x21, 1 },	  { 0x22, ALL },       { 0x23, 4 },
	{ 0x80000000, ALL }, { 0x80000001, ALL }, { 0x80000007, ALL }, { 0x80000008, ALL },
};

/* Reserved for software; hypervisors use it. */
#define FIRST_RESERVED 0x40000000
#define LAST_RESERVED  0x4fffffff

bool tdx_cpuid_is_answered(uint32_t leaf, uint32_t subleaf, uint32_t last)
{
	if (leaf >= FIRST_RESERVED && leaf <= LAST_RESERVED)
		return false;
	/* Other leaves that do not exist are answered like the last one. */
	if (leaf > TDX_CPUID_LAST_EXTENDED || (leaf > last && leaf < TDX_CPUID_EXTENDED))
		leaf = last;
	for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
		if (answered[i].leaf == leaf)
			return answered[i].subleaves == ALL || subleaf < answered[i].subleaves;
	return false;
}
