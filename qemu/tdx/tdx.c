/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/tdx.h"

struct tdx tdx;
