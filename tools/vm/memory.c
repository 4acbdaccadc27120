/* SPDX-License-Identifier: MIT */
#include "tools/vm/memory.h"

#include <inttypes.h>
#include <stdio.h>

/* A lazy guest touches little, so it may have more memory than the host. */
static void add_backend(const char *id, uint64_t bytes, struct words *words)
{
	words_add(words, "-object");
	words_add(words, "memory-backend-ram,id=%s,size=%" PRIu64 "M,reserve=off", id, bytes >> 20);
}

/* A share of what there is, in whole MiB; the last node has the rest. */
static uint64_t node_bytes(const struct vm_options *options, unsigned node)
{
	uint64_t share = (options->memory_bytes >> 20) / options->nodes << 20;

	if (node + 1 < options->nodes)
		return share;
	return options->memory_bytes - (options->nodes - 1) * share;
}

/* Nodes behind the last virtual CPU have memory alone. */
static void add_node(const struct vm_options *options, unsigned node, struct words *words)
{
	unsigned first = node * options->vcpus / options->nodes;
	unsigned end = (node + 1) * options->vcpus / options->nodes;
	char id[16];

	snprintf(id, sizeof(id), "ram%u", node);
	add_backend(id, node_bytes(options, node), words);
	words_add(words, "-numa");
	if (first < end)
		words_add(words, "node,nodeid=%u,memdev=%s,cpus=%u-%u", node, id, first, end - 1);
	else
		words_add(words, "node,nodeid=%u,memdev=%s", node, id);
}

void vm_memory_words(const struct vm_options *options, struct words *words)
{
	uint64_t mib = options->memory_bytes >> 20;

	words_add(words, "-m");
	if (options->hot_add_bytes)
		words_add(words, "%" PRIu64 "M,slots=1,maxmem=%" PRIu64 "M", mib,
			  mib + (options->hot_add_bytes >> 20));
	else
		words_add(words, "%" PRIu64 "M", mib);
	words_add(words, "-smp");
	/* A socket is in one node. */
	if (options->nodes > 1 && options->vcpus % options->nodes == 0)
		words_add(words, "%u,sockets=%u", options->vcpus, options->nodes);
	else
		words_add(words, "%u", options->vcpus);
	if (options->nodes == 1) {
		add_backend("ram", options->memory_bytes, words);
		words_add(words, "-machine");
		words_add(words, "memory-backend=ram");
		return;
	}
	for (unsigned node = 0; node < options->nodes; node++)
		add_node(options, node, words);
}
