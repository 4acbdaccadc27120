/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/guest.h"

struct guest guest;
