/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_SUGGEST_H
#define TOOLS_COMMON_SUGGEST_H

#include <stddef.h>

/*
 * How many letters were mistyped: put in, left out, replaced, or exchanged with the next one, none
 * of them twice (the optimal string alignment distance). More than the longest name for words that
 * are longer than any name.
 */
size_t suggest_distance(const char *a, const char *b);

/*
 * Which of the names the word is meant to be: the first of the nearest; NULL: none is near. One
 * mistake is near, and in names of six letters and more two are.
 */
const char *suggest_name(const char *word, const char *const *names, size_t count);

#endif
