/* SPDX-License-Identifier: MIT */
#include "tests/qemu/firmware/cca/realm.h"

void touch_empty(void);
void load_empty(void);
void fetch_empty(void);
void accepted(void);
void converted(void);
void host(void);
void destroyed(void);
void terminated(void);

static void say_error(const char *name, int error)
{
	say(name, (uint64_t)(int64_t)error);
}

/* By the platform itself, whose answer says more than the library's: where it ended, and why. */
static void accept_page(const char *name, uint64_t ipa)
{
	struct cvm_accept_result result = { 0 };

	say_error(name, cca.platform.accept(&cca.platform, ipa, ipa + 4096, &result));
	if (result.status)
		say("reason", result.status >> 32);
}

void touch_empty(void)
{
	store(REALM_START + OFFSET, PATTERN);
}

void load_empty(void)
{
	load(REALM_START + OFFSET);
}

void fetch_empty(void)
{
	jump(REALM_START);
}

/* Accepted once by the library, and again: with its content. */
void accepted(void)
{
	uint64_t ipa = REALM_START + OFFSET;

	say_error("accept", cvm_accept(&acceptor, REALM_START, REALM_START + 2 * UNIT, 0));
	say("content", load(ipa));
	store(ipa, PATTERN);
	say("unaccepted", cvm_unaccepted_bytes(&acceptor));
	say_error("accept", cvm_accept(&acceptor, REALM_START, REALM_START + 2 * UNIT, 0));
	accept_page("accept again", REALM_START);
	say("content", load(ipa));
}

/* Private, shared, and private again. */
void converted(void)
{
	uint64_t ipa = REALM_START + OFFSET, end = REALM_START + 4096;

	say_error("accept", cvm_accept(&acceptor, REALM_START, REALM_START + UNIT, 0));
	store(ipa, PATTERN);
	say_error("share", cvm_set_shared(&share, REALM_START, end, NULL));
	say("shared", load(ipa | cca.shared_mask));
	store(ipa | cca.shared_mask, PATTERN);
	say("shared", load(ipa | cca.shared_mask));
	say_error("unshare", cvm_set_private(&share, REALM_START, end, NULL));
	say("private", load(ipa));
	say("neighbour", load(ipa + 4096));
}

void host(void)
{
	accept_page("accept", REALM_START);
	accept_page("accept", REALM_START + UNIT);
}

/* The host takes the first page when the second is accepted; it never comes back in silence. */
void destroyed(void)
{
	accept_page("accept", REALM_START);
	store(REALM_START + OFFSET, PATTERN);
	accept_page("accept", REALM_START + UNIT);
	accept_page("accept again", REALM_START);
	accept_page("accept again", REALM_START);
	load(REALM_START + OFFSET);
}

/* The library ends the Realm by its default policy. */
void terminated(void)
{
	accept_page("accept", REALM_START);
	accept_page("accept", REALM_START + UNIT);
	say_error("accept", cvm_accept(&acceptor, REALM_START, REALM_START + UNIT, 0));
}
