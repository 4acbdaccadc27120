/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_MODULE_H
#define TOOLS_INSPECT_FIRMWARE_MODULE_H

#include "formats/bytes.h"
#include "formats/guid.h"

/* Types of files with code in a firmware volume. PI specification, volume 3, table 3-3. */
enum fw_file_type {
	FW_FILE_SEC = 3,
	FW_FILE_PEI_CORE = 4,
	FW_FILE_DXE_CORE = 5,
	FW_FILE_PEIM = 6,
	FW_FILE_DRIVER = 7,
	FW_FILE_PEIM_DRIVER = 8, /* runs in both phases */
	FW_FILE_APPLICATION = 9,
	FW_FILE_VOLUME = 0xb,
	FW_FILE_PAD = 0xf0,
};

/* Evidence in a module's code and data. */
#define FW_SHOWS_MEMORY_ACCEPT	0x01u /* MEMORY_ACCEPT protocol's GUID, in one piece */
#define FW_SHOWS_SEV_ACCEPTANCE 0x02u /* SEV memory acceptance protocol's GUID, in one piece */
#define FW_SHOWS_TDCALL		0x04u /* 66 0f 01 cc */
#define FW_SHOWS_PVALIDATE	0x08u /* f2 0f 01 ff */
#define FW_SHOWS_TYPE_15	0x10u /* the core's table of memory types goes to 15 */
#define FW_SHOWS_NO_TYPE_15	0x20u /* ... or ends at 14 */
#define FW_SHOWS_BOUND		0x40u /* its walk over the host's memory list stops at 4 GiB */

/* Room for a name: UI names are UTF-16 and ASCII in practice; others are shown as '?'. */
#define FW_NAME_MAX 48

/* One executable in a firmware volume. */
struct fw_module {
	uint8_t guid[GUID_SIZE]; /* of its file */
	char name[FW_NAME_MAX];	 /* of its user interface section; "" without one */
	uint8_t type;		 /* enum fw_file_type */
	bool terse;		 /* a TE image, not PE32 */
	uint16_t machine;	 /* IMAGE_FILE_MACHINE_*; 0: not readable */
	uint32_t shows;
	uint32_t size;
};

/*
 * Reads the header of a PE32 (terse: TE) image and sets machine, size and shows; the type must be
 * set. Only the DXE core is searched for the table of memory types, and only SEC for the bound.
 */
void fw_module_read(struct fw_module *module, struct bytes image, bool terse);

/* "x86-64", "AArch64", ...; NULL for another machine. */
const char *fw_machine_name(uint16_t machine);

#endif
