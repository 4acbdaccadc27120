/* SPDX-License-Identifier: MIT */
#include "tests/emu/snp/psp/psp_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct emu_ram ram[] = { { 0, HOST_RAM } };

/* Page k has k + 1 in all of its bytes. */
static void read_host(void *ctx, uint64_t spa, void *buffer, size_t size)
{
	memset(buffer, (int)(spa / 4096 % 16 + 1), size);
}

static uint32_t fault(void *ctx, unsigned command)
{
	struct psp_host *host = ctx;
	uint32_t status = host->fault;

	host->fault = 0;
	return status;
}

void psp_start(struct psp_host *host)
{
	struct emu_snp_config config = { .vcpus = 2,
					 .ram = ram,
					 .ram_count = 1,
					 .read_host = read_host,
					 .psp_fault = fault,
					 .host_ctx = host };

	memset(host, 0, sizeof(*host));
	host->fake = fake_create();
	host->snp = emu_snp_create(&config, &host->fake->backend);
	assert_non_null(host->snp);
	host->psp = emu_snp_psp(host->snp);
}

void psp_finish(struct psp_host *host)
{
	emu_snp_destroy(host->snp);
	assert_null(host->fake->wrong);
	fake_destroy(host->fake);
}

unsigned psp_rmpupdate(struct psp_host *host, uint64_t spa, bool assigned, unsigned asid,
		       bool immutable, bool large)
{
	const struct emu_rmp_update update = { .gpa = asid && spa >= HOST_RAM ? 0xfffffffff000
									      : spa,
					       .assigned = assigned,
					       .immutable = immutable,
					       .large = large,
					       .asid = asid };

	return emu_rmpupdate(host->psp, spa, &update);
}

uint32_t psp_address(struct psp_host *host, unsigned command, uint64_t spa)
{
	struct emu_snp_address address = { spa };

	return emu_psp_command(host->psp, command, &address);
}

uint32_t psp_activate(struct psp_host *host, unsigned asid)
{
	struct emu_snp_activate activate = { HOST_CONTEXT, asid };

	return emu_psp_command(host->psp, EMU_SNP_ACTIVATE, &activate);
}

uint32_t psp_launch_start(struct psp_host *host, uint64_t policy)
{
	struct emu_snp_launch_start start = { HOST_CONTEXT, policy };

	return emu_psp_command(host->psp, EMU_SNP_LAUNCH_START, &start);
}

uint32_t psp_launch_update(struct psp_host *host, uint64_t spa, unsigned type, bool large)
{
	struct emu_snp_launch_update update = { HOST_CONTEXT, spa, large, type };

	return emu_psp_command(host->psp, EMU_SNP_LAUNCH_UPDATE, &update);
}

uint32_t psp_launch_finish(struct psp_host *host, const uint8_t *digest, uint64_t policy)
{
	struct emu_snp_launch_finish finish = { HOST_CONTEXT, digest, policy };

	return emu_psp_command(host->psp, EMU_SNP_LAUNCH_FINISH, &finish);
}

void psp_launch(struct psp_host *host)
{
	assert_int_equal(psp_rmpupdate(host, HOST_CONTEXT, true, 0, true, false), 0);
	assert_int_equal(psp_address(host, EMU_SNP_GCTX_CREATE, HOST_CONTEXT), 0);
	assert_int_equal(psp_launch_start(host, HOST_POLICY), 0);
	assert_int_equal(psp_activate(host, EMU_SNP_ASID), 0);
}
