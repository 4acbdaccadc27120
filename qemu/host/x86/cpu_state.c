/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/cpu_state.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/host/devices.h"
#include "qemu/host/exports.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"

/* SegmentCache. */
struct cache {
	uint32_t selector, unused;
	uint64_t base;
	uint32_t limit, flags;
};

/* A part of CPUArchState. */
struct tables {
	uint32_t cc_op;
	int32_t df; /* -1 if DF is set, else 1 */
	uint32_t hflags, hflags2;
	struct cache segment[QEMU_SEGMENTS], ldt, tr, gdt, idt;
	uint64_t cr[5];
};

/* In words after the start of CPUArchState. */
#define SEARCH_WORDS 128

#define RESET_CS      0xf000
#define RESET_CS_BASE 0xffff0000
#define RESET_CR0     0x60000010

#define CR0_PE	  (1u << 0)
#define CR0_PG	  (1u << 31)
#define HFLAG_CPL 3
#define HFLAG_LMA (1u << 14)
#define EFER_LMA  (UINT64_C(1) << 10)
#define EFER_SVME (UINT64_C(1) << 12)
#define FLAG_DF	  (1u << 10)
#define FLAG_VM	  (1u << 17)
#define SEGMENT_L (1u << 21)
#define SEGMENT_D (1u << 22)
#define EXCP_HLT  0x10001

enum { NO_VECTOR = -1, VECTOR_DF = 8 };
enum { VECTOR_GP = 13, VECTOR_PF = 14 };

static size_t tables_offset; /* offset of struct tables in CPUArchState */
static size_t can_do_io;     /* offset of a byte in CPUState */
static size_t jmp_env;	     /* offset of a sigjmp_buf in CPUState */
static size_t halted;	     /* offset of a word in CPUState */
static size_t exception;     /* offset of a word in CPUState */
static size_t old_exception; /* offset of a word in CPUState */

static struct tables *tables(unsigned vcpu)
{
	return (struct tables *)((uint8_t *)qemu_env(vcpu) + tables_offset);
}

/* The state after reset, APM volume 2, 14.1.3. */
static bool is_reset_state(const struct tables *tables)
{
	return tables->segment[QEMU_CS].selector == RESET_CS &&
	       tables->segment[QEMU_CS].base == RESET_CS_BASE &&
	       tables->segment[QEMU_CS].limit == 0xffff &&
	       tables->segment[QEMU_DS].limit == 0xffff && tables->idt.limit == 0xffff &&
	       tables->cr[0] == RESET_CR0 && !tables->cr[3] && tables->df == 1;
}

/* The offset that an instruction with these bytes names in cpu_loop_exit(); 0: there is no such
 * instruction. */
static uint32_t find_offset(const void *bytes, size_t size)
{
	const uint8_t *code;
	uint32_t offset = 0;

	memcpy(&code, &q.loop_exit, sizeof(code));
	for (unsigned i = 0; i < 64 && !offset; i++)
		if (!memcmp(code + i, bytes, size))
			memcpy(&offset, code + i + size, sizeof(offset));
	return offset;
}

/* CPUState.neg.can_do_io says whether a device may be called now; CPUState.jmp_env leads out of a
 * helper. cpu_loop_exit() sets the first and jumps to the second, with instructions that contain
 * their offsets. */
static bool find_loop_exit(void)
{
	const uint8_t *cpu = q.get_cpu(0);

	can_do_io = find_offset("\xc6\x87", 2);	  /* movb $1, offset(%rdi) */
	jmp_env = find_offset("\x48\x81\xc7", 3); /* add $offset, %rdi */
	if (!jmp_env)
		jmp_env = find_offset("\x48\x8d\xbf", 3); /* lea offset(%rdi), %rdi */
	return jmp_env && jmp_env < can_do_io && cpu[can_do_io] <= 1;
}

static uint32_t *halted_of(unsigned vcpu)
{
	return (uint32_t *)((uint8_t *)qemu_cpu(vcpu) + halted);
}

/* movl $value, offset(register): no SIB byte. */
static bool is_store(const uint8_t *code, uint32_t value)
{
	return code[0] == 0xc7 && (code[1] & 0xf8) == 0x80 && code[1] != 0x84 &&
	       !memcmp(&code[6], &value, sizeof(value));
}

/* CPUState.halted: helper_hlt() sets it to 1, and exception_index, which follows it, to EXCP_HLT.
 * The latter is the exception that is pending. */
static bool find_halted(void)
{
	const uint8_t *code;
	uint32_t offset;

	memcpy(&code, &q.halt, sizeof(code));
	for (unsigned i = 0; i < 64; i++) {
		if (!is_store(&code[i], 1) || !is_store(&code[i + 10], EXCP_HLT))
			continue;
		memcpy(&offset, &code[i + 2], sizeof(offset));
		halted = offset;
		memcpy(&offset, &code[i + 12], sizeof(offset));
		exception = offset;
		/* The first vCPU runs, all others wait. */
		return *halted_of(0) == 0 && (!q.get_cpu(1) || *halted_of(1) == 1);
	}
	return false;
}

static int32_t get_word(const uint8_t *cpu, size_t offset)
{
	int32_t value;

	memcpy(&value, cpu + offset, sizeof(value));
	return value;
}

static int32_t old_exception_of(unsigned vcpu)
{
	return get_word(q.get_cpu((int)vcpu), old_exception);
}

/* CPUX86State.old_exception: the exception that is being delivered, and nothing else is set to -1
 * when that is done. */
static bool find_old_exception(void)
{
	const uint8_t *code;
	uint32_t offset;

	memcpy(&code, &q.cpu_interrupt, sizeof(code));
	for (unsigned i = 0; i < 256; i++) {
		if (!is_store(&code[i], (uint32_t)NO_VECTOR))
			continue;
		memcpy(&offset, &code[i + 2], sizeof(offset));
		old_exception = offset;
		return old_exception_of(0) == NO_VECTOR;
	}
	return false;
}

const char *qemu_cpu_probe(void)
{
	uint64_t *words = qemu_env(0);

	for (size_t i = EMU_GPRS; i < SEARCH_WORDS && !tables_offset; i++)
		if (is_reset_state((struct tables *)&words[i]))
			tables_offset = i * sizeof(*words);
	if (!tables_offset)
		return "the segment registers are not where they should be";
	if (!find_loop_exit())
		return "the code of cpu_loop_exit() is not as expected";
	if (!find_old_exception())
		return "the code of x86_cpu_do_interrupt() is not as expected";
	return find_halted() ? NULL : "the code of helper_hlt() is not as expected";
}

uint64_t qemu_cr(unsigned vcpu, unsigned which)
{
	return tables(vcpu)->cr[which];
}

uint64_t qemu_idt_base(unsigned vcpu)
{
	return tables(vcpu)->idt.base;
}

/* An exception while #DF is delivered. QEMU leaves it at that, and asks for a reset. */
bool qemu_is_triple_fault(unsigned vcpu)
{
	return old_exception && old_exception_of(vcpu) == VECTOR_DF;
}

bool qemu_is_long_mode(unsigned vcpu)
{
	return tables(vcpu)->hflags & HFLAG_LMA;
}

unsigned qemu_cpl(unsigned vcpu)
{
	return tables(vcpu)->hflags & HFLAG_CPL;
}

static unsigned iopl(unsigned vcpu)
{
	return qemu_rflags(vcpu) >> 12 & 3;
}

unsigned qemu_code_bits(unsigned vcpu)
{
	uint32_t flags = tables(vcpu)->segment[QEMU_CS].flags;

	if (qemu_is_long_mode(vcpu) && flags & SEGMENT_L)
		return 64;
	return flags & SEGMENT_D ? 32 : 16;
}

uint64_t qemu_segment_base(unsigned vcpu, unsigned which)
{
	if (which != QEMU_FS && which != QEMU_GS && qemu_code_bits(vcpu) == 64)
		return 0;
	return tables(vcpu)->segment[which].base;
}

/* APM volume 3, IN: above the I/O privilege level, and always in virtual-8086 mode. */
bool qemu_needs_port_map(unsigned vcpu)
{
	return qemu_cpl(vcpu) > iopl(vcpu) || qemu_rflags(vcpu) & FLAG_VM;
}

/* QEMU keeps the arithmetic flags and DF outside of eflags, and load_eflags always sets them. Their
 * bits in eflags itself, which the mask protects, must stay 0, or they read as set forever. */
void qemu_set_flags(unsigned vcpu, uint32_t flags)
{
	uint32_t direction = tables(vcpu)->df < 0 ? FLAG_DF : 0;

	q.load_eflags(qemu_env(vcpu), (int)(flags | direction), 0);
}

void qemu_page_fault(unsigned vcpu, uint64_t address, unsigned code)
{
	tables(vcpu)->cr[2] = address;
	qemu_raise_code(vcpu, VECTOR_PF, (int)code, 0);
}

/* Calls one of QEMU's functions. False: it has raised an exception, which is pending now. QEMU
 * leaves the function through CPUState.jmp_env then. */
static bool returns(uint8_t *cpu, void (*call)(void *argument), void *argument)
{
	sigjmp_buf *out = (sigjmp_buf *)(cpu + jmp_env), saved;
	volatile bool done = false;

	memcpy(&saved, out, sizeof(saved));
	if (!sigsetjmp(*out, 0)) {
		call(argument);
		done = true;
	}
	memcpy(out, &saved, sizeof(saved));
	return done;
}

/* QEMU's helpers for RDMSR and WRMSR take their operands from the registers. Their #GP would be the
 * guest's at the instruction that has called the host, so it is taken back. */
static bool access_msr(unsigned vcpu, void (*access)(void *env), uint32_t msr, uint64_t *value)
{
	uint64_t *gpr = qemu_env(vcpu), saved[EMU_GPRS];
	uint8_t *cpu = qemu_cpu(vcpu), io = cpu[can_do_io];
	int32_t pending = get_word(cpu, exception), old = get_word(cpu, old_exception);
	bool done;

	memcpy(saved, gpr, sizeof(saved));
	gpr[EMU_RCX] = msr;
	gpr[EMU_RAX] = (uint32_t)*value;
	gpr[EMU_RDX] = *value >> 32;
	done = returns(cpu, access, gpr);
	if (done) {
		*value = (uint32_t)gpr[EMU_RAX] | gpr[EMU_RDX] << 32;
	} else {
		memcpy(cpu + exception, &pending, sizeof(pending));
		memcpy(cpu + old_exception, &old, sizeof(old));
		cpu[can_do_io] = io;
	}
	memcpy(gpr, saved, sizeof(saved));
	return done;
}

bool qemu_rdmsr(unsigned vcpu, uint32_t msr, uint64_t *value)
{
	return access_msr(vcpu, q.rdmsr, msr, value);
}

bool qemu_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value)
{
	return access_msr(vcpu, q.wrmsr, msr, &value);
}

struct event {
	uint8_t *cpu;
	uint32_t code;
};

static void deliver_gp(void *argument)
{
	const struct event *event = argument;

	q.interrupt(event->cpu, VECTOR_GP, 0, (int)event->code, 0, 0);
}

/* QEMU pushes error codes only for the vectors that had one before #VE, #CP, #VC and #SX were
 * added. So #GP is delivered, with the interrupt table moved such that its entry is the one of the
 * vector; the table is moved back in any case. */
void qemu_deliver(unsigned vcpu, unsigned vector, uint32_t code)
{
	uint8_t *cpu = qemu_cpu(vcpu);
	struct event event = { cpu, code };
	struct tables *now = tables(vcpu);
	struct cache idt = now->idt;
	unsigned entry = qemu_is_long_mode(vcpu) ? 16 : now->cr[0] & CR0_PE ? 8 : 4;
	uint32_t moved = (vector - VECTOR_GP) * entry;
	bool done;

	now->idt.base += moved;
	now->idt.limit = idt.limit < moved ? 0 : idt.limit - moved;
	/* The stack may be memory whose accesses are trapped. */
	cpu[can_do_io] = 1;
	done = returns(cpu, deliver_gp, &event);
	now->idt = idt;
	if (!done)
		q.loop_exit(cpu);
	qemu_restart(vcpu, 0);
}

void qemu_check_port(unsigned vcpu, uint16_t port, unsigned size)
{
	uint8_t *cpu = qemu_cpu(vcpu);

	/* As for the stack in qemu_deliver(). */
	cpu[can_do_io] = 1;
	q.check_io(qemu_env(vcpu), port, size);
}

/* run_on_cpu_data is a union of this size. */
static void run_call(void *cpu, uint64_t data)
{
	void (*call)(unsigned vcpu);

	memcpy(&call, &data, sizeof(call));
	for (unsigned i = 0; q.get_cpu((int)i); i++)
		if (q.get_cpu((int)i) == cpu)
			call(i);
}

void qemu_run_on(unsigned vcpu, void (*call)(unsigned vcpu))
{
	uint64_t data;

	memcpy(&data, &call, sizeof(data));
	q.run_on(qemu_cpu(vcpu), run_call, data);
}

void qemu_wake(unsigned vcpu)
{
	*halted_of(vcpu) = 0;
}

void qemu_init_cpu(unsigned vcpu)
{
	q.init_cpu(qemu_cpu(vcpu));
}

static struct cache cache_of(const struct qemu_segment *segment)
{
	return (struct cache){
		.selector = segment->selector,
		.base = segment->base,
		.limit = segment->limit,
		/* Bits of the second word of a descriptor. */
		.flags = (segment->attributes & 0xffu) << 8 | (segment->attributes & 0xf00u) << 12,
	};
}

#define CR4_OSXSAVE (1u << 18)
#define LEAF_XSAVE  0xd
#define XCR0_X87    (1u << 0)
#define XCR0_SSE    (1u << 1)
#define XCR0_AVX    (1u << 2)
#define XCR0_MPX    (3u << 3)
#define MXCSR_VALID 0xffff

/* What XSETBV accepts. Otherwise it would raise an exception, and there is no instruction to raise
 * it on. */
static bool is_xcr0_valid(unsigned vcpu, uint64_t xcr0)
{
	uint32_t out[4];

	qemu_cpuid(vcpu, LEAF_XSAVE, 0, out);
	return xcr0 & XCR0_X87 && !(xcr0 & XCR0_MPX) &&
	       !(xcr0 & ~(out[0] | (uint64_t)out[3] << 32)) &&
	       (xcr0 & XCR0_SSE || !(xcr0 & XCR0_AVX));
}

/* Before CR4 is loaded: XSETBV needs CR4.OSXSAVE, and loading CR4 makes XCR0 take effect. */
static void load_xcr0(unsigned vcpu, uint64_t xcr0)
{
	uint64_t *cr4 = &tables(vcpu)->cr[4], saved = *cr4;

	if (!is_xcr0_valid(vcpu, xcr0))
		return;
	*cr4 |= CR4_OSXSAVE;
	q.xsetbv(qemu_env(vcpu), 0, xcr0);
	*cr4 = saved;
}

void qemu_load_cpu(unsigned vcpu, const struct qemu_cpu_state *state)
{
	struct tables *now = tables(vcpu);
	void *env = qemu_env(vcpu);

	/* The start-up interrupt ends the wait; the state that it loads is replaced afterwards. */
	q.sipi(qemu_cpu(vcpu));
	for (unsigned i = 0; i < QEMU_SEGMENTS; i++)
		now->segment[i] = cache_of(&state->segment[i]);
	now->ldt = cache_of(&state->ldt);
	now->tr = cache_of(&state->tr);
	now->gdt = cache_of(&state->gdt);
	now->idt = cache_of(&state->idt);
	/* LMA follows from LME when paging is enabled. SVME is always set in a VMSA. */
	q.load_efer(env, state->efer & ~(EFER_LMA | EFER_SVME));
	load_xcr0(vcpu, state->xcr0);
	q.update_cr4(env, (uint32_t)state->cr4);
	q.update_cr3(env, state->cr3);
	q.update_cr0(env, (uint32_t)state->cr0);
	now->cr[2] = state->cr2;
	q.update_dr7(env, (uint32_t)state->dr7);
	q.set_dr(env, 6, (uint32_t)state->dr6);
	q.fldcw(env, state->fcw);
	q.ldmxcsr(env, state->mxcsr & MXCSR_VALID);
	q.load_eflags(env, (int)state->rflags, -1);
	q.update_hflags(env);
	memcpy(qemu_gpr(vcpu), state->gpr, sizeof(state->gpr));
	qemu_set_rip(vcpu, state->rip);
}
