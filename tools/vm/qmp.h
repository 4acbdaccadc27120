/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_VM_QMP_H
#define TOOLS_VM_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the machine ended, by QEMU's QMP event SHUTDOWN. */
enum vm_end {
	VM_END_UNKNOWN, /* QEMU sent no event */
	VM_END_POWEROFF,
	VM_END_RESET,
	VM_END_PANIC,
	VM_END_HOST, /* a signal, or Ctrl-A x */
};

/* QEMU's side of the protocol, one JSON object a line. Begins as { .fd = ... }. */
struct vm_qmp {
	int fd;
	enum vm_end end;
	bool is_ready; /* QEMU has sent its greeting */
	size_t length;
	char line[16384];
};

/* Negotiates the capabilities. QEMU sends no events before, and a guest that ends at once on a busy
 * host is quicker than an answer to the greeting: call it before QEMU is started. */
void vm_qmp_start(struct vm_qmp *qmp);
/* Plugs in a DIMM, once QEMU is ready. Should it refuse, vm_qmp_read() says why. */
void vm_qmp_plug(struct vm_qmp *qmp, uint64_t bytes);
/* Reads the available input. Negative: end of input. */
int vm_qmp_read(struct vm_qmp *qmp);

#endif
