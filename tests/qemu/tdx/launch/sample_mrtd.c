/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/tdx/launch/mrtd.h"
#include "qemu/tdx/launch/tdvf_check.h"

/* usage: sample_mrtd FIRMWARE: its MRTD. The image ends at 4 GiB; all other memory is zero. */
#define MAX_IMAGE (16 << 20)

static uint8_t image[MAX_IMAGE];
static size_t size;

static bool read_memory(uint64_t gpa, void *buffer, size_t bytes)
{
	uint64_t start = (UINT64_C(1) << 32) - size;

	memset(buffer, 0, bytes);
	if (gpa >= start && gpa + bytes <= UINT64_C(1) << 32)
		memcpy(buffer, image + (gpa - start), bytes);
	return true;
}

int main(int argc, char **argv)
{
	FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
	uint8_t mrtd[SHA384_BYTES];
	struct metadata tdvf;
	const char *error;

	if (!file)
		return 2;
	size = fread(image, 1, sizeof(image), file);
	fclose(file);
	tdvf_read(&tdvf, (struct bytes){ image, size });
	error = tdx_tdvf_check(&tdvf);
	if (error || !tdx_mrtd_compute(&tdvf, read_memory, mrtd)) {
		fprintf(stderr, "%s\n", error ? error : "cannot be read");
		return 1;
	}
	for (size_t i = 0; i < sizeof(mrtd); i++)
		printf("%02x", mrtd[i]);
	printf("\n");
	return 0;
}
