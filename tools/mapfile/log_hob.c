/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "tools/mapfile/log.h"

/*
 * Resource HOBs (Platform Initialization specification, volume 3, 5.5) in debug logs of OVMF:
 * "PlatformAddHobCB: HighMemory [0x100000000, 0x280000000)", the end excluded, and
 * "PlatformGetLowMemoryCB: LowMemory=0x80000000"; as a TD
 *     ResourceType: 0x7
 *     ResourceAttribute: 0x7
 *     PhysicalStart: 0x100000000
 *     ResourceLength: 0x80000000
 * where details are printed of some types only. HobPrintLib has "=" and the names of types.
 * EDK II, OvmfPkg/Library/PlatformInitLib and MdeModulePkg/Library/HobPrintLib.
 */

enum {
	RESOURCE_SYSTEM_MEMORY = 0,
	RESOURCE_IO = 2,
	RESOURCE_MEMORY_RESERVED = 5,
	RESOURCE_IO_RESERVED = 6,
	RESOURCE_MEMORY_UNACCEPTED = 7,
};

static const struct log_row_type names[] = {
	{ "EFI_RESOURCE_SYSTEM_MEMORY", RESOURCE_SYSTEM_MEMORY },
	{ "EFI_RESOURCE_MEMORY_UNACCEPTED", RESOURCE_MEMORY_UNACCEPTED },
	/* HobPrintLib's name of the type with the number 7, which is the one above. */
	{ "EFI_RESOURCE_MAX_MEMORY_TYPE", RESOURCE_MEMORY_UNACCEPTED },
	{ "EFI_RESOURCE_IO_RESERVED", RESOURCE_IO_RESERVED },
	{ "EFI_RESOURCE_IO", RESOURCE_IO },
};

/* Ports, which are no addresses of memory. */
static bool is_ports(uint64_t resource)
{
	return resource == RESOURCE_IO || resource == RESOURCE_IO_RESERVED;
}

static uint32_t e820_type(uint64_t resource)
{
	if (resource == RESOURCE_SYSTEM_MEMORY)
		return 1;
	return resource == RESOURCE_MEMORY_UNACCEPTED ? 8 : 2;
}

static void set(struct log_entry *found, const char *end, uint64_t start, uint64_t size,
		uint32_t type)
{
	found->end = end;
	found->entry.start = start;
	found->entry.size = size;
	found->entry.type = type;
	found->entry.type_known = true;
}

static enum log_found read_callback(const char *at, struct log_entry *found)
{
	uint64_t start, end;
	bool huge = false, high;

	if (!strncmp(at, "PlatformGetLowMemoryCB: LowMemory=", 34)) {
		at += 34;
		if (!log_hex(&at, &end, &huge) || huge)
			return LOG_NOTHING;
		set(found, at, 0, end, 1);
		return LOG_ENTRY;
	}
	if (strncmp(at, "PlatformAddHobCB: ", 18))
		return LOG_NOTHING;
	at += 18;
	high = !strncmp(at, "HighMemory [", 12);
	if (!high && strncmp(at, "Reserved [", 10))
		return LOG_NOTHING;
	at = strchr(at, '[') + 1;
	found->broken = "the range is not \"[0x..., 0x...)\"";
	found->end = at;
	if (!log_hex(&at, &start, &huge) || *at != ',')
		return LOG_BROKEN;
	at += 1 + strspn(at + 1, " \t");
	if (!log_hex(&at, &end, &huge) || huge)
		return LOG_BROKEN;
	set(found, at, start, end - start, high ? 1 : 2);
	if (end < start)
		found->entry.defect = MAP_DEFECT_BACKWARD;
	return LOG_ENTRY;
}

/* "NAME: " or "NAME   = " */
static bool field(const char **at, const char *name)
{
	size_t length = strlen(name);
	const char *place = *at + strspn(*at, " \t");

	if (strncmp(place, name, length))
		return false;
	place += length;
	place += strspn(place, " \t");
	if (*place != ':' && *place != '=')
		return false;
	*at = place + 1 + strspn(place + 1, " \t");
	return true;
}

static bool read_resource(const char **at, uint64_t *type)
{
	static const char prefix[] = "EFI_RESOURCE_";
	size_t length = strspn(*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	bool huge = false;

	if (strncmp(*at, prefix, strlen(prefix)))
		return log_hex(at, type, &huge);
	/* Any other is not RAM. */
	*type = RESOURCE_MEMORY_RESERVED;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == length && !strncmp(*at, names[i].name, length))
			*type = names[i].type;
	*at += length;
	return true;
}

static enum log_found read_fields(const char *at, struct log_entry *found)
{
	uint64_t type, start, size;
	bool huge = false;

	if (!field(&at, "ResourceType") || !read_resource(&at, &type) || is_ports(type))
		return LOG_NOTHING;
	found->wrapped_lines = 6;
	found->end = at;
	if (field(&at, "Owner"))
		at += strcspn(at, " \t");
	/* The second version of the descriptor has capabilities. */
	if (field(&at, "ResourceAttribute") || field(&at, "ResourceCapabilities"))
		log_hex(&at, &size, &huge);
	at += strspn(at, " \t");
	if (!*at)
		return LOG_MORE;
	if (!field(&at, "PhysicalStart"))
		return LOG_NOTHING;
	found->broken = "no ResourceLength behind its PhysicalStart";
	if (!log_hex(&at, &start, &huge))
		return LOG_BROKEN;
	found->end = at;
	at += strspn(at, " \t");
	if (!*at)
		return LOG_MORE;
	if (!field(&at, "ResourceLength") || !log_hex(&at, &size, &huge))
		return LOG_BROKEN;
	set(found, at, start, size, e820_type(type));
	if (huge)
		found->entry.defect = MAP_DEFECT_HUGE;
	return LOG_ENTRY;
}

enum log_found log_hob_at(const char *text, const char *at, struct log_entry *found)
{
	enum log_found what;

	if ((*at != 'P' && *at != 'R') || (at > text && isalnum((unsigned char)at[-1])))
		return LOG_NOTHING;
	found->source = MAP_OVMF;
	what = read_callback(at, found);
	return what == LOG_NOTHING ? read_fields(at, found) : what;
}
