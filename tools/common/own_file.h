/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_OWN_FILE_H
#define TOOLS_COMMON_OWN_FILE_H

/*
 * The path of a file that belongs to this program, for the caller to free: in a folder of the build
 * folder where the program was built; where it is installed in another, relative to the program's
 * or absolute. Whether the file is there is not known.
 */
char *own_file(const char *in_build, const char *installed, const char *name);

#endif
