/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

void shim_refuse(const char *what, const char *why)
{
	bare_put("cvmem shim: ");
	bare_put(what);
	bare_put(": ");
	bare_put(why);
	bare_put("\n");
	/* Without a GHCB page there is neither a console nor a power-off. */
	if (bare_platform.platform && !bare_has_ports())
		bare_platform.platform->terminate(bare_platform.platform,
						  CVM_TERMINATE_ACCEPT_FAILED, 0);
	bare_power_off();
}

void shim_check(int error, const char *what)
{
	if (error)
		shim_refuse(what, cvm_strerror(error));
}
