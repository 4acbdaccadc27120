/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/commands.h"
#include "tools/vm/boot.h"
#include "tools/vm/bootable.h"
#include "tools/vm/files.h"
#include "tools/vm/judge.h"
#include "tools/vm/qemu.h"
#include "tools/vm/setup.h"

static bool set_up_arm(const struct vm_options *options, bool qemu_installed)
{
	const char *parts[4];
	size_t count = 0;

	if (!qemu_installed)
		parts[count++] = VM_PART_QEMU_ARM;
	if (options->setup || options->demonstration)
		parts[count++] = VM_PART_GUEST_ARM64;
	if (options->setup || (options->demonstration && !options->kernel))
		parts[count++] = VM_PART_LINUX_ARM64;
	parts[count] = NULL;
	return vm_setup(parts);
}

static bool set_up(const struct vm_options *options, bool qemu_installed)
{
	const char *parts[6];
	size_t count = 0;

	if (options->platform == VM_CCA)
		return set_up_arm(options, qemu_installed);
	if (!qemu_installed)
		parts[count++] = VM_PART_QEMU;
	if (options->setup || options->demonstration || !options->firmware)
		parts[count++] = VM_PART_GUEST;
	if (options->setup || (options->demonstration && !options->kernel))
		parts[count++] = VM_PART_LINUX;
	if (options->setup) {
		parts[count++] = VM_PART_LINUX_6_12;
		parts[count++] = VM_PART_EXTRAS;
	}
	parts[count] = NULL;
	return vm_setup(parts);
}

/* Said before anything is fetched or made. */
static bool files_usable(const struct vm_options *options)
{
	bool ok = (!options->kernel || vm_readable(options->kernel)) &&
		  (!options->initrd || vm_readable(options->initrd)) &&
		  (!options->firmware || vm_is_shim(options) || vm_readable(options->firmware)) &&
		  (!options->symbols || vm_readable(options->symbols)) &&
		  (!options->json || vm_writable(options->json)) &&
		  (!options->trace || vm_writable(options->trace)) &&
		  (!options->report || vm_writable(options->report));

	for (size_t i = 0; i < options->disks; i++)
		ok = ok && vm_readable(options->disk[i]);
	return ok;
}

static bool kernel_bootable(const struct vm_options *options)
{
	if (options->platform == VM_CCA)
		return vm_realm_bootable(options->kernel);
	/* A command or shell runs in Linux, whose ELF file cannot start so. */
	if (vm_is_shim(options) && !options->demonstration && vm_is_elf(options->kernel))
		return vm_elf_bootable(options->kernel);
	return vm_kernel_bootable(options->kernel);
}

/* By UEFI firmware. Another may read a disk in its own way, and arguments of QEMU may add what it
 * boots from. */
static bool disk_boots(const struct vm_options *options)
{
	return options->disks && !options->kernel && !options->demonstration &&
	       !options->firmware && !options->qemu_argument_count;
}

/* Of those that a user named. */
static bool files_bootable(const struct vm_options *options)
{
	bool ok = (!options->kernel || kernel_bootable(options)) &&
		  (!options->firmware || vm_is_shim(options) ||
		   vm_firmware_bootable(options->firmware));

	for (size_t i = 0; i < options->disks; i++)
		ok = ok && vm_disk_bootable(options->disk[i]);
	return ok && (!disk_boots(options) || vm_disks_have_loader(options->disk, options->disks));
}

int cmd_vm(int argc, char **argv)
{
	struct vm_options options;
	bool qemu_installed;
	int failed;

	vm_options_parse(argc, argv, &options);
	failed = options.exec ? VM_NOT_RUN : CMD_FAILED;
	if (!files_usable(&options) || !files_bootable(&options))
		return failed;
	if (options.update || options.remove)
		return vm_setup_change(options.update ? "--update" : "--remove") ? CMD_OK : failed;
	qemu_installed = vm_qemu_installed(&options);
	if (!set_up(&options, qemu_installed))
		return failed;
	if (options.setup) {
		char *cache = vm_cache("");

		printf("everything is in %s\n", cache);
		free(cache);
		return CMD_OK;
	}
	if (options.print_command)
		return vm_print_command(&options, qemu_installed);
	return vm_boot(&options, qemu_installed);
}
