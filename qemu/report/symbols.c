/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/symbols.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t address;
	size_t order; /* in the file */
	char *name;
};

/* The files do not tell where the last function ends. */
#define LAST_BYTES 0x10000

static int compare(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* False: out of memory. */
static bool add(struct symbols *symbols, uint64_t address, const char *name)
{
	size_t count = symbols->count;

	/* Room for the next power of two. */
	if (!(count & (count - 1))) {
		size_t room = count ? 2 * count : 1;
		struct symbol *list = realloc(symbols->list, room * sizeof(*list));

		if (!list)
			return false;
		symbols->list = list;
	}
	symbols->list[count] = (struct symbol){ address, count, strdup(name) };
	symbols->count += symbols->list[count].name != NULL;
	return symbols->list[count].name;
}

/* NULL, or what is wrong. */
static const char *take_line(struct symbols *symbols, const char *line)
{
	char type, name[512], module[2] = "";
	unsigned long long address;
	int got, used = 0;

	/* An object file's undefined symbols have no address. */
	if (sscanf(line, " %c %511s %n", &type, name, &used) == 2 && strchr("Uwv", type) &&
	    !line[used])
		return NULL;
	got = sscanf(line, "%llx %c %511s %1s", &address, &type, name, module);
	if (got < 3)
		return "not an address, a type and a name";
	if (!strchr("tTwW", type) || *module == '[')
		return NULL;
	if (!address)
		return "the address is 0: root alone can read /proc/kallsyms, and only with "
		       "kernel.kptr_restrict below 2";
	return add(symbols, address, name) ? NULL : "out of memory";
}

static const char *read_lines(struct symbols *symbols, FILE *file, size_t *number)
{
	const char *error = NULL;
	char *line = NULL;
	size_t room = 0;

	*number = 0;
	while (!error && getline(&line, &room, file) >= 0) {
		++*number;
		if (line[strspn(line, " \t\r\n")])
			error = take_line(symbols, line);
	}
	free(line);
	return error;
}

/* In the buffer of the sentence that symbols_read() returns. */
static const char *sentence(const char *path, size_t line, const char *error)
{
	static char text[512];

	if (line)
		snprintf(text, sizeof(text), "%s, line %zu: %s", path, line, error);
	else
		snprintf(text, sizeof(text), "%s: %s", path, error);
	return text;
}

const char *symbols_read(struct symbols *symbols, const char *path)
{
	FILE *file = fopen(path, "r");
	const char *error;
	size_t line;

	*symbols = (struct symbols){ 0 };
	if (!file)
		return sentence(path, 0, strerror(errno));
	error = read_lines(symbols, file, &line);
	if (!error && ferror(file))
		error = "it cannot be read";
	fclose(file);
	if (!error && !symbols->count)
		error = "there is no function";
	if (error) {
		symbols_free(symbols);
		return sentence(path, line, error);
	}
	qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare);
	return NULL;
}

void symbols_free(struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->count; i++)
		free(symbols->list[i].name);
	free(symbols->list);
	*symbols = (struct symbols){ 0 };
}

long symbols_find(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	/* The first symbol that begins after the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low ||
	    (low == symbols->count && address - symbols->list[low - 1].address >= LAST_BYTES))
		return -1;
	/* Of several names the first. */
	for (low--; low && symbols->list[low - 1].address == symbols->list[low].address; low--)
		;
	return (long)low;
}

uint64_t symbols_start(const struct symbols *symbols, long index)
{
	return symbols->list[index].address;
}

long symbols_named(const struct symbols *symbols, const char *name)
{
	for (size_t i = 0; i < symbols->count; i++)
		if (!strcmp(symbols->list[i].name, name))
			return (long)i;
	return -1;
}

const char *symbols_name(const struct symbols *symbols, long index)
{
	return symbols->list[index].name;
}
