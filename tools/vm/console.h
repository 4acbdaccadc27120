/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_CONSOLE_H
#define TOOLS_VM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The guest's console on its way to the user. Firmware clears the screen, moves the cursor and sets
 * the terminal's size; those control sequences (ECMA-48, 5.4) are removed until the kernel prints.
 * Begins as { 0 }.
 */
struct vm_console {
	bool kernel_runs;
	bool panicked; /* the kernel said so */
	/* Private. */
	enum { CONSOLE_TEXT, CONSOLE_ESCAPE, CONSOLE_SEQUENCE } state;
	size_t length, matched;
	char line[32]; /* the last characters of the line */
};

/* Removes in place what is not for the user; returns how much is left. */
size_t vm_console_filter(struct vm_console *console, char *data, size_t length);

#endif
