/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/finish.h"

#include "qemu/guest/platform.h"
#include "qemu/guest/stop.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/vcpu.h"

enum { VECTOR_UD = 6, VECTOR_DF = 8, VECTOR_GP = 13, VECTOR_VE = 20 };

void guest_finish(unsigned vcpu, enum emu_action action, uint64_t next)
{
	struct emu_stop why;

	switch (action) {
	case EMU_STOP:
		platform->stopped(&why);
		guest_stop_as(vcpu, &why);
	case EMU_UD:
		qemu_raise(vcpu, VECTOR_UD, 0);
	case EMU_GP:
		qemu_raise_code(vcpu, VECTOR_GP, 0, 0);
	case EMU_VE:
		qemu_raise(vcpu, VECTOR_VE, 0);
	case EMU_DF:
		qemu_raise_code(vcpu, VECTOR_DF, 0, 0);
	case EMU_AGAIN:
		qemu_restart(vcpu, 0);
	case EMU_SLEEP:
		qemu_set_rip(vcpu, next);
		qemu_halt(vcpu);
	case EMU_NEXT:
		break;
	}
	/* Not qemu_jump(): qemu_rdmsr() may have failed. */
	qemu_set_rip(vcpu, next);
	qemu_restart(vcpu, 0);
}
