/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"

#include "qemu/guest/platform.h"

struct guest guest;
const struct platform *platform;
