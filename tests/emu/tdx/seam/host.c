/* SPDX-License-Identifier: MIT */
#include "tests/emu/tdx/seam/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE ((uint64_t)4096)

static const struct emu_ram ram[] = { { 0, HOST_TDR } };

static bool violation(void *ctx, unsigned vcpu, const struct emu_tdx_exit *exit)
{
	struct host *host = ctx;

	host->exit = *exit;
	host->exits++;
	return false;
}

/* The backend's calls for private memory have no context but the fake's: one host at a time. */
static struct host *only;

static void read_private(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	memcpy(buffer, only->memory + gpa, size);
}

static void write_private(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	memcpy(only->memory + gpa, buffer, size);
}

/* Each host page has its own number in all of its bytes. */
static void read_host(void *ctx, uint64_t hpa, void *buffer, size_t size)
{
	memset(buffer, (int)(hpa / PAGE), size);
}

void host_create(struct host *host, uint64_t attributes)
{
	struct emu_tdx_config config = { .vcpus = 2,
					 .gpa_width = 48,
					 .ram = ram,
					 .ram_count = 1,
					 .attributes = attributes,
					 .violation = violation,
					 .read_host = read_host,
					 .host_ctx = host };

	memset(host, 0, sizeof(*host));
	only = host;
	host->fake = fake_create();
	host->backend = host->fake->backend;
	host->backend.read_private = read_private;
	host->backend.write_private = write_private;
	host->memory = calloc(1, HOST_TDR);
	host->tdx = emu_tdx_create(&config, &host->backend);
	assert_non_null(host->memory);
	assert_non_null(host->tdx);
	host->seam = emu_tdx_seam(host->tdx);
	host->next = HOST_TDR + PAGE;
}

void host_build(struct host *host)
{
	uint64_t vcpu;

	assert_int_equal(host_call(host, EMU_TDH_MNG_CREATE, HOST_TDR, 3, 0), 0);
	assert_int_equal(host_call(host, EMU_TDH_MNG_KEY_CONFIG, HOST_TDR, 0, 0), 0);
	for (unsigned i = 0; i < EMU_SEAM_TDCX; i++)
		assert_int_equal(host_call(host, EMU_TDH_MNG_ADDCX, host_page(host), HOST_TDR, 0),
				 0);
	assert_int_equal(host_call(host, EMU_TDH_MNG_INIT, HOST_TDR, 0, 0), 0);
	vcpu = host_page(host);
	assert_int_equal(host_call(host, EMU_TDH_VP_CREATE, vcpu, HOST_TDR, 0), 0);
	assert_int_equal(host_call(host, EMU_TDH_VP_INIT, vcpu, 0, 0), 0);
}

void host_start(struct host *host, uint64_t attributes)
{
	host_create(host, attributes);
	host_build(host);
}

void host_finish(struct host *host)
{
	emu_tdx_destroy(host->tdx);
	assert_null(host->fake->wrong);
	fake_destroy(host->fake);
	free(host->memory);
	only = NULL;
}

uint64_t host_page(struct host *host)
{
	uint64_t page = host->next;

	host->next += PAGE;
	return page;
}

uint64_t host_call(struct host *host, unsigned leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	/* The source of TDH.MEM.PAGE.ADD: the page's own number. */
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = leaf,
				   [EMU_RCX] = rcx,
				   [EMU_RDX] = rdx,
				   [EMU_R8] = r8,
				   [EMU_R9] = rcx & -PAGE };

	emu_seamcall(host->seam, gpr);
	host->rcx = gpr[EMU_RCX];
	host->rdx = gpr[EMU_RDX];
	return gpr[EMU_RAX];
}

void host_add_tables(struct host *host, uint64_t gpa)
{
	for (unsigned level = 3; level; level--)
		host_call(host, EMU_TDH_MEM_SEPT_ADD, (gpa & -(PAGE << 9 * level)) | level,
			  HOST_TDR, host_page(host));
}

uint64_t host_guest_accepts(struct host *host, uint64_t gpa, unsigned level)
{
	uint64_t gpr[EMU_GPRS] = { [EMU_RAX] = 6, [EMU_RCX] = gpa | level };

	emu_tdx_tdcall(host->tdx, 0, gpr);
	return gpr[EMU_RAX];
}
