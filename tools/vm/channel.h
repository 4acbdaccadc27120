/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_CHANNEL_H
#define TOOLS_VM_CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "tools/vm/console.h"

/* No more is written at once: that much a pipe takes without blocking when poll() says so. */
enum { VM_CHANNEL_ROOM = 4096 };

/*
 * What QEMU writes to one of its ends: its console, or a serial port of the guest. It goes to a
 * file of ours, or its last bytes are kept.
 */
struct vm_channel {
	int guest;		    /* QEMU's end */
	int fd;			    /* ours; -1: nothing more comes */
	int out;		    /* -1: keep the last bytes */
	int error;		    /* of the first write that failed; 0: none */
	struct vm_console *console; /* what it looks for and removes; NULL: nothing */
	size_t begin, end;	    /* of data: what waits to be written, or is kept */
	char data[VM_CHANNEL_ROOM];
};

/* False: said why. */
bool vm_channel_open(struct vm_channel *channel, int out, struct vm_console *console);
void vm_channel_close(struct vm_channel *channel);

/* What to wait for, and what to do when it has come. True: that was something to read. */
struct pollfd vm_channel_awaits(const struct vm_channel *channel);
bool vm_channel_move(struct vm_channel *channel);

/* After QEMU's end: all that is left. */
void vm_channel_drain(struct vm_channel *channel);

#endif
