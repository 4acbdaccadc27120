/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_TDX_LAUNCH_HOB_H
#define CVMEM_QEMU_TDX_LAUNCH_HOB_H

#include "emu/machine.h"
#include "formats/tdvf.h"

/*
 * The TD HOB: the list of hand-off blocks that describes memory to the firmware. RAM is unaccepted,
 * except for what the host adds at launch according to the metadata.
 *
 * Returns the length of the list; 0: it does not fit.
 */
size_t tdx_hob_write(const struct metadata *tdvf, const struct emu_ram *ram, size_t ram_count,
		     uint8_t *buffer, size_t size);

#endif
