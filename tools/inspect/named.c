/* SPDX-License-Identifier: MIT */
/* Formats that are named, with what to do: what is in them cannot be looked at here. */
#include "tools/inspect/format.h"

/* What a server answers that does not have the file. */
#define HTML "a page of HTML or XML, as a failed download leaves it"

static const struct {
	uint64_t offset;
	const char *magic;
	size_t size;
	const char *name; /* of a disk's format; NULL: it is none */
	const char *what; /* of anything else */
} formats[] = {
	{ 0, "QFI\xfb", 4, "qcow2", NULL },
	{ 0, "KDMV", 4, "VMDK", NULL },
	{ 0, "# Disk Descriptor", 17, "VMDK", NULL },
	{ 0, "vhdxfile", 8, "VHDX", NULL },
	{ 0, "conectix", 8, "VHD (dynamic)", NULL },
	{ 0x40, "\x7f\x10\xda\xbe", 4, "VDI", NULL },
	{ 0, "QED", 4, "QED", NULL },
	{ 0, "WithoutFreeSpace", 16, "Parallels", NULL },
	{ 0, "WithouFreSpacExt", 16, "Parallels", NULL },
	{ 0, "Bochs Virtual HD Image", 22, "Bochs", NULL },
	{ 0, "\x3a\xff\x26\xed", 4, NULL,
	  "an Android sparse image; make a raw one of it by `simg2img'" },
	{ 257, "ustar", 5, NULL, "a tar archive; extract the image from it" },
	{ 0, "PK\3\4", 4, NULL, "a ZIP archive; extract the image from it" },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, NULL, "a 7z archive; extract the image from it" },
	{ 0, "!<arch>\n", 8, NULL,
	  "a Debian package or an archive of ar; unpack it by `dpkg -x' and give the image" },
	{ 0, "\xed\xab\xee\xdb", 4, NULL,
	  "an RPM package; unpack it by `rpm2cpio' and give the image" },
	{ 0, "070701", 6, NULL,
	  "a cpio archive, such as an initrd; it takes no part in the answer" },
	{ 0, "hsqs", 4, NULL, "a SquashFS file system, which is not read; give the kernel in it" },
	{ 0, "XFSB", 4, NULL, "an XFS file system, which is not read; give the kernel in it" },
	{ 0x10040, "_BHRfS_M", 8, NULL,
	  "a Btrfs file system, which is not read; give the kernel in it" },
	{ 0, "LUKS\xba\xbe", 6, NULL, "encrypted by LUKS; open it by `cryptsetup open' first" },
	{ 0, "#!", 2, NULL, "a script" },
	{ 0, "version https://git-lfs", 23, NULL,
	  "a pointer of Git LFS in the place of the file; fetch that by `git lfs pull'" },
	{ 0, "/annex/objects/", 15, NULL,
	  "a pointer of git-annex in the place of the file; fetch that by `git annex get'" },
	{ 0, "<!DOCTYPE", 9, NULL, HTML },
	{ 0, "<!doctype", 9, NULL, HTML },
	{ 0, "<html", 5, NULL, HTML },
	{ 0, "<?xml", 5, NULL, HTML },
	{ 0, "KDUMP   ", 8, NULL, "a dump of kdump; give the kernel that has made it" },
	{ 0, "[    0.0", 8, NULL, "a kernel's log; `cvmem map' reads it" },
	{ 0, "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/", 55, NULL,
	  "a kernel's configuration, which is read where it lies beside the kernel, as "
	  "config-VERSION" },
	{ 0, "\xd0\r\xfe\xed", 4, NULL,
	  "a device tree or a FIT image of U-Boot, which no TDX or SEV-SNP guest boots" },
	{ 0, "\x27\x05\x19\x56", 4, NULL,
	  "an image for U-Boot, which no TDX or SEV-SNP guest boots" },
};

static size_t find(struct bytes bytes)
{
	size_t i = 0;

	while (i < sizeof(formats) / sizeof(formats[0]) &&
	       !bytes_are(bytes, formats[i].offset, formats[i].magic, formats[i].size))
		i++;
	return i;
}

bool named_recognise(struct bytes bytes)
{
	return find(bytes) < sizeof(formats) / sizeof(formats[0]);
}

void named_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	size_t found = find(bytes);

	(void)limits;
	if (!formats[found].name) {
		inspect_unreadable(image, "other-format", "it is %s", formats[found].what);
		return;
	}
	image->kind = INSPECT_DISK;
	inspect_unreadable(
		image, "container",
		"a disk image of the format %s; make a raw one of it by `qemu-img convert -O raw'",
		formats[found].name);
}
