/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_GUEST_H
#define CVMEM_GUEST_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/metal.h>
#include <cvmem/tdx.h>

#include "guest/layout.h"

/* A kernel for the stages of boot/ on (virtual) metal, without firmware, loader or C library. */

/* cpu.c */
#define GUEST_GDT_BYTES 24
extern uint8_t guest_stacks[GUEST_CPUS][GUEST_STACK_BYTES];
extern const uint64_t guest_gdt[GUEST_GDT_BYTES / 8];
/* CR3 for the CPUs that are not the first, which those of a TD wait for; and what they call. */
extern uint32_t guest_others_root;
extern void (*guest_others_entry)(unsigned cpu);
/* The number of this CPU. */
unsigned guest_cpu(void);

/* main.c: what start.S calls. */
void guest_main(enum cvm_platform_kind kind) __attribute__((noreturn));

/* platform.c: which platform it is, and what only it has. */
struct guest_platform {
	enum cvm_platform_kind kind;
	struct cvm_platform *platform; /* NULL until guest_platform_start() */
	struct cvm_tdx tdx;
	struct cvm_snp snp;
	uint64_t private_bit, shared_bit; /* of a page-table entry */
};

extern struct guest_platform guest_platform;

/* CVM_ENODEV: the platform is another than the one that this image is for. */
int guest_platform_start(enum cvm_platform_kind kind);
/* SNP: the GHCB pages of so many CPUs become shared. */
int guest_ghcbs_share(unsigned cpus);
/* SNP: this CPU's GHCB page is registered. Nothing on TDX. */
int guest_ghcb_register(void);
void guest_out(uint16_t port, unsigned bytes, uint32_t value);

/* memory.c: page tables for all memory up to a limit, with both views; from then on shared memory
 * is at its address + GUEST_SHARED_MAP. */
int guest_memory_start(uint64_t end);
extern uint64_t guest_root; /* CR3, without the C-bit */

/* cpus.c: CPUs 1 to cpus - 1 call entry, which never returns. In a TD they have started already,
 * and wait for this. */
int guest_cpus_start(unsigned cpus, void (*entry)(unsigned cpu));

/* console.c: the serial port. */
void guest_put(const char *text);
void guest_put_hex(const char *name, uint64_t value);
void guest_power_off(void) __attribute__((noreturn));
/* Says what is wrong, and powers off without a report. */
void guest_panic(const char *what, uint64_t value) __attribute__((noreturn));

/* exceptions.c: any exception is a panic. On each CPU. */
void guest_exceptions_start(void);

/* fw_cfg.c: QEMU's firmware configuration device, by DMA through shared memory. */
int guest_fw_cfg_start(void);
/* The file's size; 0: there is none. */
uint32_t guest_fw_cfg_find(const char *name, uint16_t *selector);
int guest_fw_cfg_read(uint16_t selector, void *buffer, uint32_t bytes);

#endif
