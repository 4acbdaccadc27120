// SPDX-License-Identifier: MIT
#include <linux/efi.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/static_call.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>

#include "live.h"

/*
 * While Linux is being patched some tasks execute its own accept_memory() and some the new one.
 * The two do not know of each other's claims. So the new one calls Linux's code until no task
 * enters that by itself any more, and again from before the first task that may, when the patch
 * is taken out:
 *
 *   SCHEME_LINUX    Linux's code, with interrupts masked around all of it.
 *   SCHEME_LIBRARY  the library, with interrupts masked around each unit.
 *   SCHEME_MASKED   the library, with interrupts masked around all of it: between the two others.
 *
 * Linux's code masks interrupts from before it looks for others that accept the same unit until
 * after it has cleared the bits. So while stop_machine() has all CPUs no range is half accepted, if
 * the scheme masks interrupts around all of it; SRCU waits for those that do not.
 */
enum scheme {
	SCHEME_LINUX,
	SCHEME_MASKED,
	SCHEME_LIBRARY,
};

static enum scheme scheme = SCHEME_LINUX;
static struct cvm_claim *claims;
DEFINE_STATIC_SRCU(library_users);

static void no_accept(phys_addr_t start, unsigned long size)
{
}

DEFINE_STATIC_CALL(live_linux_accept, no_accept);

int live_scheme_init(struct cvm_platform *platform, struct cvm_events *events)
{
	struct cvm_acceptor_config config = {
		.platform = platform,
		.host = &live_host,
		.guard = true,
		.events = events,
		/* A call of its own for each unit: interrupts are masked for one. */
		.run_bytes = 1,
	};
	struct cvm_table *table;
	int error;

	if (efi.unaccepted == EFI_INVALID_TABLE_ADDR) {
		pr_err("cvmem: the firmware has left no unaccepted memory\n");
		return -ENODEV;
	}
	table = live_table();
	if (!table)
		return -EINVAL;
	claims = kvzalloc(cvm_claims_bytes(table), GFP_KERNEL);
	if (!claims)
		return -ENOMEM;
	config.table = table;
	config.claims = claims;
	error = cvm_acceptor_init(&live_acceptor, &config);
	if (error) {
		pr_err("cvmem: %s\n", cvm_strerror(error));
		kvfree(claims);
		return -EINVAL;
	}
	return 0;
}

void live_scheme_exit(void)
{
	kvfree(claims);
}

/* Where the code begins behind ENDBR64, or a NOP that Linux has written over it, and the five bytes
 * of ftrace, a NOP or a call. -1: it begins with something else. */
static int bytes_before_body(const u8 *code)
{
	static const u8 call_nop[5] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	static const u8 endbr[][4] = { { 0xf3, 0x0f, 0x1e, 0xfa },
				       { 0x66, 0x0f, 0x1f, 0x00 },
				       { 0x0f, 0x1f, 0x40, 0xd6 } };
	int at = 0;

	for (int i = 0; i < ARRAY_SIZE(endbr); i++)
		if (!memcmp(code, endbr[i], sizeof(endbr[i])))
			at = sizeof(endbr[i]);
	if (memcmp(code + at, call_nop, sizeof(call_nop)) && code[at] != 0xe8)
		return -1;
	return at + sizeof(call_nop);
}

int live_scheme_set_linux(void *accept_memory)
{
	int skip = bytes_before_body(accept_memory);

	if (skip < 0) {
		pr_err("cvmem: this kernel's accept_memory() begins with %*ph, which is not "
		       "known\n",
		       9, accept_memory);
		return -EINVAL;
	}
	static_call_update(live_linux_accept,
			   (void (*)(phys_addr_t, unsigned long))(accept_memory + skip));
	return 0;
}

static int set_scheme(void *to)
{
	WRITE_ONCE(scheme, *(enum scheme *)to);
	return 0;
}

void live_scheme_use_library(void)
{
	enum scheme to = SCHEME_LIBRARY;

	stop_machine(set_scheme, &to, NULL);
}

void live_scheme_use_linux(void)
{
	enum scheme to = SCHEME_LINUX;

	if (!live_scheme_is_library())
		return;
	WRITE_ONCE(scheme, SCHEME_MASKED);
	synchronize_srcu(&library_users);
	stop_machine(set_scheme, &to, NULL);
}

bool live_scheme_is_library(void)
{
	return READ_ONCE(scheme) == SCHEME_LIBRARY;
}

static void by_library(u64 start, u64 end)
{
	live_accept_for(start, end,
			live_reserve_is_current() ? CVM_CAUSE_BACKGROUND : CVM_CAUSE_PAGES);
}

void live_scheme_accept(u64 start, u64 end)
{
	unsigned long flags;
	int reader = srcu_read_lock(&library_users);

	if (live_scheme_is_library()) {
		by_library(start, end);
		srcu_read_unlock(&library_users, reader);
		return;
	}
	srcu_read_unlock(&library_users, reader);

	local_irq_save(flags);
	if (READ_ONCE(scheme) == SCHEME_LINUX) {
		live_count_linux();
		static_call(live_linux_accept)(start, end - start);
	} else {
		by_library(start, end);
	}
	local_irq_restore(flags);
}
