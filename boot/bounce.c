/* SPDX-License-Identifier: MIT */
#include "boot/spoiled.h"
#include "boot/stages.h"

/*
 * The bounce buffer: devices cannot reach private memory, so a kernel shares a block of it before
 * the first device is used (Linux: swiotlb), and converts it back to private before freeing it, if
 * it does.
 */

static unsigned order_of(uint64_t bytes)
{
	unsigned order = 0;

	while (order < CVM_MAX_ORDER && UINT64_C(4096) << order < bytes)
		order++;
	return order;
}

static volatile uint64_t *shared_words(const struct kernel *kernel)
{
	return (volatile uint64_t *)(kernel->bounce + kernel->boot->machine->shared_map);
}

static uint64_t words_of(const struct kernel *kernel)
{
	return kernel->boot->config->bounce_bytes / 8;
}

int bounce_start(struct kernel *kernel)
{
	const struct boot_machine *machine = kernel->boot->machine;
	uint64_t bytes = kernel->boot->config->bounce_bytes;
	volatile uint64_t *word;
	int error;

	if (!bytes)
		return 0;
	error = cvm_pages_alloc(&kernel->pages, order_of(bytes), &kernel->bounce);
	if (!error)
		error = cvm_set_shared(&kernel->share, kernel->bounce, kernel->bounce + bytes,
				       NULL);
	if (error)
		return boot_fail(kernel->boot, error, "the kernel shares its bounce buffer");
	if (machine->use_device)
		error = machine->use_device(machine->ctx, kernel->bounce, bytes,
					    &kernel->boot->report.device);
	if (error)
		return boot_fail(kernel->boot, error, "a device uses the bounce buffer");
	word = shared_words(kernel);
	for (uint64_t i = 0; i < words_of(kernel); i++)
		word[i] = i;
	return 0;
}

int bounce_finish(struct kernel *kernel)
{
	struct boot *boot = kernel->boot;
	uint64_t bytes = boot->config->bounce_bytes;
	struct spoiled shared = { 0 }, private = { 0 };
	volatile uint64_t *word;
	int error;

	if (!bytes)
		return 0;
	word = shared_words(kernel);
	for (uint64_t i = 0; i < words_of(kernel); i++)
		if (word[i] != i)
			spoiled_word(&shared, kernel->bounce + 8 * i);
	error = cvm_set_private(&kernel->share, kernel->bounce, kernel->bounce + bytes, NULL);
	if (error)
		return boot_fail(boot, error, "the kernel takes its bounce buffer back");
	word = boot_va(boot, kernel->bounce);
	for (uint64_t i = 0; i < words_of(kernel); i++)
		word[i] = ~i;
	for (uint64_t i = 0; i < words_of(kernel); i++)
		if (word[i] != ~i)
			spoiled_word(&private, kernel->bounce + 8 * i);
	__atomic_fetch_add(&boot->report.corrupted, shared.pages + private.pages, __ATOMIC_RELAXED);
	error = cvm_pages_free(&kernel->pages, kernel->bounce, order_of(bytes));
	return error ? boot_fail(boot, error, "the kernel frees its bounce buffer") : 0;
}
