/* SPDX-License-Identifier: MIT */
/* cvmem's EFI images on a disk, as `cvmem efi --install` puts them there: docs/efi.md. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"

#define DRIVER "\\EFI\\systemd\\drivers\\cvmem-acceptx64.efi"

/* The images take no larger one. */
#define CONFIGURATION 65536

/* A file in the folder of another one. */
static void beside(const char *path, const char *name, char *text, size_t size)
{
	size_t folder = strlen(path);

	while (folder && path[folder - 1] != '\\' && path[folder - 1] != '/')
		folder--;
	if (*name == '\\' || *name == '/')
		folder = 0;
	snprintf(text, size, "%.*s%s", (int)folder, path, name);
}

static bool begins(const char *word, const char *text)
{
	return !strncmp(word, text, strlen(text));
}

static void read_word(struct inspect_image *acceptor, const char *word, char *next, size_t size)
{
	if (begins(word, "next="))
		snprintf(next, size, "%s", word + strlen("next="));
	else if (begins(word, "accept=below:"))
		acceptor->acceptance = ACCEPTS_BELOW;
	else if (!strcmp(word, "accept=never"))
		acceptor->acceptance = ACCEPTS_NONE;
	else if (!strcmp(word, "accept=always"))
		acceptor->acceptance = ACCEPTS_ALL;
	else if (!strcmp(word, "accept=auto"))
		acceptor->acceptance = ACCEPTS_AUTO;
}

/* Words, comments, and "args=" which takes the rest of the line: efi/options.c. */
static void read_configuration(struct chain *chain, struct volume *volume,
			       struct inspect_image *acceptor, char *next, size_t size)
{
	char path[600], *text, *line, *lines = NULL;

	beside(acceptor->path, "cvmem-accept.conf", path, sizeof(path));
	text = volume_text(chain->limits, acceptor, volume, path, CONFIGURATION);
	for (line = text ? strtok_r(text, "\r\n", &lines) : NULL; line;
	     line = strtok_r(NULL, "\r\n", &lines)) {
		char *words = NULL, *word = strtok_r(line, " \t", &words);

		for (; word && *word != '#' && !begins(word, "args=");
		     word = strtok_r(NULL, " \t", &words))
			read_word(acceptor, word, next, size);
	}
	free(text);
	switch (acceptor->acceptance) {
	case ACCEPTS_BELOW:
		inspect_note(acceptor, LEVEL_NOTE, "accepts-below",
			     "it accepts memory up to an address; what follows is answered for the "
			     "rest");
		break;
	case ACCEPTS_NONE:
		inspect_note(acceptor, LEVEL_NOTE, "accepts-nothing",
			     "it accepts nothing, and tells the firmware that the kernel does");
		break;
	default:
		break;
	}
}

struct inspect_image *chain_acceptor(struct chain *chain, struct volume *volume,
				     struct inspect_image *acceptor)
{
	char name[256] = "cvmem-next.efi", path[600];
	struct inspect_image *next;

	read_configuration(chain, volume, acceptor, name, sizeof(name));
	beside(acceptor->path, name, path, sizeof(path));
	next = chain_look_at(chain, volume, path);
	if (!next)
		inspect_note(acceptor, LEVEL_ERROR, "no-next-image",
			     "the image that it starts is not there: %s", path);
	return next == acceptor ? NULL : next;
}

void chain_driver(struct chain *chain)
{
	for (size_t i = 0; i < chain->volumes; i++) {
		struct volume *volume = &chain->volume[i];
		struct volume_entry entry;
		struct inspect_image *driver;
		char next[256];

		if (!volume->system ||
		    !volume_find(chain->limits, chain->image, volume, DRIVER, &entry))
			continue;
		driver = chain_look_at(chain, volume, DRIVER);
		if (driver && driver->kind == INSPECT_ACCEPTOR)
			read_configuration(chain, volume, driver, next, sizeof(next));
		return;
	}
}
