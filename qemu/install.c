/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/install.h"

#include <stdio.h>
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/stop.h"
#include "qemu/host/devices.h"
#include "qemu/host/resolve.h"
#include "qemu/memory/memory_trace.h"
#include "qemu/options.h"
#include "qemu/report/functions.h"
#include "qemu/report/on_signal.h"
#include "qemu/report/report.h"
#include "qemu/report/triple_fault.h"

static void init_vcpu(unsigned int vcpu, void *userdata)
{
	const struct plugin_target *target = userdata;
	const char *missing;

	if (vcpu)
		return;
	missing = target->find_registers ? target->find_registers() : NULL;
	if (missing)
		guest_stop(GUEST_EXIT_SETUP, "this QEMU has no register %s", missing);
	/* As QEMU does for the real ones. */
	if (!qemu_block_migration("the states of a confidential guest's pages, which cvmem.so "
				  "has, are in no migration stream and no snapshot"))
		guest_stop(GUEST_EXIT_SETUP, "the guest cannot be migrated: start QEMU without "
					     "-only-migratable");
}

static void leave(void *userdata)
{
	const char *error = memory_trace_close();

	if (error)
		fprintf(stderr, "cvmem.so: %s\n", error);
	triple_fault_print();
	if (guest.options.report)
		report_write(guest.options.report);
}

/* NULL, or what is wrong. */
static const char *check(const struct qemu_info *info, const struct plugin_target *target)
{
	static char text[160];
	const char *missing;

	if (!info->system_emulation || strcmp(info->target_name, target->processor)) {
		snprintf(text, sizeof(text), "only for qemu-system-%s", target->processor);
		return text;
	}
	if (info->system.max_vcpus > GUEST_MAX_VCPUS ||
	    info->system.smp_vcpus != info->system.max_vcpus) {
		snprintf(text, sizeof(text), "at most %d vCPUs, all there from the start",
			 GUEST_MAX_VCPUS);
		return text;
	}
	missing = qemu_resolve();
	if (!missing)
		missing = target->resolve();
	if (!missing)
		return NULL;
	snprintf(text, sizeof(text), "this QEMU does not export %s: install Debian's %s 11.1 (%s)",
		 missing, target->package, target->setup);
	return text;
}

int plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv,
		   const struct plugin_target *target)
{
	const char *error = plugin_options_parse(&guest.options, target->platforms, argc, argv);

	if (!error)
		error = check(info, target);
	if (!error)
		error = functions_read(target->call_path);
	guest.vcpus = (unsigned)info->system.smp_vcpus;
	if (!error)
		error = memory_trace_open();
	if (error) {
		fprintf(stderr, "cvmem.so: %s\n", error);
		return 1;
	}
	qemu_plugin_register_vcpu_init_cb(id, init_vcpu, (void *)(uintptr_t)target);
	qemu_plugin_register_vcpu_tb_trans_cb(id, target->translate, NULL);
	qemu_plugin_register_atexit_cb(id, leave, NULL);
	report_on_signal();
	return 0;
}
