/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/sev-guest.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/*
 * Runs in a guest: asks the secure processor by /dev/sev-guest and prints its answers, a line
 * each, for the case that has booted the guest to judge.
 */
#define CERTIFICATES 4096

static int device;
static unsigned vmpl; /* the guest's */

static void print(const char *what, int error, const unsigned char *bytes, size_t size)
{
	printf("cvmem: %s %d ", what, error ? errno : 0);
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static int call(unsigned long number, void *request, void *response)
{
	struct snp_guest_request_ioctl arguments = {
		.msg_version = 1,
		.req_data = (uintptr_t)request,
		.resp_data = (uintptr_t)response,
	};

	return ioctl(device, number, &arguments);
}

/* The response begins with a status, and the report with its 33rd byte. */
static void report(unsigned of, unsigned char data)
{
	struct snp_report_req request = { .vmpl = of };
	struct snp_report_resp response = { 0 };
	char what[48];
	int error;

	memset(request.user_data, data, sizeof(request.user_data));
	error = call(SNP_GET_REPORT, &request, &response);
	snprintf(what, sizeof(what), "report vmpl %u data %02x", of, data);
	print(what, error, response.data, 32 + 1184);
}

static void derived_key(const char *what, unsigned long long fields)
{
	struct snp_derived_key_req request = { .guest_field_select = fields, .vmpl = vmpl };
	struct snp_derived_key_resp response = { 0 };
	int error = call(SNP_GET_DERIVED_KEY, &request, &response);

	print(what, error, response.data, sizeof(response.data));
}

static void extended_report(void)
{
	static unsigned char certificates[CERTIFICATES];
	struct snp_ext_report_req request = { .certs_len = CERTIFICATES,
					      .certs_address = (uintptr_t)certificates };
	struct snp_report_resp response = { 0 };
	int error;

	memset(certificates, 0xcc, sizeof(certificates));
	request.data.vmpl = vmpl;
	memset(request.data.user_data, 0x7e, sizeof(request.data.user_data));
	error = call(SNP_GET_EXT_REPORT, &request, &response);
	print("extended report", error, response.data, 32 + 1184);
	print("certificates", 0, certificates, sizeof(certificates));
}

int main(int argc, char **argv)
{
	vmpl = argc > 1 ? (unsigned)argv[1][0] - '0' : 0;
	device = open("/dev/sev-guest", O_RDWR);
	if (device < 0) {
		printf("cvmem: /dev/sev-guest: %s\n", strerror(errno));
		return 1;
	}
	report(vmpl, 0x5a);
	report(3, 0xa5);
	derived_key("key", 0);
	derived_key("same key", 0);
	derived_key("key by measurement", 1 << 3);
	extended_report();
	/* The processor refuses it, and answers the next one. */
	report(4, 0);
	report(vmpl, 0x11);
	return 0;
}
