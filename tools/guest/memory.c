/* SPDX-License-Identifier: MIT */
#include "tools/guest/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/guest/tree.h"

static const char *prefix = "cvmem";

static bool read_totals(const char *root, struct memory_state *state)
{
	static const char path[] = "/proc/meminfo";
	char *text = tree_read(root, path);
	const char *missing = NULL;

	if (!text) {
		fprintf(stderr, "%s: %s%s: %s\n", prefix, root, path, strerror(errno));
		return false;
	}
	if (!tree_kilobytes(text, "MemTotal:", &state->total))
		missing = "MemTotal";
	else if (!tree_kilobytes(text, "MemFree:", &state->free))
		missing = "MemFree";
	else if (!tree_kilobytes(text, "MemAvailable:", &state->available))
		missing = "MemAvailable";
	else if (strstr(text, "\nUnaccepted:")) {
		state->counted = true;
		if (!tree_kilobytes(text, "Unaccepted:", &state->unaccepted))
			missing = "Unaccepted";
	}
	if (missing)
		fprintf(stderr, "%s: %s%s: no line '%s: N kB'\n", prefix, root, path, missing);
	else if (state->unaccepted > state->total) {
		fprintf(stderr, "%s: %s%s: Unaccepted is more than MemTotal\n", prefix, root, path);
		missing = "Unaccepted";
	}
	free(text);
	return !missing;
}

/* Counters of /proc/vmstat that grow while the kernel reclaims memory. */
static void read_reclaim(const char *root, struct memory_state *state)
{
	static const char *const keys[] = {
		"pgscan_kswapd",    "pgscan_direct",	 "allocstall_dma",
		"allocstall_dma32", "allocstall_normal", "allocstall_movable",
	};
	char *text = tree_read(root, "/proc/vmstat");

	if (!text)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint64_t value;

		if (tree_number(text, keys[i], &value))
			state->scanned += value;
	}
	free(text);
}

static bool add_node(const char *root, unsigned number, struct memory_state *state)
{
	struct memory_node node = { .node = number };
	struct memory_node *grown;
	char path[64], key[48];
	char *text;
	bool ok;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo", number);
	text = tree_read(root, path);
	if (!text)
		return true;
	snprintf(key, sizeof(key), "Node %u MemTotal:", number);
	ok = tree_kilobytes(text, key, &node.total);
	snprintf(key, sizeof(key), "Node %u Unaccepted:", number);
	tree_kilobytes(text, key, &node.unaccepted);
	free(text);
	/* A node without memory. */
	if (!ok || !node.total)
		return true;
	grown = reallocarray(state->node, state->nodes + 1, sizeof(*grown));
	if (!grown)
		return false;
	state->node = grown;
	state->node[state->nodes++] = node;
	return true;
}

static int by_node(const void *a, const void *b)
{
	const struct memory_node *left = a, *right = b;

	return (left->node > right->node) - (left->node < right->node);
}

static bool read_nodes(const char *root, struct memory_state *state)
{
	struct dirent *entry;
	bool ok = true;
	char *path;
	DIR *dir;

	if (asprintf(&path, "%s/sys/devices/system/node", root) < 0)
		return false;
	dir = opendir(path);
	free(path);
	if (!dir)
		return true;
	while (ok && (entry = readdir(dir))) {
		unsigned number;
		int end = 0;

		if (sscanf(entry->d_name, "node%u%n", &number, &end) == 1 && !entry->d_name[end])
			ok = add_node(root, number, state);
	}
	closedir(dir);
	if (state->nodes)
		qsort(state->node, state->nodes, sizeof(*state->node), by_node);
	return ok;
}

/* "protection: (0, 1731, 3705, 3705)", in pages; the largest counts. */
static bool set_reserve(struct memory_zone *zone, const char *line, uint64_t page)
{
	static const char key[] = "        protection: (";

	if (strncmp(line, key, sizeof(key) - 1))
		return false;
	for (line += sizeof(key) - 1; *line; line += *line == ',') {
		char *end;
		uint64_t value = strtoull(line, &end, 10) * page;

		if (end == line)
			break;
		zone->reserve = value > zone->reserve ? value : zone->reserve;
		line = end;
	}
	return true;
}

static void set_field(struct memory_zone *zone, const char *line, uint64_t page)
{
	const struct {
		const char *name;
		uint64_t *field;
	} fields[] = {
		{ "min", &zone->min },
		{ "low", &zone->low },
		{ "high", &zone->high },
		{ "promo", &zone->promo },
		{ "managed", &zone->managed },
		{ "nr_free_pages", &zone->free },
		{ "nr_unaccepted", &zone->unaccepted },
	};
	unsigned long long value;
	char word[32];

	if (set_reserve(zone, line, page) || sscanf(line, " %31s %llu", word, &value) != 2)
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!strcmp(word, fields[i].name))
			*fields[i].field = value * page;
	}
}

/* The marks are equally far apart (mm/page_alloc.c, __setup_per_zone_wmarks()); kernels before 6.11
 * do not print the last. */
static void finish_zone(struct memory_state *state)
{
	struct memory_zone *zone;

	if (!state->zones)
		return;
	zone = &state->zone[state->zones - 1];
	if (!zone->managed)
		state->zones--;
	else if (!zone->promo && zone->high >= zone->low)
		zone->promo = zone->high + (zone->high - zone->low);
}

static bool add_zone(struct memory_state *state, unsigned node, const char *name)
{
	struct memory_zone *grown;

	finish_zone(state);
	grown = reallocarray(state->zone, state->zones + 1, sizeof(*grown));
	if (!grown)
		return false;
	state->zone = grown;
	grown += state->zones++;
	*grown = (struct memory_zone){ .node = node };
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	return true;
}

static bool read_zones(const char *root, struct memory_state *state)
{
	char *text = tree_read(root, "/proc/zoneinfo");
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	bool ok = true;
	char *rest;

	if (!text)
		return true;
	for (char *line = strtok_r(text, "\n", &rest); ok && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char name[16];
		unsigned node;

		if (sscanf(line, "Node %u, zone %15s", &node, name) == 2)
			ok = add_zone(state, node, name);
		else if (state->zones)
			set_field(&state->zone[state->zones - 1], line, page);
	}
	finish_zone(state);
	free(text);
	return ok;
}

bool memory_read(const char *root, struct memory_state *state)
{
	*state = (struct memory_state){ 0 };
	if (!read_totals(root, state))
		return false;
	read_reclaim(root, state);
	if (read_nodes(root, state) && read_zones(root, state))
		return true;
	fprintf(stderr, "%s: out of memory\n", prefix);
	memory_free(state);
	return false;
}

void memory_free(struct memory_state *state)
{
	free(state->node);
	free(state->zone);
	*state = (struct memory_state){ 0 };
}
