/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_ARM_DEVICE_TREE_H
#define CVMEM_QEMU_ARM_DEVICE_TREE_H

#include <stddef.h>
#include <stdint.h>

#define ARM_DEVICE_TREE_HEADER 40

/* The size of the flattened device tree that begins with this header; 0: it is none. */
size_t arm_device_tree_size(const uint8_t header[ARM_DEVICE_TREE_HEADER]);

/* A property of a node below the root, of the whole tree in size bytes. The node is named without
 * its address: "psci". Its length goes to *length. NULL: it is not there, or the tree is broken. */
uint8_t *arm_device_tree_property(uint8_t *tree, size_t size, const char *node, const char *name,
				  size_t *length);

/* A property of one or two cells; 0: there is none of that size. */
uint64_t arm_device_tree_number(uint8_t *tree, size_t size, const char *node, const char *name);

#endif
