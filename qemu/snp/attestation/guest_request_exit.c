/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/snp/attestation/guest_request.h"

#define PAGE	       4096
#define AT_TYPE	       0x34
#define REPORT_REQ     5
#define EMPTY_TABLE    24
#define MALFORMED      2 /* SW_EXITINFO1 */
#define INVALID_INPUT  5 /* SW_EXITINFO2 then */
#define INVALID_LENGTH (UINT64_C(1) << 32)

static bool malformed(struct snp_request_exit *exit)
{
	exit->exitinfo1 = MALFORMED;
	exit->exitinfo2 = INVALID_INPUT;
	return false;
}

/* Certificates accompany reports only. 0: written or not wanted; else the error. */
static uint64_t put_certificates(const struct snp_request_host *host, struct snp_request_exit *exit)
{
	static const uint8_t empty[EMPTY_TABLE];
	const void *table = host->certificates_size ? host->certificates : empty;
	size_t size = host->certificates_size ? host->certificates_size : sizeof(empty);
	uint64_t pages = (size + PAGE - 1) / PAGE;

	/* An empty table is not worth an error if the guest has no room for it. */
	if (!host->certificates_size && !exit->rbx)
		return 0;
	if (exit->rbx < pages) {
		exit->rbx = pages;
		return INVALID_LENGTH;
	}
	return host->write(host->ctx, exit->rax, table, size) ? 0 : INVALID_INPUT;
}

bool snp_guest_request_exit(struct snp_messages *messages, const struct snp_request_host *host,
			    bool extended, struct snp_request_exit *exit)
{
	uint8_t request[SNP_MESSAGE_SIZE], response[SNP_MESSAGE_SIZE];
	uint64_t response_gpa = exit->exitinfo2, error = 0;
	enum snp_request_status status;

	if (exit->exitinfo1 % PAGE || response_gpa % PAGE || exit->exitinfo1 == response_gpa ||
	    (extended && exit->rax % PAGE) ||
	    !host->read(host->ctx, exit->exitinfo1, request, sizeof(request)) ||
	    !host->read(host->ctx, response_gpa, response, sizeof(response)))
		return malformed(exit);
	if (extended && request[AT_TYPE] == REPORT_REQ)
		error = put_certificates(host, exit);
	if (error == INVALID_INPUT)
		return malformed(exit);
	exit->exitinfo1 = 0;
	exit->exitinfo2 = error;
	if (error)
		return true;
	status = snp_guest_request_message(messages, request, response);
	exit->exitinfo2 = status;
	if (status == SNP_REQUEST_SUCCESS &&
	    !host->write(host->ctx, response_gpa, response, sizeof(response)))
		return malformed(exit);
	return false;
}
