/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "qemu/report/json_writer.h"
#include "qemu/snp/attestation/guest_request_host.h"

/* SEV-SNP firmware ABI 1.56, "Status Codes": UNSUPPORTED. In SW_EXITINFO2[31:0], as the status of
 * SNP_GUEST_REQUEST (GHCB specification 2.03, section 4.1.7). */
#define UNSUPPORTED 0x15

static uint8_t measurement[SNP_MEASUREMENT_SIZE];

static const char *start(const struct snp_launched *launched)
{
	memcpy(measurement, launched->measurement, sizeof(measurement));
	return NULL;
}

static enum emu_ghcb_result request(struct emu_ghcb_event *event, bool extended)
{
	static bool has_said;

	if (!__atomic_exchange_n(&has_said, true, __ATOMIC_RELAXED))
		fprintf(stderr,
			"cvmem.so: built without attestation: guest requests are answered with "
			"UNSUPPORTED (0x15)\n");
	event->info2 = UNSUPPORTED;
	return EMU_GHCB_DONE;
}

static void report(struct json *json)
{
	json_hex(json, "measurement", measurement, sizeof(measurement));
}

const struct snp_attestation snp_attestation_unsupported = {
	.start = start,
	.request = request,
	.report = report,
};
