/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/emu/cca/realm.h"

static const struct emu_ram ram[] = { { 0, 0x400000 }, { 0x600000, 0x701000 } };

/* The bytes lie where the shared ones do: no test uses both of one page. */
static void read_private(void *ctx, uint64_t ipa, void *buffer, size_t size)
{
	struct fake_backend *fake = ctx;

	assert_true(fake->private_ok[ipa / 4096]);
	memcpy(buffer, fake->shared + ipa, size);
}

static void write_private(void *ctx, uint64_t ipa, const void *buffer, size_t size)
{
	struct fake_backend *fake = ctx;

	assert_true(fake->private_ok[ipa / 4096]);
	memcpy(fake->shared + ipa, buffer, size);
}

struct realm realm_start(struct emu_cca_config config)
{
	struct realm realm = { .fake = fake_create() };

	realm.fake->backend.read_private = read_private;
	realm.fake->backend.write_private = write_private;
	realm.bytes = realm.fake->shared;
	config.vcpus = 2;
	if (!config.ipa_bits)
		config.ipa_bits = 40;
	if (!config.ram) {
		config.ram = ram;
		config.ram_count = 2;
	}
	realm.cca = emu_cca_create(&config, &realm.fake->backend);
	assert_non_null(realm.cca);
	fake_clear_log(realm.fake);
	return realm;
}

void realm_finish(struct realm *realm)
{
	emu_cca_destroy(realm->cca);
	fake_destroy(realm->fake);
}

struct rsi realm_call(struct realm *realm, uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3,
		      uint64_t x4)
{
	struct rsi call = { { function, x1, x2, x3, x4 } };

	assert_int_equal(emu_cca_rsi(realm->cca, 0, call.x), EMU_NEXT);
	return call;
}

uint64_t realm_set(struct realm *realm, uint64_t base, uint64_t top, enum emu_ripas ripas,
		   bool change_destroyed)
{
	struct rsi call = realm_call(realm, IPA_STATE_SET, base, top, ripas, change_destroyed);

	assert_int_equal(call.x[0], 0);
	return call.x[1];
}
