/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_CCEL_H
#define CVMEM_SHIM_CCEL_H

#include "shim/acpi_loader.h"

/*
 * Tables that are loaded already get a CCEL, by which the OS of a TD finds the event log: ACPI 6.5,
 * section 5.2.34. The root table becomes one pointer longer, so it is copied.
 */
#define CCEL_BYTES 56

/* NULL: it is added; else what is wrong with the tables. */
const char *ccel_add(struct acpi_loader *loader, uint64_t rsdp, uint64_t log, uint64_t log_bytes);

#endif
