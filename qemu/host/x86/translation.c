/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/translation.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

#include "qemu/host/exports.h"
#include "qemu/host/vcpu.h"

#define PAGE_BYTES	4096
#define MAX_INSTRUCTION 15

/* TCGCPUOps is longer. */
#define OPS_WORDS 64

/* QEMU_PLUGIN_EV_VCPU_TB_TRANS in the mask of events that a vCPU has subscribers for. */
#define EVENT_TRANSLATION (UINT64_C(1) << 2)

/* Blocks that the plugin has seen before one is translated without it. */
#define SAMPLES 16

/* The first part of TranslationBlock, with uint16_t size and icount next to each other. */
#define BLOCK_HALVES 32

typedef void (*translate_fn)(void *cpu, void *tb, int *count, uint64_t address, void *code);

static const struct qemu_block_ops *ops;
static translate_fn translate_block;
static uint32_t plugin_state;			   /* offset of a pointer in CPUState */
static uint32_t size_candidates = UINT32_MAX >> 1; /* atomic; by index in the halves */
static unsigned samples;			   /* atomic */
static _Thread_local size_t seen_count, seen_size;

void qemu_translation_seen(size_t count, size_t size)
{
	seen_count = count;
	seen_size = size;
}

/* plugin_gen_tb_start() looks whether there are subscribers: mov offset(%rdi), %rdx and
 * testb $4, (%rdx). */
static bool find_plugin_state(void)
{
	const uint8_t *code;

	memcpy(&code, &q.tb_start, sizeof(code));
	for (unsigned i = 0; i < 32; i++) {
		if (memcmp(code + i, "\x48\x8b\x97", 3) || memcmp(code + i + 7, "\xf6\x02\x04", 3))
			continue;
		memcpy(&plugin_state, code + i + 3, sizeof(plugin_state));
		return true;
	}
	return false;
}

/* Of this vCPU's own thread. */
static void set_watched(void *cpu, bool watched)
{
	uint64_t **state = (void *)((uint8_t *)cpu + plugin_state);

	if (watched)
		**state |= EVENT_TRANSLATION;
	else
		**state &= ~EVENT_TRANSLATION;
}

/* Where a block has its size and count, by blocks whose size and count are known. */
static void learn(const void *tb)
{
	const uint16_t *halves = tb;
	uint32_t fits = 0;

	for (unsigned i = 0; i + 1 < BLOCK_HALVES; i++)
		if (halves[i] == seen_size && halves[i + 1] == seen_count)
			fits |= 1u << i;
	__atomic_fetch_and(&size_candidates, fits, __ATOMIC_RELAXED);
	if (__atomic_load_n(&samples, __ATOMIC_RELAXED) < SAMPLES)
		__atomic_fetch_add(&samples, 1, __ATOMIC_RELAXED);
}

/* Its size; the count follows. */
static const uint16_t *size_of(const void *tb)
{
	const uint16_t *halves = tb;

	return &halves[__builtin_ctz(__atomic_load_n(&size_candidates, __ATOMIC_RELAXED))];
}

static bool has_learned(void)
{
	return __atomic_load_n(&samples, __ATOMIC_RELAXED) >= SAMPLES &&
	       __atomic_load_n(&size_candidates, __ATOMIC_RELAXED);
}

/* A block ends with its page, but its first instruction may extend to the next one. */
static bool is_in_page(uint64_t address, const void *code)
{
	return code && address % PAGE_BYTES + MAX_INSTRUCTION <= PAGE_BYTES;
}

/* Thread-local in QEMU. */
static void *tcg_context(void)
{
	static _Thread_local void **context;

	if (!context)
		context = dlsym(RTLD_DEFAULT, "tcg_ctx");
	return *context;
}

/* In place of x86_translate_code(). QEMU may leave it by a jump, and begin again. */
static void translate(void *cpu, void *tb, int *count, uint64_t address, void *code)
{
	const int max = *count;
	const uint16_t *size;

	if (has_learned() && is_in_page(address, code) && ops->may_skip(qemu_this_vcpu())) {
		set_watched(cpu, false);
		translate_block(cpu, tb, count, address, code);
		size = size_of(tb);
		if (ops->is_ordinary(address, code, size[0], size[1]))
			return;
		*count = max;
		q.func_start(tcg_context());
	}
	set_watched(cpu, true);
	translate_block(cpu, tb, count, address, code);
	learn(tb);
}

void qemu_translation_hook(const struct qemu_block_ops *block_ops)
{
	const translate_fn mine = translate;
	uint8_t *page;

	memcpy(&translate_block, &q.translate_code, sizeof(translate_block));
	if (!find_plugin_state())
		return;
	ops = block_ops;
	for (unsigned i = 0; i < OPS_WORDS; i++) {
		void **word = (void **)q.tcg_ops + i;

		if (memcmp(word, &q.translate_code, sizeof(*word)))
			continue;
		/* The table is constant: the linker has made it read-only after relocation. */
		page = (uint8_t *)((uintptr_t)word & ~(uintptr_t)(PAGE_BYTES - 1));
		if (mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE))
			return;
		memcpy(word, &mine, sizeof(mine));
		mprotect(page, PAGE_BYTES, PROT_READ);
		return;
	}
}
