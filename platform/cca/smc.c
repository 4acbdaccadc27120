/* SPDX-License-Identifier: MIT */
#include "platform/cca/rsi.h"

#define NOT_SUPPORTED UINT64_MAX

#ifdef __aarch64__
/* SMCCC 1.2, section 2.5: x0 to x17 may change. */
static void execute(struct cvm_smc *args)
{
	register uint64_t x0 __asm__("x0") = args->x[0];
	register uint64_t x1 __asm__("x1") = args->x[1];
	register uint64_t x2 __asm__("x2") = args->x[2];
	register uint64_t x3 __asm__("x3") = args->x[3];
	register uint64_t x4 __asm__("x4") = args->x[4];
	register uint64_t x5 __asm__("x5") = args->x[5];
	register uint64_t x6 __asm__("x6") = args->x[6];
	register uint64_t x7 __asm__("x7") = args->x[7];
	register uint64_t x8 __asm__("x8") = args->x[8];
	register uint64_t x9 __asm__("x9") = args->x[9];
	register uint64_t x10 __asm__("x10") = args->x[10];

	/* smc #0, as a word: an assembler may be told that the processor has no EL3. */
	__asm__ volatile(".inst 0xd4000003"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
			   "+r"(x7), "+r"(x8), "+r"(x9), "+r"(x10)
			 :
			 : "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory", "cc");
	args->x[0] = x0;
	args->x[1] = x1;
	args->x[2] = x2;
	args->x[3] = x3;
	args->x[4] = x4;
	args->x[5] = x5;
	args->x[6] = x6;
	args->x[7] = x7;
	args->x[8] = x8;
	args->x[9] = x9;
	args->x[10] = x10;
}
#else
static void execute(struct cvm_smc *args)
{
	args->x[0] = NOT_SUPPORTED;
}
#endif

uint64_t cvm_cca_smc(void (*smc)(void *ctx, struct cvm_smc *args), void *ctx, struct cvm_smc *args)
{
	if (smc)
		smc(ctx, args);
	else
		execute(args);
	return args->x[0];
}
