/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_OPTIONS_H
#define CVMEM_QEMU_OPTIONS_H

#include "qemu/guest/options.h"

struct platform;

/* Parses the plugin's arguments, and sets `platform` to one of the list, which ends with NULL.
 * NULL; or what is wrong, until the next call. */
const char *plugin_options_parse(struct guest_options *options,
				 const struct platform *const *platforms, int argc, char **argv);

#endif
