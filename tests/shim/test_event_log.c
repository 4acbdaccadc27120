/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shim/event_log.h"

/* TCG_PCR_EVENT with TCG_EfiSpecIDEvent: 32 and 33 bytes. */
#define HEAD 65
/* TCG_PCR_EVENT2 with one SHA-384 digest, without the event. */
#define EVENT 66

static uint8_t area[512];
static uint8_t digest[SHA384_BYTES];

static void test_head(void **state)
{
	static const uint8_t expected[HEAD] = {
		[4] = 3, [28] = 33, [32] = 'S', 'p',	  'e',	     'c',	' ', 'I',
		'D',	 ' ',	    'E',	'v',	  'e',	     'n',	't', '0',
		'3',	 [53] = 2,  [55] = 2,	[56] = 1, [60] = 12, [62] = 48,
	};
	struct event_log log;

	memset(area, 0xa5, sizeof(area));
	assert_false(event_log_start(&log, area, HEAD - 1));
	assert_int_equal(area[0], 0xa5);
	assert_true(event_log_start(&log, area, sizeof(area) - 1));
	assert_int_equal(log.bytes, HEAD);
	assert_memory_equal(area, expected, HEAD);
	for (unsigned i = HEAD; i < sizeof(area) - 1; i++)
		assert_int_equal(area[i], 0xff);
	assert_int_equal(area[sizeof(area) - 1], 0xa5);
}

static void test_event(void **state)
{
	static const uint8_t begin[] = { 3, 0, 0, 0, 13, 0, 0, 0, 1, 0, 0, 0, 12, 0 };
	static const uint8_t end[] = { 4, 0, 0, 0, 'n', 'a', 'm', 'e', 0xff };
	struct event_log log;

	for (unsigned i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(i + 100);
	assert_true(event_log_start(&log, area, sizeof(area)));
	assert_true(event_log_add(&log, 2, EVENT_IPL, digest, "name", 4));
	assert_int_equal(log.bytes, HEAD + EVENT + 4);
	assert_memory_equal(area + HEAD, begin, sizeof(begin));
	assert_memory_equal(area + HEAD + sizeof(begin), digest, sizeof(digest));
	assert_memory_equal(area + HEAD + EVENT - 4, end, sizeof(end));
}

/* An event that does not fit by one byte, or by its length alone, changes nothing. */
static void test_full(void **state)
{
	struct event_log log;

	memset(area, 0xa5, sizeof(area));
	assert_true(event_log_start(&log, area, HEAD + EVENT + 3));
	assert_false(event_log_add(&log, 0, EVENT_IPL, digest, "name", 4));
	assert_false(event_log_add(&log, 0, EVENT_IPL, digest, "name", UINT32_MAX));
	assert_int_equal(log.bytes, HEAD);
	assert_int_equal(area[HEAD], 0xff);
	assert_true(event_log_add(&log, 0, EVENT_IPL, digest, "nam", 3));
	assert_false(event_log_add(&log, 0, EVENT_IPL, digest, "", 0));
	assert_int_equal(area[HEAD + EVENT + 3], 0xa5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
