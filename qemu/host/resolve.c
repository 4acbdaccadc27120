/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/resolve.h"

#include <dlfcn.h>
#include <string.h>

#include "qemu/host/exports.h"
#include "qemu/host/origin.h"

struct qemu_symbols q;

const char *qemu_resolve_all(const struct qemu_symbol *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *address = dlsym(RTLD_DEFAULT, symbols[i].name);

		if (!address)
			return symbols[i].name;
		memcpy(symbols[i].place, &address, sizeof(address));
	}
	return NULL;
}

const char *qemu_resolve(void)
{
	static const struct qemu_symbol symbols[] = {
		{ &q.get_cpu, "qemu_get_cpu" },
		{ &q.restore_state, "cpu_restore_state" },
		{ &q.unwind, "cpu_unwind_state_data" },
		{ &q.loop_exit_restore, "cpu_loop_exit_restore" },
		{ &q.device_space, "address_space_memory" },
		{ &q.access, "address_space_rw" },
		{ &q.set, "address_space_set" },
		{ &q.space_init, "address_space_init" },
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
		{ &q.resolve_path, "object_resolve_path" },
		{ &q.property, "object_property_get_uint" },
		{ &q.listen, "memory_listener_register" },
		{ &q.kick, "qemu_cpu_kick" },
		{ &q.main_context, "qemu_get_aio_context" },
		{ &q.schedule, "aio_bh_schedule_oneshot_full" },
		{ &q.run_on, "async_run_on_cpu" },
	};
	const char *missing = qemu_resolve_all(symbols, sizeof(symbols) / sizeof(symbols[0]));

	return missing ? missing : qemu_origin_resolve();
}
