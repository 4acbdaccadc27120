/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_SCREEN_H
#define TOOLS_COMMON_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Full-screen output that is redrawn (ECMA-48 control sequences, and xterm's private modes for the
 * alternate screen, the cursor and autowrap). One at a time.
 */

struct screen {
	unsigned columns, rows;
};

enum screen_event {
	SCREEN_TIME,   /* the time has come */
	SCREEN_RESIZE, /* the size has changed */
	SCREEN_QUIT,   /* q, or a signal that ends the program: screen_close() then raises it */
};

/* Standard input and output are a terminal that supports control sequences. */
bool screen_possible(void);

/*
 * False: not possible; the terminal is unchanged. From here on, signals that end or stop the
 * program are handled: they restore the terminal first.
 */
bool screen_open(struct screen *screen);
void screen_close(struct screen *screen);

/* Shows text; long lines and surplus lines are cut off. */
void screen_draw(const struct screen *screen, const char *text);

/* Waits until the monotonic clock reaches deadline_ns, or for another event. */
enum screen_event screen_wait(struct screen *screen, uint64_t deadline_ns);

/* The monotonic clock. */
uint64_t screen_now(void);

#endif
