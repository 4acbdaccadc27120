/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/attestation/guest_request_host.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "qemu/guest/guest.h"
#include "qemu/memory/backend.h"
#include "qemu/snp/attestation/attestation.h"
#include "qemu/snp/attestation/certificates.h"
#include "qemu/snp/attestation/guest_request.h"
#include "qemu/report/json_writer.h"

/* The minimal policy: bit 17 must be 1; SMT is allowed. QEMU's default. */
#define POLICY 0x30000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct attestation_guest launched = { .policy = POLICY };
static struct snp_messages messages = { .guest = &launched };
static uint8_t certificates[CERTIFICATES_SIZE];
static size_t certificates_size;

static const char *start(const struct snp_launched *from)
{
	launched.fms = from->fms;
	memcpy(launched.measurement, from->measurement, sizeof(launched.measurement));
	memcpy(messages.vmpck, from->vmpck, sizeof(messages.vmpck));
	messages.attester = attester_create();
	if (!messages.attester || getrandom(launched.report_id, sizeof(launched.report_id), 0) !=
					  sizeof(launched.report_id))
		return "there are no random numbers for a key to attest with";
	return NULL;
}

/* Created at the first request: few guests ask, and three signatures take time. The lock is
 * held. */
static void make_certificates(struct snp_request_host *host)
{
	if (!certificates_size)
		certificates_size = certificates_build(messages.attester, certificates);
	host->certificates = certificates;
	host->certificates_size = certificates_size;
}

static enum emu_ghcb_result request(struct emu_ghcb_event *event, bool extended)
{
	struct snp_request_host host = {
		.read = memory_backend.read_shared,
		.write = memory_backend.write_shared,
		.ctx = memory_backend.ctx,
	};
	struct snp_request_exit exit = {
		.exitinfo1 = event->info1,
		.exitinfo2 = event->info2,
		.rax = event->rax,
		.rbx = event->rbx,
	};

	pthread_mutex_lock(&lock);
	if (extended)
		make_certificates(&host);
	snp_guest_request_exit(&messages, &host, extended, &exit);
	pthread_mutex_unlock(&lock);
	if (exit.exitinfo1)
		return EMU_GHCB_INVALID;
	event->info2 = exit.exitinfo2;
	event->rbx = exit.rbx;
	return EMU_GHCB_DONE;
}

static void report(struct json *json)
{
	uint8_t x[SIGNING_KEY_PART], y[SIGNING_KEY_PART];

	if (!messages.attester || !attester_public_key(messages.attester, x, y))
		return;
	json_hex(json, "measurement", launched.measurement, sizeof(launched.measurement));
	json_object(json, "attestation_key");
	json_hex(json, "x", x, sizeof(x));
	json_hex(json, "y", y, sizeof(y));
	json_end(json);
}

const struct snp_attestation snp_attestation = {
	.start = start,
	.request = request,
	.report = report,
};
