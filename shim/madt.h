/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_MADT_H
#define CVMEM_SHIM_MADT_H

#include "shim/acpi_loader.h"

/*
 * The MADT of tables that are loaded already gets a multiprocessor wake-up structure, by which the
 * OS of a TD starts the other CPUs: ACPI 6.5 section 5.2.12.19, and the reset vector of ACPI 6.6.
 */
#define MADT_WAKEUP_BYTES 24

struct madt_wakeup {
	uint64_t mailbox, reset_vector;
	uint32_t *apic_ids; /* of the CPUs in the order of the table */
	unsigned max_cpus;
};

/* NULL: it is added, in a larger copy of the table; else what is wrong with the tables. */
const char *madt_add_wakeup(struct acpi_loader *loader, uint64_t rsdp,
			    const struct madt_wakeup *wakeup);

#endif
