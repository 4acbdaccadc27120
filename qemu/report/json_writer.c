/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/json_writer.h"

#include <assert.h>
#include <inttypes.h>

/* Down to this depth each member has its own line; deeper ones share a line. */
#define LINE_DEPTH 3

static void put_space(const struct json *json)
{
	if (json->depth <= LINE_DEPTH)
		fprintf(json->out, "\n%*s", 2 * (int)json->depth, "");
	else
		fputc(' ', json->out);
}

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void start_item(struct json *json, const char *key)
{
	if (json->has_item)
		fputc(',', json->out);
	if (json->depth)
		put_space(json);
	json->has_item = true;
	if (key) {
		put_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_bracket(struct json *json, const char *key, char open, char close)
{
	assert(json->depth < JSON_MAX_DEPTH);
	start_item(json, key);
	fputc(open, json->out);
	json->close[json->depth++] = close;
	json->has_item = false;
}

void json_object(struct json *json, const char *key)
{
	open_bracket(json, key, '{', '}');
}

void json_array(struct json *json, const char *key)
{
	open_bracket(json, key, '[', ']');
}

void json_end(struct json *json)
{
	bool was_empty = !json->has_item;
	bool has_lines = json->depth <= LINE_DEPTH;

	assert(json->depth);
	json->depth--;
	if (!was_empty && has_lines)
		put_space(json);
	else if (!was_empty)
		fputc(' ', json->out);
	fputc(json->close[json->depth], json->out);
	json->has_item = true;
	if (!json->depth)
		fputc('\n', json->out);
}

void json_text(struct json *json, const char *key, const char *text)
{
	start_item(json, key);
	put_string(json->out, text);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	start_item(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	start_item(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	start_item(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_hex(struct json *json, const char *key, const uint8_t *bytes, size_t size)
{
	start_item(json, key);
	fputc('"', json->out);
	for (size_t i = 0; i < size; i++)
		fprintf(json->out, "%02x", bytes[i]);
	fputc('"', json->out);
}
