/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_VERSION_H
#define TOOLS_COMMON_VERSION_H

/* The release, and the commit where it was built from a git checkout: "0.2.0+g1a2b3c4d5e". */
extern const char cvmem_version[];

#endif
