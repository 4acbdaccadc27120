/* SPDX-License-Identifier: MIT */
#include "bare/bare.h"
#include "tests/qemu/pvh/layout.h"

/* Says what it has been given, reads every page of RAM, and ends. Each line is a name and a number,
 * as bare_put_hex() has them. */

#define PAGE UINT64_C(4096)

struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t module_list, cmdline, rsdp, map;
	uint32_t map_entries, reserved;
};

struct module {
	uint64_t address, bytes, cmdline, reserved;
};

struct map_entry {
	uint64_t address, bytes;
	uint32_t type, reserved;
};

/* What start.S found. */
extern struct pvh_state {
	uint32_t ebx, cr0, cr4, cs, ss, tr, eflags, efer;
} pvh_state;

struct pvh_state pvh_state;

void pvh_main(enum cvm_platform_kind kind) __attribute__((noreturn));

static void check(int error, const char *what)
{
	if (error)
		bare_panic(what, (uint64_t)error);
}

static uint64_t end_of(const struct start_info *info)
{
	const struct map_entry *map = (const struct map_entry *)info->map;
	uint64_t end = 0;

	for (uint32_t i = 0; i < info->map_entries; i++)
		if (map[i].address + map[i].bytes > end)
			end = map[i].address + map[i].bytes;
	return end;
}

static void show_entry(void)
{
	bare_put_hex("cr0", pvh_state.cr0);
	bare_put_hex("cr4", pvh_state.cr4);
	bare_put_hex("cs", pvh_state.cs);
	bare_put_hex("ss", pvh_state.ss);
	bare_put_hex("tr", pvh_state.tr);
	bare_put_hex("eflags", pvh_state.eflags);
	bare_put_hex("efer", pvh_state.efer);
}

static void show_modules(const struct start_info *info)
{
	const struct module *module = (const struct module *)info->module_list;

	bare_put_hex("modules", info->modules);
	for (uint32_t i = 0; i < info->modules; i++) {
		const uint8_t *byte = (const uint8_t *)module[i].address;
		uint64_t sum = 0;

		for (uint64_t at = 0; at < module[i].bytes; at++)
			sum = sum * 31 + byte[at];
		bare_put_hex("module bytes", module[i].bytes);
		bare_put_hex("module sum", sum);
	}
}

/* Without the kernel itself, which has shared a page. */
static void read_all(uint64_t start, uint64_t bytes)
{
	for (uint64_t at = start; at < start + bytes; at += PAGE)
		if (at < PVH_IMAGE || at >= PVH_END)
			*(const volatile uint64_t *)at;
}

static void show_map(const struct start_info *info)
{
	const struct map_entry *map = (const struct map_entry *)info->map;

	for (uint32_t i = 0; i < info->map_entries; i++) {
		bare_put_hex("start", map[i].address);
		bare_put_hex("bytes", map[i].bytes);
		bare_put_hex("type", map[i].type);
		if (map[i].type == 1)
			read_all(map[i].address, map[i].bytes);
	}
}

/* Memory that the file does not have. */
static void show_zeros(void)
{
	uint64_t start = bare_at(BARE_LAUNCH), sum = 0;

	for (uint64_t at = start; at < bare_at(BARE_GHCB); at += 8)
		sum |= *(const volatile uint64_t *)at;
	bare_put_hex("zeros", sum);
}

void pvh_main(enum cvm_platform_kind kind)
{
	const struct start_info *info = (const struct start_info *)(uint64_t)pvh_state.ebx;

	bare_moved = PVH_IMAGE - BARE_IMAGE;
	check(bare_platform_start(kind), "the platform");
	check(bare_memory_start(end_of(info)), "page tables");
	check(bare_ghcbs_share(1), "the GHCB page");
	check(bare_ghcb_register(), "the GHCB page");
	bare_exceptions_start();
	bare_put_hex("magic", info->magic);
	bare_put_hex("version", info->version);
	bare_put_hex("flags", info->flags);
	bare_put_hex("rsdp", *(const uint64_t *)info->rsdp);
	bare_put("cmdline: ");
	bare_put((const char *)info->cmdline);
	bare_put("\n");
	show_entry();
	show_zeros();
	show_modules(info);
	show_map(info);
	bare_put("done\n");
	bare_power_off();
}
