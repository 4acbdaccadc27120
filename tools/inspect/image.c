/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/inspect.h"

static void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("cvmem: no memory\n", stderr);
	exit(EXIT_FAILURE);
}

/*
 * The length of the character of UTF-8 at `at`; 0: there is none, or it is a control character
 * (below U+0020, U+007F to U+009F). The Unicode Standard 15, table 3-7.
 */
static size_t character(const unsigned char *at)
{
	static const uint32_t least[] = { 0, 0xa0, 0x800, 0x10000 };
	unsigned int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
	uint32_t code = *at & (0x3fu >> more);

	if (*at < 0x80)
		return *at >= 0x20 && *at < 0x7f;
	if (*at < 0xc0 || *at > 0xf4)
		return 0;
	for (unsigned int i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[more] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return 0;
	return more + 1;
}

char *inspect_clean(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at;) {
		size_t length = character(at);

		if (!length)
			*at = '?';
		at += length ? length : 1;
	}
	return text;
}

static char *format_text(const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	return inspect_clean(must(text));
}

void inspect_say(struct inspect_image *image, enum inspect_question question,
		 enum inspect_answer answer, enum inspect_strength strength, const char *format,
		 ...)
{
	struct inspect_evidence **end = &image->evidence, *item;
	va_list arguments;

	if (image->evidences == INSPECT_ITEMS)
		return;
	image->evidences++;
	while (*end)
		end = &(*end)->next;
	item = *end = must(calloc(1, sizeof(*item)));
	item->question = question;
	item->answer = answer;
	item->strength = strength;
	va_start(arguments, format);
	item->text = format_text(format, arguments);
	va_end(arguments);
}

void inspect_forget(struct inspect_image *image, enum inspect_question question,
		    enum inspect_strength strength)
{
	struct inspect_evidence **at = &image->evidence;

	while (*at) {
		struct inspect_evidence *item = *at;

		if (item->question != question || item->strength != strength) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		image->evidences--;
		free(item->text);
		free(item);
	}
}

void inspect_version(struct inspect_image *image, const char *version)
{
	free(image->version);
	image->version = inspect_clean(must(strdup(version)));
}

void inspect_fact(struct inspect_image *image, const char *name, const char *format, ...)
{
	struct inspect_fact **end = &image->facts, *item;
	va_list arguments;

	if (image->facts_count == INSPECT_ITEMS)
		return;
	image->facts_count++;
	while (*end)
		end = &(*end)->next;
	item = *end = must(calloc(1, sizeof(*item)));
	item->name = must(strdup(name));
	va_start(arguments, format);
	item->value = format_text(format, arguments);
	va_end(arguments);
}

static void add_note(struct inspect_image *image, enum inspect_level level, const char *name,
		     const char *format, va_list arguments)
{
	struct inspect_note **end = &image->notes, *item;
	char *text = format_text(format, arguments);

	/* Repeated findings are listed once. */
	while (*end && strcmp((*end)->text, text))
		end = &(*end)->next;
	if (*end || image->notes_count == INSPECT_ITEMS) {
		free(text);
		return;
	}
	image->notes_count++;
	item = *end = must(calloc(1, sizeof(*item)));
	item->level = level;
	item->name = name ? must(strdup(name)) : NULL;
	item->text = text;
}

void inspect_note(struct inspect_image *image, enum inspect_level level, const char *name,
		  const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_note(image, level, name, format, arguments);
	va_end(arguments);
}

void inspect_unreadable(struct inspect_image *image, const char *name, const char *format, ...)
{
	va_list arguments;

	image->unreadable = true;
	va_start(arguments, format);
	add_note(image, LEVEL_ERROR, name, format, arguments);
	va_end(arguments);
}

struct inspect_image *inspect_new(const char *path)
{
	struct inspect_image *image = must(calloc(1, sizeof(*image)));

	image->path = must(strdup(path));
	image->name = inspect_clean(must(strdup(path)));
	return image;
}

struct inspect_image *inspect_child(struct inspect_image *parent, const char *path)
{
	struct inspect_image **end = &parent->children;
	size_t count = 0;

	for (; *end; end = &(*end)->next)
		count++;
	if (count == INSPECT_ITEMS)
		return NULL;
	return *end = inspect_new(path);
}

void inspect_delete(struct inspect_image *image)
{
	while (image) {
		struct inspect_image *next = image->next;

		while (image->evidence) {
			struct inspect_evidence *item = image->evidence;

			image->evidence = item->next;
			free(item->text);
			free(item);
		}
		while (image->facts) {
			struct inspect_fact *item = image->facts;

			image->facts = item->next;
			free(item->name);
			free(item->value);
			free(item);
		}
		while (image->notes) {
			struct inspect_note *item = image->notes;

			image->notes = item->next;
			free(item->name);
			free(item->text);
			free(item);
		}
		inspect_delete(image->children);
		cJSON_Delete(image->details);
		for (size_t i = 0; image->keys && i < image->keys->count; i++)
			free(image->keys->name[i]);
		free(image->keys);
		free(image->signature);
		free(image->path);
		free(image->name);
		free(image->format);
		free(image->menu);
		free(image->version);
		free(image);
		image = next;
	}
}

enum inspect_answer inspect_answer(const struct inspect_image *image,
				   enum inspect_question question)
{
	const struct inspect_evidence *best = NULL;

	for (const struct inspect_evidence *item = image->evidence; item; item = item->next) {
		if (item->question != question || item->answer == ANSWER_UNKNOWN)
			continue;
		if (!best || item->strength > best->strength ||
		    (item->strength == best->strength && item->answer == ANSWER_YES))
			best = item;
	}
	return best ? best->answer : ANSWER_UNKNOWN;
}
