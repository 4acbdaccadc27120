/* SPDX-License-Identifier: MIT */
#include "formats/guid_table.h"
#include "tests/formats/image.h"

#define ONE   "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
#define TWO   "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
#define THREE "\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33"

#define GUID_OF(text) ((const uint8_t *)(text))

/* From the end of the image: ONE "abc", TWO without data, ONE once more, THREE. */
static size_t one, two, other_one, three;

static void make_image(void)
{
	image_begin();
	one = image_entry(ONE, "abc", 3);
	two = image_entry(TWO, "", 0);
	other_one = image_entry(ONE, "xyz!", 4);
	three = image_entry32(THREE, 0x123);
}

static void expect(struct guid_table *table, const char *guid, size_t offset, size_t size)
{
	struct guid_table_entry entry;

	assert_true(guid_table_next(table, &entry));
	assert_memory_equal(entry.guid, guid, 16);
	assert_int_equal(entry.offset, offset);
	assert_int_equal(entry.data.size, size);
	if (size)
		assert_ptr_equal(entry.data.data, image + offset);
}

static void test_walk(void **state)
{
	struct guid_table_entry entry;
	struct guid_table table;

	make_image();
	assert_int_equal(guid_table_open(&table, image_bytes()), GUID_TABLE_OK);
	assert_int_equal(table.start, three);
	expect(&table, ONE, one, 3);
	expect(&table, TWO, two, 0);
	expect(&table, ONE, other_one, 4);
	expect(&table, THREE, three, 4);
	assert_false(guid_table_next(&table, &entry));
	assert_int_equal(table.error, GUID_TABLE_OK);
}

static void test_find(void **state)
{
	struct guid_table_entry entry;

	make_image();
	assert_true(guid_table_find(image_bytes(), GUID_OF(TWO), &entry));
	assert_int_equal(entry.data.size, 0);
	assert_true(guid_table_find(image_bytes(), GUID_OF(ONE), &entry));
	assert_int_equal(entry.offset, one);
	assert_false(guid_table_find(image_bytes(), GUID_OF(FOOTER), &entry));
	assert_false(guid_table_find(image_bytes(), GUID_OF("0123456789abcdef"), &entry));
}

static void test_no_entries(void **state)
{
	struct guid_table_entry entry;
	struct guid_table table;

	image_begin();
	assert_int_equal(guid_table_open(&table, image_bytes()), GUID_TABLE_OK);
	assert_false(guid_table_next(&table, &entry));
	assert_int_equal(table.error, GUID_TABLE_OK);
}

static void test_footer(void **state)
{
	static const struct {
		unsigned int length;
		enum guid_table_error error;
	} lengths[] = {
		{ 0, GUID_TABLE_BAD_LENGTH },
		{ 17, GUID_TABLE_BAD_LENGTH },
		{ 18, GUID_TABLE_OK },
		{ TABLE_END, GUID_TABLE_OK },
		{ TABLE_END + 1, GUID_TABLE_BAD_LENGTH },
		{ 0xffff, GUID_TABLE_BAD_LENGTH },
	};
	struct guid_table table;

	make_image();
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		put(TABLE_LENGTH, lengths[i].length, 2);
		assert_int_equal(guid_table_open(&table, image_bytes()), lengths[i].error);
		if (table.error)
			assert_int_equal(table.bad_length, lengths[i].length);
	}
	make_image();
	for (size_t i = 0; i < 16; i++) {
		image[TABLE_END - 16 + i] ^= 1;
		assert_int_equal(guid_table_open(&table, image_bytes()), GUID_TABLE_ABSENT);
		image[TABLE_END - 16 + i] ^= 1;
	}
}

/* A footer without room for its length, or for the reset vector's code behind it. */
static void test_no_room(void **state)
{
	struct guid_table table;

	image_begin();
	for (size_t size = 0; size < 50; size++) {
		uint8_t data[50] = { 0 };

		if (size >= 48)
			memcpy(data + size - 48, FOOTER, 16);
		assert_int_equal(guid_table_open(&table, (struct bytes){ data, size }),
				 GUID_TABLE_ABSENT);
	}
}

/* A broken entry hides those before it, not those behind it. */
static void test_broken(void **state)
{
	static const unsigned int lengths[] = { 0, 17, 0xffff };
	struct guid_table_entry entry;
	struct guid_table table;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		make_image();
		put(two, lengths[i], 2);
		assert_int_equal(guid_table_open(&table, image_bytes()), GUID_TABLE_OK);
		assert_true(guid_table_next(&table, &entry));
		assert_false(guid_table_next(&table, &entry));
		assert_int_equal(table.error, GUID_TABLE_BAD_ENTRY);
		assert_int_equal(table.bad_length, lengths[i]);
		assert_int_equal(table.at, one);
		assert_false(guid_table_next(&table, &entry));
		assert_true(guid_table_find(image_bytes(), GUID_OF(ONE), &entry));
		assert_false(guid_table_find(image_bytes(), GUID_OF(TWO), &entry));
		assert_false(guid_table_find(image_bytes(), GUID_OF(THREE), &entry));
	}
	/* The table's length cuts the last entry off: within its head, and within its data. */
	for (size_t cut = 1; cut < 18 + 4; cut++) {
		make_image();
		put(TABLE_LENGTH, TABLE_END - three - cut, 2);
		assert_true(guid_table_find(image_bytes(), GUID_OF(TWO), &entry));
		assert_false(guid_table_find(image_bytes(), GUID_OF(THREE), &entry));
	}
}

static void test_place(void **state)
{
	struct guid_table_entry entry;
	size_t offset;

	make_image();
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(THREE), &entry, &offset),
			 GUID_TABLE_PLACE_OK);
	assert_int_equal(offset, IMAGE_SIZE - 0x123);
	assert_int_equal(entry.offset, three);
	put(three, IMAGE_SIZE, 4);
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(THREE), &entry, &offset),
			 GUID_TABLE_PLACE_OK);
	assert_int_equal(offset, 0);
	put(three, IMAGE_SIZE + 1, 4);
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(THREE), &entry, &offset),
			 GUID_TABLE_PLACE_OUTSIDE);
	put(three, 0, 4);
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(THREE), &entry, &offset),
			 GUID_TABLE_PLACE_OUTSIDE);
	assert_int_equal(entry.offset, three);
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(ONE), &entry, &offset),
			 GUID_TABLE_PLACE_DATA);
	assert_int_equal(guid_table_place(image_bytes(), GUID_OF(FOOTER), &entry, &offset),
			 GUID_TABLE_PLACE_ABSENT);
}

/* The last bytes of an image alone: what they hold is found, and no byte before them is read. */
static void test_tail(void **state)
{
	struct guid_table_entry entry;

	make_image();
	for (size_t size = 0; size <= IMAGE_SIZE; size++) {
		struct bytes tail = image_tail(size);
		bool whole = size >= IMAGE_SIZE - three;

		assert_int_equal(guid_table_find(tail, GUID_OF(THREE), &entry), whole);
		if (whole)
			assert_int_equal(entry.offset + IMAGE_SIZE - size, three);
		free((void *)tail.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),	   cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_entries), cmocka_unit_test(test_footer),
		cmocka_unit_test(test_broken),	   cmocka_unit_test(test_place),
		cmocka_unit_test(test_tail),	   cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
