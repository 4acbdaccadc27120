/* SPDX-License-Identifier: MIT */
/* The files of a disk that take part in its boot, each looked at once. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"
#include "tools/inspect/linux.h"

/* The configuration config-X beside vmlinuz-X, as Debian and Fedora install it. */
static void look_beside(struct chain *chain, struct volume *volume, struct inspect_image *kernel,
			const char *path)
{
	const char *name = path + strlen(path);
	char config[600], *text;

	while (name > path && name[-1] != '/' && name[-1] != '\\')
		name--;
	if (inspect_role(kernel->kind) != ROLE_KERNEL || strncmp(name, "vmlinuz-", 8))
		return;
	snprintf(config, sizeof(config), "%.*sconfig-%.256s", (int)(name - path), path, name + 8);
	text = volume_text(chain->limits, kernel, volume, config, 4u << 20);
	if (text)
		linux_config(chain->limits, kernel,
			     (struct bytes){ (const uint8_t *)text, strlen(text) }, config);
	free(text);
}

static struct inspect_image *look_at_file(struct chain *chain, struct volume *volume,
					  const char *path, const struct volume_entry *entry)
{
	struct inspect_image *child = inspect_child(chain->image, path);
	struct volume_content content;

	if (!child || !volume_read(chain->limits, child, volume, entry, &content))
		return child;
	chain->limits->look(chain->limits, content.bytes, child);
	volume_release(chain->limits, &content);
	look_beside(chain, volume, child, path);
	return child;
}

struct inspect_image *chain_look_at(struct chain *chain, struct volume *prefer, const char *path)
{
	struct inspect_image *child = chain->image->children;
	struct volume_entry entry;

	/* Menu entries often share a kernel. */
	while (child && strcmp(child->path, path))
		child = child->next;
	if (child)
		return child;
	if (prefer && volume_find(chain->limits, chain->image, prefer, path, &entry))
		return entry.directory ? NULL : look_at_file(chain, prefer, path, &entry);
	for (size_t i = 0; i < chain->volumes; i++) {
		struct volume *volume = &chain->volume[i];

		if (volume == prefer ||
		    !volume_find(chain->limits, chain->image, volume, path, &entry))
			continue;
		return entry.directory ? NULL : look_at_file(chain, volume, path, &entry);
	}
	return NULL;
}
