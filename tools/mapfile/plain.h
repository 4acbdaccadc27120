/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_MAPFILE_PLAIN_H
#define TOOLS_MAPFILE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Logs as web pages, word processors, consoles and APIs pass them on, made plain: UTF-8, with
 * blanks and minus signs of ASCII, without markup. In the result "\n" ends a line of the file, and
 * "\r" ends a line that the file has in other words, such as "<br>" or the escape "\n" of JSON.
 */

struct plain {
	char *text;
	size_t size;
};

/* UTF-16 of either byte order, with or without a byte order mark. */
bool plain_is_utf16(const unsigned char *data, size_t size);

/* The caller frees plain->text. */
void plain_make(const void *data, size_t size, struct plain *plain);

/* Markup at `at`, which ends before `end`. Result: its length; 0: there is none. */

/* Stands for nothing, not even a blank. */
#define PLAIN_NOTHING UINT32_MAX

/* "=C2=A0": a character of UTF-8 that is not of ASCII, in quoted-printable. */
size_t plain_quoted(const char *at, const char *end, uint32_t *code);

/* "<br>", "</p>", "<span ...>" and other tags; *code: the character that takes its place. */
size_t plain_tag(const char *at, const char *end, uint32_t *code);

/* "&nbsp;", "&#8211;", "&#x2d;"; *code: the character that it names. */
size_t plain_entity(const char *at, const char *end, uint32_t *code);

/* "\n", "\u0020", "\"" and "\x1b", also with the backslash escaped again. */
size_t plain_escape(const char *at, const char *end, uint32_t *code);

#endif
