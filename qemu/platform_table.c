/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/platform_table.h"

#include <string.h>

static const struct platform *const platforms[] = { &platform_tdx, &platform_snp };

const struct platform *platform_find(const char *name)
{
	for (size_t i = 0; i < sizeof(platforms) / sizeof(platforms[0]); i++)
		if (!strcmp(platforms[i]->name, name))
			return platforms[i];
	return NULL;
}
