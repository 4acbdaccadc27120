/* SPDX-License-Identifier: MIT */
#include "tools/efi/options.h"

#define AT(member) offsetof(struct efi_options, member)

const struct option_spec efi_option_table[] = {
	{ .name = "install",
	  .letter = 'i',
	  .argument = "FILE",
	  .help = "Put an image on this EFI system partition: the folder where it is mounted, or a "
		  "raw disk image",
	  .type = OPTION_TEXT,
	  .offset = AT(install) },
	{ .name = "remove",
	  .letter = 'r',
	  .argument = "FILE",
	  .help = "Take it out again; what was there before is restored",
	  .type = OPTION_TEXT,
	  .offset = AT(remove) },
	{ .name = "driver",
	  .letter = 'd',
	  .help = "Install the driver that systemd-boot loads (default, if systemd-boot is there)",
	  .type = OPTION_FLAG,
	  .offset = AT(driver) },
	{ .name = "chain",
	  .letter = 'c',
	  .help = "Install the application in the place of the loader, which it starts (default, "
		  "if another loader is there)",
	  .type = OPTION_FLAG,
	  .offset = AT(chain) },
	{ .name = "loader",
	  .letter = 'l',
	  .argument = "PATH",
	  .help = "The loader in whose place the application is put (default: "
		  "/EFI/BOOT/BOOTX64.EFI)",
	  .type = OPTION_TEXT,
	  .offset = AT(loader) },
	{ .name = "accept",
	  .letter = 'a',
	  .argument = "WHAT",
	  .names = "auto|always|never",
	  .help = "Write to the image's configuration what to accept: auto (all memory, unless the "
		  "next image accepts by itself), always, never, or what lies below an address, "
		  "such as below:32G",
	  .type = OPTION_TEXT,
	  .offset = AT(accept) },
	{ .name = "from",
	  .argument = "DIR",
	  .help = "Take the images from there, such as signed ones (default: those that were "
		  "installed with this program)",
	  .type = OPTION_TEXT,
	  .offset = AT(from) },
	{ .name = "json",
	  .letter = 'j',
	  .argument = "FILE",
	  .help = "Write what was done as JSON, in the place of text or to FILE beside it",
	  .type = OPTION_JSON,
	  .offset = AT(json) },
	{ 0 },
};
