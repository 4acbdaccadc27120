/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/launch/images.h"

#include <stdlib.h>
#include <string.h>

#include "qemu/arm/device_tree.h"
#include "qemu/arm/image.h"
#include "qemu/host/memory_map.h"

#define PAGE	      UINT64_C(4096)
#define CHUNK	      (64 * PAGE)
#define MAX_TREE      (2 << 20)
#define PSCI_CONDUIT  "hvc"
#define REALM_CONDUIT "smc"

/* Keeps the list ascending; what touches or overlaps the range before it is joined with it. */
static void add(struct cca_images *images, uint64_t start, uint64_t end)
{
	struct emu_ram new = { start & -PAGE, (end + PAGE - 1) & -PAGE };
	size_t at = images->count;

	if (new.start >= new.end || images->count == CCA_MAX_IMAGES)
		return;
	for (; at && images->range[at - 1].start > new.start; at--)
		images->range[at] = images->range[at - 1];
	images->range[at] = new;
	images->count++;
	for (size_t i = 1; i < images->count;) {
		struct emu_ram *left = &images->range[i - 1], *right = &images->range[i];

		if (right->start > left->end) {
			i++;
			continue;
		}
		if (right->end > left->end)
			left->end = right->end;
		memmove(right, right + 1, (images->count - i - 1) * sizeof(*right));
		images->count--;
	}
}

/* NULL: there is none, or it is too large. To be freed. */
static uint8_t *read_tree(uint64_t at, size_t *size)
{
	uint8_t header[ARM_DEVICE_TREE_HEADER], *tree;

	if (!qemu_ram_read(at, header, sizeof(header)))
		return NULL;
	*size = arm_device_tree_size(header);
	if (!*size || *size > MAX_TREE)
		return NULL;
	tree = malloc(*size);
	if (tree && qemu_ram_read(at, tree, *size))
		return tree;
	free(tree);
	return NULL;
}

static void take_tree(struct cca_images *images, uint64_t at)
{
	size_t size;
	uint8_t *tree = read_tree(at, &size);

	if (!tree)
		return;
	images->device_tree = at;
	images->device_tree_bytes = size;
	add(images, at, at + size);
	add(images, arm_device_tree_number(tree, size, "chosen", "linux,initrd-start"),
	    arm_device_tree_number(tree, size, "chosen", "linux,initrd-end"));
	free(tree);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* The first and the last page that is not zero. */
static void take_all(struct cca_images *images, const struct emu_ram *ram)
{
	static uint8_t bytes[CHUNK];
	uint64_t start = ram->end, end = ram->start;

	for (uint64_t at = ram->start; at < ram->end; at += CHUNK) {
		size_t size = ram->end - at < CHUNK ? ram->end - at : CHUNK;

		if (!qemu_ram_read(at, bytes, size) || is_zero(bytes, size))
			continue;
		if (start > at)
			start = at;
		end = at + size;
	}
	add(images, start, end);
}

static void take_linux(struct cca_images *images, uint64_t pc, uint64_t tree, uint64_t entry)
{
	uint8_t header[ARM_IMAGE_HEADER];

	add(images, pc, pc + ARM_STUB_BYTES);
	if (qemu_ram_read(entry, header, sizeof(header)))
		images->kernel = (struct emu_ram){ entry, entry + arm_image_bytes(header) };
	add(images, images->kernel.start, images->kernel.end);
	take_tree(images, tree);
}

void cca_images_find(uint64_t pc, const struct emu_ram *ram, struct cca_images *images)
{
	uint8_t code[ARM_STUB_BYTES];
	uint64_t tree, entry;

	*images = (struct cca_images){ .count = 0 };
	if (qemu_ram_read(pc, code, sizeof(code)) && arm_stub_read(code, &tree, &entry)) {
		take_linux(images, pc, tree, entry);
		return;
	}
	/* Without Linux QEMU puts the device tree at the start of RAM, if nothing else is there. */
	take_tree(images, ram->start);
	take_all(images, ram);
}

bool cca_images_use_smc(const struct cca_images *images)
{
	size_t size, length;
	uint8_t *tree, *method;

	if (!images->device_tree)
		return true;
	tree = read_tree(images->device_tree, &size);
	if (!tree)
		return false;
	method = arm_device_tree_property(tree, size, "psci", "method", &length);
	if (method && length == sizeof(PSCI_CONDUIT) && !memcmp(method, PSCI_CONDUIT, length)) {
		memcpy(method, REALM_CONDUIT, length);
		qemu_ram_write(images->device_tree, tree, size);
	}
	free(tree);
	return true;
}
