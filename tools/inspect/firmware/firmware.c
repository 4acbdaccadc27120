/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/firmware.h"

#include "tools/inspect/firmware/sev_lint.h"
#include "tools/inspect/firmware/tdvf_lint.h"

#define MACHINE_ARM64 0xaa64
#define MACHINE_ARM   0x01c2

bool fw_firmware_is(struct bytes file)
{
	struct guid_table table;
	struct metadata tdvf;

	if (bytes_are(file, 0, "IGVM", 4))
		return true;
	/* EFI_FIRMWARE_VOLUME_HEADER: 16 zeros, or a reset vector; the signature is at 40. */
	if (bytes_are(file, 40, "_FVH", 4))
		return true;
	if (guid_table_open(&table, file) != GUID_TABLE_ABSENT)
		return true;
	tdvf_read(&tdvf, file);
	/* Arm's images begin with code that jumps over the header of the volume. */
	return tdvf.present ||
	       (bytes_have(file, 0x1000, 44) && bytes_are(file, 0x1000 + 40, "_FVH", 4));
}

/* The machine of the first module that runs: SEC, else the PEI core, else any. */
static uint16_t find_machine(const struct fw_volumes *volumes)
{
	static const uint8_t order[] = { FW_FILE_SEC, FW_FILE_PEI_CORE, FW_FILE_DXE_CORE };

	for (size_t k = 0; k < sizeof(order); k++)
		for (size_t i = 0; i < volumes->module_count; i++)
			if (volumes->module[i].type == order[k] && volumes->module[i].machine)
				return volumes->module[i].machine;
	return volumes->module_count ? volumes->module[0].machine : 0;
}

static enum fw_kind find_kind(const struct fw_firmware *firmware)
{
	if (firmware->igvm.present)
		return FW_KIND_IGVM;
	if (firmware->table.present || firmware->tdvf.present || firmware->volumes.code)
		return FW_KIND_IMAGE;
	if (firmware->volumes.stores)
		return FW_KIND_VARIABLES;
	return firmware->volumes.count ? FW_KIND_IMAGE : FW_KIND_NONE;
}

/* Arm firmware needs no metadata of x86 platforms. */
static void judge_arm(struct fw_acceptance *acceptance)
{
	static const char why[] = "an Arm firmware. A realm's memory is made RAM by the kernel, "
				  "all at once at boot; neither "
				  "this firmware nor Linux accepts memory lazily on Arm";

	acceptance->tdx.accept = acceptance->snp.accept = FW_ACCEPT_NO_GUEST;
	memcpy(acceptance->tdx.why, why, sizeof(why));
	memcpy(acceptance->snp.why, why, sizeof(why));
}

static void judge(struct fw_firmware *firmware, struct bytes file)
{
	struct fw_lints *lints = &firmware->lints;

	if (firmware->kind == FW_KIND_VARIABLES) {
		fw_lint_add(lints, FW_ERROR, "split-vars", 0,
			    "the variable store of a split image (VARS), 0x%llx bytes, without "
			    "code: give the code part (CODE) too; a confidential guest needs both "
			    "in one file, VARS first",
			    (unsigned long long)firmware->volumes.store_size);
		return;
	}
	/* With TDVF metadata its lint reports it; without, a volume with code shows it. */
	if (firmware->kind == FW_KIND_IMAGE && firmware->table.present && !firmware->tdvf.present &&
	    firmware->volumes.code && !firmware->volumes.stores)
		fw_lint_add(
			lints, FW_NOTE, "split-code", 0,
			"the code part of a split image (CODE): no volume with variables is in it");
	if (fw_accept_is_shim(file)) {
		fw_accept_judge_shim(&firmware->acceptance, &firmware->tdvf, &firmware->sev);
		return;
	}
	fw_accept_judge(&firmware->acceptance, &firmware->volumes, &firmware->tdvf, &firmware->sev,
			lints);
	if (firmware->machine == MACHINE_ARM64 || firmware->machine == MACHINE_ARM)
		judge_arm(&firmware->acceptance);
}

bool fw_firmware_read(struct fw_firmware *firmware, struct bytes file)
{
	struct fw_lints *lints = &firmware->lints;

	memset(firmware, 0, sizeof(*firmware));
	fw_igvm_read(&firmware->igvm, file, lints);
	if (firmware->igvm.present) {
		firmware->kind = FW_KIND_IGVM;
		return true;
	}
	fw_table_read(&firmware->table, file, lints);
	tdvf_read(&firmware->tdvf, file);
	firmware->tdvf_usable = fw_tdvf_lint(&firmware->tdvf, file, lints);
	sev_read(&firmware->sev, file);
	firmware->sev_usable = fw_sev_lint(&firmware->sev, file, lints);
	if (!fw_volumes_read(&firmware->volumes, file, lints))
		return false;
	firmware->kind = find_kind(firmware);
	firmware->machine = find_machine(&firmware->volumes);
	if (firmware->kind != FW_KIND_NONE)
		judge(firmware, file);
	return true;
}

void fw_firmware_free(struct fw_firmware *firmware)
{
	fw_volumes_free(&firmware->volumes);
}
