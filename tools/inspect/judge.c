/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include "tools/inspect/answer.h"
#include "tools/inspect/platforms.h"

static void set(struct inspect_verdict *verdict, int status, const char *text)
{
	*verdict->advice = 0;
	verdict->on[0] = verdict->on[1] = OUTCOME_UNKNOWN;
	verdict->exit = status;
	snprintf(verdict->text, sizeof(verdict->text), "%s", text);
}

/* A damaged kernel does not boot, with any evidence in it. */
static void say_unreadable(const struct inspect_image *image, struct inspect_verdict *verdict)
{
	const struct inspect_note *note = image->notes;

	while (note && note->level != LEVEL_ERROR)
		note = note->next;
	set(verdict, INSPECT_EXIT_UNREADABLE, "");
	snprintf(verdict->text, sizeof(verdict->text), "not readable%s%s", note ? ": " : "",
		 note ? note->text : "");
	/* It may have been cut within a character. */
	inspect_clean(verdict->text);
}

static const struct inspect_image *find(const struct inspect_image *images, enum inspect_role role)
{
	for (const struct inspect_image *image = images; image; image = image->next) {
		if (inspect_role(image->kind) == role)
			return image;
	}
	return NULL;
}

static size_t count(const struct inspect_image *images, enum inspect_role role)
{
	size_t found = 0;

	for (const struct inspect_image *image = images; image; image = image->next)
		found += inspect_role(image->kind) == role;
	return found;
}

/* A firmware or a loader alone. */
static void judge_alone(const struct inspect_image *image, struct inspect_verdict *verdict)
{
	bool firmware = inspect_role(image->kind) == ROLE_FIRMWARE;

	if (firmware && inspect_answer(image, ASK_TDX) == ANSWER_NO &&
	    inspect_answer(image, ASK_SNP) == ANSWER_NO) {
		set(verdict, INSPECT_EXIT_NO,
		    "no: it is firmware of neither a TDX nor an SEV-SNP guest");
		return;
	}
	switch (inspect_answer(image, ASK_UNACCEPTED)) {
	case ANSWER_YES:
		set(verdict, INSPECT_EXIT_YES,
		    firmware ? "yes: it leaves memory unaccepted for a kernel that can take it"
			     : "yes: it leaves memory as it is; the kernel decides");
		break;
	case ANSWER_NO:
		set(verdict, INSPECT_EXIT_NO,
		    firmware ? "no: it leaves no memory unaccepted, whatever the kernel can do"
			     : "no: what it starts sees only the memory that the firmware has "
			       "accepted");
		break;
	default:
		set(verdict, INSPECT_EXIT_UNKNOWN,
		    firmware ? "unknown: nothing shows whether it leaves memory unaccepted"
			     : "unknown: nothing shows what it does with unaccepted memory");
	}
}

/* The outcomes on both platforms, one way of booting. */
struct outcomes {
	enum inspect_outcome on[2];
	int exit;
};

static const enum inspect_question platforms[] = { ASK_TDX, ASK_SNP };

static struct outcomes outcomes_of(struct inspect_parts parts, bool secure_boot)
{
	struct outcomes outcomes = { .exit = INSPECT_EXIT_NO };

	parts.secure_boot = secure_boot;
	for (int i = 0; i < 2; i++) {
		outcomes.on[i] = inspect_outcome(&parts, platforms[i]);
		if (outcomes.on[i] == OUTCOME_UNKNOWN && outcomes.exit == INSPECT_EXIT_NO)
			outcomes.exit = INSPECT_EXIT_UNKNOWN;
		if (outcomes.on[i] == OUTCOME_LAZY)
			outcomes.exit = INSPECT_EXIT_YES;
	}
	return outcomes;
}

static void describe(const struct outcomes *outcomes, char *text, size_t size)
{
	char one[2][256];

	for (int i = 0; i < 2; i++)
		inspect_outcome_text(outcomes->on[i], platforms[i], one[i], sizeof(one[i]));
	if (outcomes->on[0] == OUTCOME_IMPOSSIBLE && outcomes->on[1] == OUTCOME_IMPOSSIBLE)
		snprintf(text, size, "it can be neither a TDX nor an SEV-SNP guest");
	else if (outcomes->on[0] == outcomes->on[1])
		snprintf(text, size, "TDX or %s", one[1]);
	else
		snprintf(text, size, "%s; %s", one[0], one[1]);
}

/* Each piece of advice once. */
static void advise(const struct inspect_parts *parts, const struct outcomes *outcomes,
		   struct inspect_verdict *verdict)
{
	for (int i = 0; i < 2; i++) {
		const char *advice = inspect_outcome_advice(parts, outcomes->on[i]);
		size_t used = strlen(verdict->advice);

		if (advice && !strstr(verdict->advice, advice))
			snprintf(verdict->advice + used, sizeof(verdict->advice) - used, "%s%s",
				 used ? "; " : "", advice);
	}
}

static void judge_kernel(const struct inspect_parts *parts, enum inspect_secure_boot secure_boot,
			 struct inspect_verdict *verdict)
{
	static const char *const words[] = { "yes", "no", "unknown" };
	struct outcomes off = outcomes_of(*parts, false), on = outcomes_of(*parts, true);
	bool verified = inspect_is_verified(parts->firmware);
	const struct outcomes *only = secure_boot == SECURE_BOOT_ON || verified ? &on : &off;
	char text[2][600];

	describe(&off, text[0], sizeof(text[0]));
	describe(&on, text[1], sizeof(text[1]));
	if (!verified && secure_boot == SECURE_BOOT_ANY && strcmp(text[0], text[1]) != 0) {
		set(verdict, INSPECT_EXIT_UNKNOWN, "");
		snprintf(verdict->text, sizeof(verdict->text),
			 "unknown: it depends on Secure Boot. Without it: %s. With it: %s", text[0],
			 text[1]);
		advise(parts, &off, verdict);
		memcpy(verdict->on, off.on, sizeof(off.on));
		return;
	}
	set(verdict, only->exit, "");
	memcpy(verdict->on, only->on, sizeof(only->on));
	snprintf(verdict->text, sizeof(verdict->text), "%s: %s", words[only->exit],
		 text[only == &on]);
	advise(parts, only, verdict);
}

/* The loader that leaves least to the next one: shim and GRUB are given together. */
static const struct inspect_image *worst_loader(const struct inspect_image *images)
{
	const struct inspect_image *worst = NULL;

	for (const struct inspect_image *image = images; image; image = image->next) {
		if (inspect_role(image->kind) != ROLE_LOADER)
			continue;
		if (!worst || inspect_answer(image, ASK_UNACCEPTED) != ANSWER_YES)
			worst = image;
	}
	return worst;
}

/* Shim is there to be the first. NULL: there is no loader. */
static const struct inspect_image *first_program(const struct inspect_image *images)
{
	const struct inspect_image *first = NULL;

	for (const struct inspect_image *image = images; image; image = image->next) {
		if (image->kind == INSPECT_SHIM)
			return image;
		if (!first && inspect_role(image->kind) == ROLE_LOADER)
			first = image;
	}
	return first;
}

/* Shim verifies what is loaded after it: a driver, and an application that it comes before. */
static bool is_acceptor_by_shim(const struct inspect_image *images)
{
	for (const struct inspect_image *image = images; image; image = image->next) {
		if (image->kind == INSPECT_SHIM)
			return true;
		if (image->kind == INSPECT_ACCEPTOR && !image->driver)
			return false;
	}
	return false;
}

/* What is on a disk, or was named with a kernel. */
static void find_loaders(const struct inspect_image *images, struct inspect_parts *parts)
{
	parts->loader = worst_loader(images);
	parts->first = first_program(images);
	parts->acceptor = find(images, ROLE_ACCEPTOR);
	parts->acceptor_by_shim = is_acceptor_by_shim(images);
}

/* All kernels on a disk, since the user can choose. */
static void judge_disk(const struct inspect_image *firmware, const struct inspect_image *disk,
		       enum inspect_secure_boot secure_boot, struct inspect_verdict *verdict)
{
	struct inspect_parts parts = { .firmware = firmware };
	bool first = true;

	find_loaders(disk->children, &parts);
	for (const struct inspect_image *kernel = disk->children; kernel; kernel = kernel->next) {
		struct inspect_verdict one;

		if (kernel->other ||
		    (inspect_role(kernel->kind) != ROLE_KERNEL && !kernel->unreadable))
			continue;
		parts.kernel = kernel;
		if (kernel->unreadable)
			say_unreadable(kernel, &one);
		else
			judge_kernel(&parts, secure_boot, &one);
		if (!first && one.exit != verdict->exit) {
			set(verdict, INSPECT_EXIT_UNKNOWN,
			    "unknown: its kernels differ, and it depends on which one boots");
			return;
		}
		*verdict = one;
		first = false;
	}
	if (!first)
		return;
	set(verdict, INSPECT_EXIT_UNKNOWN,
	    parts.loader ? "unknown: it holds a loader, but no kernel where firmware could read "
			   "it; name the kernel, too"
			 : "unknown: it holds nothing that firmware would boot");
}

void inspect_judge_one(const struct inspect_image *image, enum inspect_secure_boot secure_boot,
		       struct inspect_verdict *verdict)
{
	struct inspect_parts parts = { .kernel = image };

	if (image->unreadable) {
		say_unreadable(image, verdict);
		return;
	}
	switch (inspect_role(image->kind)) {
	case ROLE_KERNEL:
		judge_kernel(&parts, secure_boot, verdict);
		break;
	case ROLE_DISK:
		judge_disk(NULL, image, secure_boot, verdict);
		break;
	case ROLE_ACCEPTOR:
		set(verdict, INSPECT_EXIT_NO,
		    "no: it accepts all memory before what is started after it");
		break;
	case ROLE_ADDON:
		set(verdict, INSPECT_EXIT_UNKNOWN,
		    image->eager_kernel
			    ? "unknown: an add-on with accept_memory=eager; name the unified "
			      "kernel image, too"
			    : "unknown: an add-on; name the unified kernel image, too");
		break;
	case ROLE_VARIABLES:
		set(verdict, INSPECT_EXIT_UNKNOWN,
		    "unknown: a firmware's variables; its code, too, is to be named");
		break;
	default:
		judge_alone(image, verdict);
	}
}

bool inspect_combined(const struct inspect_image *images)
{
	size_t disks = count(images, ROLE_DISK), kernels = count(images, ROLE_KERNEL);

	if (!images || !images->next || count(images, ROLE_NONE) || disks + kernels != 1)
		return disks == 1 && kernels == 1 && count(images, ROLE_FIRMWARE) <= 1 &&
		       !count(images, ROLE_NONE) && !count(images, ROLE_LOADER);
	return count(images, ROLE_FIRMWARE) <= 1;
}

static bool is_eager(const struct inspect_image *images)
{
	for (const struct inspect_image *image = images; image; image = image->next) {
		if (image->kind == INSPECT_ADDON && image->eager_kernel)
			return true;
	}
	return false;
}

void inspect_judge(const struct inspect_image *images, enum inspect_secure_boot secure_boot,
		   struct inspect_verdict *verdict)
{
	set(verdict, INSPECT_EXIT_YES, "");
	if (!inspect_combined(images)) {
		for (const struct inspect_image *image = images; image; image = image->next) {
			struct inspect_verdict one;

			inspect_judge_one(image, secure_boot, &one);
			if (image == images || one.exit > verdict->exit)
				*verdict = one;
		}
		return;
	}
	for (const struct inspect_image *image = images; image; image = image->next) {
		inspect_judge_one(image, secure_boot, verdict);
		if (verdict->exit == INSPECT_EXIT_UNREADABLE)
			return;
	}
	if (count(images, ROLE_KERNEL)) {
		const struct inspect_image *disk = find(images, ROLE_DISK);
		struct inspect_parts parts = {
			.firmware = find(images, ROLE_FIRMWARE),
			.kernel = find(images, ROLE_KERNEL),
			.eager = is_eager(images),
		};
		struct inspect_image kernel = *parts.kernel;

		find_loaders(disk ? disk->children : images, &parts);
		/* The menu that is in GRUB starts the kernel that is named. */
		if (parts.loader && kernel.command == COMMAND_NONE)
			kernel.command = parts.loader->command;
		parts.kernel = &kernel;
		judge_kernel(&parts, secure_boot, verdict);
		return;
	}
	judge_disk(find(images, ROLE_FIRMWARE), find(images, ROLE_DISK), secure_boot, verdict);
}
