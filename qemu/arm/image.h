/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_ARM_IMAGE_H
#define CVMEM_QEMU_ARM_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* The code by which QEMU starts Linux, at the first instruction of the first vCPU: it loads two
 * addresses that follow it, and jumps to the second. */
#define ARM_STUB_BYTES 0x28

/* False: it is other code. */
bool arm_stub_read(const uint8_t code[ARM_STUB_BYTES], uint64_t *device_tree, uint64_t *entry);

/* Linux, Documentation/arch/arm64/booting.rst. */
#define ARM_IMAGE_HEADER 64

/* The memory that the image needs from its start on, with what is not in the file; 0: it is no
 * image of Linux, or does not say it. */
uint64_t arm_image_bytes(const uint8_t header[ARM_IMAGE_HEADER]);

/* Instructions, Arm ARM C6.2: calls to the secure monitor and to the hypervisor, with any number.
 */
bool arm_is_smc(uint32_t instruction);
bool arm_is_hvc(uint32_t instruction);

#endif
