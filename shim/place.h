/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_PLACE_H
#define CVMEM_SHIM_PLACE_H

#include <cvmem/map.h>
#include <stdbool.h>

/* Whether Linux's decompressor takes one: a command line with the word "nokaslr" says no. */
bool place_is_random(const char *cmdline);
/*
 * A place for `bytes` of a kernel that KASLR moves: each multiple of 2 MiB from `from` on, in
 * memory that is not accepted, is as likely as any other by the random number. 0: there is none.
 */
uint64_t place_choose(const struct cvm_map *map, uint64_t from, uint64_t bytes, uint64_t random);

#endif
