/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_WARM_SIGNALS_H
#define TOOLS_WARM_SIGNALS_H

#include <stdint.h>

/*
 * The signals that end or stop the program wait until the program looks for them: no memory is
 * being taken then, and all of it can be given back first. One process has one set.
 */

/* Those that users, systemd and a closed pipe send: SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE and
 * SIGTSTP from here on, except those that are ignored. */
void signals_block(void);

/*
 * Sleeps for ns, or until one of them comes. Returns a signal that ends the program, else 0.
 * SIGTSTP: calls give_back, then stops the process; returns 0 when it continues.
 */
int signals_rest(uint64_t ns, void (*give_back)(void *ctx), void *ctx);

/* Ends the program by the signal. */
void signals_raise(int number);

#endif
