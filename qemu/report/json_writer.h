/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_REPORT_JSON_WRITER_H
#define CVMEM_QEMU_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 8

/* Writes one JSON value (RFC 8259) member by member; places commas, spaces and line ends. Errors
 * are those of the stream. */
struct json {
	FILE *out;
	/* private */
	unsigned depth; /* open objects and arrays */
	bool has_item;	/* the innermost one has an item */
	char close[JSON_MAX_DEPTH];
};

/* key: the name of a member of an object; NULL for an element of an array and for the outermost
 * value. Each json_object() and json_array() needs a json_end(). */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json);

/* UTF-8 stays as it is. */
void json_text(struct json *json, const char *key, const char *text);
void json_number(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
/* A string of two lower-case hexadecimal digits for each byte. */
void json_hex(struct json *json, const char *key, const uint8_t *bytes, size_t size);

#endif
