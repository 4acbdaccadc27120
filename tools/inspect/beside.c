/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/inspect/answer.h"
#include "tools/inspect/file.h"
#include "tools/inspect/linux.h"

/* Configurations are below 1 MiB. */
#define CONFIG_LIMIT (16u << 20)

void inspect_beside(struct inspect_limits *limits, struct inspect_image *image, const char *path)
{
	const char *name = strrchr(path, '/');
	struct inspect_file file;
	const char *error;
	char config[4096];
	int length;

	name = name ? name + 1 : path;
	if (inspect_role(image->kind) != ROLE_KERNEL || strncmp(name, "vmlinuz-", 8))
		return;
	length = snprintf(config, sizeof(config), "%.*sconfig-%s", (int)(name - path), path,
			  name + 8);
	if (length < 0 || (size_t)length >= sizeof(config) ||
	    !inspect_open(config, CONFIG_LIMIT, &file, &error))
		return;
	if (file.bytes.size > CONFIG_LIMIT ||
	    !linux_config(limits, image, file.bytes,
			  strrchr(config, '/') ? strrchr(config, '/') + 1 : config))
		inspect_note(image, LEVEL_WARNING, "no-config", "%s is no configuration of Linux",
			     config);
	inspect_close(&file);
}
