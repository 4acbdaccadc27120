/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/known.h"
#include "tools/inspect/linux.h"
#include "tools/inspect/unpack.h"

/* A kernel's configuration is 300 KiB. */
#define CONFIG_LIMIT (16u << 20)

enum setting {
	SETTING_ABSENT,
	SETTING_OFF,
	SETTING_ON,
};

/* "CONFIG_X=y" is a line of the text. */
static enum setting setting_of(struct bytes text, const char *option)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "\n%s=y", option);
	const uint8_t *found = bytes_find(text, line, (size_t)size);

	if (found &&
	    (found + size == text.data + text.size || found[size] == '\n' || found[size] == '\r'))
		return SETTING_ON;
	size = snprintf(line, sizeof(line), "\n# %s is not set", option);
	return bytes_find(text, line, (size_t)size) ? SETTING_OFF : SETTING_ABSENT;
}

static void say_setting(struct inspect_image *image, struct bytes text,
			enum inspect_question question, const char *option, const char *where)
{
	switch (setting_of(text, option)) {
	case SETTING_ON:
		/* AMD_MEM_ENCRYPT is older than the support of SEV-SNP guests. */
		if (question != ASK_SNP)
			inspect_say(image, question, ANSWER_YES, STRENGTH_CONFIG, "%s=y in %s",
				    option, where);
		break;
	case SETTING_OFF:
		inspect_say(image, question, ANSWER_NO, STRENGTH_CONFIG, "%s is not set in %s",
			    option, where);
		break;
	default:
		inspect_say(image, question, ANSWER_NO, STRENGTH_CONFIG, "no %s in %s", option,
			    where);
	}
}

/* Options without which a kernel that could take unaccepted memory does not. */
static void say_options(struct inspect_image *image, struct bytes text, const char *where)
{
	static const char *const options[] = { "CONFIG_X86_PAT", "CONFIG_EFI_STUB" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct known_bad *row = known_next(NULL, KNOWN_OPTION, options[i]);

		if (!row || setting_of(text, options[i]) != SETTING_OFF)
			continue;
		if (row->platforms == KNOWN_SNP) {
			inspect_say(image, ASK_SNP, ANSWER_NO, STRENGTH_CONFIG,
				    "%s is not set in %s: %s (%s)", options[i], where, row->what,
				    row->source);
		} else {
			/* CONFIG_UNACCEPTED_MEMORY depends on it. */
			inspect_forget(image, ASK_UNACCEPTED, STRENGTH_CONFIG);
			inspect_say(image, ASK_UNACCEPTED, ANSWER_NO, STRENGTH_CONFIG,
				    "%s is not set in %s: %s", options[i], where, row->what);
			inspect_say(image, ASK_NEGOTIATES, ANSWER_NO, STRENGTH_CONFIG,
				    "%s is not set in %s", options[i], where);
		}
		inspect_note(image, LEVEL_WARNING, row->name, "%s is not set: %s", options[i],
			     row->cure);
	}
}

bool linux_config(struct inspect_limits *limits, struct inspect_image *image, struct bytes text,
		  const char *where)
{
	if (!inspect_work(limits, image, 8 * (uint64_t)text.size))
		return false;
	/* Every configuration of Linux begins with this comment, and names the architecture. */
	if (!bytes_find(bytes_part(text, 0, 4096), "Kernel Configuration", 20))
		return false;
	say_setting(image, text, ASK_UNACCEPTED, "CONFIG_UNACCEPTED_MEMORY", where);
	say_setting(image, text, ASK_TDX, "CONFIG_INTEL_TDX_GUEST", where);
	say_setting(image, text, ASK_SNP, "CONFIG_AMD_MEM_ENCRYPT", where);
	say_options(image, text, where);
	return true;
}

static void find_config(struct inspect_limits *limits, struct inspect_image *image,
			struct bytes bytes)
{
	const uint8_t *start = bytes_find(bytes, "IKCFG_ST", 8);
	struct inspect_unpacked config;
	bool readable = !image->unreadable;

	if (!start)
		return;
	start += 8;
	bytes = bytes_part(bytes, (uint64_t)(start - bytes.data), CONFIG_LIMIT);
	if (inspect_unpack(limits, image, "the embedded configuration", bytes, CONFIG_LIMIT,
			   &config)) {
		if (!linux_config(limits, image, config.bytes, "the embedded configuration"))
			inspect_note(image, LEVEL_WARNING, "no-config",
				     "the embedded configuration is none of Linux");
		inspect_release(limits, &config);
	}
	/* The rest of the kernel gives answers without it. */
	if (readable)
		image->unreadable = false;
}

/* "Linux version 6.12.107 (..." */
static void find_version(struct inspect_image *image, struct bytes bytes)
{
	const uint8_t *found = bytes_find(bytes, "Linux version ", 14);
	char version[80];
	size_t size = 0;

	while (found && !image->version) {
		uint64_t at = (uint64_t)(found - bytes.data) + 14;

		bytes = bytes_part(bytes, at, bytes.size);
		while (size + 1 < sizeof(version) && size < bytes.size && bytes.data[size] > ' ' &&
		       bytes.data[size] < 0x7f) {
			version[size] = (char)bytes.data[size];
			size++;
		}
		version[size] = 0;
		/* Not the format string "Linux version %s". */
		if (size && version[0] >= '0' && version[0] <= '9')
			inspect_version(image, version);
		size = 0;
		found = bytes_find(bytes, "Linux version ", 14);
	}
}

void linux_kernel(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes)
{
	if (!inspect_work(limits, image, 2 * (uint64_t)bytes.size))
		return;
	find_version(image, bytes);
	find_config(limits, image, bytes);
	linux_search(limits, image, bytes, LINUX_KERNEL);
}

/* Machine numbers of the PE format. */
const char *inspect_machine(uint16_t machine)
{
	switch (machine) {
	case 0x8664:
		return "x86-64";
	case 0x14c:
		return "x86 (32 bits)";
	case 0xaa64:
		return "arm64";
	case 0x1c2:
	case 0x1c0:
		return "arm";
	case 0x5064:
		return "riscv64";
	case 0x6264:
		return "loongarch64";
	default:
		return "not known";
	}
}

void linux_machine(struct inspect_image *image, uint16_t machine)
{
	inspect_fact(image, "processor", "%s", inspect_machine(machine));
	if (machine == 0x8664)
		return;
	inspect_say(image, ASK_TDX, ANSWER_NO, STRENGTH_METADATA, "it is no kernel for x86-64");
	inspect_say(image, ASK_SNP, ANSWER_NO, STRENGTH_METADATA, "it is no kernel for x86-64");
	if (machine == 0xaa64)
		inspect_note(image, LEVEL_NOTE, "arm64",
			     "Linux as an Arm CCA realm takes all its memory at boot");
}

/* arch/arm64/kernel/rsi.c prints it since 6.13. */
#define REALM_MESSAGE "RME: Using RSI version"

void linux_realm(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes)
{
	const struct known_bad *row = NULL;

	if (image->unreadable || !inspect_work(limits, image, bytes.size))
		return;
	if (!bytes_find(bytes, REALM_MESSAGE, strlen(REALM_MESSAGE))) {
		inspect_fact(image, "Arm CCA realm", "no: no \"%s\" in the kernel", REALM_MESSAGE);
		return;
	}
	inspect_fact(image, "Arm CCA realm", "yes: \"%s\" in the kernel", REALM_MESSAGE);
	while (image->version && (row = known_next(row, KNOWN_REALM, image->version)))
		inspect_note(image, LEVEL_WARNING, row->name, "Linux %s as a realm: %s; %s (%s)",
			     image->version, row->what, row->cure, row->source);
}

void linux_known(struct inspect_image *image)
{
	const struct known_bad *row = NULL;

	if (!image->version || inspect_answer(image, ASK_UNACCEPTED) != ANSWER_YES)
		return;
	while ((row = known_next(row, KNOWN_KERNEL, image->version))) {
		char memory[48] = "";

		if (row->hotplug)
			continue;
		if (row->above_gib)
			snprintf(memory, sizeof(memory), "with more than %u GiB it ",
				 row->above_gib);
		inspect_note(image, LEVEL_WARNING, row->name, "Linux %s: %s%s; %s (%s)",
			     image->version, memory, row->what, row->cure, row->source);
	}
}
