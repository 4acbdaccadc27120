/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_EMU_KVM_ANSWERS_H
#define CVMEM_TESTS_EMU_KVM_ANSWERS_H

#include "cvmem/vmm.h"

/*
 * What KVM answers to calls that give an ordinary VM memory, error by error. The same calls are
 * made of the model (emu/kvm/) and of a kernel; docs/populate.md has the table.
 */

#define ANSWERS_RAM UINT64_C(0x800000)

struct answers_machine {
	const struct cvm_vmm_sys *sys;
	int vm, vcpu;	/* of a VM that has no slot */
	uintptr_t host; /* ANSWERS_RAM bytes that a slot may have */
	/* From now on the page there cannot be accessed. */
	void (*protect)(void *ctx, uintptr_t page);
	/* From now on signals come all the time, or no more. */
	void (*signals)(void *ctx, bool come);
	void *ctx;
};

#define ANSWERS_ROWS 90

struct answers {
	unsigned rows;
	struct {
		const char *call;
		char answer[40];
	} row[ANSWERS_ROWS];
};

void answers_collect(const struct answers_machine *machine, struct answers *answers);
/* Of a new VM of the model. False: out of memory. */
bool answers_of_model(struct answers *answers);

#endif
