/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_SHIM_H
#define CVMEM_SHIM_SHIM_H

#include "bare/bare.h"
#include "shim/layout.h"
#include "shim/linux_image.h"
#include "shim/policy.h"

#include <cvmem/map.h>

/*
 * A firmware without UEFI for TDs and SNP guests: it loads Linux, and accepts nothing but what that
 * takes. Each file is a step of main.c.
 */

/* main.c: called by start.S. */
void shim_main(enum cvm_platform_kind kind) __attribute__((noreturn));

/* refuse.c: says what is wrong in one line, and powers off. */
void shim_refuse(const char *what, const char *why) __attribute__((noreturn));
/* The same if error is not 0, with its meaning. */
void shim_check(int error, const char *what);

/* memory.c: what memory there is, and what of it is accepted. */
extern struct cvm_map shim_map;
void shim_memory_read(void);
/* Accept all of [start, end) that is not accepted. */
void shim_accept(uint64_t start, uint64_t end);
/* Zeroed memory of a type, in whole pages; accepted. */
void *shim_allocate(uint64_t bytes, enum cvm_mem_type type);
/* The lowest place for so many bytes of RAM that nothing has yet, from `from` up to `end`. 0: there
 * is none. */
uint64_t shim_find_room(uint64_t from, uint64_t end, uint64_t bytes, uint64_t align);
uint64_t shim_accepted_bytes(void);
/* Accept so many bytes more, from the lowest on. */
void shim_accept_more(uint64_t bytes);
uint64_t shim_end_of_memory(void);

/* measure.c: in a TD what the host gives is measured into RTMRs, and has an event in the log for
 * the OS. All but the TD HOB list, which says where memory is, is measured before it is looked at.
 * Elsewhere these do nothing. The registers are those that UEFI 2.11, 38.4.1 has instead of PCRs: 1
 * and 7; 2 to 6; 8 and more. */
enum shim_register { SHIM_CONFIGURATION, SHIM_KERNEL, SHIM_BOOT };

void shim_measure_start(void);
void shim_measure(enum shim_register rtmr, const char *name, const void *data, size_t bytes);
/* Nothing of the firmware's comes after that. */
void shim_measure_end(void);
/* The log's area; 0: there is none. */
uint64_t shim_event_log(uint64_t *bytes);

/* linux.c: the kernel, its initrd and command line, which fw_cfg has. */
struct shim_kernel {
	struct linux_image image;
	const uint8_t *setup;
	uint64_t load, initrd;
	uint32_t bytes, initrd_bytes, cmdline_bytes;
	char *cmdline;
	bool hashes_compared;
};

void shim_kernel_load(struct shim_kernel *kernel);
bool shim_kernel_accepts(const struct shim_kernel *kernel);
/* boot_params, for the map as it is then. */
uint64_t shim_boot_params(const struct shim_kernel *kernel, uint64_t rsdp, uint64_t system_table,
			  uint64_t efi_map, uint32_t efi_map_bytes, uint64_t cc_blob);

/* acpi.c: the RSDP; in a TD the other vCPUs wait for the OS from then on. */
uint64_t shim_acpi_load(void);

/* efi_tables.c: the system table, with the tables that Linux looks for; the memory map. */
uint64_t shim_efi_system_table(uint64_t rsdp, uint64_t cc_blob, uint64_t unaccepted);
uint64_t shim_efi_map(uint32_t *bytes);
/* The table of unaccepted memory for the map as it is. 0: all memory is accepted. */
uint64_t shim_unaccepted_table(void);
/* SNP: where Linux finds the secrets page and the CPUID page. 0 on TDX. */
uint64_t shim_cc_blob(void);

/* chipset.c: what QEMU's ACPI tables expect firmware to have set. */
void shim_chipset_start(void);

/* jump.S: to the kernel's entry. */
void shim_jump(uint64_t entry, uint64_t params) __attribute__((noreturn));

#endif
