/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/snp/attestation/guest_request.h"
#include "tests/qemu/snp/attestation/guest_message.h"

static struct attestation_guest guest;
static struct snp_messages messages;
static struct guest_message request, response;

static int setup(void **state)
{
	*state = attester_create();
	memset(&messages, 0, sizeof(messages));
	messages.attester = *state;
	messages.guest = &guest;
	for (unsigned i = 0; i < 4; i++)
		memset(messages.vmpck[i], 0x40 + (int)i, 32);
	return !*state;
}

static int teardown(void **state)
{
	attester_destroy(*state);
	return 0;
}

static enum snp_request_status ask(void)
{
	memset(&response, 0xee, sizeof(response));
	return snp_guest_request_message(&messages, (uint8_t *)&request, (uint8_t *)&response);
}

static void make(uint8_t vmpck, uint64_t sequence, uint8_t type, uint16_t size)
{
	static const uint8_t zero[4000];

	guest_message_make(&request, messages.vmpck[vmpck], vmpck, sequence, type, zero, size);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	memcpy(bytes, &value, 4);
}

static uint32_t response_status(void)
{
	uint32_t status;

	memcpy(&status, response.payload, 4);
	return status;
}

/* Linux's checks, in verify_and_dec_payload(); and numbers go on, per key. */
static void test_sequence(void **state)
{
	for (uint64_t sequence = 1; sequence < 9; sequence += 2) {
		make(0, sequence, 5, 96);
		assert_int_equal(ask(), SNP_REQUEST_SUCCESS);
		assert_int_equal(response.sequence, sequence + 1);
		assert_int_equal(response.type, 6);
		assert_int_equal(response.version, 1);
		assert_int_equal(response.size, 32 + 1184);
		assert_int_equal(response.algorithm, 1);
		assert_int_equal(response.header_size, 96);
		assert_int_equal(response.vmpck, 0);
		assert_true(guest_message_open(&response, messages.vmpck[0]));
		assert_int_equal(response_status(), 0);
		assert_int_equal(response.payload[4] | response.payload[5] << 8, 1184);
	}
	make(2, 1, 3, 32);
	assert_int_equal(ask(), SNP_REQUEST_SUCCESS);
	/* The key's VMPL goes before the one asked for: 0. */
	assert_true(guest_message_open(&response, messages.vmpck[2]));
	assert_int_equal(response.type, 4);
	assert_int_equal(response.size, 64);
	assert_int_equal(response_status(), SNP_MESSAGE_INVALID_PARAM);

	static const uint64_t wrong[] = { 0, 7, 8, 10, 1ull << 32 | 9 };

	for (unsigned i = 0; i < 5; i++) {
		make(0, wrong[i], 5, 96);
		assert_int_equal(ask(), SNP_REQUEST_INVALID_PARAM);
		assert_int_equal(response.type, 0xee);
	}
	/* The number that failed may be used again. */
	make(0, 9, 5, 96);
	assert_int_equal(ask(), SNP_REQUEST_SUCCESS);

	messages.count[3] = UINT64_MAX - 3;
	make(3, UINT64_MAX - 2, 5, 96);
	assert_int_equal(ask(), SNP_REQUEST_SUCCESS);
	make(3, UINT64_MAX, 5, 96);
	assert_int_equal(ask(), SNP_REQUEST_AEAD_OFLOW);
}

/* A header is refused for each of its fields, and nothing counts. */
static void test_header(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
		enum snp_request_status status;
	} changes[] = {
		{ 0x00, 0x00, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0x0f, 0x00, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0x60, 0x00, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0xbf, 0x00, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0x34, 0x03, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0x3c, 0x01, SNP_REQUEST_BAD_MEASUREMENT },
		{ 0x28, 0x01, SNP_REQUEST_INVALID_PARAM },
		{ 0x30, 0x02, SNP_REQUEST_INVALID_PARAM },
		{ 0x31, 0x02, SNP_REQUEST_INVALID_PARAM },
		{ 0x32, 0x61, SNP_REQUEST_INVALID_PARAM },
		{ 0x37, 0x10, SNP_REQUEST_INVALID_PARAM },
		{ 0x38, 0x01, SNP_REQUEST_INVALID_PARAM },
		{ 0x3c, 0x04, SNP_REQUEST_INVALID_PARAM },
		{ 0x5f, 0x01, SNP_REQUEST_INVALID_PARAM },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t *bytes = (uint8_t *)&request;

		make(0, 1, 5, 96);
		/* Zero means another value than what is there. */
		bytes[changes[i].offset] =
			changes[i].value ? changes[i].value : bytes[changes[i].offset] ^ 0x80;
		if (ask() != changes[i].status)
			fail_msg("change %zu", i);
		assert_int_equal(messages.count[0], 0);
	}

	static const struct {
		uint8_t type, version;
		uint16_t size;
	} unknown[] = { { 5, 2, 96 }, { 5, 1, 95 }, { 5, 1, 32 }, { 3, 1, 96 },
			{ 1, 1, 96 }, { 0, 1, 96 }, { 6, 1, 96 }, { 17, 1, 128 } };

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		make(0, 1, unknown[i].type, unknown[i].size);
		memset(request.payload, 0, sizeof(request.payload));
		request.version = unknown[i].version;
		guest_message_seal(&request, messages.vmpck[0]);
		assert_int_equal(ask(), SNP_REQUEST_INVALID_PARAM);
		assert_int_equal(messages.count[0], 0);
	}
}

/* What a payload asks, and the status in the response. */
static uint32_t ask_payload(uint8_t vmpck, uint8_t type, const uint8_t *payload, uint16_t size)
{
	guest_message_make(&request, messages.vmpck[vmpck], vmpck, messages.count[vmpck] + 1, type,
			   payload, size);
	assert_int_equal(ask(), SNP_REQUEST_SUCCESS);
	assert_true(guest_message_open(&response, messages.vmpck[vmpck]));
	return response_status();
}

static void test_report_fields(void **state)
{
	static const struct {
		uint8_t vmpck;
		uint32_t vmpl, select, reserved, status;
	} cases[] = {
		{ 0, 0, 0, 0, 0 },    { 0, 3, 1, 0, 0 },    { 2, 2, 0, 0, 0 },
		{ 2, 1, 0, 0, 0x16 }, { 0, 4, 0, 0, 0x16 }, { 0, 0, 2, 0, 0x27 },
		{ 0, 0, 3, 0, 0x16 }, { 0, 0, 4, 0, 0x16 }, { 0, 0, 0, 1, 0x16 },
	};
	uint8_t none[ATTESTATION_REPORT_SIZE] = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t payload[96] = { 0 };

		put32(payload + 64, cases[i].vmpl);
		put32(payload + 68, cases[i].select);
		put32(payload + 92, cases[i].reserved);
		assert_int_equal(ask_payload(cases[i].vmpck, 5, payload, 96), cases[i].status);
		if (cases[i].status)
			assert_memory_equal(response.payload + 4, none, sizeof(none));
		else
			assert_int_equal(response.payload[32 + 0x30], cases[i].vmpl);
	}
}

static void derive(const uint8_t *payload, uint8_t *key)
{
	assert_int_equal(ask_payload(0, 3, payload, 32), 0);
	memcpy(key, response.payload + 32, 32);
}

/* The same key for the same question; another for each field that is selected and differs. */
static void test_derived_keys(void **state)
{
	uint8_t payload[32] = { 0 }, first[32], key[32];

	derive(payload, first);
	derive(payload, key);
	assert_memory_equal(first, key, 32);
	guest.measurement[0] ^= 1;
	derive(payload, key);
	assert_memory_equal(first, key, 32);

	payload[8] = 1 << 3;
	derive(payload, first);
	assert_memory_not_equal(first, key, 32);
	guest.measurement[0] ^= 1;
	derive(payload, key);
	assert_memory_not_equal(first, key, 32);
	payload[8] = 1;
	derive(payload, first);
	guest.policy ^= 1;
	derive(payload, key);
	assert_memory_not_equal(first, key, 32);
	put32(payload + 16, 1);
	derive(payload, first);
	assert_memory_not_equal(first, key, 32);
	payload[0] = 1;
	derive(payload, key);
	assert_memory_not_equal(first, key, 32);

	static const struct {
		unsigned offset;
		uint8_t value;
		uint32_t status;
	} refused[] = { { 0, 4, 0x27 },	   { 0, 6, 0x16 },  { 0, 8, 0x16 },  { 4, 1, 0x16 },
			{ 8, 0x40, 0x16 }, { 16, 4, 0x16 }, { 20, 1, 0x16 }, { 24, 1, 0x16 } };

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		uint8_t none[60] = { 0 };

		memset(payload, 0, sizeof(payload));
		payload[refused[i].offset] = refused[i].value;
		assert_int_equal(ask_payload(0, 3, payload, 32), refused[i].status);
		assert_memory_equal(response.payload + 4, none, 60);
	}
}

/* Shared memory of the guest: request, response, and two pages for certificates. */
static uint8_t shared[4][4096];

static uint8_t *find(uint64_t gpa, size_t size)
{
	if (gpa < 0x10000 || gpa >= 0x14000 || gpa + size > 0x14000)
		return NULL;
	return (uint8_t *)shared + (gpa - 0x10000);
}

static bool read_shared(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	uint8_t *bytes = find(gpa, size);

	if (bytes)
		memcpy(buffer, bytes, size);
	return bytes;
}

static bool write_shared(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	uint8_t *bytes = find(gpa, size);

	if (bytes)
		memcpy(bytes, buffer, size);
	return bytes;
}

static struct snp_request_host host = { .read = read_shared, .write = write_shared };

static struct snp_request_exit handle(bool extended, uint64_t in, uint64_t out, uint64_t rax,
				      uint64_t rbx)
{
	struct snp_request_exit exit = { in, out, rax, rbx };
	uint64_t before = exit.rbx;

	make(0, messages.count[0] + 1, 5, 96);
	memset(shared, 0xcc, sizeof(shared));
	memcpy(shared[0], &request, 4096);
	if (!snp_guest_request_exit(&messages, &host, extended, &exit))
		assert_int_equal(exit.rbx, before);
	memcpy(&response, shared[1], 4096);
	return exit;
}

static void test_exit(void **state)
{
	static const uint64_t malformed[][2] = {
		{ 0x10008, 0x11000 }, { 0x10000, 0x11008 }, { 0x10000, 0x10000 },
		{ 0x20000, 0x11000 }, { 0x10000, 0x20000 }, { ~0xfffull, 0x11000 },
	};
	struct snp_request_exit exit = handle(false, 0x10000, 0x11000, 0, 0);

	assert_int_equal(exit.exitinfo1 | exit.exitinfo2, 0);
	assert_int_equal(response.type, 6);
	assert_true(guest_message_open(&response, messages.vmpck[0]));
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		exit = handle(false, malformed[i][0], malformed[i][1], 0, 0);
		assert_int_equal(exit.exitinfo1, 2);
		assert_int_equal(exit.exitinfo2, 5);
		assert_int_equal(messages.count[0], 2);
	}
	/* A status of the processor. */
	messages.vmpck[1][0] ^= 1;
	make(0, 3, 5, 96);
	request.tag[0] ^= 1;
	memcpy(shared[0], &request, 4096);
	exit = (struct snp_request_exit){ 0x10000, 0x11000, 0, 0 };
	snp_guest_request_exit(&messages, &host, false, &exit);
	assert_int_equal(exit.exitinfo1, 0);
	assert_int_equal(exit.exitinfo2, 0x0b);
}

static void test_certificates(void **state)
{
	static const uint8_t none[24], table[4097] = { 1, 2, 3, [4096] = 9 };
	struct snp_request_exit exit = handle(true, 0x10000, 0x11000, 0x12000, 0);

	/* None: nothing is wanted, or an empty table. */
	assert_int_equal(exit.exitinfo1 | exit.exitinfo2, 0);
	exit = handle(true, 0x10000, 0x11000, 0x12000, 1);
	assert_int_equal(exit.exitinfo1 | exit.exitinfo2, 0);
	assert_memory_equal(shared[2], none, 24);
	assert_int_equal(shared[2][24], 0xcc);
	assert_int_equal(messages.count[0], 4);
	exit = handle(true, 0x10000, 0x11000, 0x12008, 1);
	assert_int_equal(exit.exitinfo1, 2);
	exit = handle(true, 0x10000, 0x11000, 0x20000, 1);
	assert_int_equal(exit.exitinfo1, 2);
	assert_int_equal(messages.count[0], 4);

	host.certificates = table;
	host.certificates_size = sizeof(table);
	for (uint64_t pages = 0; pages < 2; pages++) {
		exit = handle(true, 0x10000, 0x11000, 0x12000, pages);
		assert_int_equal(exit.exitinfo1, 0);
		assert_int_equal(exit.exitinfo2, 1ull << 32);
		assert_int_equal(exit.rbx, 2);
		assert_int_equal(shared[1][0], 0xcc);
		assert_int_equal(shared[2][0], 0xcc);
		assert_int_equal(messages.count[0], 4);
	}
	exit = handle(true, 0x10000, 0x11000, 0x12000, 2);
	assert_int_equal(exit.exitinfo1 | exit.exitinfo2, 0);
	assert_memory_equal(shared[2], table, sizeof(table));
	assert_int_equal(messages.count[0], 6);
	/* Not beside other messages. */
	make(0, 7, 3, 32);
	memset(shared, 0xcc, sizeof(shared));
	memcpy(shared[0], &request, 4096);
	exit = (struct snp_request_exit){ 0x10000, 0x11000, 0x12000, 2 };
	assert_false(snp_guest_request_exit(&messages, &host, true, &exit));
	assert_int_equal(exit.exitinfo1 | exit.exitinfo2, 0);
	assert_int_equal(shared[2][0], 0xcc);
	host.certificates_size = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sequence, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_report_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_derived_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_certificates, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
