/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_SCREEN_H
#define TOOLS_COMMON_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A whole terminal for a picture that is drawn again and again (ECMA-48 control sequences, and
 * xterm's private modes for the alternate screen, the cursor and autowrap). One at a time.
 */

struct screen {
	unsigned columns, rows;
};

enum screen_event {
	SCREEN_TIME,   /* the time has come */
	SCREEN_RESIZE, /* the size is another */
	SCREEN_QUIT,   /* q, or a signal that ends the program: screen_close() then raises it */
};

/* Standard input and output are a terminal that supports control sequences. */
bool screen_possible(void);

/* False when the terminal will not; it is then as before. Signals that end or stop the program
 * are handled from here on: the terminal is as before whenever something else has it. */
bool screen_open(struct screen *screen);
void screen_close(struct screen *screen);

/* Shows text, of which each line that is too long and each line too many is cut off. */
void screen_draw(const struct screen *screen, const char *text);

/* Waits until the monotonic clock reaches deadline_ns, or something else happens. */
enum screen_event screen_wait(struct screen *screen, uint64_t deadline_ns);

/* The monotonic clock. */
uint64_t screen_now(void);

#endif
