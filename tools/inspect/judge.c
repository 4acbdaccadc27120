/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/inspect/answer.h"
#include "tools/inspect/platforms.h"

static void set(struct inspect_verdict *verdict, int status, const char *text)
{
	verdict->exit = status;
	snprintf(verdict->text, sizeof(verdict->text), "%s", text);
}

/* A damaged kernel does not boot, with any evidence in it. */
static void say_unreadable(const struct inspect_image *image, struct inspect_verdict *verdict)
{
	const struct inspect_note *note = image->notes;

	while (note && note->level != LEVEL_ERROR)
		note = note->next;
	verdict->exit = INSPECT_EXIT_UNREADABLE;
	snprintf(verdict->text, sizeof(verdict->text), "not readable%s%s", note ? ": " : "",
		 note ? note->text : "");
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

static void judge_kernel(const struct inspect_parts *parts, struct inspect_verdict *verdict)
{
	static const enum inspect_question platforms[] = { ASK_TDX, ASK_SNP };
	char text[2][160];
	enum inspect_outcome outcome[2];
	const char *word = "no";

	verdict->exit = INSPECT_EXIT_NO;
	for (int i = 0; i < 2; i++) {
		outcome[i] = inspect_outcome(parts, platforms[i]);
		inspect_outcome_text(outcome[i], platforms[i], text[i], sizeof(text[i]));
	}
	if (outcome[0] == OUTCOME_IMPOSSIBLE && outcome[1] == OUTCOME_IMPOSSIBLE) {
		set(verdict, INSPECT_EXIT_NO, "no: it can be neither a TDX nor an SEV-SNP guest");
		return;
	}
	if (outcome[0] == OUTCOME_UNKNOWN || outcome[1] == OUTCOME_UNKNOWN) {
		verdict->exit = INSPECT_EXIT_UNKNOWN;
		word = "unknown";
	}
	if (outcome[0] == OUTCOME_LAZY || outcome[1] == OUTCOME_LAZY) {
		verdict->exit = INSPECT_EXIT_YES;
		word = "yes";
	}
	if (outcome[0] == outcome[1])
		snprintf(verdict->text, sizeof(verdict->text), "%s: TDX or %s", word, text[1]);
	else
		snprintf(verdict->text, sizeof(verdict->text), "%s: %s; %s", word, text[0],
			 text[1]);
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

/* All kernels on a disk, since the user can choose. */
static void judge_disk(const struct inspect_image *firmware, const struct inspect_image *disk,
		       struct inspect_verdict *verdict)
{
	struct inspect_parts parts = { firmware, worst_loader(disk->children), NULL };
	bool first = true;

	for (const struct inspect_image *kernel = disk->children; kernel; kernel = kernel->next) {
		struct inspect_verdict one;

		if (kernel->other ||
		    (inspect_role(kernel->kind) != ROLE_KERNEL && !kernel->unreadable))
			continue;
		parts.kernel = kernel;
		if (kernel->unreadable)
			say_unreadable(kernel, &one);
		else
			judge_kernel(&parts, &one);
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

void inspect_judge_one(const struct inspect_image *image, struct inspect_verdict *verdict)
{
	struct inspect_parts parts = { NULL, NULL, image };

	if (image->unreadable) {
		say_unreadable(image, verdict);
		return;
	}
	switch (inspect_role(image->kind)) {
	case ROLE_KERNEL:
		judge_kernel(&parts, verdict);
		break;
	case ROLE_DISK:
		judge_disk(NULL, image, verdict);
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

void inspect_judge(const struct inspect_image *images, struct inspect_verdict *verdict)
{
	set(verdict, INSPECT_EXIT_YES, "");
	if (!inspect_combined(images)) {
		for (const struct inspect_image *image = images; image; image = image->next) {
			struct inspect_verdict one;

			inspect_judge_one(image, &one);
			if (image == images || one.exit > verdict->exit)
				*verdict = one;
		}
		return;
	}
	for (const struct inspect_image *image = images; image; image = image->next) {
		inspect_judge_one(image, verdict);
		if (verdict->exit == INSPECT_EXIT_UNREADABLE)
			return;
	}
	if (count(images, ROLE_KERNEL)) {
		const struct inspect_image *disk = find(images, ROLE_DISK);
		struct inspect_parts parts = { find(images, ROLE_FIRMWARE),
					       worst_loader(disk ? disk->children : images),
					       find(images, ROLE_KERNEL) };

		judge_kernel(&parts, verdict);
		return;
	}
	judge_disk(find(images, ROLE_FIRMWARE), find(images, ROLE_DISK), verdict);
}
