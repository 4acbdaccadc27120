/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FIRMWARE_FIRMWARE_H
#define CVMEM_TESTS_QEMU_FIRMWARE_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Firmware that does one thing and says what came of it. machine.S, machine.c: an x86-64 processor
 * with a stack, exceptions and page tables; memory.c: what any guest may do with its memory;
 * device.c: what a device may; delivery.c: what exceptions need;
 * endings.c: how the machine may end; debugger.c: what is looked at from outside. The folders have
 * a platform's first instructions, its calls, and what only its guests may do.
 */

/* What an exception pushes, below it its vector. */
struct frame {
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* machine.S: the address of the one instruction is known by name, and it is not the first of its
 * block. */
uint64_t load(uint64_t address);
void store(uint64_t address, uint64_t value);
/* To where the word at the address says: the load is in the last instruction of a block, which an
 * emulator may not have to split. */
void jump(uint64_t address);
/* Calls the code, which may raise an exception: it then goes on here. At CPL 3 it must raise one,
 * since it cannot return. */
void attempt(void (*code)(void *operand), void *operand);
void attempt_at_cpl3(void (*code)(void *operand), void *operand);

extern const uint64_t rom_gdt[5];

/* machine.c */
extern uint64_t pml4[512];
extern struct frame last_exception; /* of an attempt: all 0 if there was none */
extern uint64_t last_cr2;
/* Where guest-physical memory below 4 GiB is to be found as shared memory; as private memory it is
 * at its own addresses. */
#define SHARED	  (UINT64_C(1) << 39)
#define INTERRUPT 32 /* the vector of the one there is */
#define VECTORS	  33
/* Both views of memory; the bits of a page-table entry that select them. */
extern uint64_t private_bit;
void set_pages(uint64_t bit_of_private, uint64_t bit_of_shared);
/* A line "NAME: 0xVALUE" on COM1. */
void say(const char *name, uint64_t value);
/* What the attempt came to: "NAME: VECTOR", error code and RIP. */
void say_attempt(const char *name);
void power_off(void) __attribute__((noreturn));
/* The PC's reset control register. */
void reset(void) __attribute__((noreturn));

/* The platform's; first of all, page tables, and what the others need. */
void set_platform(void);
void port_out(uint16_t port, unsigned bytes, uint32_t value);
/* False: not one that it expects. */
bool take_exception_of_platform(struct frame *frame);
/* Makes a private page usable. Level 0: 4 KiB, 1: 2 MiB. 0: done. */
uint64_t accept(uint64_t gpa, uint64_t level);
/* One page, from private to shared and back. 0: done. */
uint64_t share(uint64_t gpa);
uint64_t unshare(uint64_t gpa);

/* RAM that nobody has accepted. */
#define PAGE	UINT64_C(0x1000000)
#define TABLE	UINT64_C(0x1400000)
#define PATTERN UINT64_C(0x5a5a5a5a5a5a5a5a)
/* An address whose walk goes through entry 2 of the PML4 and entry 5 of the next table. */
#define WALKED ((UINT64_C(2) << 39) + (UINT64_C(5) << 30))

/* memory.c: all words of a page, and all bits that are set anywhere in it. */
void fill(uint64_t address);
uint64_t content(uint64_t address);

/* What this image does; the linker is told which function it is. */
void run(void);

#endif
