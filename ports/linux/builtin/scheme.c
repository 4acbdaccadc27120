// SPDX-License-Identifier: MIT
#include <linux/cvmem.h>
#include <linux/efi.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ports/linux/live/live.h"

/*
 * Who accepts memory is chosen on the command line. The library begins with the first call after
 * Linux has found the table, before there are pages: one CPU accepts, with interrupts masked and
 * without claims. These are set by the first initcall, which runs before the other CPUs do.
 */
enum state {
	STATE_NO_TABLE,
	STATE_LINUX,   /* the library does not know this table or machine */
	STATE_EARLY,   /* one CPU, no claims */
	STATE_LIBRARY, /* any CPU */
};

DEFINE_STATIC_KEY_TRUE(cvmem_chosen);

static enum state state;

static int __init choose(char *by)
{
	if (!by || (strcmp(by, "linux") && strcmp(by, "cvmem")))
		return -EINVAL;
	if (!strcmp(by, "linux"))
		static_branch_disable(&cvmem_chosen);
	return 0;
}
early_param("accept_memory_by", choose);

static enum state begin(void)
{
	struct cvm_acceptor_config config = {
		.host = &live_host,
		.guard = true,
		.single_cpu = true,
		/* A call of its own for each unit: interrupts are masked for one. */
		.run_bytes = 1,
	};
	int error;

	config.table = live_table();
	config.platform = config.table ? live_platform_init() : NULL;
	if (!config.platform)
		return STATE_LINUX;
	error = cvm_acceptor_init(&live_acceptor, &config);
	if (error) {
		pr_err("cvmem: %s\n", cvm_strerror(error));
		return STATE_LINUX;
	}
	return STATE_EARLY;
}

/* Linux moves its direct map once, in setup_arch(). The code for SNP keeps its address as well. */
static void follow_direct_map(void)
{
	struct cvm_table *table = __va(efi.unaccepted);

	if (table == live_acceptor.config.table)
		return;
	if (!live_platform_init() || cvm_acceptor_move(&live_acceptor, table, NULL))
		panic("cvmem: the table of unaccepted memory is lost\n");
}

bool cvmem_has_begun(void)
{
	if (state == STATE_NO_TABLE && efi.unaccepted != EFI_INVALID_TABLE_ADDR)
		state = begin();
	if (state == STATE_EARLY)
		follow_direct_map();
	return state >= STATE_EARLY;
}

void live_scheme_accept(u64 start, u64 end)
{
	unsigned long flags;

	if (state == STATE_LIBRARY) {
		live_accept_for(start, end,
				live_reserve_is_current() ? CVM_CAUSE_BACKGROUND : CVM_CAUSE_PAGES);
		return;
	}
	local_irq_save(flags);
	live_accept_for(start, end, CVM_CAUSE_EARLY);
	local_irq_restore(flags);
}

bool live_scheme_is_library(void)
{
	return true;
}

void cvmem_accept_range(phys_addr_t start, unsigned long size)
{
	live_accept(start, start + size);
}

bool cvmem_has_unaccepted(phys_addr_t start, unsigned long size)
{
	return cvm_is_unaccepted(&live_acceptor, start, start + size);
}

static int __init begin_reserve(void)
{
	struct cvm_claim *claims;
	unsigned long flags;
	int error;

	if (!cvmem_accepts())
		return 0;
	claims = kvzalloc(cvm_claims_bytes(live_acceptor.config.table), GFP_KERNEL);
	if (!claims)
		panic("cvmem: no memory for the claims\n");
	local_irq_save(flags);
	cvm_acceptor_set_claims(&live_acceptor, claims);
	state = STATE_LIBRARY;
	local_irq_restore(flags);
	pr_info("cvmem: accepting memory, %llu MiB are unaccepted\n",
		cvm_unaccepted_bytes(&live_acceptor) >> 20);
	error = live_reserve_init();
	return error ? error : live_reserve_start();
}
early_initcall(begin_reserve);

static int __init show(void)
{
	if (cvmem_accepts())
		live_debugfs_init();
	return 0;
}
device_initcall(show);
