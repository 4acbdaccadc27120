/* SPDX-License-Identifier: MIT */
#include "shim/acpi_loader.h"
#include "shim/ccel.h"
#include "shim/madt.h"
#include "shim/shim.h"

#define MAX_COMMANDS (UINT32_C(1) << 20)

static void *allocate(void *ctx, uint32_t bytes)
{
	return shim_allocate(bytes, CVM_MEM_ACPI);
}

static uint32_t find(void *ctx, const char *name)
{
	uint16_t selector;

	return bare_fw_cfg_find(name, &selector);
}

static bool read(void *ctx, const char *name, void *to, uint32_t bytes)
{
	uint16_t selector;

	if (bare_fw_cfg_find(name, &selector) != bytes || bare_fw_cfg_read(selector, to, bytes))
		return false;
	shim_measure(SHIM_CONFIGURATION, name, to, bytes);
	return true;
}

static bool write(void *ctx, const char *name, uint32_t offset, const void *from, uint32_t bytes)
{
	uint16_t selector;

	return bare_fw_cfg_find(name, &selector) &&
	       !bare_fw_cfg_write(selector, offset, from, bytes);
}

static struct acpi_loader loader = {
	.host = { .allocate = allocate, .find = find, .read = read, .write = write },
};

/* The vCPUs of a TD run already; each is numbered as the MADT has them. */
static void add_mailbox(uint64_t rsdp)
{
	const struct madt_wakeup wakeup = {
		.mailbox = (uintptr_t)mailbox,
		.reset_vector = (uintptr_t)mailbox_reset,
		.apic_ids = mailbox_apic_ids,
		.max_cpus = sizeof(mailbox_apic_ids) / sizeof(mailbox_apic_ids[0]),
	};
	const char *wrong = madt_add_wakeup(&loader, rsdp, &wakeup);

	if (wrong)
		shim_refuse("the ACPI tables", wrong);
	__atomic_store_n(&mailbox_root, (uint32_t)bare_root, __ATOMIC_RELEASE);
}

/* The CCEL comes last: it moves the root table out of the loader's files. */
static void add_tables_for_td(uint64_t rsdp)
{
	uint64_t bytes, log = shim_event_log(&bytes);
	const char *wrong;

	add_mailbox(rsdp);
	wrong = ccel_add(&loader, rsdp, log, bytes);
	if (wrong)
		shim_refuse("the ACPI tables", wrong);
}

uint64_t shim_acpi_load(void)
{
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find("etc/table-loader", &selector);
	const struct acpi_file *rsdp;
	const char *wrong;
	void *commands;

	if (!bytes)
		shim_refuse("the ACPI tables", "fw_cfg has no etc/table-loader");
	if (bytes > MAX_COMMANDS)
		shim_refuse("the ACPI tables", "etc/table-loader is too large");
	commands = shim_allocate(bytes, CVM_MEM_RAM);
	shim_check(bare_fw_cfg_read(selector, commands, bytes), "the ACPI tables");
	shim_measure(SHIM_CONFIGURATION, "etc/table-loader", commands, bytes);
	wrong = acpi_loader_run(&loader, commands, bytes);
	if (wrong)
		shim_refuse("the ACPI tables", wrong);
	rsdp = acpi_loader_file(&loader, "etc/acpi/rsdp");
	if (!rsdp)
		shim_refuse("the ACPI tables", "there is no etc/acpi/rsdp");
	if (bare_platform.kind == CVM_PLATFORM_TDX)
		add_tables_for_td((uintptr_t)rsdp->data);
	return (uintptr_t)rsdp->data;
}
