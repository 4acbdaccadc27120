/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/accept.h"

#include <stdio.h>

#include "formats/guid_table.h"
#include "tools/inspect/firmware/sev_lint.h"

#define SAY(answer, ...) snprintf((answer)->why, sizeof((answer)->why), __VA_ARGS__)

/* EDK2's file GUIDs of OvmfPkg/TdxDxe and OvmfPkg/AmdSevDxe. */
static const uint8_t tdx_dxe[GUID_SIZE] = GUID(0xe750224e, 0x7bce, 0x40af, 0xb5bb, 0x47e3611eb5c2);
static const uint8_t amd_sev_dxe[GUID_SIZE] =
	GUID(0x2ec9da37, 0xee35, 0x4de9, 0x86c5, 0x6d9a81dc38a7);

const char *fw_accept_name(enum fw_accept accept)
{
	static const char *const names[] = { "unknown",	 "not-a-guest",	    "all",
					     "below-4g", "below-4g-or-all", "kernel" };

	return names[accept];
}

const char *fw_accept_text(enum fw_accept accept)
{
	static const char *const texts[] = {
		"what it accepts is not known",
		"it does not run as such a guest",
		"it accepts all memory before the OS starts",
		"it accepts all memory below 4 GiB and leaves the rest: an OS that cannot accept "
		"memory does not see the rest",
		"it accepts all memory below 4 GiB and leaves the rest, if the loaded OS says that "
		"it can accept it; else it accepts all",
		("it accepts itself, the kernel and its initrd and leaves the rest, if the kernel "
		 "shows that it can accept it; else it accepts all"),
	};

	return texts[accept];
}

static bool is_code(const struct fw_module *module)
{
	return module->type == FW_FILE_SEC || module->type == FW_FILE_PEIM;
}

static const struct fw_module *find_driver(const struct fw_volumes *volumes, const uint8_t *guid)
{
	for (size_t i = 0; i < volumes->module_count; i++)
		if (!memcmp(volumes->module[i].guid, guid, GUID_SIZE))
			return &volumes->module[i];
	return NULL;
}

static const struct fw_module *find_core(const struct fw_volumes *volumes)
{
	for (size_t i = 0; i < volumes->module_count; i++)
		if (volumes->module[i].type == FW_FILE_DXE_CORE)
			return &volumes->module[i];
	return NULL;
}

/* A SEC or PEI module, which runs before the DXE core, with this evidence. */
static const struct fw_module *find_early(const struct fw_volumes *volumes, uint32_t shows)
{
	for (size_t i = 0; i < volumes->module_count; i++)
		if (is_code(&volumes->module[i]) && volumes->module[i].shows & shows)
			return &volumes->module[i];
	return NULL;
}

static void judge_type_15(struct fw_acceptance *acceptance, const struct fw_volumes *volumes)
{
	const struct fw_module *core = find_core(volumes);
	const char *why = "no DXE core was found";

	if (core && core->shows & FW_SHOWS_TYPE_15) {
		acceptance->type_15 = FW_KNOW_YES;
		why = "the DXE core's table of memory types has 16 entries, up to type 15";
	} else if (core && core->shows & FW_SHOWS_NO_TYPE_15) {
		acceptance->type_15 = FW_KNOW_NO;
		why = "the DXE core's table of memory types ends with type 14";
	} else if (core) {
		why = "the DXE core has no table of memory types that is known";
	}
	snprintf(acceptance->type_15_why, sizeof(acceptance->type_15_why), "%s", why);
}

/* Rules of both platforms; false: they gave the answer. */
static bool judge_core(struct fw_answer *answer, const struct fw_acceptance *acceptance,
		       const struct fw_volumes *volumes)
{
	if (!find_core(volumes)) {
		SAY(answer, "no DXE core was found%s: this is not, or not all of, an EDK2 firmware",
		    volumes->gaps ? " in what could be looked into" : "");
		return false;
	}
	if (acceptance->type_15 == FW_KNOW_UNKNOWN) {
		SAY(answer, "%s", acceptance->type_15_why);
		return false;
	}
	return true;
}

static bool judge_tdvf(struct fw_answer *answer, const struct metadata *tdvf)
{
	if (tdvf->present)
		return true;
	answer->accept = FW_ACCEPT_NO_GUEST;
	SAY(answer, "no TDVF metadata: a host finds nothing to build a TD from");
	return false;
}

static bool judge_sev(struct fw_answer *answer, const struct sev *sev)
{
	if (sev->metadata.present && fw_sev_has(&sev->metadata, SEV_CPUID) &&
	    fw_sev_has(&sev->metadata, SEV_SECRETS))
		return true;
	answer->accept = FW_ACCEPT_NO_GUEST;
	SAY(answer, "%s",
	    sev->metadata.present
		    ? "the SEV metadata has no CPUID page or no secrets page"
		    : "no SEV metadata: a host does not know which pages to validate");
	return false;
}

static void judge_tdx(struct fw_acceptance *acceptance, const struct fw_volumes *volumes,
		      const struct metadata *tdvf, struct fw_lints *lints)
{
	struct fw_answer *answer = &acceptance->tdx;
	const struct fw_module *driver = find_driver(volumes, tdx_dxe);

	if (!judge_tdvf(answer, tdvf))
		return;
	if (!judge_core(answer, acceptance, volumes))
		return;
	if (!driver && volumes->gaps) {
		SAY(answer, "no TdxDxe was found in what could be looked into");
		return;
	}
	if (!driver) {
		answer->accept = FW_ACCEPT_NO_GUEST;
		SAY(answer, "TDVF metadata, but none of the %zu drivers is TdxDxe",
		    volumes->module_count);
		fw_lint_add(
			lints, FW_ERROR, "not-tdx", tdvf->offset,
			"this is not a TDX firmware, in spite of its TDVF metadata: a firmware for "
			"TDs has the driver e750224e-7bce-40af-b5bb-47e3611eb5c2 (TdxDxe)");
		return;
	}
	if (!(driver->shows & FW_SHOWS_MEMORY_ACCEPT) || acceptance->type_15 == FW_KNOW_NO) {
		answer->accept = FW_ACCEPT_ALL;
		SAY(answer, "TdxDxe %s the GUID of the memory accept protocol; %s",
		    driver->shows & FW_SHOWS_MEMORY_ACCEPT ? "has" : "does not have",
		    acceptance->type_15_why);
		return;
	}
	if (!find_early(volumes, FW_SHOWS_BOUND)) {
		SAY(answer,
		    "TdxDxe has the GUID of the memory accept protocol, but the code of SEC that "
		    "goes through the host's list of memory is not seen to stop at 4 GiB: a build "
		    "with PcdAcceptMemoryEndAddress (earlier: PcdLazyAcceptPartialMemorySize) 0 "
		    "accepts all");
		return;
	}
	answer->accept = FW_ACCEPT_LOW;
	SAY(answer,
	    "the code of SEC that goes through the host's list of memory stops at 4 GiB; TdxDxe "
	    "has the GUID of the memory accept protocol (38c74800-...); %s. A TD's firmware is not "
	    "told what the OS can do",
	    acceptance->type_15_why);
}

static void judge_snp(struct fw_acceptance *acceptance, const struct fw_volumes *volumes,
		      const struct sev *sev, struct fw_lints *lints)
{
	struct fw_answer *answer = &acceptance->snp;
	const struct fw_module *driver = find_driver(volumes, amd_sev_dxe);
	const struct fw_module *early = find_early(volumes, FW_SHOWS_PVALIDATE);

	if (!judge_sev(answer, sev))
		return;
	if (!judge_core(answer, acceptance, volumes))
		return;
	if ((!driver || !early) && volumes->gaps) {
		SAY(answer, "no %s was found in what could be looked into",
		    driver ? "PVALIDATE" : "AmdSevDxe");
		return;
	}
	if (!driver || !early) {
		answer->accept = FW_ACCEPT_NO_GUEST;
		SAY(answer, "SEV metadata, but %s",
		    early ? "none of its drivers is AmdSevDxe"
			  : "no code for SEC or PEI has a PVALIDATE instruction");
		fw_lint_add(
			lints, FW_ERROR, "not-snp", sev->metadata.offset,
			"this is not an SNP firmware, in spite of its SEV metadata: %s",
			early ? "it has no driver 2ec9da37-ee35-4de9-86c5-6d9a81dc38a7 (AmdSevDxe)"
			      : "it cannot validate a page before its drivers run");
		return;
	}
	if (!(driver->shows & FW_SHOWS_MEMORY_ACCEPT) || acceptance->type_15 == FW_KNOW_NO) {
		answer->accept = FW_ACCEPT_ALL;
		SAY(answer, "AmdSevDxe %s the GUID of the memory accept protocol; %s",
		    driver->shows & FW_SHOWS_MEMORY_ACCEPT ? "has" : "does not have",
		    acceptance->type_15_why);
		return;
	}
	answer->accept =
		driver->shows & FW_SHOWS_SEV_ACCEPTANCE ? FW_ACCEPT_LOW_OR_ASKED : FW_ACCEPT_LOW;
	SAY(answer,
	    "AmdSevDxe has the GUID of the memory accept protocol (38c74800-...) and %s; %s",
	    driver->shows & FW_SHOWS_SEV_ACCEPTANCE
		    ? "that of the protocol by which an OS asks for unaccepted memory "
		      "(c5a010fe-...)"
		    : "not that of the protocol by which an OS asks for unaccepted memory",
	    acceptance->type_15_why);
}

void fw_accept_judge(struct fw_acceptance *acceptance, const struct fw_volumes *volumes,
		     const struct metadata *tdvf, const struct sev *sev, struct fw_lints *lints)
{
	memset(acceptance, 0, sizeof(*acceptance));
	judge_type_15(acceptance, volumes);
	judge_tdx(acceptance, volumes, tdvf, lints);
	judge_snp(acceptance, volumes, sev, lints);
}

/* shim/start.S. */
static const uint8_t shim[GUID_SIZE] = GUID(0x8f4d2c31, 0x6a07, 0x4b9e, 0xa1c8, 0x5d20f7e3946b);

bool fw_accept_is_shim(struct bytes file)
{
	struct guid_table_entry entry;

	return guid_table_find(file, shim, &entry);
}

void fw_accept_judge_shim(struct fw_acceptance *acceptance, const struct metadata *tdvf,
			  const struct sev *sev)
{
	static const char why[] = "its table of GUIDs has 8f4d2c31-6a07-4b9e-a1c8-5d20f7e3946b, by "
				  "which cvmem's own firmware names itself";

	memset(acceptance, 0, sizeof(*acceptance));
	if (judge_tdvf(&acceptance->tdx, tdvf)) {
		acceptance->tdx.accept = FW_ACCEPT_KERNEL;
		SAY(&acceptance->tdx, "%s", why);
	}
	if (judge_sev(&acceptance->snp, sev)) {
		acceptance->snp.accept = FW_ACCEPT_KERNEL;
		SAY(&acceptance->snp, "%s", why);
	}
	acceptance->type_15 = FW_KNOW_YES;
	memcpy(acceptance->type_15_why, why, sizeof(why));
}
