/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_ACPI_LOADER_H
#define CVMEM_SHIM_ACPI_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * QEMU's table loader (its hw/acpi/bios-linker-loader.c describes the commands): files of fw_cfg
 * are loaded to memory, linked with each other and given checksums. All of it comes from the host:
 * a command is executed if every file and number in it fits, else nothing more is.
 */

#define ACPI_NAME      56
#define ACPI_COMMAND   128 /* bytes */
#define ACPI_FILES     16
#define ACPI_MAX_FILE  (UINT32_C(4) << 20)
#define ACPI_MAX_ALIGN 4096

struct acpi_file {
	char name[ACPI_NAME];
	uint8_t *data;
	uint32_t bytes;
};

struct acpi_host {
	/* Zeroed memory, aligned to ACPI_MAX_ALIGN, whose address for the OS is the pointer. NULL:
	 * there is none. */
	void *(*allocate)(void *ctx, uint32_t bytes);
	/* A file of fw_cfg: its size, 0 if there is none; its content; some bytes of it are set. */
	uint32_t (*find)(void *ctx, const char *name);
	bool (*read)(void *ctx, const char *name, void *to, uint32_t bytes);
	bool (*write)(void *ctx, const char *name, uint32_t offset, const void *from,
		      uint32_t bytes);
	void *ctx;
};

struct acpi_loader {
	struct acpi_host host;
	struct acpi_file file[ACPI_FILES];
	unsigned files;
};

/* NULL: all commands are executed; else what is wrong. */
const char *acpi_loader_run(struct acpi_loader *loader, const void *commands, size_t bytes);

/* NULL: no such file was loaded. */
struct acpi_file *acpi_loader_file(struct acpi_loader *loader, const char *name);

/* The bytes at an address, if they lie in one of the files; else NULL. */
uint8_t *acpi_loader_at(struct acpi_loader *loader, uint64_t address, uint64_t bytes);

#endif
