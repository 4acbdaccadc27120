/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_QMP_H
#define TOOLS_VM_QMP_H

#include <stddef.h>

/* How the machine came to an end, as QEMU's QMP event SHUTDOWN tells. */
enum vm_end {
	VM_END_UNKNOWN, /* QEMU ended without a word */
	VM_END_POWEROFF,
	VM_END_RESET,
	VM_END_PANIC,
	VM_END_HOST, /* a signal, or Ctrl-A x */
};

/* QEMU's side of the protocol, one JSON object a line. Begins as { .fd = ... }. */
struct vm_qmp {
	int fd;
	enum vm_end end;
	size_t length;
	char line[16384];
};

/* Reads what there is, and answers the greeting. Negative: nothing more is there to read. */
int vm_qmp_read(struct vm_qmp *qmp);

#endif
