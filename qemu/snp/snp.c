/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/snp.h"

struct snp snp;
