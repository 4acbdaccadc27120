/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_LAUNCH_HASHES_H
#define CVMEM_QEMU_SNP_LAUNCH_HASHES_H

#include <stdbool.h>
#include <stdint.h>

#include "qemu/snp/launch/fw_cfg.h"

/* The table by which a host binds kernel, initrd and command line of a direct boot (-kernel) to the
 * launch measurement. Firmware such as OVMF.amdsev.fd boots only what has its SHA-256 in it (OVMF,
 * OvmfPkg/AmdSev; QEMU calls it kernel-hashes). */
#define HASH_SIZE	32
#define HASH_TABLE_SIZE 176 /* 168 bytes and padding to a multiple of 16 */

struct kernel_hashes {
	uint8_t kernel[HASH_SIZE];  /* the file as on disk */
	uint8_t initrd[HASH_SIZE];  /* without an initrd: the hash of no bytes */
	uint8_t cmdline[HASH_SIZE]; /* including the terminating zero byte */
};

/*
 *      0  GUID 9438d606-4f22-4cc9-b479-a793d411fd21, u16 168
 *     18  command line: GUID 97d02dd8-bd20-4c94-aa78-e7714d36ab2a, u16 50, its hash
 *     68  initrd: GUID 44baf731-3a2f-4bd7-9af1-41e29169781d, likewise
 *    118  kernel: GUID 4de79437-abd2-427f-b835-d5b172d2045b, likewise
 *    168  zero
 *
 * It belongs where the firmware's table of GUIDs says (formats/sev.h, hashes), in a page that
 * is otherwise zero.
 */
void kernel_hashes_table(const struct kernel_hashes *hashes, uint8_t table[HASH_TABLE_SIZE]);

/* Hashes what the firmware will load. The kernel is the file "etc/boot/kernel" if QEMU provides it
 * (since 10.0), else setup code followed by kernel: without SEV, QEMU patches the former. NULL:
 * done, and *there says whether there is a kernel; else the error. */
const char *kernel_hashes_read(const struct fw_cfg *fw_cfg, struct kernel_hashes *hashes,
			       bool *there);

#endif
