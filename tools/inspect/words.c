/* SPDX-License-Identifier: MIT */
#include "tools/inspect/inspect.h"

static const struct {
	const char *word, *name;
	enum inspect_role role;
} kinds[INSPECT_KINDS] = {
	[INSPECT_UNKNOWN] = { "unknown", "unknown", ROLE_NONE },
	[INSPECT_BZIMAGE] = { "bzimage", "Linux kernel (bzImage)", ROLE_KERNEL },
	[INSPECT_VMLINUX] = { "vmlinux", "Linux kernel (vmlinux)", ROLE_KERNEL },
	[INSPECT_UKI] = { "uki", "unified kernel image", ROLE_KERNEL },
	[INSPECT_ZBOOT] = { "zboot", "Linux kernel (compressed EFI image)", ROLE_KERNEL },
	[INSPECT_ARM64_IMAGE] = { "arm64-image", "Linux kernel (arm64 Image)", ROLE_KERNEL },
	[INSPECT_GRUB] = { "grub", "GRUB", ROLE_LOADER },
	[INSPECT_SYSTEMD_BOOT] = { "systemd-boot", "systemd-boot", ROLE_LOADER },
	[INSPECT_SHIM] = { "shim", "shim", ROLE_LOADER },
	[INSPECT_PE] = { "pe", "EFI program", ROLE_LOADER },
	[INSPECT_DISK] = { "disk", "disk image", ROLE_DISK },
	[INSPECT_FAT] = { "fat", "FAT file system", ROLE_DISK },
	[INSPECT_FIRMWARE] = { "firmware", "firmware", ROLE_FIRMWARE },
	[INSPECT_VARIABLES] = { "variables", "variables of a firmware", ROLE_VARIABLES },
	[INSPECT_ADDON] = { "addon", "add-on of a unified kernel image", ROLE_ADDON },
	[INSPECT_LINUX] = { "linux", "Linux kernel for another processor", ROLE_KERNEL },
	[INSPECT_PROGRAM] = { "program", "program with Linux's boot header", ROLE_KERNEL },
	[INSPECT_ISO] = { "iso", "ISO 9660 image", ROLE_DISK },
	[INSPECT_ACCEPTOR] = { "acceptor", "cvmem's EFI image that accepts memory", ROLE_ACCEPTOR },
	[INSPECT_PVH] = { "pvh", "ELF kernel with an entry for PVH", ROLE_KERNEL },
	[INSPECT_FOLDER] = { "folder", "folder", ROLE_DISK },
};

static const char *word(const char *const *words, size_t count, size_t index)
{
	return index < count ? words[index] : "?";
}

#define WORD(words, index) word(words, sizeof(words) / sizeof(words[0]), (size_t)(index))

const char *inspect_kind_name(enum inspect_kind kind)
{
	return kind < INSPECT_KINDS ? kinds[kind].name : "?";
}

const char *inspect_kind_word(enum inspect_kind kind)
{
	return kind < INSPECT_KINDS ? kinds[kind].word : "?";
}

enum inspect_role inspect_role(enum inspect_kind kind)
{
	return kind < INSPECT_KINDS ? kinds[kind].role : ROLE_NONE;
}

const char *inspect_question_word(enum inspect_question question)
{
	static const char *const words[] = { "unaccepted", "negotiates", "tdx", "snp" };

	return WORD(words, question);
}

const char *inspect_answer_word(enum inspect_answer answer)
{
	static const char *const words[] = { "unknown", "yes", "no" };

	return WORD(words, answer);
}

const char *inspect_strength_word(enum inspect_strength strength)
{
	static const char *const words[] = { "guess", "absence",  "string", "immediate",
					     "GUID",  "metadata", "config" };

	return WORD(words, strength);
}

const char *inspect_level_word(enum inspect_level level)
{
	static const char *const words[] = { "note", "warning", "error" };

	return WORD(words, level);
}
