/* SPDX-License-Identifier: MIT */
#include "tools/map/options.h"

#define AT(member) offsetof(struct map_options, member)

const struct option_spec map_option_table[] = {
	{ .name = "json",
	  .letter = 'j',
	  .argument = "FILE",
	  .help = "Write JSON, an array with an object for each file, in the place of text or to "
		  "FILE beside it",
	  .type = OPTION_JSON,
	  .offset = AT(json) },
	{ .name = "format",
	  .letter = 'f',
	  .argument = "text|e820|efi|efi:SIZE|memmap",
	  .help = "Do not detect the format of the files; efi:SIZE gives the bytes between "
		  "descriptors, memmap is a directory",
	  .type = OPTION_OTHER },
	{ .name = "to",
	  .letter = 't',
	  .argument = "e820|efi",
	  .help = "Write a map of the one FILE as a binary table",
	  .type = OPTION_WORD,
	  .offset = AT(to) },
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .help = "Where --to writes (default: standard output)",
	  .type = OPTION_TEXT,
	  .offset = AT(output) },
	{ .name = "map",
	  .letter = 'm',
	  .argument = "N",
	  .help = "Which map of the file --to writes, counted from 1 (default: the first)",
	  .type = OPTION_COUNT64,
	  .offset = AT(number),
	  .min = 1,
	  .max = UINT64_MAX },
	{ 0 },
};
