/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_FIRMWARE_H
#define TOOLS_INSPECT_FIRMWARE_FIRMWARE_H

#include "tools/inspect/firmware/accept.h"
#include "tools/inspect/firmware/igvm.h"
#include "tools/inspect/firmware/table.h"

enum fw_kind {
	FW_KIND_NONE,	   /* no firmware */
	FW_KIND_IMAGE,	   /* firmware volumes with code, or a GUID table */
	FW_KIND_VARIABLES, /* the variable store of a split image */
	FW_KIND_IGVM,
};

/* All findings about one file. */
struct fw_firmware {
	enum fw_kind kind;
	uint16_t machine; /* of the code that starts: IMAGE_FILE_MACHINE_*; 0: not known */
	struct fw_table table;
	struct metadata tdvf;
	struct sev sev;
	/* It is present, and breaks no rule that hosts enforce. */
	bool tdvf_usable, sev_usable;
	struct fw_volumes volumes;
	struct fw_igvm igvm;
	struct fw_acceptance acceptance;
	struct fw_lints lints;
};

/* Whether fw_firmware_read() finds anything, by signatures alone. */
bool fw_firmware_is(struct bytes file);

/*
 * Reads a whole file with any content; errors in it become lints. False: no memory. `file` must
 * exist until fw_firmware_free(), which must be called with either result.
 */
bool fw_firmware_read(struct fw_firmware *firmware, struct bytes file);
void fw_firmware_free(struct fw_firmware *firmware);

#endif
