/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <zlib.h>
#include "fuzz/inspect_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_checksum(uint8_t *at, uint32_t sum)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(sum >> 8 * i);
}

/* No fuzzer guesses a checksum: those of the first table are made good. */
static void make_good(uint8_t *disk, struct bytes bytes)
{
	uint64_t table = bytes_u64(bytes, 512 + 72) * 512;
	uint64_t size = (uint64_t)bytes_u32(bytes, 512 + 80) * bytes_u32(bytes, 512 + 84);
	uint32_t header = bytes_u32(bytes, 512 + 12);

	if (table < bytes.size && bytes_have(bytes, table, size))
		put_checksum(disk + 512 + 88, (uint32_t)crc32_z(0, disk + table, size));
	put_checksum(disk + 512 + 16, 0);
	if (bytes_have(bytes, 512, header))
		put_checksum(disk + 512 + 16, (uint32_t)crc32_z(0, disk + 512, header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct inspect_format format = { gpt_recognise, gpt_look };
	uint8_t *disk;

	if (size < 1024)
		return 0;
	disk = malloc(size);
	if (!disk)
		return 0;
	memcpy(disk, data, size);
	make_good(disk, (struct bytes){ disk, size });
	inspect_check(&format, disk, size);
	free(disk);
	return 0;
}
