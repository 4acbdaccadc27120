/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/efi_image.h"

#include <string.h>

#include "formats/pe.h"
#include "qemu/host/memory_map.h"

#define PAGE UINT64_C(4096)

/* AMD APM volume 2, 4.8.4, "Interrupt and Trap Gates". */
#define GATE_BYTES 16
#define VECTOR_PF  14

/* No kernel's image is larger. */
#define MAX_IMAGE (UINT64_C(256) << 20)

/* The headers of an image that begins at gpa; they end in its first page, which is copied. */
static bool read_headers(uint64_t gpa, uint8_t page[PAGE], struct pe *pe)
{
	return qemu_ram_read(gpa, page, 2) && page[0] == 'M' && page[1] == 'Z' &&
	       qemu_ram_read(gpa, page, PAGE) && pe_open((struct bytes){ page, PAGE }, pe);
}

bool guest_is_application(uint64_t rip)
{
	uint64_t page = rip & -PAGE, lowest = rip > MAX_IMAGE ? rip - MAX_IMAGE : 0;
	uint8_t headers[PAGE], byte;
	struct pe pe;

	/* The firmware's volumes are not part of QEMU's RAM. */
	for (; page > lowest && qemu_ram_read(page, &byte, 1); page -= PAGE)
		if (read_headers(page, headers, &pe) && rip - page < pe.image_size)
			return pe.subsystem == PE_SUBSYSTEM_EFI_APPLICATION;
	return false;
}

/* The first instructions of Linux's arch/x86/boot/compressed/head_64.S: cld, cli, and a load of the
 * address of boot_params.scratch's end, 0x1e8. The image is page-aligned wherever it copies itself
 * to. */
static const uint8_t decompressor[] = { 0xfc, 0xfa, 0x8d, 0xa6, 0xe8, 0x01, 0x00, 0x00 };

bool guest_is_decompressor(uint64_t rip)
{
	uint64_t page = rip & -PAGE, lowest = rip > MAX_IMAGE ? rip - MAX_IMAGE : 0;
	uint8_t start[sizeof(decompressor)];

	for (; page > lowest && qemu_ram_read(page, start, sizeof(start)); page -= PAGE)
		if (!memcmp(start, decompressor, sizeof(start)))
			/* What lies behind an EFI application is the firmware's. */
			return !guest_is_application(page);
	return false;
}

bool guest_takes_exceptions(uint64_t idt_base)
{
	uint8_t gate[GATE_BYTES];
	uint32_t low, high;
	uint64_t handler;

	if (idt_base >> 63)
		return true;
	if (!qemu_ram_read(idt_base + VECTOR_PF * GATE_BYTES, gate, sizeof(gate)))
		return false;
	low = (uint32_t)gate[0] | (uint32_t)gate[1] << 8 | (uint32_t)gate[6] << 16 |
	      (uint32_t)gate[7] << 24;
	memcpy(&high, gate + 8, sizeof(high));
	handler = (uint64_t)high << 32 | low;
	return handler >> 63 || guest_is_application(handler);
}
