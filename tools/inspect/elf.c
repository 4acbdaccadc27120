/* SPDX-License-Identifier: MIT */
/* vmlinux: the kernel as it was linked, or unpacked from a bzImage. */
#include "tools/inspect/format.h"
#include "tools/inspect/linux.h"

enum {
	ELF_CLASS = 4,
	ELF_DATA = 5,
	ELF_TYPE = 16,
	ELF_MACHINE = 18,
};

bool vmlinux_recognise(struct bytes bytes)
{
	return bytes_are(bytes, 0, "\177ELF", 4) && bytes_have(bytes, 0, 64) &&
	       bytes_number(bytes, ELF_DATA, 1) == 1 && bytes_find(bytes, "Linux version ", 14);
}

/* The PE machine number for e_machine. */
static uint16_t machine_of(struct bytes bytes)
{
	switch (bytes_u16(bytes, ELF_MACHINE)) {
	case 62:
		return 0x8664;
	case 3:
		return 0x14c;
	case 183:
		return 0xaa64;
	case 40:
		return 0x1c2;
	case 243:
		return 0x5064;
	case 258:
		return 0x6264;
	default:
		return 0;
	}
}

/* e_phoff, e_phnum: every segment is in the file. */
static bool complete(struct inspect_image *image, struct bytes bytes)
{
	bool wide = bytes_number(bytes, ELF_CLASS, 1) == 2;
	uint64_t table = wide ? bytes_u64(bytes, 32) : bytes_u32(bytes, 28);
	unsigned int count = bytes_u16(bytes, wide ? 56 : 44);
	unsigned int size = wide ? 56 : 32;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t at = table + (uint64_t)i * size;
		uint64_t offset = wide ? bytes_u64(bytes, at + 8) : bytes_u32(bytes, at + 4);
		uint64_t length = wide ? bytes_u64(bytes, at + 32) : bytes_u32(bytes, at + 16);

		if (at >= table && bytes_have(bytes, at, size) && bytes_have(bytes, offset, length))
			continue;
		inspect_unreadable(
			image, "truncated",
			"program header %u says %llu bytes at 0x%llx, which is not in the "
			"file",
			i, (unsigned long long)length, (unsigned long long)offset);
		return false;
	}
	return true;
}

void vmlinux_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	image->kind = INSPECT_VMLINUX;
	linux_machine(image, machine_of(bytes));
	linux_kernel(limits, image, bytes);
	if (machine_of(bytes) == 0xaa64)
		linux_realm(limits, image, bytes);
	if (complete(image, bytes))
		linux_conclude(image, LINUX_KERNEL);
}
