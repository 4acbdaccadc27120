/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/resolve.h"

#include <dlfcn.h>
#include <string.h>

#include "qemu/host/exports.h"
#include "qemu/host/origin.h"

struct qemu_symbols q;

static const struct {
	void *place;
	const char *name;
} symbols[] = {
	{ &q.get_cpu, "qemu_get_cpu" },
	{ &q.restore_state, "cpu_restore_state" },
	{ &q.unwind, "cpu_unwind_state_data" },
	{ &q.loop_exit_restore, "cpu_loop_exit_restore" },
	{ &q.raise, "raise_exception_ra" },
	{ &q.raise_code, "raise_exception_err_ra" },
	{ &q.gdb_write, "x86_cpu_gdb_write_register" },
	{ &q.halt, "helper_hlt" },
	{ &q.check_io, "helper_check_io" },
	{ &q.cpuid, "cpu_x86_cpuid" },
	{ &q.rdmsr, "helper_rdmsr" },
	{ &q.wrmsr, "helper_wrmsr" },
	{ &q.inb, "cpu_inb" },
	{ &q.inw, "cpu_inw" },
	{ &q.inl, "cpu_inl" },
	{ &q.outb, "cpu_outb" },
	{ &q.outw, "cpu_outw" },
	{ &q.outl, "cpu_outl" },
	{ &q.device_space, "address_space_memory" },
	{ &q.access, "address_space_rw" },
	{ &q.set, "address_space_set" },
	{ &q.space_init, "address_space_init" },
	{ &q.e820, "e820_get_table" },
	{ &q.block_migration, "migrate_add_blocker" },
	{ &q.set_error, "error_setg_internal" },
	{ &q.shutdown, "qemu_system_shutdown_request_with_code" },
	{ &q.cpu_space, "cpu_get_address_space" },
	{ &q.system_memory, "get_system_memory" },
	{ &q.find, "memory_region_find" },
	{ &q.mr_init, "memory_region_init" },
	{ &q.mr_init_io, "memory_region_init_io" },
	{ &q.mr_init_alias, "memory_region_init_alias" },
	{ &q.mr_init_ram_ptr, "memory_region_init_ram_ptr" },
	{ &q.mr_add, "memory_region_add_subregion_overlap" },
	{ &q.mr_enable, "memory_region_set_enabled" },
	{ &q.mr_set_size, "memory_region_set_size" },
	{ &q.mr_set_address, "memory_region_set_address" },
	{ &q.mr_set_offset, "memory_region_set_alias_offset" },
	{ &q.begin, "memory_region_transaction_begin" },
	{ &q.commit, "memory_region_transaction_commit" },
	{ &q.lock, "bql_lock_impl" },
	{ &q.unlock, "bql_unlock" },
	{ &q.locked, "bql_locked" },
	{ &q.loop_exit, "cpu_loop_exit" },
	{ &q.cpu_interrupt, "x86_cpu_do_interrupt" },
	{ &q.interrupt, "do_interrupt_all" },
	{ &q.load_eflags, "cpu_load_eflags" },
	{ &q.load_efer, "cpu_load_efer" },
	{ &q.update_cr0, "cpu_x86_update_cr0" },
	{ &q.update_cr3, "cpu_x86_update_cr3" },
	{ &q.update_cr4, "cpu_x86_update_cr4" },
	{ &q.update_dr7, "cpu_x86_update_dr7" },
	{ &q.set_dr, "helper_set_dr" },
	{ &q.xsetbv, "helper_xsetbv" },
	{ &q.fldcw, "helper_fldcw" },
	{ &q.ldmxcsr, "helper_ldmxcsr" },
	{ &q.update_hflags, "x86_update_hflags" },
	{ &q.resolve_path, "object_resolve_path" },
	{ &q.property, "object_property_get_uint" },
	{ &q.listen, "memory_listener_register" },
	{ &q.reset_interrupt, "cpu_reset_interrupt" },
	{ &q.kick, "qemu_cpu_kick" },
	{ &q.main_context, "qemu_get_aio_context" },
	{ &q.schedule, "aio_bh_schedule_oneshot_full" },
	{ &q.run_on, "async_run_on_cpu" },
	{ &q.init_cpu, "do_cpu_init" },
	{ &q.sipi, "do_cpu_sipi" },
	{ &q.tb_start, "plugin_gen_tb_start" },
	{ &q.func_start, "tcg_func_start" },
	{ &q.translate_code, "x86_translate_code" },
	{ &q.tcg_ops, "x86_tcg_ops" },
};

const char *qemu_resolve(void)
{
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *address = dlsym(RTLD_DEFAULT, symbols[i].name);

		if (!address)
			return symbols[i].name;
		memcpy(symbols[i].place, &address, sizeof(address));
	}
	return qemu_origin_resolve();
}
