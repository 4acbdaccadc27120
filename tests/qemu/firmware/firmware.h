/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TESTS_QEMU_FIRMWARE_H
#define CVMEM_TESTS_QEMU_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of start.S. */
struct tdcall {
	uint64_t rax, rcx, rdx, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* What an exception pushes, below it its vector. */
struct frame {
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* start.S: at the first instruction. */
extern uint32_t entry_rbx, entry_rcx, entry_rsi, entry_cr0, entry_cr4, entry_efer;

/* start.S. */
void tdcall(struct tdcall *registers);
uint64_t load(uint64_t address);
void store(uint64_t address, uint64_t value);
void jump(uint64_t address);
void at_cpl3(void);

/* platform.c */
extern uint64_t pml4[512];
extern struct frame last_exception;
extern bool accept_on_ve;
/* Where guest-physical memory below 4 GiB is to be found as shared memory. */
#define SHARED (UINT64_C(1) << 39)
/* The host's answer, R10; out may be NULL: R11 as it is afterwards. */
uint64_t vmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15,
		uint64_t *out);
/* The status of TDG.MEM.PAGE.ACCEPT; level 0: 4 KiB. */
uint64_t accept(uint64_t gpa, uint64_t level);
/* MapGPA of one page. */
uint64_t share(uint64_t gpa);
uint64_t unshare(uint64_t gpa);
/* A line "NAME: 0xVALUE" on COM1. */
void say(const char *name, uint64_t value);
void power_off(void) __attribute__((noreturn));
/* The PC's reset control register. */
void reset(void) __attribute__((noreturn));

/* What this image does; the linker is told which function of runs.c it is. */
void run(void);

#endif
