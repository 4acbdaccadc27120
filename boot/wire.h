/* SPDX-License-Identifier: MIT */
#ifndef BOOT_WIRE_H
#define BOOT_WIRE_H

#include "boot/boot.h"

/*
 * A boot in a virtual machine of its own: what it is told, by a file of fw_cfg, and what it
 * reports, on QEMU's debug console. Both sides come from one build; sizes show it.
 */

#define BOOT_WIRE_CONFIG   "opt/org.cvmem/config"
#define BOOT_WIRE_WORKLOAD "opt/org.cvmem/workload"
/* Its being there makes the kernel give a private address to its disk. */
#define BOOT_WIRE_PRIVATE_DMA "opt/org.cvmem/private-dma"
/* What a disk begins with that may be overwritten. */
#define BOOT_WIRE_DISK	"cvmem boot: scratch disk\n"
#define BOOT_WIRE_PORT	0x402			     /* of the debug console */
#define BOOT_WIRE_MAGIC UINT64_C(0x31746f6f622d6d76) /* "vm-boot1" */

struct boot_wire_config {
	uint64_t magic, bytes; /* of this structure */
	uint64_t firmware_accepts, bounce_bytes;
	uint64_t hot_bytes, hot_add_at;
	uint64_t tsc_khz; /* ticks of the time-stamp counter in a millisecond */
	uint32_t policy, unit_size, vcpus, idle_vcpus, verify;
	uint32_t kexecs, crash, every_page, use_disk;
};

struct boot_wire_report {
	uint64_t magic, bytes;
	struct boot_report report; /* what: in the text below */
	char what[96];
};

#endif
