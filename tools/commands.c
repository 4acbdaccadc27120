/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

#include "tools/boot/options.h"
#include "tools/efi/options.h"
#include "tools/inspect/options.h"
#include "tools/map/options.h"
#include "tools/populate/options.h"
#include "tools/status/options.h"
#include "tools/vm/options.h"
#include "tools/warm/run.h"

const struct command commands[COMMANDS] = {
	[COMMAND_BOOT] = {
		.name = "boot",
		.help = "boot a confidential VM in this process, on a real memory map",
		.options = boot_option_table,
	},
	[COMMAND_EFI] = {
		.name = "efi",
		.help = "put an EFI image before a system that cannot accept memory, or take it out",
		.options = efi_option_table,
	},
	[COMMAND_INSPECT] = {
		.name = "inspect",
		.help = "say whether kernels, firmware, loaders and disks can leave memory "
			"unaccepted",
		.options = inspect_option_table,
		.takes_files = true,
	},
	[COMMAND_MAP] = {
		.name = "map",
		.help = "read memory maps: kernel logs, E820 and EFI tables, /sys/firmware/memmap",
		.options = map_option_table,
		.takes_files = true,
	},
	[COMMAND_POPULATE] = {
		.name = "populate",
		.help = "on a host: what populating a VM's memory before it runs is worth",
		.options = populate_option_table,
	},
	[COMMAND_STATUS] = {
		.name = "status",
		.help = "in a guest: how much memory is not accepted yet, and how fast it changes",
		.options = status_option_table,
	},
	[COMMAND_VM] = {
		.name = "vm",
		.help = "boot unmodified firmware and Linux in an emulated TDX, SEV-SNP or CCA guest",
		.options = vm_option_table,
	},
	[COMMAND_WARM] = {
		.name = "warm",
		.help = "in a guest: have the kernel accept the rest of memory in the background",
		.options = warm_option_table,
	},
};
