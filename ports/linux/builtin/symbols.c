// SPDX-License-Identifier: MIT
#include <linux/kernel.h>
#include <linux/string.h>

#include "ports/linux/live/live.h"

/* Functions of Linux that the live patch looks up, since they are not exported. Linux declares them
 * in headers of the folders that they are in. */

struct ghcb;
struct ghcb_state;

void accept_page(struct page *page);
struct ghcb *__sev_get_ghcb(struct ghcb_state *state);
void __sev_put_ghcb(struct ghcb_state *state);

static const struct {
	const char *name;
	void *function;
} functions[] = {
	{ "accept_page", accept_page },
	{ "__sev_get_ghcb", __sev_get_ghcb },
	{ "__sev_put_ghcb", __sev_put_ghcb },
};

unsigned long live_symbol(const char *name)
{
	for (int i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i].name, name))
			return (unsigned long)functions[i].function;
	return 0;
}
