/* SPDX-License-Identifier: MIT */
/* UEFI 2.10, 3.5.1.1: without a boot variable firmware starts \EFI\BOOT\BOOTX64.EFI. */
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/chain.h"

static struct inspect_image *look_at_loader(struct chain *chain)
{
	static const char *const paths[][2] = {
		{ "\\EFI\\BOOT\\BOOTX64.EFI", "\\EFI\\BOOT\\grubx64.efi" },
		{ "\\EFI\\BOOT\\BOOTAA64.EFI", "\\EFI\\BOOT\\grubaa64.efi" },
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (size_t j = 0; j < chain->volumes; j++) {
			struct volume *volume = &chain->volume[j];
			struct inspect_image *loader, *next = NULL;
			struct volume_entry entry;

			if (!volume->system ||
			    !volume_find(chain->limits, chain->image, volume, paths[i][0], &entry))
				continue;
			loader = chain_look_at(chain, volume, paths[i][0]);
			if (loader && loader->kind == INSPECT_ACCEPTOR)
				loader = chain_acceptor(chain, volume, loader);
			if (loader && loader->kind == INSPECT_SHIM)
				next = chain_look_at(chain, volume, paths[i][1]);
			return next ? next : loader;
		}
	}
	return NULL;
}

/* If no entry boots by default, such as for a pattern that matches none, any may. */
static void settle_default(struct inspect_image *image)
{
	struct inspect_image *kernel;

	for (kernel = image->children; kernel; kernel = kernel->next) {
		if (inspect_role(kernel->kind) == ROLE_KERNEL && !kernel->other)
			return;
	}
	for (kernel = image->children; kernel; kernel = kernel->next)
		kernel->other = false;
}

static bool has_kernel(const struct inspect_image *image)
{
	const struct inspect_image *child = image->children;

	while (child && inspect_role(child->kind) != ROLE_KERNEL)
		child = child->next;
	return child;
}

/* A folder without a loader, such as /boot of a virtual machine that is booted by its host. */
static void look_at_kernels(struct chain *chain)
{
	for (size_t i = 0; i < chain->volumes; i++) {
		size_t count;
		struct volume_entry *entry =
			volume_list(chain->limits, chain->image, &chain->volume[i], "/", &count);

		for (size_t j = 0; j < count; j++) {
			char path[260];

			if (entry[j].directory || strncmp(entry[j].name, "vmlinu", 6))
				continue;
			snprintf(path, sizeof(path), "/%.255s", entry[j].name);
			chain_look_at(chain, &chain->volume[i], path);
		}
		free(entry);
	}
}

void chain_look(struct inspect_limits *limits, struct volume *volume, size_t volumes,
		struct inspect_image *image)
{
	struct chain chain = { limits, image, volume, volumes };
	struct inspect_image *loader = look_at_loader(&chain);

	if (!loader)
		inspect_note(image, LEVEL_WARNING, "no-loader",
			     "no \\EFI\\BOOT\\BOOTX64.EFI: firmware boots it only by a boot "
			     "variable");
	if (loader && inspect_role(loader->kind) == ROLE_KERNEL)
		return;
	if (loader && loader->kind == INSPECT_SYSTEMD_BOOT)
		chain_driver(&chain);
	if ((loader && loader->kind != INSPECT_GRUB) || !chain_grub(&chain, loader))
		chain_bls(&chain);
	if (!loader && !has_kernel(image))
		look_at_kernels(&chain);
	settle_default(image);
}
