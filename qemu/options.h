/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_OPTIONS_H
#define CVMEM_QEMU_OPTIONS_H

#include "qemu/guest/options.h"

/* Parses the plugin's arguments, and sets `platform`. NULL; or what is wrong, until the next call.
 */
const char *plugin_options_parse(struct guest_options *options, int argc, char **argv);

#endif
