/* SPDX-License-Identifier: MIT */
#include "tools/vm/bootable.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "formats/pe.h"

/* QEMU maps an image below 4 GiB in pieces of this size. */
#define FIRMWARE_MULTIPLE 0x10000

/* PE format, "Machine Types". */
enum { MACHINE_X86_64 = 0x8664, MACHINE_ARM64 = 0xaa64 };

/* ELF-64 object file format, e_machine. */
enum { ELF_MACHINE = 0x12, ELF_X86_64 = 62, ELF_AARCH64 = 183 };

struct start {
	uint8_t byte[4096];
	size_t length;
};

static bool refuse(const char *path, const char *what)
{
	fprintf(stderr, "cvmem vm: %s: %s\n", path, what);
	return false;
}

static void read_at(const char *path, long offset, struct start *start)
{
	FILE *file = fopen(path, "rb");

	memset(start, 0, sizeof(*start));
	if (!file)
		return;
	if (!fseek(file, offset, SEEK_SET))
		start->length = fread(start->byte, 1, sizeof(start->byte), file);
	fclose(file);
}

static void read_start(const char *path, struct start *start)
{
	read_at(path, 0, start);
}

static bool has(const struct start *start, size_t at, const char *magic)
{
	return !memcmp(start->byte + at, magic, strlen(magic));
}

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case 0x14c:
		return "is for i386, and the machine is x86-64";
	case 0xaa64:
		return "is for arm64, and the machine is x86-64";
	case 0x5064:
		return "is for riscv64, and the machine is x86-64";
	case 0x6264:
		return "is for loongarch64, and the machine is x86-64";
	default:
		return "is for another processor than x86-64";
	}
}

bool vm_kernel_bootable(const char *path)
{
	struct start start;
	struct pe pe;

	read_start(path, &start);
	if (pe_open((struct bytes){ start.byte, start.length }, &pe))
		return pe.machine == MACHINE_X86_64 || refuse(path, machine_name(pe.machine));
	if (!start.length)
		return refuse(path, "is empty");
	if (has(&start, 0, "\177ELF"))
		return refuse(path, "is an ELF file; give the kernel's arch/x86/boot/bzImage, or "
				    "--firmware shim for one with an entry for PVH");
	/* Linux, Documentation/arch/x86/boot.rst. */
	if (has(&start, 0x202, "HdrS"))
		return refuse(path, "has no EFI stub (CONFIG_EFI_STUB), and the firmware of a "
				    "confidential guest starts no other kernel");
	return refuse(path, "is not a kernel with an EFI stub; `cvmem inspect' says what it is");
}

bool vm_is_elf(const char *path)
{
	struct start start;

	read_start(path, &start);
	return has(&start, 0, "\177ELF");
}

bool vm_elf_bootable(const char *path)
{
	struct start start;

	read_start(path, &start);
	return start.byte[ELF_MACHINE] == ELF_X86_64 ||
	       refuse(path, "is an ELF file for another processor than x86-64");
}

/* QEMU starts an image of Linux, plain or compressed, and an ELF file. */
bool vm_realm_bootable(const char *path)
{
	struct start start;
	struct pe pe;

	read_start(path, &start);
	if (!start.length)
		return refuse(path, "is empty");
	if (has(&start, 0, "\177ELF"))
		return start.byte[ELF_MACHINE] == ELF_AARCH64 ||
		       refuse(path, "is an ELF file for another processor than arm64");
	if (pe_open((struct bytes){ start.byte, start.length }, &pe))
		return pe.machine == MACHINE_ARM64 ||
		       refuse(path, "is for another processor than arm64, which a Realm needs");
	if (has(&start, 0x202, "HdrS"))
		return refuse(path, "is for x86-64, and a Realm needs a kernel for arm64");
	return true;
}

bool vm_disk_bootable(const char *path)
{
	static const struct {
		size_t at;
		const char *magic, *what;
	} formats[] = {
		{ 0, "\037\213", "is compressed by gzip; unpack it" },
		{ 0, "\3757zXZ", "is compressed by xz; unpack it" },
		{ 0, "\050\265\057\375", "is compressed by zstd; unpack it" },
		{ 0, "conectix", "is a dynamic VHD; `qemu-img convert -O qcow2' makes a qcow2" },
		{ 0, "vhdxfile", "is a VHDX; `qemu-img convert -O qcow2' makes a qcow2" },
		{ 0, "KDMV", "is a VMDK; `qemu-img convert -O qcow2' makes a qcow2" },
		{ 0x40, "\177\020\332\276", "is a VDI; `qemu-img convert -O qcow2' makes a qcow2" },
	};
	struct start start;

	read_start(path, &start);
	if (!start.length)
		return refuse(path, "is empty");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (has(&start, formats[i].at, formats[i].magic))
			return refuse(path, formats[i].what);
	return true;
}

/*
 * UEFI 2.11, 5.2 and 13.3: an MBR, which a GPT has before it, FAT, and El Torito on ISO 9660. The
 * firmware also reads UDF (ECMA-167, 2/9.1.2). FAT's first byte is that of a jump. What is inside
 * a qcow2 is not looked at.
 */
static bool may_have_loader(const char *path)
{
	struct start start, descriptor;

	read_start(path, &start);
	read_at(path, 16 * 2048, &descriptor);
	return has(&start, 510, "\x55\xaa") || has(&start, 0, "\xeb") || has(&start, 0, "\xe9") ||
	       has(&descriptor, 1, "CD001") || has(&descriptor, 1, "BEA01") ||
	       has(&start, 0, "QFI\xfb");
}

bool vm_disks_have_loader(const char *const *path, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (may_have_loader(path[i]))
			return true;
	return refuse(path[0], "has no partition table and no file system that the firmware reads; "
			       "give the image of a disk, raw or qcow2, with an EFI system "
			       "partition, or a kernel by --kernel");
}

bool vm_firmware_bootable(const char *path)
{
	struct stat stat_of;

	if (stat(path, &stat_of) || (stat_of.st_size && !(stat_of.st_size % FIRMWARE_MULTIPLE)))
		return true;
	return refuse(path, "is not a whole firmware, the size of which is a multiple of 64 KiB. "
			    "OVMF_CODE and OVMF_VARS are for flash devices, which QEMU has for no "
			    "TDX or SEV-SNP guest; give OVMF.fd, which is both");
}
