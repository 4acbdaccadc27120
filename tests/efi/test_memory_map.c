/* SPDX-License-Identifier: MIT */
#include "efi/memory_map.h"

#include "tests/efi/fake_firmware.h"

static struct efi_memory_map map;

static void test_ranges(void **state)
{
	struct cvm_span range;
	size_t at = 0;

	fake_init();
	fake_add(4 * GIB, 6 * GIB, FAKE_UNACCEPTED);
	fake_add(6 * GIB, 7 * GIB, FAKE_CONVENTIONAL);
	fake_add(7 * GIB, 9 * GIB, FAKE_UNACCEPTED);
	assert_int_equal(efi_memory_map_open(&fake.firmware, &map), EFI_SUCCESS);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&map, CVM_PHYS_END), 4 * GIB);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&map, 8 * GIB), 3 * GIB);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&map, 4 * GIB), 0);
	assert_true(efi_memory_map_unaccepted(&map, 8 * GIB, &at, &range));
	assert_true(range.start == 4 * GIB && range.end == 6 * GIB);
	assert_true(efi_memory_map_unaccepted(&map, 8 * GIB, &at, &range));
	assert_true(range.start == 7 * GIB && range.end == 8 * GIB);
	assert_false(efi_memory_map_unaccepted(&map, 8 * GIB, &at, &range));
	efi_memory_map_close(&fake.firmware, &map);
	assert_int_equal(fake.allocated, 0);
}

/* Each allocation may make the map longer, but not for ever. */
static void test_growing(void **state)
{
	fake_init();
	fake_add(4 * GIB, 5 * GIB, FAKE_UNACCEPTED);
	fake.growing = 2;
	assert_int_equal(efi_memory_map_open(&fake.firmware, &map), EFI_SUCCESS);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&map, CVM_PHYS_END), GIB);
	efi_memory_map_close(&fake.firmware, &map);
	fake.growing = 1000;
	assert_int_equal(efi_memory_map_open(&fake.firmware, &map), EFI_BUFFER_TOO_SMALL);
	efi_memory_map_close(&fake.firmware, &map);
	assert_int_equal(fake.allocated, 0);
}

static void test_errors(void **state)
{
	fake_init();
	fake.alloc_fails_in = 1;
	assert_int_equal(efi_memory_map_open(&fake.firmware, &map), EFI_OUT_OF_RESOURCES);
	efi_memory_map_close(&fake.firmware, &map);
	fake.descriptor_size = 32;
	assert_int_equal(efi_memory_map_open(&fake.firmware, &map), EFI_UNSUPPORTED);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&map, CVM_PHYS_END), 0);
	efi_memory_map_close(&fake.firmware, &map);
	assert_int_equal(fake.allocated, 0);
}

static void put(uint8_t *to, uint64_t start, uint64_t pages)
{
	struct efi_memory_descriptor descriptor = { .type = EFI_UNACCEPTED_MEMORY,
						    .start = start,
						    .pages = pages };

	memcpy(to, &descriptor, sizeof(descriptor));
}

/* Lengths that overflow, no page at all, and a descriptor that is cut off. */
static void test_senseless(void **state)
{
	uint8_t memory[5 * 48] = { 0 };
	struct efi_memory_map senseless = { memory, sizeof(memory) - 1, 48 };

	put(memory, 4 * GIB, UINT64_MAX >> 12);
	put(memory + 48, CVM_PHYS_END, 1);
	put(memory + 2 * 48, 4 * GIB + 1, 1);
	put(memory + 3 * 48, 4 * GIB, 0);
	put(memory + 4 * 48, 4 * GIB, 1);
	assert_int_equal(efi_memory_map_unaccepted_bytes(&senseless, CVM_PHYS_END), 0);
	senseless.size++;
	assert_int_equal(efi_memory_map_unaccepted_bytes(&senseless, CVM_PHYS_END), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
