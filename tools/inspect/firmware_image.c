/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/guid_table.h"
#include "tools/common/known.h"
#include "tools/inspect/firmware/json.h"

bool fw_recognise(struct bytes bytes)
{
	return fw_firmware_is(bytes);
}

static enum inspect_answer is_guest(const struct fw_answer *answer)
{
	switch (answer->accept) {
	case FW_ACCEPT_UNKNOWN:
		return ANSWER_UNKNOWN;
	case FW_ACCEPT_NO_GUEST:
		return ANSWER_NO;
	default:
		return ANSWER_YES;
	}
}

static enum inspect_answer leaves(const struct fw_answer *answer)
{
	switch (answer->accept) {
	case FW_ACCEPT_LOW:
	case FW_ACCEPT_LOW_OR_ASKED:
	case FW_ACCEPT_KERNEL:
		return ANSWER_YES;
	case FW_ACCEPT_ALL:
	case FW_ACCEPT_NO_GUEST:
		return ANSWER_NO;
	default:
		return ANSWER_UNKNOWN;
	}
}

/* The kind of evidence for one platform's verdict: metadata, a GUID, or its absence. */
static enum inspect_strength strength(const struct fw_answer *answer, bool metadata)
{
	if (!metadata)
		return STRENGTH_METADATA;
	if (leaves(answer) != ANSWER_YES)
		return STRENGTH_ABSENCE;
	return answer->accept == FW_ACCEPT_LOW ? STRENGTH_IMMEDIATE : STRENGTH_GUID;
}

/*
 * Builds before 2023 name no version. November 2022 is the only release with lazy acceptance for
 * TDX (tianocore/edk2#3572) and not for SEV-SNP (#3889).
 */
static char *release_of(const struct fw_firmware *firmware)
{
	const struct fw_acceptance *acceptance = &firmware->acceptance;

	if (*firmware->volumes.version)
		return known_release(firmware->volumes.version);
	if (acceptance->tdx.accept == FW_ACCEPT_LOW && acceptance->snp.accept == FW_ACCEPT_ALL)
		return known_release("2022.11");
	return NULL;
}

/* A row of the known bad versions that is about this firmware as such a guest; NULL: no more. */
static const struct known_bad *next_known(const struct fw_firmware *firmware,
					  enum inspect_question platform,
					  const struct known_bad *row)
{
	unsigned int bit = platform == ASK_TDX ? KNOWN_TDX : KNOWN_SNP;
	const struct fw_volumes *volumes = &firmware->volumes;
	/* Without the variables in the same file there is nothing to copy. */
	bool secure_boot = volumes->secure_boot && volumes->stores;
	char *release = release_of(firmware);

	while (release && (row = known_next(row, KNOWN_FIRMWARE, release)) &&
	       (!(row->platforms & bit) || (row->secure_boot && !secure_boot)))
		;
	free(release);
	return release ? row : NULL;
}

/* Fixes of distributions make a firmware better than its version says; so its code decides, except
 * for what no code that is searched for shows. */
static const struct known_bad *prevented(const struct fw_firmware *firmware,
					 enum inspect_question platform)
{
	const struct known_bad *row = NULL;

	while ((row = next_known(firmware, platform, row)) && !(row->no_guest && row->secure_boot))
		;
	return row;
}

static void note_known(struct inspect_image *image, const struct fw_firmware *firmware)
{
	static const enum inspect_question platforms[] = { ASK_TDX, ASK_SNP };
	const char *version = firmware->volumes.version;

	for (size_t i = 0; i < 2; i++) {
		const struct known_bad *row = NULL;

		if (inspect_answer(image, platforms[i]) == ANSWER_UNKNOWN)
			continue;
		while ((row = next_known(firmware, platforms[i], row))) {
			char memory[48] = "";

			if (row->above_gib)
				snprintf(memory, sizeof(memory), "with more than %u GiB it ",
					 row->above_gib);
			inspect_note(image, LEVEL_WARNING, row->name, "EDK II %s: %s%s; %s (%s)",
				     *version ? version : "2022.11", memory, row->what, row->cure,
				     row->source);
		}
	}
}

static void say_platform(struct inspect_image *image, const struct fw_answer *answer,
			 enum inspect_question platform, bool metadata, bool usable, bool needs_smm,
			 const struct known_bad *prevented)
{
	const char *name = platform == ASK_TDX ? "TDX" : "SEV-SNP";
	enum inspect_answer guest = is_guest(answer);

	if (guest == ANSWER_YES && prevented) {
		inspect_say(image, platform, ANSWER_NO, STRENGTH_METADATA, "%s (%s)",
			    prevented->what, prevented->source);
		return;
	}
	if (guest == ANSWER_YES && needs_smm) {
		inspect_say(image, platform, ANSWER_NO, STRENGTH_METADATA,
			    "it is built for system management mode, which no such guest has: it "
			    "contains SmmControl2Dxe");
		return;
	}
	if (guest == ANSWER_YES && !usable) {
		inspect_say(image, platform, ANSWER_NO, STRENGTH_METADATA,
			    "its metadata has errors (below), with which no host starts it");
		return;
	}
	if (guest != ANSWER_UNKNOWN)
		inspect_say(image, platform, guest,
			    guest == ANSWER_NO ? strength(answer, metadata) : STRENGTH_METADATA,
			    "%s",
			    guest == ANSWER_NO ? answer->why
					       : "its metadata says so, and its drivers do");
	if (guest == ANSWER_NO)
		return;
	inspect_fact(image, platform == ASK_TDX ? "as a TDX guest" : "as an SEV-SNP guest", "%s",
		     fw_accept_text(answer->accept));
	if (leaves(answer) != ANSWER_UNKNOWN)
		inspect_say(image, ASK_UNACCEPTED, leaves(answer), strength(answer, metadata),
			    "%s: %s", name, answer->why);
}

static void say_answers(struct inspect_image *image, const struct fw_firmware *firmware)
{
	const struct fw_acceptance *acceptance = &firmware->acceptance;
	bool tdx = firmware->tdvf.present, snp = firmware->sev.metadata.present;
	enum fw_accept on_snp = acceptance->snp.accept;

	say_platform(image, &acceptance->tdx, ASK_TDX, tdx, firmware->tdvf_usable,
		     firmware->volumes.needs_smm, prevented(firmware, ASK_TDX));
	say_platform(image, &acceptance->snp, ASK_SNP, snp, firmware->sev_usable,
		     firmware->volumes.needs_smm, prevented(firmware, ASK_SNP));
	if (inspect_answer(image, ASK_TDX) == ANSWER_NO &&
	    inspect_answer(image, ASK_SNP) == ANSWER_NO)
		inspect_say(image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_METADATA,
			    "it is no firmware for a TDX or SEV-SNP guest");
	if (on_snp == FW_ACCEPT_LOW_OR_ASKED)
		inspect_say(image, ASK_NEGOTIATES, ANSWER_YES, STRENGTH_GUID,
			    "AmdSevDxe has the GUID of the protocol, "
			    "c5a010fe-38a7-4531-8a4a-0500d2fd1649");
	else if (on_snp == FW_ACCEPT_KERNEL)
		inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_GUID,
			    "it judges the kernel's image instead");
	else if (on_snp != FW_ACCEPT_UNKNOWN)
		inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_ABSENCE,
			    "no AmdSevDxe with the GUID c5a010fe-38a7-4531-8a4a-0500d2fd1649");
	image->judges_kernel = on_snp == FW_ACCEPT_KERNEL;
	image->eager_tdx = acceptance->tdx.accept == FW_ACCEPT_ALL;
	image->eager_snp = acceptance->snp.accept == FW_ACCEPT_ALL;
}

static uint8_t *copy(struct bytes bytes)
{
	uint8_t *data = malloc(bytes.size + 1);

	if (data)
		memcpy(data, bytes.data, bytes.size);
	return data;
}

/* Keys that are no certificates sign, or allow, more than can be told. */
static void keep_keys(struct inspect_image *image, const struct fw_keys *from)
{
	struct inspect_keys *keys = from->others ? NULL : calloc(1, sizeof(*keys));

	if (!keys)
		return;
	for (size_t i = 0; i < from->count; i++) {
		keys->name[keys->count] = copy(from->subject[i]);
		keys->size[keys->count] = from->subject[i].size;
		keys->count += keys->name[keys->count] != NULL;
	}
	image->keys = keys;
}

/* Without a driver of Secure Boot's nothing reads the keys. */
static void add_keys(struct inspect_image *image, const struct fw_volumes *volumes)
{
	const struct fw_keys *keys = &volumes->keys;
	char names[300] = "";
	size_t used = 0;

	if (!keys->enforced || (image->kind == INSPECT_FIRMWARE && !volumes->secure_boot))
		return;
	for (size_t i = 0; i < keys->count && used < sizeof(names) - 1; i++) {
		struct bytes name = fw_keys_common_name(keys->subject[i]);

		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%.*s",
					 i ? ", " : "", (int)name.size, (const char *)name.data);
	}
	inspect_fact(image, "Secure Boot", "on, by the keys in its variables: %s%s",
		     *names ? names : "no certificate", keys->others ? ", and others" : "");
	if (image->kind == INSPECT_FIRMWARE)
		keep_keys(image, keys);
}

static void add_facts(struct inspect_image *image, const struct fw_firmware *firmware)
{
	static const char *const known[] = { "not known", "no", "yes" };
	const struct fw_volumes *volumes = &firmware->volumes;
	const char *machine = fw_machine_name(firmware->machine);

	if (machine)
		inspect_fact(image, "machine", "%s", machine);
	if (firmware->tdvf.present)
		inspect_fact(image, "TDVF metadata", "%zu sections at 0x%llx%s, %s",
			     firmware->tdvf.count, (unsigned long long)firmware->tdvf.offset,
			     firmware->tdvf.legacy ? " (by the older offset)" : "",
			     firmware->tdvf_usable ? "in order" : "with errors");
	if (firmware->sev.metadata.present)
		inspect_fact(image, "SEV metadata", "%zu sections at 0x%llx, %s",
			     firmware->sev.metadata.count,
			     (unsigned long long)firmware->sev.metadata.offset,
			     firmware->sev_usable ? "in order" : "with errors");
	if (firmware->sev.hashes.present)
		inspect_fact(image, "kernel hashes", "%s",
			     firmware->sev.hashes.size
				     ? "checks a kernel given with -kernel"
				     : "does not check a kernel given with -kernel");
	add_keys(image, volumes);
	inspect_fact(image, "volumes", "%zu, with %zu drivers; %zu places not looked into",
		     volumes->count, volumes->module_count, volumes->gaps);
	if (firmware->kind == FW_KIND_IMAGE)
		inspect_fact(image, "knows memory type 15", "%s: %s",
			     known[firmware->acceptance.type_15], firmware->acceptance.type_15_why);
}

static void look_igvm(struct inspect_image *image, const struct fw_igvm *igvm)
{
	enum inspect_answer tdx = ANSWER_NO, snp = ANSWER_NO;

	for (size_t i = 0; i < igvm->count; i++) {
		const struct fw_igvm_target *target = &igvm->target[i];

		inspect_fact(image, fw_igvm_platform_name(target->platform),
			     "%zu pages, %zu of them not measured; %zu vCPU contexts",
			     target->pages, target->unmeasured, target->contexts);
		if (target->platform == FW_IGVM_TDX)
			tdx = ANSWER_YES;
		if (target->platform == FW_IGVM_SNP)
			snp = ANSWER_YES;
	}
	if (!igvm->usable && (tdx == ANSWER_YES || snp == ANSWER_YES))
		inspect_note(image, LEVEL_ERROR, NULL, "with these errors no host loads it");
	inspect_say(image, ASK_TDX, igvm->usable ? tdx : ANSWER_NO, STRENGTH_METADATA,
		    "%s header for platform TDX", tdx == ANSWER_YES ? "it has a" : "it has no");
	inspect_say(image, ASK_SNP, igvm->usable ? snp : ANSWER_NO, STRENGTH_METADATA,
		    "%s header for platform SEV-SNP", snp == ANSWER_YES ? "it has a" : "it has no");
}

/* FW_NOTE, FW_WARNING and FW_ERROR are LEVEL_NOTE, LEVEL_WARNING and LEVEL_ERROR. */
static void add_lints(struct inspect_image *image, const struct fw_lints *lints)
{
	for (size_t i = 0; i < lints->count; i++) {
		const struct fw_lint *lint = &lints->item[i];

		inspect_note(image, (enum inspect_level)lint->level, lint->name, "at 0x%llx: %s",
			     (unsigned long long)lint->offset, lint->text);
	}
	if (lints->left_out)
		inspect_note(image, LEVEL_WARNING, NULL, "and %zu more of these", lints->left_out);
}

static const char *format_of(const struct fw_firmware *firmware)
{
	enum inspect_answer tdx = is_guest(&firmware->acceptance.tdx);
	enum inspect_answer snp = is_guest(&firmware->acceptance.snp);

	if (firmware->kind == FW_KIND_IGVM)
		return "IGVM file";
	if (firmware->kind == FW_KIND_VARIABLES)
		return "variables of a firmware";
	if (tdx == ANSWER_YES)
		return snp == ANSWER_YES ? "TDX and SEV-SNP firmware" : "TDX firmware";
	return snp == ANSWER_YES ? "SEV-SNP firmware" : "firmware";
}

static bool has_lint(const struct fw_lints *lints, const char *name)
{
	for (size_t i = 0; i < lints->count; i++) {
		if (!strcmp(lints->item[i].name, name))
			return true;
	}
	return false;
}

/* A host finds all from the end. False: that is where it is to be, as far as can be told. */
static bool is_misplaced(struct inspect_image *image, const struct fw_firmware *firmware,
			 struct bytes bytes)
{
	uint64_t right = firmware->table.present ? bytes.size : guid_table_image_size(bytes);

	if (firmware->kind == FW_KIND_VARIABLES && has_lint(&firmware->lints, "volume-length")) {
		inspect_unreadable(image, "cut-off",
				   "it is cut off: the volume behind its variables goes on after "
				   "its end");
		return true;
	}
	if (!right || right == bytes.size)
		return false;
	if (right > bytes.size)
		inspect_unreadable(image, "cut-off",
				   "it is cut off: %llu bytes are missing at its end, from where a "
				   "host finds its metadata",
				   (unsigned long long)(right - bytes.size));
	else
		inspect_unreadable(image, "appended",
				   "%llu bytes are appended to it, so that a host does not find "
				   "its metadata",
				   (unsigned long long)(bytes.size - right));
	return true;
}

static void say_all(struct inspect_image *image, const struct fw_firmware *firmware,
		    struct bytes bytes)
{
	image->format = strdup(format_of(firmware));
	if (firmware->kind == FW_KIND_VARIABLES)
		image->kind = INSPECT_VARIABLES;
	if (is_misplaced(image, firmware, bytes))
		return;
	if (firmware->kind == FW_KIND_NONE)
		inspect_unreadable(image, "no-volume", "no firmware volume in it can be read");
	else if (firmware->kind == FW_KIND_IGVM)
		look_igvm(image, &firmware->igvm);
	else
		add_facts(image, firmware);
	if (firmware->kind == FW_KIND_IMAGE)
		say_answers(image, firmware);
	if (firmware->kind == FW_KIND_IMAGE) {
		if (*firmware->volumes.version)
			inspect_version(image, firmware->volumes.version);
		note_known(image, firmware);
	}
	add_lints(image, &firmware->lints);
	image->details = fw_json(firmware);
}

static void no_memory(struct inspect_image *image)
{
	inspect_unreadable(image, "no-memory", "there is not enough memory to unpack it");
}

void fw_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image)
{
	struct fw_firmware *firmware;

	image->kind = INSPECT_FIRMWARE;
	/* The file is searched for volumes, and all that is unpacked for evidence in drivers. */
	if (!inspect_work(limits, image, bytes.size + FW_UNPACKED_MAX))
		return;
	firmware = malloc(sizeof(*firmware));
	if (!firmware) {
		no_memory(image);
		return;
	}
	if (fw_firmware_read(firmware, bytes))
		say_all(image, firmware, bytes);
	else
		no_memory(image);
	fw_firmware_free(firmware);
	free(firmware);
}
