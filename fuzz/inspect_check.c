/* SPDX-License-Identifier: MIT */
#include "fuzz/inspect_check.h"

#include "fuzz/check.h"
#include "tools/inspect/answer.h"

/* Small enough for many runs a second. */
#define MEMORY (8ull << 20)
#define WORK   (64ull << 20)

/* Characters of UTF-8, and none that controls a terminal. */
static void check_text(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	CHECK(text);
	while (*at) {
		unsigned char first = *at++;
		int more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

		CHECK(first >= ' ' && first != 0x7f);
		CHECK(!more || (first >= 0xc2 && first <= 0xf4));
		CHECK(first != 0xc2 || *at >= 0xa0);
		for (; more; more--)
			CHECK((*at++ & 0xc0) == 0x80);
	}
}

static void check_image(const struct inspect_image *image, int depth)
{
	size_t children = 0;

	CHECK(depth <= INSPECT_DEPTH + 1);
	CHECK(image->kind < INSPECT_KINDS);
	check_text(image->name);
	if (image->version)
		check_text(image->version);
	if (image->format)
		check_text(image->format);
	for (const struct inspect_evidence *item = image->evidence; item; item = item->next)
		check_text(item->text);
	for (const struct inspect_fact *item = image->facts; item; item = item->next)
		check_text(item->value);
	for (const struct inspect_note *item = image->notes; item; item = item->next)
		check_text(item->text);
	for (const struct inspect_image *child = image->children; child; child = child->next) {
		check_image(child, depth + 1);
		children++;
	}
	CHECK(children <= INSPECT_ITEMS && image->evidences <= INSPECT_ITEMS);
	CHECK(image->facts_count <= INSPECT_ITEMS && image->notes_count <= INSPECT_ITEMS);
}

void inspect_check(const struct inspect_format *format, const uint8_t *data, size_t size)
{
	struct inspect_limits limits = {
		.memory = MEMORY, .work = WORK, .depth = INSPECT_DEPTH, .look = inspect_look
	};
	struct bytes bytes = { data, size };
	struct inspect_image *image;
	struct inspect_verdict verdict;
	static FILE *nowhere;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	if (!size || !format->recognise(bytes))
		return;
	image = inspect_new("input");
	format->look(&limits, bytes, image);
	CHECK(limits.memory == MEMORY && limits.work <= WORK && limits.depth == INSPECT_DEPTH);
	check_image(image, 0);
	inspect_judge(image, SECURE_BOOT_ANY, &verdict);
	CHECK(verdict.exit >= INSPECT_EXIT_YES && verdict.exit <= INSPECT_EXIT_UNREADABLE);
	CHECK(!image->unreadable || verdict.exit == INSPECT_EXIT_UNREADABLE);
	check_text(verdict.text);
	inspect_print(nowhere, image, SECURE_BOOT_ANY, &verdict);
	CHECK(inspect_print_json(nowhere, image, SECURE_BOOT_ANY, &verdict, NULL));
	inspect_delete(image);
}
