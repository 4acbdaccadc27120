/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/io.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Runs in a guest: executes what a hypervisor intercepts, as far as a program may, and prints what
 * comes of it, a line each, for the case that has booted the guest to judge.
 */
static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

/* The signal that the function ends with; 0: none. */
static int signal_of(void (*function)(void))
{
	int number = sigsetjmp(back, 1);

	if (!number)
		function();
	return number;
}

static void print(const char *what, long value)
{
	printf("cvmem: %s %ld\n", what, value);
	fflush(stdout);
}

static void vmmcall(void)
{
	long rax = 1;

	__asm__ volatile("vmmcall" : "+a"(rax));
	print("VMMCALL returns", rax);
}

static void monitor(void)
{
	__asm__ volatile("monitor" : : "a"(&back), "c"(0), "d"(0));
}

static void mwait(void)
{
	__asm__ volatile("mwait" : : "a"(0), "c"(0));
}

static void invd(void)
{
	__asm__ volatile("invd");
}

/* Linux sets CR4.PCE for who has asked for a counter. */
static void rdpmc(void)
{
	unsigned low, high;

	__asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(0));
}

static void read_dr7(void)
{
	unsigned long value;

	__asm__ volatile("mov %%dr7, %0" : "=r"(value));
}

static void write_port(void)
{
	outb(0, 0x80);
}

static void write_other_port(void)
{
	outb(0, 0x81);
}

static void write_wide(void)
{
	outw(0, 0x80);
}

static __attribute__((noinline)) void watched(void)
{
	__asm__ volatile("");
}

/* A breakpoint of the processor's: DR0 and DR7 are written by the kernel. How the child ends. */
static int breakpoint(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		watched();
		_exit(42);
	}
	waitpid(child, &status, 0);
	if (ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[0]), watched) ||
	    ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 1))
		return -1;
	ptrace(PTRACE_CONT, child, 0, 0);
	waitpid(child, &status, 0);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return WIFSTOPPED(status) ? -WSTOPSIG(status) : -1;
}

int main(void)
{
	signal(SIGILL, on_signal);
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	print("VMMCALL", signal_of(vmmcall));
	print("MONITOR", signal_of(monitor));
	print("MWAIT", signal_of(mwait));
	print("INVD", signal_of(invd));
	print("RDPMC", signal_of(rdpmc));
	print("read of DR7", signal_of(read_dr7));
	print("breakpoint", breakpoint());
	print("port", signal_of(write_port));
	ioperm(0x80, 1, 1);
	print("port in the map", signal_of(write_port));
	print("port beside it", signal_of(write_other_port));
	print("port and one beside it", signal_of(write_wide));
	ioperm(0x80, 1, 0);
	iopl(3);
	print("port by iopl", signal_of(write_port));
	return 0;
}
