/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_FORMATS_ESP_H
#define CVMEM_FORMATS_ESP_H

#include "formats/bytes.h"

/*
 * Where a disk has its EFI system partition: in a GUID partition table (UEFI 2.10, 5.3), in an MBR
 * (type 0xef, 5.2.2), or as a FAT file system on the whole disk. False: it has none, or it is cut
 * off. Only the first table is read, so that a writer refuses a disk that needs repair.
 */
bool esp_find(struct bytes disk, uint64_t *offset, uint64_t *size);

#endif
