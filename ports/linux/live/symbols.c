// SPDX-License-Identifier: MIT
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "live.h"

/* Linux's table of symbols. Its look-up is not exported; a kprobe finds it by its name. */

static unsigned long no_symbol(const char *name)
{
	return 0;
}

DEFINE_STATIC_CALL(live_lookup, no_symbol);

int live_symbols_init(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	int error = register_kprobe(&probe);
	void *lookup;

	if (error) {
		pr_err("cvmem: this kernel has no kprobes, or no kallsyms_lookup_name(): %d\n",
		       error);
		return error;
	}
	/* It may lie behind the function's ENDBR, which is no matter for a direct call. */
	lookup = probe.addr;
	unregister_kprobe(&probe);
	static_call_update(live_lookup, lookup);
	return 0;
}

unsigned long live_symbol(const char *name)
{
	unsigned long address = static_call(live_lookup)(name);

	if (!address)
		pr_err("cvmem: this kernel has no %s\n", name);
	return address;
}
