/* SPDX-License-Identifier: MIT */
#include "formats/sev.h"
#include "tests/formats/image.h"

/* The numbers are those that a reader of another program found in Debian's OVMF.fd of 2026.08. */

#define METADATA_GUID "\x66\x65\x88\xdc\x4a\x98\x98\x47\xa7\x5e\x55\x85\xa7\xbf\x67\xcc"
#define IGVM_GUID     "\x0e\xa7\x4f\x78\x76\x31\x77\x46\x8a\x20\x04\xb6\x86\x99\xe3\x74"
#define RESET_GUID    "\xde\x71\xf7\x00\x7e\x1a\xcb\x4f\x89\x0e\x68\xc7\x7e\x2f\xb4\x4e"
#define SECRET_GUID   "\x61\xb3\x2e\x4c\x9b\x7d\xc3\x4c\x80\x81\x12\x7c\x90\xd3\xd2\x94"
#define HASHES_GUID   "\x1f\x37\x55\x72\x3b\x3a\x04\x4b\x92\x7b\x1d\xa6\xef\xa8\xd4\x54"

#define HEADER	   0x400
#define SECTION(i) (HEADER + 16 + (i)*12)
#define IGVM	   0x800
enum { GPA = 0, SIZE = 4, TYPE = 8 };

static void put_section(unsigned int i, uint32_t gpa, uint32_t size, uint32_t type)
{
	put(SECTION(i) + GPA, gpa, 4);
	put(SECTION(i) + SIZE, size, 4);
	put(SECTION(i) + TYPE, type, 4);
}

static void put_count(uint32_t count)
{
	put(HEADER + 4, 16 + (uint64_t)count * 12, 4);
	put(HEADER + 12, count, 4);
}

static void make_image(void)
{
	image_begin();
	image_entry32(RESET_GUID, 0x0080b004);
	image_entry(SECRET_GUID, "\0\0\x81\0\0\x0c\0\0", 8);
	image_entry(HASHES_GUID, "\0\x0c\x81\0\0\x04\0\0", 8);
	image_entry32(METADATA_GUID, IMAGE_SIZE - HEADER);
	memcpy(image + HEADER, "ASEV", 4);
	put(HEADER + 8, 1, 4);
	put_count(7);
	put_section(0, 0x800000, 0x9000, 1);
	put_section(1, 0x80a000, 0x3000, 1);
	put_section(2, 0x80d000, 0x1000, 2);
	put_section(3, 0x80e000, 0x1000, 3);
	put_section(4, 0x80f000, 0x1000, 4);
	put_section(5, 0x811000, 0x1f000, 1);
	put_section(6, 0x810000, 0x1000, 0x10);
}

static void test_all(void **state)
{
	struct sev sev;
	const struct metadata *metadata = &sev.metadata;

	make_image();
	sev_read(&sev, image_bytes());
	assert_true(metadata->present);
	assert_int_equal(metadata->errors, 0);
	assert_int_equal(metadata->offset, HEADER);
	assert_int_equal(metadata->version, 1);
	assert_int_equal(metadata->declared, 7);
	assert_int_equal(metadata->count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(metadata->section[i].errors, 0);
		assert_int_equal(metadata->section[i].offset, SECTION(i));
	}
	assert_int_equal(metadata->section[1].gpa, 0x80a000);
	assert_int_equal(metadata->section[1].size, 0x3000);
	assert_int_equal(metadata->section[5].type, SEV_MEM);
	assert_ptr_equal(metadata_find(metadata, SEV_SECRETS), &metadata->section[2]);
	assert_ptr_equal(metadata_find(metadata, SEV_CPUID), &metadata->section[3]);
	assert_ptr_equal(metadata_find(metadata, SEV_SVSM_CAA), &metadata->section[4]);
	assert_ptr_equal(metadata_find(metadata, SEV_KERNEL_HASHES), &metadata->section[6]);
	assert_true(sev.es_reset.present);
	assert_int_equal(sev.es_reset.address, 0x80b004);
	assert_true(sev.hashes.present);
	assert_int_equal(sev.hashes.address, 0x810c00);
	assert_int_equal(sev.hashes.size, 0x400);
	assert_true(sev.secret.present);
	assert_int_equal(sev.secret.address, 0x810000);
	assert_int_equal(sev.secret.size, 0xc00);
	assert_false(sev.igvm.present);
	assert_int_equal(sev.igvm.place, GUID_TABLE_PLACE_ABSENT);
}

static void test_nothing(void **state)
{
	struct sev sev;

	image_begin();
	sev_read(&sev, image_bytes());
	assert_int_equal(sev.metadata.place, GUID_TABLE_PLACE_ABSENT);
	assert_false(sev.metadata.present || sev.hashes.present || sev.secret.present ||
		     sev.es_reset.present);
	assert_false(sev.hashes.bad_size || sev.secret.bad_size || sev.es_reset.bad_size);
}

static void test_names(void **state)
{
	assert_string_equal(sev_type_name(1), "SEC_MEM");
	assert_string_equal(sev_type_name(4), "SVSM_CAA");
	assert_string_equal(sev_type_name(0x10), "KERNEL_HASHES");
	assert_string_equal(sev_type_name(0x200), "HOB_AREA");
	assert_string_equal(sev_type_name(0), "type");
	assert_string_equal(sev_type_name(5), "type");
}

/* One field changed gives exactly these errors, at that section. */
static void test_sections(void **state)
{
	static const struct {
		unsigned int section, field;
		uint32_t value;
		unsigned int errors;
	} changes[] = {
		{ 0, GPA, 0x800800, METADATA_BAD_ADDRESS },
		{ 0, SIZE, 0x800, METADATA_BAD_SIZE },
		{ 0, SIZE, 0, METADATA_EMPTY }, /* in firmware that is made for TDX alone */
		{ 0, GPA, 0xffff7000, 0 },
		{ 0, GPA, 0xffff8000, METADATA_BAD_END },
		{ 0, TYPE, 0, METADATA_BAD_TYPE },
		{ 0, TYPE, 5, METADATA_BAD_TYPE },
		{ 0, TYPE, 0x100, METADATA_BAD_TYPE }, /* of the other list */
		{ 0, TYPE, 2, METADATA_NOT_ONE_PAGE },
		{ 0, TYPE, 3, METADATA_NOT_ONE_PAGE },
		{ 0, TYPE, 4, METADATA_NOT_ONE_PAGE },
		{ 0, TYPE, 0x10, 0 },
		{ 2, SIZE, 0x800, METADATA_BAD_SIZE },
		{ 2, SIZE, 0x1001, METADATA_BAD_SIZE | METADATA_NOT_ONE_PAGE },
	};
	struct sev sev;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(SECTION(changes[i].section) + changes[i].field, changes[i].value, 4);
		sev_read(&sev, image_bytes());
		assert_int_equal(sev.metadata.errors, 0);
		for (unsigned int k = 0; k < 7; k++)
			assert_int_equal(sev.metadata.section[k].errors,
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
		{ HEADER + 8, 2, 4, METADATA_BAD_VERSION, 7 },
		{ HEADER + 4, 16 + 6 * 12, 4, METADATA_BAD_LENGTH, 7 },
		/* A count whose length is about the right one, were it 32 bits. */
		{ HEADER + 12, 0x1555555c, 4, METADATA_BAD_LENGTH | METADATA_TOO_MANY, 64 },
	};
	struct sev sev;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		make_image();
		put(changes[i].offset, changes[i].value, changes[i].size);
		sev_read(&sev, image_bytes());
		assert_int_equal(sev.metadata.errors, changes[i].errors);
		assert_int_equal(sev.metadata.count, changes[i].count);
	}
}

static void test_many(void **state)
{
	struct sev sev;

	make_image();
	for (unsigned int i = 0; i < 65; i++)
		put_section(i, i * 0x1000, 0x1000, 1);
	put_count(64);
	sev_read(&sev, image_bytes());
	assert_int_equal(sev.metadata.errors, 0);
	assert_int_equal(sev.metadata.count, 64);
	put_count(65);
	sev_read(&sev, image_bytes());
	assert_int_equal(sev.metadata.errors, METADATA_TOO_MANY);
	assert_int_equal(sev.metadata.count, 64);
}

/* Sections of the list for IGVM loaders are parts of a page, and keep to no rules. */
static void test_igvm(void **state)
{
	static const struct {
		uint32_t gpa, size, type;
	} sections[] = {
		{ 0x812000, 0x1000, 0x100 },
		{ 0, 192, 0x101 },
		{ 192, 16, 0x102 },
		{ 0x813000, 0x1000, 0x200 },
	};
	struct sev sev;

	make_image();
	image_entry32(IGVM_GUID, IMAGE_SIZE - IGVM);
	memcpy(image + IGVM, "IGVM", 4);
	put(IGVM + 4, 16 + 4 * 12, 4);
	put(IGVM + 8, 1, 4);
	put(IGVM + 12, 4, 4);
	for (unsigned int i = 0; i < 4; i++) {
		put(IGVM + 16 + i * 12, sections[i].gpa, 4);
		put(IGVM + 20 + i * 12, sections[i].size, 4);
		put(IGVM + 24 + i * 12, sections[i].type, 4);
	}
	sev_read(&sev, image_bytes());
	assert_int_equal(sev.metadata.count, 7);
	assert_true(sev.igvm.present);
	assert_int_equal(sev.igvm.errors, 0);
	assert_int_equal(sev.igvm.count, 4);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(sev.igvm.section[i].gpa, sections[i].gpa);
		assert_int_equal(sev.igvm.section[i].size, sections[i].size);
		assert_int_equal(sev.igvm.section[i].type, sections[i].type);
		assert_int_equal(sev.igvm.section[i].errors, 0);
	}
}

static void test_blocks(void **state)
{
	struct sev sev;

	image_begin();
	image_entry(HASHES_GUID, "1234567", 7);
	image_entry(SECRET_GUID, "1234", 4);
	image_entry(RESET_GUID, "12345", 5);
	sev_read(&sev, image_bytes());
	assert_false(sev.hashes.present || sev.secret.present || sev.es_reset.present);
	assert_true(sev.hashes.bad_size && sev.secret.bad_size && sev.es_reset.bad_size);
	assert_int_equal(sev.hashes.entry.data.size, 7);

	image_begin();
	image_entry(HASHES_GUID, "\1\0\0\0\2\0\0\0\3", 9);
	sev_read(&sev, image_bytes());
	assert_true(sev.hashes.present);
	assert_false(sev.hashes.bad_size);
	assert_int_equal(sev.hashes.address, 1);
	assert_int_equal(sev.hashes.size, 2);
}

/* Whatever an image holds, no byte outside of it is read. */
static void test_hostile(void **state)
{
	struct bytes copy;
	struct sev sev;

	make_image();
	for (size_t size = 0; size <= IMAGE_SIZE; size++) {
		copy = image_tail(size);
		sev_read(&sev, copy);
		assert_int_equal(sev.metadata.present, size >= IMAGE_SIZE - HEADER);
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
		sev_read(&sev, copy);
		assert_true(sev.metadata.count <= METADATA_SECTIONS_MAX);
		free((void *)copy.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),	cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_names),	cmocka_unit_test(test_sections),
		cmocka_unit_test(test_header),	cmocka_unit_test(test_many),
		cmocka_unit_test(test_igvm),	cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
