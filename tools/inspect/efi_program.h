/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_EFI_PROGRAM_H
#define TOOLS_INSPECT_EFI_PROGRAM_H

#include "formats/pe.h"
#include "tools/inspect/inspect.h"

/*
 * The version that a row of the section .sbat has: of the row that begins with "NAME.", which a
 * distribution adds, or else with "NAME,". False: no such row; version has room for `size` bytes.
 */
bool sbat_version(const struct pe *pe, const char *name, char *version, size_t size);

/* A unified kernel image: the sections .linux, .cmdline, ... */
bool uki_is(const struct pe *pe);
void uki_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image);
/* Any other program: GRUB, systemd-boot, shim, ... */
void loader_look(struct inspect_limits *limits, const struct pe *pe, struct inspect_image *image);

#endif
