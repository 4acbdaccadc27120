/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"

uint64_t bare_moved;
