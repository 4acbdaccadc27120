/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_CHAIN_H
#define TOOLS_INSPECT_CHAIN_H

#include "tools/inspect/volume.h"

/*
 * Finds what firmware boots from the file systems of a disk, and what that boots in turn: loader,
 * menu, kernel, command line. Each image becomes a child of the image; those that are not booted by
 * default have `other` set.
 */
struct chain {
	struct inspect_limits *limits;
	struct inspect_image *image;
	struct volume *volume;
	size_t volumes;
};

void chain_look(struct inspect_limits *limits, struct volume *volume, size_t volumes,
		struct inspect_image *image);

/*
 * The child for a file of a volume, or of any other volume if it is not there; NULL: there is no
 * such file. `prefer` may be NULL.
 */
struct inspect_image *chain_look_at(struct chain *chain, struct volume *prefer, const char *path);

/*
 * cvmem's application in a loader's place: reads its configuration, and looks at what it starts,
 * which is returned. NULL: that is not there.
 */
struct inspect_image *chain_acceptor(struct chain *chain, struct volume *volume,
				     struct inspect_image *acceptor);
/* cvmem's driver, where systemd-boot loads it. */
void chain_driver(struct chain *chain);

/* \loader\entries, \EFI\Linux and their add-ons, on all volumes: systemd-boot and GRUB's blscfg. */
void chain_bls(struct chain *chain);

/*
 * The menus of GRUB: in its image, beside it, and in /boot/grub. True: there is one, and it shows
 * no entries of the boot loader specification.
 */
bool chain_grub(struct chain *chain, const struct inspect_image *grub);

#endif
