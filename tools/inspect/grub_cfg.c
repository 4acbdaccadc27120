/* SPDX-License-Identifier: MIT */
/* GRUB's manual, "Writing your own configuration file", as far as it says what a menu starts. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/grub_cfg.h"

enum {
	WORD = LINUX_COMMAND_LINE,
	DEPTH = 16,
};

/* The state while the lines of a menu are read. */
struct reader {
	const char *at;
	size_t line;
	char default_name[128]; /* as "set default=" says */
	bool has_default;
	int depth;
	int menu_depth; /* of the entry or submenu at the top that is open; 0: none */
	size_t menus;	/* entries and submenus at the top so far */
	char top_title[128], top_id[128], title[128];
	int title_depth;
};

/*
 * The next word of a command into word; false: the command ends. Quotation marks and backslashes
 * are taken off, variables stay as they are.
 */
static bool next_word(struct reader *reader, char *word)
{
	const char *at = reader->at;
	size_t used = 0;
	char quote = 0;
	bool any = false;

	while (*at == ' ' || *at == '\t' || *at == '\r' ||
	       (*at == '\\' && (at[1] == '\n' || (at[1] == '\r' && at[2] == '\n')))) {
		reader->line += *at == '\\';
		at += *at == '\\' ? strcspn(at, "\n") + 1 : 1;
	}
	while (*at && (quote || !strchr(" \t\r\n;", *at))) {
		if (*at == '\n')
			reader->line++;
		any = true;
		if (!quote && (*at == '\'' || *at == '"')) {
			quote = *at++;
			continue;
		}
		if (quote && *at == quote) {
			quote = 0;
			at++;
			continue;
		}
		if (*at == '\\' && quote != '\'' && at[1] && at[1] != '\n')
			at++;
		if (used + 1 < WORD)
			word[used++] = *at;
		at++;
	}
	word[used] = 0;
	reader->at = at;
	return any;
}

static void skip_command(struct reader *reader)
{
	char ignored[WORD];

	while (next_word(reader, ignored))
		;
}

/* "set default=0", or the name or identifier of an entry. Variables are in the environment. */
static void read_set(struct reader *reader)
{
	char word[WORD];

	if (!next_word(reader, word) || strncmp(word, "default=", 8) || !word[8] ||
	    strchr(word, '$'))
		return;
	snprintf(reader->default_name, sizeof(reader->default_name), "%.127s", word + 8);
	reader->has_default = true;
}

static void read_menu(struct reader *reader)
{
	char word[WORD], title[128] = "", id[128] = "";
	bool is_id = false, opens = false;

	while (next_word(reader, word)) {
		opens = !strcmp(word, "{");
		if (is_id)
			snprintf(id, sizeof(id), "%.127s", word);
		else if (!*title)
			snprintf(title, sizeof(title), "%.127s", word);
		is_id = !strcmp(word, "--id") || !strcmp(word, "$menuentry_id_option");
	}
	if (!opens)
		return;
	reader->depth++;
	if (!reader->menu_depth) {
		reader->menu_depth = reader->depth;
		reader->menus++;
		snprintf(reader->top_title, sizeof(reader->top_title), "%s", title);
		snprintf(reader->top_id, sizeof(reader->top_id), "%s", id);
	}
	snprintf(reader->title, sizeof(reader->title), "%s", title);
	reader->title_depth = reader->depth;
}

/* "title>title" is an entry of a submenu. */
static bool begins_with_title(const char *name, const char *title)
{
	size_t length = strcspn(name, ">");

	return !strcmp(name, title) || (strlen(title) == length && !strncmp(name, title, length));
}

/* Whether the entry at the top that is open, or none, is the default. */
static bool is_default(const struct reader *reader)
{
	char *end;
	unsigned long number;

	if (!reader->menu_depth)
		return true;
	if (!reader->has_default)
		return reader->menus == 1;
	number = strtoul(reader->default_name, &end, 10);
	/* "1>2" is an entry of a submenu. */
	if (end != reader->default_name && (!*end || *end == '>'))
		return reader->menus == number + 1;
	return begins_with_title(reader->default_name, reader->top_title) ||
	       begins_with_title(reader->default_name, reader->top_id);
}

/* Without "(hd0,gpt1)" or "($root)" before it. */
static const char *without_device(const char *path)
{
	const char *end = *path == '(' ? strchr(path, ')') : NULL;

	return end ? end + 1 : path;
}

static bool read_kernel(struct reader *reader, enum inspect_command command,
			struct grub_entry *entry)
{
	char word[WORD];
	size_t used = 0;

	*entry = (struct grub_entry){ .command = command,
				      .line = reader->line,
				      .other = !is_default(reader) };
	/* Options of the command itself come first. */
	do {
		if (!next_word(reader, word))
			return false;
	} while (!strncmp(word, "--", 2));
	if (!*without_device(word) || strchr(without_device(word), '$')) {
		skip_command(reader);
		return false;
	}
	snprintf(entry->kernel, sizeof(entry->kernel), "%.511s", without_device(word));
	snprintf(entry->title, sizeof(entry->title), "%s",
		 reader->title_depth ? reader->title : "");
	while (next_word(reader, word)) {
		int size = snprintf(entry->options + used, sizeof(entry->options) - used, "%s%s",
				    used ? " " : "", word);

		used += (size_t)size;
		if (used >= sizeof(entry->options))
			used = sizeof(entry->options) - 1;
	}
	return true;
}

/* The lines of a configuration are made by scripts; a hostile one may have any number of "{". */
static void close_block(struct reader *reader)
{
	if (reader->depth == reader->title_depth)
		reader->title_depth = 0;
	if (reader->depth == reader->menu_depth)
		reader->menu_depth = 0;
	reader->depth -= reader->depth > 0;
}

/* True: the entry was filled. */
static bool read_command(struct reader *reader, const char *word, struct grub_entry *entry,
			 bool *boot_loader_spec)
{
	static const struct {
		const char *word;
		enum inspect_command command;
	} commands[] = {
		{ "linux", COMMAND_LINUX },
		{ "linux16", COMMAND_LINUX },
		{ "linuxefi", COMMAND_LINUXEFI },
		{ "chainloader", COMMAND_STUB },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(word, commands[i].word))
			return read_kernel(reader, commands[i].command, entry);
	}
	/* "linux$sfx" and the like: the menu finds out which. */
	if (!strncmp(word, "linux$", 6))
		return read_kernel(reader, COMMAND_NONE, entry);
	if (!strcmp(word, "set")) {
		read_set(reader);
	} else if (!strcmp(word, "menuentry") || !strcmp(word, "submenu")) {
		read_menu(reader);
	} else if (!strcmp(word, "blscfg")) {
		*boot_loader_spec = true;
	} else if (!strcmp(word, "}")) {
		close_block(reader);
		return false;
	} else if (!strcmp(word, "function") || !strcmp(word, "{")) {
		reader->depth++;
	}
	skip_command(reader);
	return false;
}

size_t grub_cfg_read(const char *text, struct grub_entry *entry, size_t room,
		     bool *boot_loader_spec)
{
	struct reader reader = { .at = text, .line = 1 };
	size_t count = 0;
	char word[WORD];

	*boot_loader_spec = false;
	while (*reader.at && count < room) {
		if (*reader.at == '\n' || *reader.at == ';') {
			reader.line += *reader.at++ == '\n';
			continue;
		}
		if (!next_word(&reader, word)) {
			/* A lone backslash at the end. */
			reader.at += *reader.at && !strchr("\n;", *reader.at);
			continue;
		}
		if (*word == '#') {
			reader.at += strcspn(reader.at, "\n");
			continue;
		}
		count += read_command(&reader, word, &entry[count], boot_loader_spec);
	}
	return count;
}
