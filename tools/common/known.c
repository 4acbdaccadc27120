/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/known.h"
#include "tools/common/words.h"

/* Fixes of stable branches and distributions make a kernel better than its version says. */
static const struct known_bad rows[] = {
	{
		.part = KNOWN_KERNEL,
		.name = "table-longer-than-page",
		.from = "6.12",
		.before = "6.12.107",
		.above_gib = 64,
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "panics before its console: of a table of unaccepted memory that is longer "
			"than a page, the rest is not mapped",
		.cure = "take 6.12.107, or 7.2",
		.source = "canonical/tdx#421; efi: Fix reservation of unaccepted memory table",
	},
	{
		.part = KNOWN_KERNEL,
		.name = "table-longer-than-page",
		.from = "6.13",
		.before = "7.0",
		.above_gib = 64,
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "may panic in accept_memory(): up to a page of the table of unaccepted "
			"memory is not reserved",
		.cure = "take 7.0, or a stable version with the commit 0862438c9048",
		.source = "Linux 0862438c9048, efi: Fix reservation of unaccepted memory table",
	},
	{
		.part = KNOWN_KERNEL,
		.name = "parallel-lockup",
		.from = "6.5",
		.before = "6.6",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "soft lockups where 16 or more vCPUs accept memory at the same time",
		.cure = "take 6.6",
		.source = "Linux 50e782a86c98, efi/unaccepted: Fix soft lockups caused by parallel "
			  "memory acceptance",
	},
	{
		.part = KNOWN_KERNEL,
		.name = "endless-reclaim",
		.from = "6.5",
		.before = "6.11",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "may hang at boot: it reclaims for ever instead of accepting memory",
		.cure = "take 6.11, or a stable version with the commit 807174a93d24",
		.source = "Linux 807174a93d24, mm: fix endless reclaim on machines with unaccepted "
			  "memory",
	},
	{
		.part = KNOWN_KERNEL,
		.name = "hot-add",
		.from = "6.5",
		.before = "99",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.hotplug = true,
		.what = "does not accept memory that is added while it runs: the first access ends "
			"the guest",
		.cure = "start the guest with all of its memory",
		.source = "Linux 7.2, mm/memory_hotplug.c; mm: Add support for unaccepted memory "
			  "hotplug, 2026-01-28, not merged",
	},
	{
		.part = KNOWN_REALM,
		.name = "realm-bbml2",
		.from = "6.18",
		.before = "7.0",
		.what = "on processors with FEAT_BBM level 2 (Neoverse V3), whose linear map is "
			"of large blocks, its interrupt controller's tables cannot be shared: "
			"\"Failed to decrypt memory\", and there are no MSIs",
		.cure = "take 7.0",
		.source = "boots of Debian's 6.18.15 and 6.19.14 as realms",
	},
	{
		.part = KNOWN_KERNEL,
		.name = "real-time-dmi",
		.from = "5.19",
		.before = "6.15",
		.flavour = "-rt",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.no_guest = true,
		.what = "with PREEMPT_RT it uses no EFI runtime services, forgets the firmware's "
			"map, and reads the DMI tables, which are private, as shared memory",
		.cure = "take 6.15, or start it with efi=runtime",
		.source = "tried with Linux 6.1.0-50, 6.12.43 to 6.12.117 and 6.16.3; x86/mm: Make "
			  "memremap(MEMREMAP_WB) map memory as encrypted by default",
	},
	{
		.part = KNOWN_OPTION,
		.name = "no-pat",
		.from = "CONFIG_X86_PAT",
		.platforms = KNOWN_SNP,
		.what = "an SEV-SNP guest hangs before its console",
		.cure = "build it with CONFIG_X86_PAT and CONFIG_MTRR",
		.source = "kata-containers#11779",
	},
	{
		.part = KNOWN_OPTION,
		.name = "no-efi-stub",
		.from = "CONFIG_EFI_STUB",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "nothing in it reads the firmware's map and passes unaccepted memory on",
		.cure = "build it with CONFIG_EFI_STUB",
		.source = "Linux, drivers/firmware/efi/libstub; kata-containers#11779",
	},
	{
		.part = KNOWN_LOADER,
		.name = "grub-own-map",
		.from = "2.02",
		.before = "2.12",
		.platforms = KNOWN_TDX | KNOWN_SNP,
		.what = "its command `linux' reserves the memory that firmware has not accepted, "
			"and enters the kernel in 32 bits",
		.cure = "start the kernel with `linuxefi', or take GRUB 2.12",
		.source = "AMDESE/AMDSEV#200 and #273",
	},
	/* The releases of EDK II are in February, May, August and November. */
	{
		.part = KNOWN_FIRMWARE,
		.name = "before-snp",
		.from = "2010",
		.before = "2022.02",
		.platforms = KNOWN_SNP,
		.no_guest = true,
		.what = "has no code for SEV-SNP",
		.cure = "take 2024.11",
		.source = "EDK II, OvmfPkg: Add AMD Secure Nested Paging (SEV-SNP) support, "
			  "December 2021",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "before-tdx",
		.from = "2010",
		.before = "2022.05",
		.platforms = KNOWN_TDX,
		.no_guest = true,
		.what = "has no code for TDX",
		.cure = "take 2022.11",
		.source = "EDK II, OvmfPkg: Enable TDX in OvmfPkgX64, April 2022",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "tdx-accepts-all",
		.from = "2022.05",
		.before = "2022.11",
		.platforms = KNOWN_TDX,
		.what = "accepts all memory of a TDX guest before the OS starts",
		.cure = "take 2022.11",
		.source = "tianocore/edk2#3572",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "snp-accepts-all",
		.from = "2022.02",
		.before = "2023.02",
		.platforms = KNOWN_SNP,
		.what = "accepts all memory of an SEV-SNP guest before the OS starts",
		.cure = "take 2024.11",
		.source = "tianocore/edk2#3889 and #3954",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "snp-secrets-overwritten",
		.from = "2022.02",
		.before = "2023.05",
		.platforms = KNOWN_SNP,
		.what = "describes CPUID page and secrets in boot-services memory, which the OS "
			"may overwrite",
		.cure = "take 2024.11",
		.source = "tianocore/edk2#4313",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "snp-page-tables",
		.from = "2022.02",
		.before = "2023.08",
		.above_gib = 512,
		.platforms = KNOWN_SNP,
		.what = "crashes: its page tables end at 512 GiB",
		.cure = "take 2024.11",
		.source = "tianocore/edk2#4473",
	},
	{
		.part = KNOWN_FIRMWARE,
		.name = "snp-early-variables",
		.from = "2022.11",
		.before = "2024.11",
		.platforms = KNOWN_SNP,
		.secure_boot = true,
		.no_guest = true,
		.what = "with Secure Boot built in it copies its variables to memory that it "
			"validates afterwards, and is terminated",
		.cure = "take 2024.11",
		.source = "tianocore/edk2#6285; AMDESE/AMDSEV#261",
	},
};

char *known_release(const char *version)
{
	static const char *const prefixes[] = { "edk2-stable", "edk2-", "" };
	unsigned year, month;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(version, prefixes[i], length))
			continue;
		version += length;
		if (length && strspn(version, "0123456789") < strlen("YYYYMM"))
			return NULL;
		if (sscanf(version, length ? "%4u%2u" : "%4u.%2u", &year, &month) != 2 ||
		    year < 2010 || year > 2099 || !month || month > 12)
			return NULL;
		return text_of("%04u.%02u", year, month);
	}
	return NULL;
}

/* The next number of a version, and moves past it; 0 at the end. */
static unsigned long next_number(const char **at)
{
	unsigned long number = 0;

	while (isdigit((unsigned char)**at)) {
		number = number * 10 + (unsigned long)(**at - '0');
		number = number > 1000000 ? 1000000 : number;
		++*at;
	}
	if (**at == '.' && isdigit((unsigned char)(*at)[1]))
		++*at;
	else
		*at = "";
	return number;
}

int known_compare(const char *version, const char *other)
{
	while (*version || *other) {
		unsigned long one = next_number(&version), two = next_number(&other);

		if (one != two)
			return one < two ? -1 : 1;
	}
	return 0;
}

const struct known_bad *known_named(enum known_part part, const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].part == part && !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct known_bad *known_next(const struct known_bad *last, enum known_part part,
				   const char *version)
{
	const struct known_bad *end = rows + sizeof(rows) / sizeof(rows[0]);

	for (const struct known_bad *row = last ? last + 1 : rows; row < end; row++) {
		if (row->part != part)
			continue;
		if (part == KNOWN_OPTION) {
			if (!strcmp(row->from, version))
				return row;
			continue;
		}
		if (row->flavour && !strstr(version, row->flavour))
			continue;
		if (isdigit((unsigned char)*version) && known_compare(version, row->from) >= 0 &&
		    known_compare(version, row->before) < 0)
			return row;
	}
	return NULL;
}
