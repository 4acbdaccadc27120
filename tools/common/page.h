/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_PAGE_H
#define TOOLS_COMMON_PAGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/*
 * Writes what --report names: one self-contained page, page.html, which draws, with the data in the
 * place of a mark. It needs no network. Frees the data. False: a message, which begins with the
 * command, was printed.
 */
bool page_write(const char *command, const char *path, cJSON *data);

#endif
