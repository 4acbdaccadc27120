/* SPDX-License-Identifier: MIT */
#include "formats/metadata.h"
#include "tests/formats/image.h"

/* A list of a format of its own: sections of 8 bytes, of which each 32-bit half is a number. */
#define LIST_GUID "LIST of a format"
#define HEADER	  0x800

static const uint8_t guid[] = LIST_GUID;

static void read_section(struct metadata_section *section, const uint8_t *bytes)
{
	section->gpa = le_get32(bytes);
	section->type = le_get32(bytes + 4);
	section->errors = section->gpa ? 0 : METADATA_EMPTY;
}

static const struct metadata_format format = { guid, "LIST", 8, read_section };

static struct metadata list;

/* Sections 0x100, 0x101, ... whose types are 0, 1, 2, 0, 1, 2, ... */
static void make_image(size_t header, uint32_t count)
{
	image_begin();
	image_entry32(LIST_GUID, (uint32_t)(IMAGE_SIZE - header));
	memcpy(image + header, "LIST", 4);
	put(header + 4, 16 + 8 * count, 4);
	put(header + 8, 1, 4);
	put(header + 12, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		put(header + 16 + 8 * i, 0x100 + i, 4);
		put(header + 20 + 8 * i, i % 3, 4);
	}
}

static void test_sections(void **state)
{
	make_image(HEADER, 64);
	put(HEADER + 16 + 8 * 5, 0, 4);
	metadata_read(&list, image_bytes(), &format);
	assert_true(list.present);
	assert_int_equal(list.errors, 0);
	assert_int_equal(list.offset, HEADER);
	assert_int_equal(list.entry.offset, table_start);
	assert_int_equal(list.length, 16 + 8 * 64);
	assert_int_equal(list.count, 64);
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(list.section[i].offset, HEADER + 16 + 8 * i);
		assert_int_equal(list.section[i].gpa, i == 5 ? 0 : 0x100 + i);
		assert_int_equal(list.section[i].errors, i == 5 ? METADATA_EMPTY : 0);
	}
	assert_ptr_equal(metadata_find(&list, 1), &list.section[1]);
	assert_int_equal(metadata_count(&list, 0), 22);
	assert_int_equal(metadata_count(&list, 1), 21);
	assert_null(metadata_find(&list, 3));
	assert_int_equal(metadata_count(&list, 3), 0);
}

static void test_none(void **state)
{
	make_image(HEADER, 0);
	metadata_read(&list, image_bytes(), &format);
	assert_true(list.present);
	assert_int_equal(list.errors, 0);
	assert_int_equal(list.count, 0);
	assert_null(metadata_find(&list, 0));

	image_begin();
	metadata_read(&list, image_bytes(), &format);
	assert_false(list.present);
	assert_int_equal(list.place, GUID_TABLE_PLACE_ABSENT);
	assert_int_equal(list.errors, 0);
}

/* What was read before does not show. */
static void test_again(void **state)
{
	make_image(HEADER, 3);
	memset(&list, 0xff, sizeof(list));
	metadata_read(&list, image_bytes(), &format);
	assert_int_equal(list.errors, 0);
	assert_false(list.legacy);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.section[0].size, 0);
}

static void test_header(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned int size, errors;
	} changes[] = {
		{ HEADER, 'X', 1, METADATA_BAD_SIGNATURE },
		{ HEADER + 3, 'X', 1, METADATA_BAD_SIGNATURE },
		{ HEADER + 4, 16 + 8 * 64 - 1, 4, METADATA_BAD_LENGTH },
		{ HEADER + 8, 0, 4, METADATA_BAD_VERSION },
		{ HEADER + 8, 0x101, 4, METADATA_BAD_VERSION },
		/* 2^29 sections more have a length that is the same in 32 bits. */
		{ HEADER + 12, 0x20000040, 4, METADATA_BAD_LENGTH | METADATA_TOO_MANY },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image(HEADER, 64);
		put(changes[i].offset, changes[i].value, changes[i].size);
		metadata_read(&list, image_bytes(), &format);
		assert_int_equal(list.errors, changes[i].errors);
		assert_int_equal(list.present, i > 1);
		assert_int_equal(list.count, i > 1 ? 64 : 0);
	}
	make_image(HEADER, 65);
	metadata_read(&list, image_bytes(), &format);
	assert_int_equal(list.errors, METADATA_TOO_MANY);
	assert_int_equal(list.count, 64);
}

/* The image ends within the list, which has two sections. */
static void test_truncated(void **state)
{
	for (size_t left = 1; left < 32; left++) {
		uint8_t header[] = "LIST\x20\0\0\0\1\0\0\0\2\0\0";

		image_begin();
		image_entry32(LIST_GUID, (uint32_t)left);
		memcpy(image + IMAGE_SIZE - left, header, left < 16 ? left : 16);
		metadata_read(&list, image_bytes(), &format);
		assert_int_equal(list.place, GUID_TABLE_PLACE_OK);
		assert_int_equal(list.present, left >= 4);
		if (left < 16) {
			assert_true(list.errors & METADATA_NO_HEADER);
			assert_int_equal(list.count, 0);
			continue;
		}
		assert_true(list.errors & METADATA_TRUNCATED);
		assert_int_equal(list.count, (left - 16) / 8);
	}
}

static void test_memory(void **state)
{
	static const struct {
		uint64_t gpa, size;
		unsigned int errors;
	} sections[] = {
		{ 0, 0x1000, 0 },
		{ 0x1000, 0, METADATA_EMPTY },
		{ 0x800, 0x1000, METADATA_BAD_ADDRESS },
		{ 0x1000, 0x1001, METADATA_BAD_SIZE },
		{ UINT64_C(0) - 0x2000, 0x1000, 0 },
		{ UINT64_C(0) - 0x1000, 0x2000, METADATA_BAD_END },
		{ 1, UINT64_MAX, METADATA_BAD_ADDRESS | METADATA_BAD_SIZE | METADATA_BAD_END },
	};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct metadata_section section = { .gpa = sections[i].gpa,
							  .size = sections[i].size };

		assert_int_equal(metadata_check_memory(&section), sections[i].errors);
	}
}

static void test_overlap(void **state)
{
	const struct metadata_section section = { .gpa = 0x2000, .size = 0x2000 };
	static const struct {
		uint64_t gpa, size;
		bool overlap;
	} others[] = {
		{ 0x1000, 0x1000, false }, { 0x1000, 0x2000, true }, { 0x1000, 0x9000, true },
		{ 0x3000, 0x1000, true },  { 0x3fff, 1, true },	     { 0x4000, 0x1000, false },
		{ 0x3000, 0, false },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct metadata_section other = { .gpa = others[i].gpa,
							.size = others[i].size };

		assert_int_equal(metadata_overlap(&section, &other), others[i].overlap);
		assert_int_equal(metadata_overlap(&other, &section), others[i].overlap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),  cmocka_unit_test(test_none),
		cmocka_unit_test(test_again),	  cmocka_unit_test(test_header),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
