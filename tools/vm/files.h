/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_FILES_H
#define TOOLS_VM_FILES_H

#include <stdbool.h>

/* Where things are. The texts are the caller's to free. */

/* A path below ${XDG_CACHE_HOME:-~/.cache}/cvmem/vm; "" is that folder itself. */
char *vm_cache(const char *path);

/*
 * A file that comes with the command, in the source tree for a command that runs from where it
 * was built. NULL, and a message, when it is missing.
 */
char *vm_script(const char *name);
char *vm_plugin(void);

/* The file can be read; otherwise false, and a message. */
bool vm_readable(const char *path);

#endif
