/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/module.h"

#include "formats/pe.h"

#define TE_MACHINE 2 /* PI specification, volume 1, "TE image" */

/* EDK2's protocols: a driver accepts memory; an OS announces that it accepts memory itself. */
static const uint8_t memory_accept[GUID_SIZE] =
	GUID(0x38c74800, 0x5590, 0x4db4, 0xa0f3, 0x675d9b8e8026);
static const uint8_t sev_acceptance[GUID_SIZE] =
	GUID(0xc5a010fe, 0x38a7, 0x4531, 0x8a4a, 0x0500d2fd1649);

#define TYPE_PERSISTENT 14 /* EfiPersistentMemory, before EfiUnacceptedMemoryType */

static uint16_t read_machine(struct bytes image, bool terse)
{
	struct pe pe;

	if (terse)
		return bytes_are(image, 0, "VZ", 2) ? bytes_u16(image, TE_MACHINE) : 0;
	return pe_open(image, &pe) ? pe.machine : 0;
}

/*
 * A DXE core has a table of all memory types, { 32 bits type, 32 bits pages }, no pages, which
 * ends with the number of types (EDK2: gMemoryTypeInformation, set from a HOB). 16 types: type 15
 * is one of them. Releases until 2025 have another number in the place of type 15.
 */
static uint32_t find_types(struct bytes image)
{
	uint8_t begin[(TYPE_PERSISTENT + 1) * 8] = { 0 };
	const uint8_t *found = image.data;
	struct bytes rest = image;

	for (size_t i = 0; i <= TYPE_PERSISTENT; i++)
		begin[8 * i] = (uint8_t)i;
	while (rest.size >= sizeof(begin) &&
	       (found = memmem(rest.data, rest.size, begin, sizeof(begin)))) {
		size_t at = (size_t)(found - rest.data) + sizeof(begin);

		if (bytes_have(rest, at, 16) && !bytes_u32(rest, at + 4) &&
		    bytes_u64(rest, at + 8) == 16)
			return FW_SHOWS_TYPE_15;
		if (bytes_have(rest, at, 8) && bytes_u64(rest, at) == 15)
			return FW_SHOWS_NO_TYPE_15;
		rest = bytes_part(rest, at, SIZE_MAX);
	}
	return 0;
}

/* cmp dword [register + 0x18], 7: is a resource of the TD HOB (type at 0x18) unaccepted memory? */
static bool is_compare(struct bytes code, size_t at)
{
	const uint8_t *byte = code.data + at;
	size_t sib = bytes_have(code, at, 5) && byte[1] == 0x7c && byte[2] == 0x24;

	return bytes_have(code, at, 4 + sib) && byte[0] == 0x83 && byte[1] >= 0x78 &&
	       byte[1] <= 0x7f && byte[2 + sib] == 0x18 && byte[3 + sib] == 7;
}

/* mov register, 0xffffffff, without a sign extension; or mov register, 0x100000000. */
static bool is_4g(struct bytes code, size_t at)
{
	uint8_t before = at ? code.data[at - 1] : 0;
	bool wide = (before & 0xf8) == 0x48;

	if ((code.data[at] & 0xf8) != 0xb8)
		return false;
	return wide ? bytes_have(code, at, 9) && bytes_u64(code, at + 1) == 0x100000000
		    : bytes_have(code, at, 5) && bytes_u32(code, at + 1) == 0xffffffff;
}

/*
 * In EDK2 the end of the memory that SEC accepts is a build constant, 4 GiB or none (OvmfPkg.dec:
 * PcdAcceptMemoryEndAddress), in the function that walks the TD HOB. No other code of SEC has
 * both patterns within FUNCTION bytes, in any build that was examined.
 */
#define FUNCTION 2048

static bool has_bound(struct bytes code)
{
	size_t compare = SIZE_MAX, bound = SIZE_MAX;

	for (size_t at = 0; at < code.size; at++) {
		if (is_compare(code, at))
			compare = at;
		else if (is_4g(code, at))
			bound = at;
		else
			continue;
		if (compare != SIZE_MAX && bound != SIZE_MAX &&
		    (compare > bound ? compare - bound : bound - compare) < FUNCTION)
			return true;
	}
	return false;
}

void fw_module_read(struct fw_module *module, struct bytes image, bool terse)
{
	module->terse = terse;
	module->size = (uint32_t)image.size;
	module->machine = read_machine(image, terse);
	module->shows = 0;
	if (bytes_find(image, memory_accept, GUID_SIZE))
		module->shows |= FW_SHOWS_MEMORY_ACCEPT;
	if (bytes_find(image, sev_acceptance, GUID_SIZE))
		module->shows |= FW_SHOWS_SEV_ACCEPTANCE;
	if (bytes_find(image, "\x66\x0f\x01\xcc", 4))
		module->shows |= FW_SHOWS_TDCALL;
	if (bytes_find(image, "\xf2\x0f\x01\xff", 4))
		module->shows |= FW_SHOWS_PVALIDATE;
	if (module->type == FW_FILE_DXE_CORE)
		module->shows |= find_types(image);
	if (module->type == FW_FILE_SEC && module->shows & FW_SHOWS_TDCALL && has_bound(image))
		module->shows |= FW_SHOWS_BOUND;
}

const char *fw_machine_name(uint16_t machine)
{
	switch (machine) {
	case 0x014c:
		return "IA-32";
	case 0x8664:
		return "x86-64";
	case 0x01c2:
		return "Arm";
	case 0xaa64:
		return "AArch64";
	case 0x5064:
		return "RISC-V 64";
	case 0x6264:
		return "LoongArch 64";
	default:
		return NULL;
	}
}
