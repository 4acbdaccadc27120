/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

struct guest_machine guest_machine;
