/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_LOAD_H
#define CVMEM_GUEST_LOAD_H

#include <stdint.h>

#include "guest/layout.h"

/* The kernel outside of its ROM: what another kernel, or the EFI application, makes of it. */

/* All of bare/layout.h that moves. */
#define GUEST_IMAGE_BYTES (GUEST_WORKLOAD - BARE_IMAGE)

/* Writes the image to accepted memory, GUEST_IMAGE_BYTES of it at a multiple of 2 MiB. rom: what
 * GUEST_ROM has, or a copy of it. */
void guest_load(const void *rom, uint64_t gpa);

/* What the EFI application leaves in the image's launch memory: bytes to BARE_LAUNCH_BYTES. */
struct guest_firmware {
	uint32_t kind;			   /* enum cvm_platform_kind */
	uint32_t desc_bytes;		   /* of an entry of the map */
	uint64_t rom;			   /* a copy, which stays */
	uint64_t rsdp;			   /* ACPI 2.0's; 0: there is none */
	uint64_t secrets_page, cpuid_page; /* SNP */
	uint64_t map_bytes;		   /* of the EFI memory map when boot services ended */
	uint8_t map[];
};

static inline struct guest_firmware *guest_firmware_of(uint64_t image)
{
	return (struct guest_firmware *)(uintptr_t)(image + BARE_LAUNCH - BARE_IMAGE);
}

#endif
