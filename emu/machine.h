/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_MACHINE_H
#define CVMEM_EMU_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the platforms have in common: RAM, the state of each page, counters, and why the machine
 * stopped. Part of struct emu_tdx, emu_snp and emu_cca, which create it; attack.h is the rest of
 * its interface. All functions may be called on several vCPUs at once, and from a handler of a
 * synchronous signal: nothing is allocated after creation. The two functions that change the list
 * of RAM are the exception: they allocate, and one is called at a time.
 */
struct emu_machine;

enum emu_platform { EMU_TDX, EMU_SNP, EMU_CCA };

/* Declared RAM, [start, end), 4 KiB aligned, ascending, without overlaps. */
struct emu_ram {
	uint64_t start, end;
};

/* NULL, or which of these rules the list breaks. */
const char *emu_ram_check(const struct emu_ram *ram, size_t count);

/* The state of a page, from the TDX module's base specification, "Secure EPT entry". In brackets
 * what it is in the RMP. */
enum emu_page_state {
	EMU_PAGE_FREE,	  /* the host has provided no page (not assigned) */
	EMU_PAGE_PENDING, /* provided, not accepted (assigned, validated = 0) */
	EMU_PAGE_MAPPED,  /* accepted (validated = 1) */
	EMU_PAGE_SHARED,  /* converted: the hypervisor's */
	EMU_PAGE_NOT_RAM, /* outside declared RAM */
};

/* What the vCPU does after an emulated instruction. */
enum emu_action {
	EMU_NEXT,  /* go on behind the instruction */
	EMU_SLEEP, /* likewise, but only when an event wakes it */
	EMU_AGAIN, /* execute it again: an exit to the host that the host has handled */
	EMU_UD,	   /* inject #UD */
	EMU_GP,	   /* inject #GP(0) */
	EMU_VE,	   /* inject #VE: TDG.VP.VEINFO.GET returns its information */
	EMU_DF,	   /* inject #DF: the information of the last #VE has not been read */
	EMU_STOP,  /* the machine has stopped; emu_stop_get() says why */
};

enum emu_stop_cause {
	EMU_RUNNING,
	EMU_STOP_GUEST_REQUEST, /* the guest asked: ReportFatalError, termination request */
	EMU_STOP_HOST_FAULT,	/* an EPT violation or #NPF that the host cannot handle */
	/* Not set by emu/, but by what runs its machines: */
	EMU_STOP_EXCEPTION, /* an exception of the guest's, which has no handler for it */
	EMU_STOP_FAILED,    /* this host or the program failed, which tells nothing of the guest */
};

struct emu_stop {
	enum emu_stop_cause cause;
	unsigned vcpu;
	uint64_t gpa;	/* UINT64_MAX: concerns no address */
	uint64_t code;	/* the guest's error or reason code */
	char text[128]; /* what happened, in one line */
};

struct emu_stats {
	uint64_t accepted[3]; /* successful accepts (PVALIDATEs) by level: 4K, 2M, 1G */
	uint64_t accepted_bytes;
	uint64_t size_mismatch;	   /* answered with a size mismatch */
	uint64_t already_accepted; /* answered with PAGE_ALREADY_ACCEPTED, or with CF = 1 */
	uint64_t unaccepted_bytes; /* private RAM that is not accepted now */
};

/* At launch (TDH.MEM.PAGE.ADD, SNP_LAUNCH_UPDATE): the range is accepted before the guest runs. */
void emu_machine_launch(struct emu_machine *machine, uint64_t start, uint64_t end);

/* RAM that the host adds while the guest runs, with no page provided yet, and takes away: below the
 * limit that the machine was created with. Only a range that was added as a whole can be removed;
 * its content is lost. False: that range is not possible, or out of memory. */
bool emu_machine_add_ram(struct emu_machine *machine, uint64_t start, uint64_t end);
bool emu_machine_remove_ram(struct emu_machine *machine, uint64_t start, uint64_t end);

bool emu_machine_is_ram(const struct emu_machine *machine, uint64_t gpa);
/* The state of the page that holds gpa. */
enum emu_page_state emu_machine_state(const struct emu_machine *machine, uint64_t gpa);
/* The state in the platform's words, as reports print it. */
const char *emu_page_state_name(enum emu_platform platform, enum emu_page_state state);
const char *emu_machine_state_name(const struct emu_machine *machine, uint64_t gpa);

void emu_machine_stats(const struct emu_machine *machine, struct emu_stats *out);

/* Why the machine stopped; cause EMU_RUNNING while it has not. */
void emu_stop_get(const struct emu_machine *machine, struct emu_stop *out);

#endif
