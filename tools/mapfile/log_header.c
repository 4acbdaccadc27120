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
	/* "Xen-e820 RAM map:", "Multiboot-e820 RAM map:", "TBOOT RAM map:", "EFI RAM map:" */
	{ " RAM map:", MAP_XEN_HOST },
	{ "Start            End              # Pages", MAP_EFI_SHELL },
	{ "ShellCommand,\"memmap\"", MAP_EFI_SHELL },
	{ "Physical start  - end", MAP_GRUB_EFI },
	{ "Start            End              Attributes", MAP_U_BOOT_EFI },
	{ "e820 map has ", MAP_SEABIOS },
	{ "Processing EFI memory map:", MAP_EFI_INIT },
};

/* These resemble memory maps. What is to be done to read them. */
static const struct {
	const char *text, *what;
} resembling[] = {
	{ "MemoryDescriptor {",
	  "descriptors as a program prints them; \"memmap\" of the EFI shell prints a map that is "
	  "read" },
	{ "HobResourceDescriptor",
	  "resource HOBs as a VMM prints them; the guest's kernel log has the map" },
	{ "Resource HOBs", "resource HOBs as TD-Shim prints them; its guest's kernel log has the "
			   "map" },
	{ "EFI_HOB_TYPE_MEMORY_ALLOCATION",
	  "allocations of firmware; its resource descriptors are the map" },
	{ "EFI_HOB_TYPE_", "a list of HOBs, without resource descriptors" },
	{ " CMR: [", "the memory that the TDX module can convert (CMRs); the lines \"BIOS-e820:\" "
		     "of the same log are the map" },
	{ "Early memory node ranges", "ranges of a node, what the kernel made of its map; take the "
				      "log from its first line on" },
	{ "Registered nosave memory", "what hibernation leaves out, the reverse of a map; take the "
				      "log from its first line on" },
	{ "snp_launch_update", "pages that the VMM measures at launch; the guest's kernel log has "
			       "the map" },
	{ "DRAM bank", "U-Boot's \"bdinfo\"; \"efidebug memmap\" prints a map that is read" },
	{ "vm.phys_segs", "FreeBSD's segments, what it made of its map; boot with -v for the lines "
			  "\"SMAP\"" },
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

bool log_is_told_by_header(enum map_source source)
{
	return source == MAP_EFI_SHELL || source == MAP_GRUB_EFI || source == MAP_U_BOOT_EFI ||
	       source == MAP_OVMF || source == MAP_EFI_INIT || source == MAP_NODES;
}
