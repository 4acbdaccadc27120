/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_OPTIONS_H
#define CVMEM_QEMU_OPTIONS_H

#include <stdbool.h>

#include "qemu/guest/options.h"

/* Parses the plugin's arguments, and sets `platform`. False, and a message: one of them is
 * wrong. */
bool plugin_options_parse(struct guest_options *options, int argc, char **argv);

#endif
