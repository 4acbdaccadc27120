/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_GUEST_PLATFORM_H
#define CVMEM_QEMU_GUEST_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/attack.h"
#include "emu/machine.h"
#include "qemu/guest/call.h"
#include "qemu/guest/options.h"

struct json;

/* Figures of the report that both platforms have. */
struct platform_totals {
	uint64_t accepted_bytes;   /* by all accepts that succeeded */
	uint64_t fell_back;	   /* 2 MiB accepts that got a size mismatch */
	uint64_t double_accepts;   /* accepts of pages that were accepted already */
	uint64_t unaccepted_bytes; /* at the end */
};

/* An access of a vCPU. */
struct platform_access {
	unsigned vcpu;
	uintptr_t host_pc; /* as for qemu_restart() */
	uint64_t gpa;	   /* without the bit that selects the view */
	bool shared;	   /* through the shared view */
	bool write, fetch;
};

/* What translated code calls before an instruction, with which user data; call NULL: nothing. */
struct platform_call {
	void (*call)(unsigned vcpu, void *data);
	void *data;
};

/* What differs between the platforms. The shared part of the plugin calls these functions of the
 * platform that was chosen. Platforms know the shared part, but not each other. */
struct platform {
	const char *name;	    /* of platform=, and in the report: "tdx" */
	const char *exception;	    /* of violation=: "ve" */
	const char *exception_name; /* "VE" */
	const char *unaccepted;	    /* the state before an accept: "PENDING" */
	const char *address;	    /* what it calls a guest-physical address: "GPA" */
	const char *counter;	    /* and the instruction pointer: "RIP" */

	/* init: before the arguments are read. option: an argument that only this platform has, or
	 * has in a form of its own. False: there is no such argument or value. has_attack: NULL if
	 * option takes attacks. */
	void (*init)(void);
	bool (*option)(const char *key, const char *value);
	bool (*has_attack)(const struct emu_attack_info *info);

	/* Calls before an instruction may write all registers, including the instruction
	 * pointer. */
	struct platform_call (*instruction)(const uint8_t *bytes, size_t size);
	/* While a vCPU has not started, first_instruction is called for the first instruction of
	 * every block that is translated for it. */
	bool (*is_launched)(unsigned vcpu);
	void (*first_instruction)(unsigned vcpu, void *userdata);

	/* Page states. */
	struct emu_machine *(*machine)(void);
	/* For the page of RAM that holds gpa. */
	bool (*is_shared)(uint64_t gpa);
	const char *(*state_name)(uint64_t gpa);
	/* Whether to perform an access to a page that is blocked in its view anyway. NULL:
	 * never. */
	bool (*allows)(const struct platform_access *access);
	/* With violation=<exception>. NULL: the access is answered with an error, which makes the
	 * processor raise it. */
	__attribute__((noreturn)) void (*raise)(const struct platform_access *access);
	/* Who executes the call's instruction. */
	enum guest_phase (*phase)(struct guest_call *call);
	/* Whether the vCPU has ended the machine by a triple fault. NULL: there is no such thing.
	 */
	bool (*is_triple_fault)(unsigned vcpu);

	/* The following only once this is true. */
	bool (*is_created)(void);
	/* Why the emulator has stopped the machine. */
	void (*stopped)(struct emu_stop *why);
	void (*totals)(struct platform_totals *out);
	void (*attack_report)(struct emu_attack_report *out);
	/* The platform's own keys in the report: for the machine, and for the run. */
	void (*report_machine)(struct json *json);
	void (*report_run)(struct json *json);
};

extern const struct platform *platform;

/* As in the argument violation=. */
const char *guest_violation_policy_name(enum guest_violation_policy policy);

#endif
