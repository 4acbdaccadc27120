/* SPDX-License-Identifier: MIT */
#include "tests/qemu/firmware/cca/realm.h"

/* The PL011 of QEMU's machine `virt`, through the unprotected half. */
#define UART UINT64_C(0x09000000)

#define TABLE_WORDS ((REALM_END - REALM_START) / UNIT / 64 + 1)

struct cvm_cca cca;
struct cvm_acceptor acceptor;
struct cvm_share share;

static uint64_t config_page[512] __attribute__((__aligned__(4096)));
static uint64_t table_storage[3 + TABLE_WORDS];
static struct cvm_claim claims[4];
static struct cvm_shared shared[16];

void realm_main(void);
void realm_abort(uint64_t syndrome, uint64_t address, uint64_t pc);

static void put(char c)
{
	*(volatile uint8_t *)(UART | cca.shared_mask) = (uint8_t)c;
}

void say(const char *name, uint64_t value)
{
	while (*name)
		put(*name++);
	put(':');
	put(' ');
	put('0');
	put('x');
	for (int shift = 60; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
	put('\r');
	put('\n');
}

static void end(void)
{
	cca.platform.terminate(&cca.platform, CVM_TERMINATE_BUG, 0);
}

void realm_abort(uint64_t syndrome, uint64_t address, uint64_t pc)
{
	say("abort", syndrome);
	say("address", address);
	say("pc", pc);
	end();
}

static int start_library(void)
{
	struct cvm_table *table = (struct cvm_table *)table_storage;
	struct cvm_acceptor_config config = { .table = table,
					      .platform = &cca.platform,
					      .claims = claims };
	struct cvm_share_config shares = { .acceptor = &acceptor,
					   .storage = shared,
					   .capacity = 16 };
	int error;

	table->version = CVM_TABLE_VERSION;
	table->unit_size = UNIT;
	table->phys_base = REALM_START;
	table->size = (REALM_END - REALM_START) / UNIT / 8;
	for (unsigned i = 0; i < (REALM_END - REALM_START) / UNIT; i++)
		table->bitmap[i / 64] |= UINT64_C(1) << i % 64;
	if (cvm_claims_bytes(table) > sizeof(claims))
		return CVM_ENOSPC;
	error = cvm_acceptor_init(&acceptor, &config);
	return error ? error : cvm_share_init(&share, &shares);
}

void realm_main(void)
{
	const struct cvm_cca_config config = { .conduit = CVM_CONDUIT_SMC,
					       .page = config_page,
					       .page_ipa = (uint64_t)(uintptr_t)config_page };
	int error = cvm_cca_init(&cca, &config);

	if (error) {
		/* A width to say it by. */
		cca.shared_mask = UINT64_C(1) << 47;
		say("init", (uint64_t)(int64_t)error);
		for (;;)
			;
	}
	say("ipa bits", cca.ipa_bits);
	error = start_library();
	if (error)
		say("library", (uint64_t)(int64_t)error);
	else
		run();
	say("end", 0);
	end();
}
