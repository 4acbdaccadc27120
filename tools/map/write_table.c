/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cvmem/base.h>
#include "tools/common/output.h"
#include "tools/map/write_table.h"
#include "tools/mapfile/alloc.h"

/* EDK2 and firmware based on it have 48 bytes between descriptors. */
#define EFI_DESC_SIZE 48

/* ACPI's and TD-Shim's type for memory that is not accepted yet. */
#define E820_UNACCEPTED 8

static int encode(const struct cvm_map *map, bool efi, void *table, size_t room, size_t *needed)
{
	if (efi)
		return cvm_map_write_efi(map, table, room, EFI_DESC_SIZE, needed);
	return cvm_map_write_e820(map, table, room, E820_UNACCEPTED, needed);
}

static bool write_bytes(const void *bytes, size_t size, const char *output)
{
	FILE *out = output ? fopen(output, "wb") : stdout;
	bool done;

	if (!out) {
		fprintf(stderr, "cvmem: %s: %s\n", output, strerror(errno));
		return false;
	}
	done = fwrite(bytes, 1, size, out) == size;
	if (!output)
		return output_flush("cvmem") && done;
	done &= !fclose(out);
	if (!done)
		fprintf(stderr, "cvmem: %s: %s\n", output, strerror(errno));
	return done;
}

bool write_table(const struct cvm_map *map, bool efi, const char *output)
{
	size_t needed = 0;
	void *table;
	bool done;
	int error;

	if (!output && isatty(STDOUT_FILENO)) {
		fprintf(stderr,
			"cvmem: a binary table is not written to a terminal: give --output FILE\n");
		return false;
	}
	encode(map, efi, NULL, 0, &needed);
	table = xrealloc(NULL, needed, 1);
	error = encode(map, efi, table, needed, &needed);
	if (error)
		fprintf(stderr, "cvmem: the map cannot be written: %s\n", cvm_strerror(error));
	done = !error && write_bytes(table, needed, output);
	free(table);
	return done;
}
