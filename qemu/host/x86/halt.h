/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_HOST_X86_HALT_H
#define CVMEM_QEMU_HOST_X86_HALT_H

/* NULL, or what of QEMU's is not as expected. Before the first halt. */
const char *qemu_halt_probe(void);

/*
 * The vCPU leaves the callback and sleeps until an interrupt is pending, which it is not given
 * while they are disabled: it then goes on at its RIP. QEMU's own halt sleeps until an interrupt
 * can be delivered. It may end without a reason.
 */
__attribute__((noreturn)) void qemu_halt_until_pending(unsigned vcpu);

/* To be called when QEMU says that a vCPU's thread begins to wait, and that it goes on. */
void qemu_halt_idle(unsigned vcpu, void *userdata);
void qemu_halt_resume(unsigned vcpu, void *userdata);

#endif
