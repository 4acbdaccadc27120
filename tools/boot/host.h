/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_BOOT_HOST_H
#define TOOLS_BOOT_HOST_H

#include <stdint.h>

#include <cvmem/base.h>

/* Operating-system services for struct boot_machine and struct cvm_host. */

uint64_t boot_host_now(void *ctx);

void boot_host_relax(void *ctx, enum cvm_wait what, uint64_t gpa);

/* Returns after 100 ms at the latest, so that a vCPU notices that the machine has stopped. */
void boot_host_wait(void *ctx, const uint32_t *word, uint32_t value);
void boot_host_wake(void *ctx, uint32_t *word);

#endif
