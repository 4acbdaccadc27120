/* SPDX-License-Identifier: MIT */
/* Included before everything else, in a program that can be loaded anywhere: what is external is in
 * the program, so that no address is taken from a table. */
#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
