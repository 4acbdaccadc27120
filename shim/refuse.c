/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

void shim_refuse(const char *what, const char *why)
{
	bare_put("cvmem shim: ");
	bare_put(what);
	bare_put(": ");
	bare_put(why);
	bare_put("\n");
	bare_power_off();
}

void shim_check(int error, const char *what)
{
	if (error)
		shim_refuse(what, cvm_strerror(error));
}
