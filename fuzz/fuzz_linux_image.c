/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "shim/linux_image.h"
#include "shim/policy.h"

/* An input is a kernel's setup part, and also its other part and a command line. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_image(const uint8_t *data, size_t size)
{
	struct linux_image image;

	if (linux_image_read(&image, data, size))
		return;
	CHECK(image.header_end <= size && image.header_end <= LINUX_HEADER_MAX);
	CHECK(image.alignment && !(image.alignment & (image.alignment - 1)));
	CHECK(!(image.preferred % 4096) && image.init_size);
	CHECK(!image.version ||
	      (const uint8_t *)image.version + image.version_bytes <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy;
	char *text = malloc(size + 1);
	const char *word;

	CHECK(text);
	check_image(data, size);
	linux_image_accepts(data, size);
	memcpy(text, data, size);
	text[size] = 0;
	word = policy_find(text);
	CHECK(!word || word <= text + size);
	policy_parse(word ? word : text, &policy);
	free(text);
	return 0;
}
