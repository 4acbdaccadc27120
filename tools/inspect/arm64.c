/* SPDX-License-Identifier: MIT */
/* Kernels of Arm and others: Documentation/arch/arm64/booting.rst and zboot-header.S of Linux. */
#include "formats/pe.h"
#include "tools/inspect/format.h"
#include "tools/inspect/linux.h"
#include "tools/inspect/unpack.h"

enum {
	ZBOOT_MAGIC = 4,
	ZBOOT_PAYLOAD = 8,
	ZBOOT_SIZE = 12,
	IMAGE_SIZE = 16,
	IMAGE_MAGIC = 0x38,
	/* Unpacked kernels are below 100 MiB. */
	KERNEL_LIMIT = 512 << 20,
};

bool zboot_recognise(struct bytes bytes)
{
	return bytes_are(bytes, 0, "MZ", 2) && bytes_are(bytes, ZBOOT_MAGIC, "zimg", 4);
}

void zboot_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	uint64_t offset = bytes_u32(bytes, ZBOOT_PAYLOAD), size = bytes_u32(bytes, ZBOOT_SIZE);
	struct bytes payload = bytes_part(bytes, offset, size);
	struct inspect_unpacked kernel;
	struct pe pe;

	image->kind = INSPECT_ZBOOT;
	if (pe_open(bytes, &pe))
		linux_machine(image, pe.machine);
	if (!bytes_have(bytes, offset, size) || !size) {
		inspect_unreadable(image, "payload-outside-file",
				   "its header says %llu bytes at 0x%llx, which is not in the file",
				   (unsigned long long)size, (unsigned long long)offset);
		return;
	}
	inspect_fact(image, "compression", "%s", inspect_packing_name(inspect_packing_of(payload)));
	if (!inspect_unpack(limits, image, "the compressed kernel", payload, KERNEL_LIMIT, &kernel))
		return;
	linux_kernel(limits, image, kernel.bytes);
	/* The kernel is an EFI program itself, and contains the stub. */
	linux_search(limits, image, kernel.bytes, LINUX_STUB);
	if (arm64_image_recognise(kernel.bytes))
		linux_realm(limits, image, kernel.bytes);
	inspect_release(limits, &kernel);
	if (!image->unreadable)
		linux_conclude(image, LINUX_STUB | LINUX_KERNEL);
}

bool arm64_image_recognise(struct bytes bytes)
{
	return bytes_are(bytes, IMAGE_MAGIC, "ARM\x64", 4);
}

void arm64_image_look(struct inspect_limits *limits, struct bytes bytes,
		      struct inspect_image *image)
{
	image->kind = INSPECT_ARM64_IMAGE;
	linux_machine(image, 0xaa64);
	linux_kernel(limits, image, bytes);
	linux_search(limits, image, bytes, LINUX_STUB);
	linux_realm(limits, image, bytes);
	if (!image->unreadable)
		linux_conclude(image, LINUX_STUB | LINUX_KERNEL);
}

bool packed_recognise(struct bytes bytes)
{
	return inspect_packing_of(bytes) != PACKING_NONE;
}

void packed_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct inspect_unpacked content;

	inspect_fact(image, "compression", "%s", inspect_packing_name(inspect_packing_of(bytes)));
	if (!inspect_unpack(limits, image, "it", bytes, KERNEL_LIMIT, &content))
		return;
	limits->look(limits, content.bytes, image);
	inspect_release(limits, &content);
}
