/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_PLATFORM_TABLE_H
#define CVMEM_QEMU_PLATFORM_TABLE_H

#include "qemu/guest/platform.h"

extern const struct platform platform_tdx, platform_snp, platform_cca;

#endif
