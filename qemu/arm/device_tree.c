/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/arm/device_tree.h"

#include <stdbool.h>
#include <string.h>

/* Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format". */
#define MAGIC 0xd00dfeed

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4 };

/* Offsets in the header. */
enum { TOTAL_SIZE = 4, STRUCTURES = 8, STRINGS = 12, STRINGS_SIZE = 32, STRUCTURES_SIZE = 36 };

/* A walk through the structure block. */
struct walk {
	uint8_t *at, *end;
	const char *strings;
	size_t strings_size;
	unsigned depth; /* 1: in the root */
	bool matches;	/* in the node that is searched for, or below it */
};

static uint32_t cell(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

size_t arm_device_tree_size(const uint8_t header[ARM_DEVICE_TREE_HEADER])
{
	return cell(header) == MAGIC && cell(header + TOTAL_SIZE) > ARM_DEVICE_TREE_HEADER
		       ? cell(header + TOTAL_SIZE)
		       : 0;
}

static bool is_inside(size_t size, uint32_t offset, uint32_t length)
{
	return offset <= size && length <= size - offset;
}

static bool start(uint8_t *tree, size_t size, struct walk *walk)
{
	uint32_t structures, strings;

	if (size < ARM_DEVICE_TREE_HEADER || !arm_device_tree_size(tree))
		return false;
	structures = cell(tree + STRUCTURES);
	strings = cell(tree + STRINGS);
	if (!is_inside(size, structures, cell(tree + STRUCTURES_SIZE)) ||
	    !is_inside(size, strings, cell(tree + STRINGS_SIZE)))
		return false;
	*walk = (struct walk){ .at = tree + structures,
			       .end = tree + structures + cell(tree + STRUCTURES_SIZE),
			       .strings = (const char *)tree + strings,
			       .strings_size = cell(tree + STRINGS_SIZE) };
	return true;
}

/* NULL: fewer bytes are left. What is taken ends at a multiple of 4. */
static uint8_t *take(struct walk *walk, size_t bytes)
{
	uint8_t *taken = walk->at;
	size_t padded = (bytes + 3) & ~(size_t)3;

	if (padded < bytes || padded > (size_t)(walk->end - walk->at))
		return NULL;
	walk->at += padded;
	return taken;
}

static bool is_node(const char *name, const char *node)
{
	size_t length = strlen(node);

	return !strncmp(name, node, length) && (!name[length] || name[length] == '@');
}

static bool enter(struct walk *walk, const char *node)
{
	size_t length = strnlen((const char *)walk->at, (size_t)(walk->end - walk->at));
	const char *name = (const char *)take(walk, length + 1);

	if (!name)
		return false;
	if (++walk->depth == 2)
		walk->matches = is_node(name, node);
	return true;
}

/* The property's value, if it has that name and is not one of a node below. *broken: there is no
 * whole property. */
static uint8_t *property(struct walk *walk, const char *name, size_t *length, bool *broken)
{
	const uint8_t *head = take(walk, 8);
	uint32_t offset = head ? cell(head + 4) : 0;
	uint8_t *value;

	if (head)
		*length = cell(head);
	value = head ? take(walk, *length) : NULL;
	*broken = !value || offset >= walk->strings_size ||
		  strnlen(walk->strings + offset, walk->strings_size - offset) ==
			  walk->strings_size - offset;
	if (*broken || walk->depth != 2 || !walk->matches || strcmp(walk->strings + offset, name))
		return NULL;
	return value;
}

uint8_t *arm_device_tree_property(uint8_t *tree, size_t size, const char *node, const char *name,
				  size_t *length)
{
	struct walk walk;
	const uint8_t *token;
	bool broken = false;

	if (!start(tree, size, &walk))
		return NULL;
	while (!broken && (token = take(&walk, 4))) {
		uint8_t *found = NULL;

		switch (cell(token)) {
		case FDT_BEGIN_NODE:
			broken = !enter(&walk, node);
			break;
		case FDT_END_NODE:
			broken = !walk.depth--;
			break;
		case FDT_PROP:
			found = property(&walk, name, length, &broken);
			break;
		case FDT_NOP:
			break;
		default:
			return NULL;
		}
		if (found)
			return found;
	}
	return NULL;
}

uint64_t arm_device_tree_number(uint8_t *tree, size_t size, const char *node, const char *name)
{
	size_t length;
	const uint8_t *value = arm_device_tree_property(tree, size, node, name, &length);

	if (!value || (length != 4 && length != 8))
		return 0;
	return length == 4 ? cell(value) : (uint64_t)cell(value) << 32 | cell(value + 4);
}
