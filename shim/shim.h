/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_SHIM_H
#define CVMEM_SHIM_SHIM_H

#include "bare/bare.h"
#include "shim/hashes.h"
#include "shim/layout.h"
#include "shim/linux_image.h"
#include "shim/policy.h"
#include "shim/pvh_image.h"

#include <cvmem/map.h>

/*
 * A firmware without UEFI for TDs and SNP guests: it loads Linux or a PVH kernel, and accepts
 * nothing except what that takes. Each file is a step of main.c.
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
/* The highest place that ends at or below `end`, in whole pages. 0: there is none. */
uint64_t shim_find_high_room(uint64_t end, uint64_t bytes);
/* All of it is RAM that nothing has yet. */
bool shim_is_free(uint64_t start, uint64_t end);
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

/* What is booted. */
struct shim_kernel {
	bool is_pvh;
	struct pvh_image pvh;	  /* a PVH kernel */
	struct linux_image image; /* else Linux, as are the next three */
	const uint8_t *setup;
	uint64_t load;
	uint32_t bytes;
	uint64_t initrd;
	uint32_t initrd_bytes, cmdline_bytes;
	char *cmdline;
};

#define SHIM_MAX_CMDLINE 0x10000

/* files.c: what fw_cfg has, and what of it the launch of an SNP guest has measured. */
struct shim_file {
	uint16_t key;
	uint32_t bytes; /* 0: there is none */
};

uint32_t shim_read_size(uint16_t key, uint32_t max, const char *what);
void shim_hashes_read(void);
bool shim_hashes_there(void);
/* Refuses what has another hash than the measured one, if there is one. */
void shim_check_hash(enum hashes_item item, struct sha256 *sha, const char *what);
void shim_check_hash_of(enum hashes_item item, const void *data, uint32_t bytes, const char *what);
void shim_read_cmdline(struct shim_kernel *kernel, const struct shim_file *file, uint32_t max);
/* To memory from `from` up to `end`. */
void shim_read_initrd(struct shim_kernel *kernel, const struct shim_file *file, uint64_t from,
		      uint64_t end);

/* linux.c */
void shim_linux_load(struct shim_kernel *kernel);
bool shim_linux_accepts(const struct shim_kernel *kernel);
/* boot_params, for the map as it is then. */
uint64_t shim_boot_params(const struct shim_kernel *kernel, uint64_t rsdp, uint64_t system_table,
			  uint64_t efi_map, uint32_t efi_map_bytes, uint64_t cc_blob);

/* kaslr.c: SNP. A random place for the kernel is accepted; false: Linux takes one itself. */
bool shim_place_kernel(const struct shim_kernel *kernel);

/* pvh.c: an ELF file that starts by the PVH boot ABI. */
#define SHIM_PVH_KERNEL "opt/org.cvmem/kernel"

/* false: the host gives none. */
bool shim_pvh_find(struct shim_file *file);
void shim_pvh_load(struct shim_kernel *kernel, const struct shim_file *file);
/* struct hvm_start_info, for the map as it is then. */
uint64_t shim_pvh_start_info(const struct shim_kernel *kernel, uint64_t rsdp);

/* acpi.c: the RSDP; in a TD the other vCPUs wait for the OS from then on. */
uint64_t shim_acpi_load(void);

/* efi_tables.c: the system table, with the tables that Linux looks for; the memory map. */
uint64_t shim_efi_system_table(uint64_t rsdp, uint64_t cc_blob, uint64_t unaccepted);
/* placed: Linux's decompressor is not to take its place in unaccepted memory. */
uint64_t shim_efi_map(uint32_t *bytes, bool placed);
/* The table of unaccepted memory for the map as it is. 0: all memory is accepted. */
uint64_t shim_unaccepted_table(void);
/* SNP: where Linux finds the secrets page and the CPUID page. 0 on TDX. */
uint64_t shim_cc_blob(void);

/* chipset.c: what QEMU's ACPI tables expect firmware to have set. */
void shim_chipset_start(void);

/* jump.S, jump_pvh.S: to the kernel's entry. */
void shim_jump(uint64_t entry, uint64_t params) __attribute__((noreturn));
void shim_jump_pvh(uint32_t entry, uint32_t start_info, uint32_t clear_lme)
	__attribute__((noreturn));

#endif
