/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_WORDS_H
#define TOOLS_COMMON_WORDS_H

#include <stddef.h>

/* A command line under construction; word[count] is NULL. Begins as { 0 }. */
struct words {
	char **word;
	size_t count;
};

/* This and the functions below end the program if there is no memory. */
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a shell reads it: for the caller to free. */
char *words_quote(const char *word);
void words_free(struct words *words);

#endif
