/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_PARSE_H
#define CVMEM_QEMU_GUEST_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Values of the plugin's arguments. False: it is not a number of at most max, not "on" or "off". */
bool guest_parse_number(const char *text, uint64_t max, uint64_t *value);
bool guest_parse_switch(const char *text, bool *value);

#endif
