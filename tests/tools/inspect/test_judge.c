/* SPDX-License-Identifier: MIT */
/* Which files are answered for as one boot, and how: docs/inspect.md, "The answers". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/inspect/answer.h"

/* An image that says yes or no to each question, in their order: "yy-n"; '-' says nothing. */
static struct inspect_image *image_of(enum inspect_kind kind, const char *answers)
{
	struct inspect_image *image = inspect_new("image");

	image->kind = kind;
	for (int i = 0; i < ASK_QUESTIONS; i++) {
		if (answers[i] != '-')
			inspect_say(image, (enum inspect_question)i,
				    answers[i] == 'y' ? ANSWER_YES : ANSWER_NO, STRENGTH_GUID,
				    "told");
	}
	return image;
}

#define LAZY_KERNEL   image_of(INSPECT_BZIMAGE, "yyyy")
#define OLD_KERNEL    image_of(INSPECT_BZIMAGE, "nnyy")
#define FIRMWARE      image_of(INSPECT_FIRMWARE, "yyyy")
#define EAGER	      image_of(INSPECT_FIRMWARE, "nnyy")
#define LOADER	      image_of(INSPECT_SYSTEMD_BOOT, "yn--")
#define HIDING_LOADER image_of(INSPECT_GRUB, "nn--")

static struct inspect_image *list(struct inspect_image *a, struct inspect_image *b,
				  struct inspect_image *c)
{
	a->next = b;
	if (b)
		b->next = c;
	return a;
}

static void expect(struct inspect_image *images, bool combined, int status, const char *text)
{
	struct inspect_verdict verdict;

	assert_int_equal(inspect_combined(images), combined);
	inspect_judge(images, SECURE_BOOT_ANY, &verdict);
	assert_int_equal(verdict.exit, status);
	if (text)
		assert_non_null(strstr(verdict.text, text));
	inspect_delete(images);
}

static void one_file(void **unused)
{
	expect(LAZY_KERNEL, false, INSPECT_EXIT_YES, NULL);
	expect(OLD_KERNEL, false, INSPECT_EXIT_NO, NULL);
	expect(EAGER, false, INSPECT_EXIT_NO, NULL);
	expect(image_of(INSPECT_BZIMAGE, "--yy"), false, INSPECT_EXIT_UNKNOWN, NULL);
}

static void one_boot(void **unused)
{
	expect(list(FIRMWARE, LAZY_KERNEL, NULL), true, INSPECT_EXIT_YES,
	       "accepted when it is needed");
	expect(list(EAGER, LAZY_KERNEL, NULL), true, INSPECT_EXIT_NO,
	       "the firmware accepts all memory first");
	expect(list(FIRMWARE, LOADER, LAZY_KERNEL), true, INSPECT_EXIT_YES, NULL);
	/* The loader that leaves least decides, wherever it is named. */
	expect(list(LAZY_KERNEL, HIDING_LOADER, LOADER), true, INSPECT_EXIT_NO, "sees only");
	expect(list(LOADER, HIDING_LOADER, LAZY_KERNEL), true, INSPECT_EXIT_NO, "sees only");
}

/* A machine has one firmware: with two, each file has an answer of its own, and the highest exit
 * status stands for all. */
static void two_firmwares(void **unused)
{
	expect(list(FIRMWARE, EAGER, LAZY_KERNEL), false, INSPECT_EXIT_NO,
	       "it leaves no memory unaccepted");
	expect(list(FIRMWARE, FIRMWARE, LAZY_KERNEL), false, INSPECT_EXIT_YES, NULL);
	expect(list(LAZY_KERNEL, EAGER, FIRMWARE), false, INSPECT_EXIT_NO, NULL);
}

static void two_kernels(void **unused)
{
	expect(list(LAZY_KERNEL, OLD_KERNEL, NULL), false, INSPECT_EXIT_NO, NULL);
	expect(list(FIRMWARE, LAZY_KERNEL, OLD_KERNEL), false, INSPECT_EXIT_NO, NULL);
}

static struct inspect_image *disk_of(struct inspect_image *a, struct inspect_image *b)
{
	struct inspect_image *disk = image_of(INSPECT_DISK, "----");

	disk->children = list(a, b, NULL);
	return disk;
}

static void disks(void **unused)
{
	struct inspect_image *disk;

	expect(disk_of(LAZY_KERNEL, NULL), false, INSPECT_EXIT_YES, NULL);
	expect(disk_of(HIDING_LOADER, LAZY_KERNEL), false, INSPECT_EXIT_NO, NULL);
	expect(disk_of(LAZY_KERNEL, OLD_KERNEL), false, INSPECT_EXIT_UNKNOWN, "its kernels differ");
	/* What does not boot by default does not count. */
	disk = disk_of(LAZY_KERNEL, OLD_KERNEL);
	disk->children->next->other = true;
	expect(disk, false, INSPECT_EXIT_YES, NULL);
	expect(list(EAGER, disk_of(LAZY_KERNEL, NULL), NULL), true, INSPECT_EXIT_NO, NULL);
	/* The kernel that is named boots through the disk's loader. */
	expect(list(disk_of(HIDING_LOADER, OLD_KERNEL), LAZY_KERNEL, NULL), true, INSPECT_EXIT_NO,
	       "sees only");
	expect(list(disk_of(LOADER, OLD_KERNEL), LAZY_KERNEL, NULL), true, INSPECT_EXIT_YES, NULL);
	expect(list(disk_of(LAZY_KERNEL, NULL), disk_of(LAZY_KERNEL, NULL), NULL), false,
	       INSPECT_EXIT_YES, NULL);
}

static void unreadable(void **unused)
{
	struct inspect_image *kernel = LAZY_KERNEL;

	inspect_unreadable(kernel, "cut", "it is cut off");
	expect(list(FIRMWARE, kernel, NULL), true, INSPECT_EXIT_UNREADABLE, "it is cut off");
	expect(list(LAZY_KERNEL, image_of(INSPECT_UNKNOWN, "----"), NULL), false,
	       INSPECT_EXIT_UNKNOWN, NULL);
	expect(image_of(INSPECT_VARIABLES, "----"), false, INSPECT_EXIT_UNKNOWN, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file),	 cmocka_unit_test(one_boot),
		cmocka_unit_test(two_firmwares), cmocka_unit_test(two_kernels),
		cmocka_unit_test(disks),	 cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
