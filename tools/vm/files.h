/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_FILES_H
#define TOOLS_VM_FILES_H

#include <stdbool.h>

/* Paths. The caller frees the texts. */

/* A path below ${XDG_CACHE_HOME:-~/.cache}/cvmem/vm; "" is that folder itself. */
char *vm_cache(const char *path);

/*
 * A file installed with the command, found from the command's own path; also in its build folder.
 * NULL: missing, after a message.
 */
char *vm_script(const char *name);
char *vm_plugin(const char *name);
char *vm_shim(void);

/* The file can be read, or will be written; otherwise false, and a message. */
bool vm_readable(const char *path);
bool vm_writable(const char *path);

#endif
