/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_MACHINE_H
#define TOOLS_STATUS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/guest/guest.h"
#include "tools/guest/memory.h"

/* What the machine has, to compare with what the OS has. 0: not known. */
struct machine_state {
	uint64_t installed;   /* by the SMBIOS, which only root may read */
	uint64_t usable;      /* RAM in the firmware's map, as the loader passed it on */
	uint64_t reserved;    /* a reserved range from 4 GiB on: RAM by where it is */
	uint64_t hot_added;   /* memory blocks that the firmware's map does not have */
	unsigned int plugged; /* memory devices of ACPI, such as DIMMs */
	char limit[32];	      /* "mem=4G" on the command line; "": none */
};

void machine_read(const char *root, struct machine_state *machine);

/* Memory that the OS has not, and why, most likely. */
struct machine_loss {
	uint64_t bytes; /* 0: none that can be seen */
	const char *cause, *cure;
};

void machine_compare(const struct machine_state *machine, const struct guest_state *guest,
		     const struct memory_state *memory, struct machine_loss *loss);

#endif
