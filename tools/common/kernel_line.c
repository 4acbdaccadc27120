/* SPDX-License-Identifier: MIT */
#include "tools/common/kernel_line.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct word {
	const char *text;
	size_t size;
};

/* The next word from *line on, which moves behind it. False: there is none. */
static bool next_word(const char **line, struct word *word)
{
	const char *at = *line;
	bool quoted = false;

	while (isspace((unsigned char)*at))
		at++;
	word->text = at;
	for (; *at && (quoted || !isspace((unsigned char)*at)); at++)
		quoted ^= *at == '"';
	word->size = (size_t)(at - word->text);
	*line = at;
	return word->size;
}

/* A mark at the end is dropped only if there is one at the begin. */
static struct word without_marks(struct word word)
{
	if (!word.size || word.text[0] != '"')
		return word;
	word.text++;
	word.size--;
	if (word.size && word.text[word.size - 1] == '"')
		word.size--;
	return word;
}

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

/* Whether the word is "name=...", whose value is then left in it. */
static bool take_name(struct word *word, const char *name)
{
	size_t size = strlen(name);

	if (word->size <= size || word->text[size] != '=')
		return false;
	for (size_t i = 0; i < size; i++)
		if (plain(word->text[i]) != plain(name[i]))
			return false;
	word->text += size + 1;
	word->size -= size + 1;
	return true;
}

bool kernel_line_next(const char **line, const char *name, char *value, size_t size)
{
	struct word word;

	while (next_word(line, &word)) {
		word = without_marks(word);
		if (word.size == 2 && !memcmp(word.text, "--", 2)) {
			*line += strlen(*line);
			break;
		}
		if (!take_name(&word, name))
			continue;
		word = without_marks(word);
		snprintf(value, size, "%.*s", (int)word.size, word.text);
		return true;
	}
	return false;
}
