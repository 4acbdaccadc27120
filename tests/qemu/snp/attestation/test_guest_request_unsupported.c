/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qemu/report/json_writer.h"
#include "qemu/snp/attestation/guest_request_host.h"

static const struct snp_attestation *const ours = &snp_attestation_unsupported;

/* A plugin without attestation: SEV-SNP firmware ABI 1.56, status UNSUPPORTED (15h), for requests
 * of both kinds; the rest of the event is not a malformed input (SW_EXITINFO1 stays). */
static void test_answer(void **state)
{
	struct emu_ghcb_event event = { .info1 = 0x1000, .info2 = 0x2000, .rax = 0x3000, .rbx = 1 };

	assert_int_equal(ours->request(&event, false), EMU_GHCB_DONE);
	assert_int_equal(event.info2, 0x15);
	event.info2 = 0x2000;
	assert_int_equal(ours->request(&event, true), EMU_GHCB_DONE);
	assert_int_equal(event.info2, 0x15);
	assert_int_equal(event.rbx, 1);
}

/* The measurement does not need what is missing. */
static void test_report(void **state)
{
	static const uint8_t vmpck[SNP_VMPLS][SNP_VMPCK_SIZE];
	uint8_t measurement[SNP_MEASUREMENT_SIZE] = { 0xab, [47] = 0x01 };
	const struct snp_launched launched = { .vmpck = vmpck, .measurement = measurement };
	char *text, *digits;
	size_t size;
	struct json json = { .out = open_memstream(&text, &size) };

	assert_null(ours->start(&launched));
	json_object(&json, NULL);
	ours->report(&json);
	json_end(&json);
	fclose(json.out);
	digits = strstr(text, "\"measurement\": \"ab00");
	assert_non_null(digits);
	assert_non_null(strstr(digits, "0001\""));
	assert_null(strstr(text, "attestation_key"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
