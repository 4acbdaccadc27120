/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/halt.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/exports.h"
#include "qemu/host/vcpu.h"

#define MAX_CPUS 64

/* Bits of interrupt_request that are no interrupt of the guest's: EXITTB, HALT, DEBUG. */
#define NO_INTERRUPTS 0xa4u

static uint32_t offset;	     /* of CPUState.interrupt_request */
static bool waits[MAX_CPUS]; /* atomic */

/* cpu_reset_interrupt() clears bits in it: lock and %esi, offset(%rdi). */
const char *qemu_halt_probe(void)
{
	const uint8_t *code;

	memcpy(&code, &q.reset_interrupt, sizeof(code));
	for (unsigned i = 0; i < 32 && !offset; i++)
		if (!memcmp(code + i, "\xf0\x21\xb7", 3))
			memcpy(&offset, code + i + 3, sizeof(offset));
	return offset ? NULL : "the code of cpu_reset_interrupt() is not as expected";
}

/* An APIC's message from another thread is a request to look at the APIC, which counts. */
static bool is_pending(unsigned vcpu)
{
	const uint32_t *request = (uint32_t *)((uint8_t *)qemu_cpu(vcpu) + offset);

	return __atomic_load_n(request, __ATOMIC_ACQUIRE) & ~NO_INTERRUPTS;
}

void qemu_halt_until_pending(unsigned vcpu)
{
	if (is_pending(vcpu))
		qemu_restart(vcpu, 0);
	__atomic_store_n(&waits[vcpu], true, __ATOMIC_RELEASE);
	qemu_halt(vcpu);
}

/* In QEMU's main thread, with its lock. */
static void wake(void *data)
{
	unsigned vcpu = (unsigned)(uintptr_t)data;

	if (!__atomic_exchange_n(&waits[vcpu], false, __ATOMIC_ACQ_REL))
		return;
	qemu_wake(vcpu);
	q.kick(qemu_cpu(vcpu));
}

/* An interrupt came after qemu_halt_until_pending() had looked: QEMU has looked at the APIC since,
 * and sees nothing that it could deliver. The thread waits after this call whatever happens here,
 * so another one has to wake it. */
void qemu_halt_idle(unsigned vcpu, void *userdata)
{
	if (__atomic_load_n(&waits[vcpu], __ATOMIC_ACQUIRE) && is_pending(vcpu))
		q.schedule(q.main_context(), wake, (void *)(uintptr_t)vcpu, "cvmem-wake");
}

/* For an interrupt, or for work that another thread has for this one. */
void qemu_halt_resume(unsigned vcpu, void *userdata)
{
	if (__atomic_exchange_n(&waits[vcpu], false, __ATOMIC_ACQ_REL))
		qemu_wake(vcpu);
}
