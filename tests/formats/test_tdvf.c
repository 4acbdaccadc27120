/* SPDX-License-Identifier: MIT */
#include "formats/tdvf.h"
#include "tests/formats/image.h"

/* The descriptor as the TDVF design guide, chapter 11, prints it. */

#define OFFSET_GUID "\x35\x65\x7a\xe4\x4a\x98\x98\x47\x86\x5e\x46\x85\xa7\xbf\x8e\xc2"
#define BEFORE_GUID "\xf3\xf9\xea\xe9\x8e\x16\xd5\x44\xa8\xeb\x7f\x4d\x87\x38\xf6\xae"

#define HEADER	   0x400
#define SECTION(i) (HEADER + 16 + (i)*32)
enum { DATA_OFFSET = 0, RAW_SIZE = 4, GPA = 8, SIZE = 16, TYPE = 24, ATTRIBUTES = 28 };

static size_t distance; /* where the table has it */

static void put_section(unsigned int i, uint32_t data_offset, uint32_t raw_size, uint64_t gpa,
			uint64_t size, uint32_t type, uint32_t attributes)
{
	put(SECTION(i) + DATA_OFFSET, data_offset, 4);
	put(SECTION(i) + RAW_SIZE, raw_size, 4);
	put(SECTION(i) + GPA, gpa, 8);
	put(SECTION(i) + SIZE, size, 8);
	put(SECTION(i) + TYPE, type, 4);
	put(SECTION(i) + ATTRIBUTES, attributes, 4);
}

static void put_count(uint32_t count)
{
	put(HEADER + 4, 16 + (uint64_t)count * 32, 4);
	put(HEADER + 12, count, 4);
}

static void make_image(void)
{
	image_begin();
	image_entry("0123456789abcdef", "ab", 2); /* of another kind, between */
	distance = image_entry32(OFFSET_GUID, IMAGE_SIZE - HEADER);
	memcpy(image + HEADER - 16, BEFORE_GUID, 16);
	memcpy(image + HEADER, "TDVF", 4);
	put(HEADER + 8, 1, 4);
	put_count(5);
	put_section(0, 0x84000, 0x37c000, 0xffc84000, 0x37c000, 0, 1);
	put_section(1, 0, 0x84000, 0xffc00000, 0x84000, 1, 0);
	put_section(2, 0, 0, 0x811000, 0xf000, 3, 0);
	put_section(3, 0, 0, 0x80b000, 0x2000, 3, 0);
	put_section(4, 0, 0, 0x809000, 0x2000, 2, 0);
}

static void test_all(void **state)
{
	struct metadata tdvf;
	const struct metadata_section *bfv = &tdvf.section[0];

	make_image();
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.place, GUID_TABLE_PLACE_OK);
	assert_true(tdvf.present);
	assert_false(tdvf.legacy);
	assert_int_equal(tdvf.errors, 0);
	assert_int_equal(tdvf.offset, HEADER);
	assert_int_equal(tdvf.length, 16 + 5 * 32);
	assert_int_equal(tdvf.version, 1);
	assert_int_equal(tdvf.declared, 5);
	assert_int_equal(tdvf.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(tdvf.section[i].errors, 0);
		assert_int_equal(tdvf.section[i].offset, SECTION(i));
	}
	assert_int_equal(bfv->data_offset, 0x84000);
	assert_int_equal(bfv->raw_size, 0x37c000);
	assert_int_equal(bfv->gpa, 0xffc84000);
	assert_int_equal(bfv->size, 0x37c000);
	assert_int_equal(bfv->type, TDVF_BFV);
	assert_int_equal(bfv->attributes, TDVF_MR_EXTEND);
	assert_ptr_equal(metadata_find(&tdvf, TDVF_TD_HOB), &tdvf.section[4]);
	assert_null(metadata_find(&tdvf, TDVF_PAYLOAD));
	assert_int_equal(metadata_count(&tdvf, TDVF_TEMP_MEM), 2);
}

static void test_names(void **state)
{
	assert_string_equal(tdvf_type_name(0), "BFV");
	assert_string_equal(tdvf_type_name(2), "TD_HOB");
	assert_string_equal(tdvf_type_name(6), "PayloadParam");
	assert_string_equal(tdvf_type_name(7), "type");
	assert_string_equal(tdvf_type_name(UINT32_MAX), "type");
}

/* One field changed gives exactly these errors, at that section. */
static void test_sections(void **state)
{
	static const struct {
		unsigned int section, field, size;
		uint64_t value;
		unsigned int errors;
	} changes[] = {
		{ 2, GPA, 8, 0x811001, METADATA_BAD_ADDRESS },
		{ 2, SIZE, 8, 0xefff, METADATA_BAD_SIZE },
		{ 2, SIZE, 8, 0, METADATA_EMPTY },
		{ 2, SIZE, 8, UINT64_C(0) - 4096, METADATA_BAD_END },
		{ 2, SIZE, 8, UINT64_C(0) - 0x812000, 0 },
		{ 0, SIZE, 8, 0, METADATA_EMPTY | METADATA_BAD_RAW_SIZE },
		{ 0, RAW_SIZE, 4, 0, METADATA_NO_CONTENT },
		{ 0, RAW_SIZE, 4, 0x37c001, METADATA_BAD_RAW_SIZE },
		{ 1, RAW_SIZE, 4, 0, METADATA_NO_CONTENT },
		{ 1, RAW_SIZE, 4, 0x83fff, 0 },
		{ 2, RAW_SIZE, 4, 1, METADATA_CONTENT },
		{ 4, RAW_SIZE, 4, 0x2001, METADATA_CONTENT | METADATA_BAD_RAW_SIZE },
		{ 2, TYPE, 4, 4, METADATA_PAYLOAD_TYPE },
		{ 1, TYPE, 4, 6, METADATA_PAYLOAD_TYPE },
		{ 2, TYPE, 4, 7, METADATA_BAD_TYPE },
		{ 2, TYPE, 4, UINT32_MAX, METADATA_BAD_TYPE },
		{ 2, ATTRIBUTES, 4, UINT32_MAX, 0 }, /* for the caller to judge */
	};
	struct metadata tdvf;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(SECTION(changes[i].section) + changes[i].field, changes[i].value,
		    changes[i].size);
		tdvf_read(&tdvf, image_bytes());
		assert_int_equal(tdvf.errors, 0);
		assert_int_equal(tdvf.count, 5);
		for (unsigned int k = 0; k < 5; k++)
			assert_int_equal(tdvf.section[k].errors,
					 k == changes[i].section ? changes[i].errors : 0);
	}
}

static void test_header(void **state)
{
	static const struct {
		size_t offset;
		uint64_t value;
		unsigned int size, errors, count;
	} changes[] = {
		{ HEADER, 'X', 1, METADATA_BAD_SIGNATURE, 0 },
		{ HEADER + 4, 16 + 4 * 32, 4, METADATA_BAD_LENGTH, 5 },
		{ HEADER + 8, 0, 4, METADATA_BAD_VERSION, 5 },
		{ HEADER + 8, 2, 4, METADATA_BAD_VERSION, 5 },
		{ HEADER + 12, 4, 4, METADATA_BAD_LENGTH, 4 },
		/* A count whose length is the right one, were it 32 bits. */
		{ HEADER + 12, 0x08000005, 4, METADATA_BAD_LENGTH | METADATA_TOO_MANY, 64 },
		{ HEADER - 16, 0, 1, METADATA_NO_GUID, 5 },
	};
	struct metadata tdvf;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(changes[i].offset, changes[i].value, changes[i].size);
		tdvf_read(&tdvf, image_bytes());
		assert_int_equal(tdvf.place, GUID_TABLE_PLACE_OK);
		assert_int_equal(tdvf.errors, changes[i].errors);
		assert_int_equal(tdvf.present, !(tdvf.errors & METADATA_BAD_SIGNATURE));
		assert_int_equal(tdvf.count, changes[i].count);
	}
}

static void test_many(void **state)
{
	struct metadata tdvf;

	make_image();
	for (unsigned int i = 0; i < 65; i++)
		put_section(i, 0, 0, i * 0x1000, 0x1000, 3, 0);
	put_count(64);
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.errors, 0);
	assert_int_equal(tdvf.count, 64);
	put_count(65);
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.errors, METADATA_TOO_MANY);
	assert_int_equal(tdvf.count, 64);
}

/* The descriptor lies across the end of the image. */
static void test_truncated(void **state)
{
	struct metadata tdvf;

	for (uint32_t left = 0; left < 16; left++) {
		image_begin();
		image_entry32(OFFSET_GUID, left);
		memcpy(image + IMAGE_SIZE - left, "TDVF", left < 4 ? left : 4);
		tdvf_read(&tdvf, image_bytes());
		assert_int_equal(tdvf.place, left ? GUID_TABLE_PLACE_OK : GUID_TABLE_PLACE_OUTSIDE);
		assert_int_equal(tdvf.present, left >= 4);
		assert_int_equal(tdvf.count, 0);
		if (left)
			assert_true(tdvf.errors & METADATA_NO_HEADER);
	}
	image_begin();
	image_entry32(OFFSET_GUID, 16);
	memcpy(image + IMAGE_SIZE - 16, "TDVF", 4);
	put(IMAGE_SIZE - 8, 1, 4);
	put(IMAGE_SIZE - 4, 1, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_true(tdvf.present);
	assert_int_equal(tdvf.errors & (METADATA_NO_HEADER | METADATA_TRUNCATED),
			 METADATA_TRUNCATED);
	assert_int_equal(tdvf.count, 0);
}

static void test_place(void **state)
{
	struct metadata tdvf;

	make_image();
	put(distance, IMAGE_SIZE + 1, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.place, GUID_TABLE_PLACE_OUTSIDE);
	assert_false(tdvf.present);

	image_begin();
	image_entry(OFFSET_GUID, "12345678", 8);
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.place, GUID_TABLE_PLACE_DATA);
	assert_int_equal(tdvf.entry.data.size, 8);
	assert_false(tdvf.present);

	image_begin();
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.place, GUID_TABLE_PLACE_ABSENT);
	assert_false(tdvf.present);
}

/* Without the entry, the offset at 0x20 before the end counts; with it, it does not. */
static void test_legacy(void **state)
{
	struct metadata tdvf;

	make_image();
	put(IMAGE_SIZE - 0x20, 0x100, 4);
	memcpy(image + 0x100, "TDVF", 4);
	tdvf_read(&tdvf, image_bytes());
	assert_false(tdvf.legacy);
	assert_int_equal(tdvf.offset, HEADER);

	make_image();
	image[TABLE_END - 1] ^= 1;
	put(IMAGE_SIZE - 0x20, HEADER, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_true(tdvf.present);
	assert_true(tdvf.legacy);
	assert_int_equal(tdvf.place, GUID_TABLE_PLACE_ABSENT);
	assert_int_equal(tdvf.errors, 0);
	assert_int_equal(tdvf.count, 5);

	put(IMAGE_SIZE - 0x20, HEADER + 1, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_false(tdvf.present);
	put(IMAGE_SIZE - 0x20, UINT32_MAX, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_false(tdvf.present);
	assert_int_equal(tdvf.count, 0);

	/* Too short to have an offset. */
	tdvf_read(&tdvf, (struct bytes){ image + HEADER, 31 });
	assert_false(tdvf.present);

	/* The table's place counts, though nothing is there. */
	make_image();
	put(distance, IMAGE_SIZE - HEADER - 1, 4);
	put(IMAGE_SIZE - 0x20, HEADER, 4);
	tdvf_read(&tdvf, image_bytes());
	assert_int_equal(tdvf.errors & METADATA_BAD_SIGNATURE, METADATA_BAD_SIGNATURE);
	assert_false(tdvf.present || tdvf.legacy);
}

/* Whatever an image holds, no byte outside of it is read. */
static void test_hostile(void **state)
{
	struct metadata tdvf;
	struct bytes copy;

	make_image();
	for (size_t size = 0; size <= IMAGE_SIZE; size++) {
		copy = image_tail(size);
		tdvf_read(&tdvf, copy);
		assert_int_equal(tdvf.present, size >= IMAGE_SIZE - HEADER);
		free((void *)copy.data);
	}
	srand(1);
	for (unsigned int i = 0; i < 20000; i++) {
		static const size_t places[] = { HEADER, 0xf50 };
		size_t place = places[rand() % 2];

		make_image();
		for (unsigned int n = 0; n < 3; n++)
			image[place + (size_t)rand() % 0xb0] = (uint8_t)rand();
		copy = image_tail(IMAGE_SIZE);
		tdvf_read(&tdvf, copy);
		assert_true(tdvf.count <= METADATA_SECTIONS_MAX && tdvf.count <= tdvf.declared);
		free((void *)copy.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),	 cmocka_unit_test(test_names),
		cmocka_unit_test(test_sections), cmocka_unit_test(test_header),
		cmocka_unit_test(test_many),	 cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_place),	 cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
