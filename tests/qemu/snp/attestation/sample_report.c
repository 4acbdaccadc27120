/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "qemu/snp/attestation/guest_request.h"
#include "tests/qemu/snp/attestation/guest_message.h"

/* Asks for one report, as a guest does, and prints it below the public key. */

static void print(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

int main(void)
{
	struct attestation_guest guest = { .policy = 0x30000, .fms = 0xa10f12 };
	struct snp_messages messages = { .attester = attester_create(), .guest = &guest };
	uint8_t asked[96] = { 0 }, x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];
	struct guest_message request, response;

	if (!messages.attester)
		return 1;
	memset(guest.measurement, 0x11, sizeof(guest.measurement));
	memset(guest.host_data, 0x22, sizeof(guest.host_data));
	memset(guest.report_id, 0x33, sizeof(guest.report_id));
	memset(messages.vmpck[1], 0x44, 32);
	for (unsigned i = 0; i < 64; i++)
		asked[i] = (uint8_t)i;
	asked[64] = 1;
	guest_message_make(&request, messages.vmpck[1], 1, 1, 5, asked, sizeof(asked));
	if (snp_guest_request_message(&messages, (uint8_t *)&request, (uint8_t *)&response) ||
	    !guest_message_open(&response, messages.vmpck[1]) ||
	    !attester_public_key(messages.attester, x, y))
		return 1;
	print(x, sizeof(x));
	print(y, sizeof(y));
	print(response.payload + 32, ATTESTATION_REPORT_SIZE);
	attester_destroy(messages.attester);
	return 0;
}
