/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "tools/mapfile/log.h"

static const struct {
	const char *text;
	enum map_source source;
} headers[] = {
	{ "BIOS-provided physical RAM map", MAP_E820 },
	{ "user-defined physical RAM map", MAP_USER },
	{ "modified physical RAM map", MAP_MODIFIED },
	{ "extended physical RAM map", MAP_EXTENDED },
	{ "Xen-provided physical RAM map", MAP_XEN },
	{ "Xen-provided machine memory map", MAP_XEN },
};

/* These resemble memory maps, but no kernel has booted from them. */
static const struct {
	const char *text, *what;
} resembling[] = {
	{ "RAM map:", "a map of another program (Xen, tboot), not of a Linux kernel" },
	{ "MemoryDescriptor {", "descriptors as a program prints them, not a kernel's log" },
	{ "HobResourceDescriptor", "resource HOBs" },
	{ "Resource HOBs", "resource HOBs" },
	{ "EFI_HOB_TYPE_", "a list of HOBs" },
	{ "Processing EFI memory map", "the EFI map of an Arm kernel" },
	{ " CMR: [", "the memory that the TDX module can convert (CMRs)" },
	{ "Early memory node ranges", "ranges of a node: what the kernel made of its map" },
	{ "Registered nosave memory", "what hibernation leaves out: the reverse of a map" },
	{ "snp_launch_update", "pages that the VMM measures at launch" },
};

bool log_header(const char *text, enum map_source *source)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (!strstr(text, headers[i].text))
			continue;
		*source = headers[i].source;
		return true;
	}
	return false;
}

const char *log_resembles(const char *text)
{
	for (size_t i = 0; i < sizeof(resembling) / sizeof(resembling[0]); i++) {
		if (strstr(text, resembling[i].text))
			return resembling[i].what;
	}
	return NULL;
}
