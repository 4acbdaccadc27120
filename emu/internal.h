/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_INTERNAL_H
#define CVMEM_EMU_INTERNAL_H

#include "emu/attack.h"
#include "emu/machine.h"
#include "emu/pages.h"

/* Why the machine stopped: written once, by the vCPU that stops it first. */
struct emu_stop_latch {
	uint32_t phase; /* atomic: 0 running, 1 being written, 2 readable */
	struct emu_stop stop;
};

/* The armed attack and its progress. Armed while no vCPU runs, or by the only one. */
struct emu_injector {
	struct emu_attack attack;
	uint64_t triggers, injections; /* atomic */
	bool claimed;		       /* one vCPU's, for an attack that happens once; atomic */
	uint64_t gpa;		       /* of the first injection, atomic */
	uint64_t target;	       /* of an attack on acceptance, atomic */
	uint64_t previous[2];	       /* the last regions that triggered, newest first, atomic */
	uint64_t answers;	       /* that are left to give, atomic */
	/* Said to be private, and is not. Atomic; the end, 0 before, is written last. */
	uint64_t lied_start, lied_end;
};

struct emu_machine {
	enum emu_platform platform;
	struct emu_pages pages;
	struct emu_stop_latch latch;
	struct emu_injector injector;
	/* Atomic. */
	uint64_t accepted[3], size_mismatch, already_accepted;
};

/* False: out of memory, or a RAM list that breaks the rules of machine.h. The RAM list is copied.
 */
bool emu_machine_init(struct emu_machine *machine, enum emu_platform platform,
		      const struct emu_ram *ram, size_t ram_count, uint64_t ram_limit,
		      const struct emu_backend *backend, const struct emu_attack *attack);
void emu_machine_free(struct emu_machine *machine);

/* Stop the machine; the first reason stays. Returns EMU_STOP, for the caller to return. */
enum emu_action emu_stop_set(struct emu_machine *machine, enum emu_stop_cause cause, unsigned vcpu,
			     uint64_t gpa, uint64_t code, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

static inline bool emu_stop_is_set(const struct emu_machine *machine)
{
	return __atomic_load_n(&machine->latch.phase, __ATOMIC_ACQUIRE) != 0;
}

/*
 * The guest accepts [gpa, gpa + size). Changes pages that are accepted already, if that is
 * the attack. Returns the attack that answers this instruction: one of BUSY, BUSY_FOREVER,
 * SIZE_MISMATCH, ALREADY_ACCEPTED, INTERRUPT_2M, ZERO_STEP, or NONE. No lock is held.
 */
enum emu_attack_kind emu_attack_on_accept(struct emu_machine *machine, uint64_t gpa, uint64_t size);
/* A page at gpa is about to be provided as 2 MiB: true if the attack makes it 4 KiB. */
bool emu_attack_denies_2m(struct emu_machine *machine, uint64_t gpa);

/*
 * The guest asks for a conversion: the attack on this request, RETRY_* or PSC_LIE, or NONE. The
 * caller reports an attack that was possible here by emu_attack_changed(), with its page.
 */
enum emu_attack_kind emu_attack_on_change(struct emu_machine *machine);
void emu_attack_changed(struct emu_machine *machine, uint64_t gpa);
/* PSC_LIE: the host is to claim that it has provided [start, end), or with 0 and 0 any other
 * conversion. False: it has claimed something else before; once is enough. */
bool emu_attack_lie(struct emu_machine *machine, uint64_t start, uint64_t end);
bool emu_attack_is_lied(const struct emu_machine *machine, uint64_t gpa);

#endif
