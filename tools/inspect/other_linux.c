/* SPDX-License-Identifier: MIT */
/* Kernels of Linux for processors that have no TDX or SEV-SNP guests. */
#include "tools/inspect/format.h"
#include "tools/inspect/linux.h"

static const struct {
	uint64_t offset;
	const char *magic;
	size_t size;
	uint16_t machine; /* as in the PE format */
	const char *format;
} kernels[] = {
	/* Documentation/arch/riscv/boot-image-header.rst */
	{ 0x38, "RSC\x05", 4, 0x5064, "Linux kernel (riscv64 Image)" },
	/* arch/loongarch/kernel/head.S */
	{ 0x38, "\xcd\x23\x82\x81", 4, 0x6264, "Linux kernel (loongarch64 Image)" },
	/* arch/arm/boot/compressed/head.S */
	{ 0x24, "\x18\x28\x6f\x01", 4, 0x1c2, "Linux kernel (arm zImage)" },
};

/* Linux for x86 has the magic number of LoongArch's as well: it says that the image is a PE. */
static bool is_for_another(struct bytes bytes, uint16_t machine)
{
	uint32_t header = bytes_u32(bytes, 0x3c);

	return bytes_are(bytes, header, "PE\0\0", 4) && bytes_u16(bytes, header + 4) != machine;
}

static size_t find(struct bytes bytes)
{
	size_t i = 0;

	while (i < sizeof(kernels) / sizeof(kernels[0]) &&
	       (!bytes_are(bytes, kernels[i].offset, kernels[i].magic, kernels[i].size) ||
		is_for_another(bytes, kernels[i].machine)))
		i++;
	return i;
}

bool other_linux_recognise(struct bytes bytes)
{
	return find(bytes) < sizeof(kernels) / sizeof(kernels[0]);
}

void other_linux_look(struct inspect_limits *limits, struct bytes bytes,
		      struct inspect_image *image)
{
	size_t found = find(bytes);

	image->kind = INSPECT_LINUX;
	image->format = strdup(kernels[found].format);
	linux_machine(image, kernels[found].machine);
	linux_kernel(limits, image, bytes);
	if (!image->unreadable)
		linux_conclude(image, LINUX_STUB | LINUX_KERNEL);
}
