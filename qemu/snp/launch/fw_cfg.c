/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/fw_cfg.h"

#include <endian.h>
#include <string.h>

#define PORT_DMA_HIGH 0x514
#define PORT_DMA_LOW  0x518 /* the write that starts the transfer */

#define DMA_READ   2u
#define DMA_SELECT 8u

#define MOST_FILES 4096
#define HEAD	   64 /* offset of the command in the scratch memory; data follows */

/* All fields are big-endian. */
struct dma_command {
	uint32_t control, length;
	uint64_t address;
};

struct directory_entry {
	uint32_t size;
	uint16_t item, reserved;
	char name[56];
};

static bool transfer(const struct fw_cfg *fw_cfg, uint32_t control, uint32_t length)
{
	struct dma_command command = {
		.control = htobe32(control),
		.length = htobe32(length),
		.address = htobe64(fw_cfg->scratch + HEAD),
	};

	if (!fw_cfg->write(fw_cfg->ctx, fw_cfg->scratch, &command, sizeof(command)))
		return false;
	/* The ports are big-endian as well. */
	fw_cfg->out32(fw_cfg->ctx, PORT_DMA_HIGH, htobe32((uint32_t)(fw_cfg->scratch >> 32)));
	fw_cfg->out32(fw_cfg->ctx, PORT_DMA_LOW, htobe32((uint32_t)fw_cfg->scratch));
	/* QEMU has finished when the write returns. A value other than 0 is an error, or there is
	 * no such device. */
	return fw_cfg->read(fw_cfg->ctx, fw_cfg->scratch, &command, sizeof(command)) &&
	       !command.control;
}

bool fw_cfg_each(const struct fw_cfg *fw_cfg, uint16_t item, uint64_t size,
		 bool (*use)(void *ctx, const void *data, size_t size), void *ctx)
{
	uint32_t control = (uint32_t)item << 16 | DMA_SELECT | DMA_READ;
	uint8_t piece[4096 - HEAD];

	while (size) {
		uint32_t length = (uint32_t)(fw_cfg->scratch_size - HEAD);

		if (length > size)
			length = (uint32_t)size;
		if (!transfer(fw_cfg, control, length))
			return false;
		control = DMA_READ;
		size -= length;
		for (uint32_t done = 0; done < length;) {
			uint32_t count = length - done;

			if (count > sizeof(piece))
				count = sizeof(piece);
			if (!fw_cfg->read(fw_cfg->ctx, fw_cfg->scratch + HEAD + done, piece,
					  count) ||
			    !use(ctx, piece, count))
				return false;
			done += count;
		}
	}
	return true;
}

static bool copy(void *ctx, const void *data, size_t size)
{
	uint8_t **to = ctx;

	memcpy(*to, data, size);
	*to += size;
	return true;
}

bool fw_cfg_read(const struct fw_cfg *fw_cfg, uint16_t item, void *buffer, size_t size)
{
	uint8_t *to = buffer;

	return fw_cfg_each(fw_cfg, item, size, copy, &to);
}

struct search {
	const char *name;
	uint16_t item;
	uint32_t size;
	struct directory_entry entry; /* bytes of it so far */
	size_t have;
	size_t skip; /* the number of entries, in front of them */
};

static bool look_at(void *ctx, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	struct search *search = ctx;

	for (size_t i = 0; i < size; i++) {
		if (search->skip) {
			search->skip--;
			continue;
		}
		((uint8_t *)&search->entry)[search->have++] = bytes[i];
		if (search->have < sizeof(search->entry))
			continue;
		search->have = 0;
		search->entry.name[sizeof(search->entry.name) - 1] = '\0';
		if (strcmp(search->entry.name, search->name))
			continue;
		search->item = be16toh(search->entry.item);
		search->size = be32toh(search->entry.size);
	}
	return true;
}

bool fw_cfg_find(const struct fw_cfg *fw_cfg, const char *name, uint16_t *item, uint32_t *size)
{
	struct search search = { .name = name, .skip = 4 };
	uint32_t count;

	if (!fw_cfg_read(fw_cfg, FW_CFG_FILE_DIR, &count, sizeof(count)))
		return false;
	count = be32toh(count);
	if (count > MOST_FILES)
		return false;
	if (!fw_cfg_each(fw_cfg, FW_CFG_FILE_DIR, 4 + (uint64_t)count * sizeof(search.entry),
			 look_at, &search))
		return false;
	*item = search.item;
	*size = search.size;
	return true;
}
