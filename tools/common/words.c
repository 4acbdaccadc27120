/* SPDX-License-Identifier: MIT */
#include "tools/common/words.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/commands.h"

static char *format_text(const char *format, va_list values)
{
	char *text;

	if (vasprintf(&text, format, values) < 0)
		errx(CMD_FAILED, "no memory");
	return text;
}

char *text_of(const char *format, ...)
{
	va_list values;
	char *text;

	va_start(values, format);
	text = format_text(format, values);
	va_end(values);
	return text;
}

void words_add(struct words *words, const char *format, ...)
{
	va_list values;
	char **grown = reallocarray(words->word, words->count + 2, sizeof(*words->word));

	if (!grown)
		errx(CMD_FAILED, "no memory");
	words->word = grown;
	va_start(values, format);
	words->word[words->count++] = format_text(format, values);
	va_end(values);
	words->word[words->count] = NULL;
}

char *words_quote(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-+=./:,@%";
	char *quoted, *to;

	if (*word && !word[strspn(word, plain)])
		return text_of("%s", word);
	/* Room for quotes that end the text, are escaped and begin it again. */
	quoted = text_of("'%s%s%s%s'", word, word, word, word);
	to = quoted + 1;
	for (; *word; word++) {
		if (*word == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *word;
	}
	strcpy(to, "'");
	return quoted;
}

void words_free(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->word[i]);
	free(words->word);
}
