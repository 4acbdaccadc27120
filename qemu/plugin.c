/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "qemu/internals.h"
#include "qemu/qemu_api.h"
#include "qemu/registers.h"
#include "qemu/td.h"

/*
 * cvmem-tdx.so, a plugin for QEMU's TCG: the virtual machine becomes a TD. The machine, its
 * devices and all ordinary instructions are QEMU's, the TDX module's part is emu/tdx, and
 * what connects the two is here.
 */
QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_API_VERSION;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
					   char **argv);

struct td td;

static bool is_instruction(const struct qemu_plugin_insn *insn, const uint8_t *bytes, size_t size)
{
	uint8_t data[16];

	return qemu_plugin_insn_data(insn, data, sizeof(data)) >= size &&
	       !memcmp(data, bytes, size);
}

static void translate(struct qemu_plugin_tb *tb, void *userdata)
{
	static const uint8_t tdcall[] = { 0x66, 0x0f, 0x01, 0xcc }, cpuid[] = { 0x0f, 0xa2 };
	size_t count = qemu_plugin_tb_n_insns(tb);

	if (!td_is_launched())
		qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, 0),
						       td_first_instruction,
						       QEMU_PLUGIN_CB_RW_REGS_PC, NULL);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		void *address = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);

		if (is_instruction(insn, tdcall, sizeof(tdcall)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, td_tdcall,
							       QEMU_PLUGIN_CB_RW_REGS_PC, address);
		else if (is_instruction(insn, cpuid, sizeof(cpuid)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, td_cpuid,
							       QEMU_PLUGIN_CB_RW_REGS_PC, address);
	}
}

static void init_vcpu(unsigned int vcpu, void *userdata)
{
	const char *missing;

	if (vcpu)
		return;
	missing = td_registers_find();
	if (missing)
		td_stop(TD_EXIT_SETUP, "this QEMU has no register %s", missing);
}

static bool is_supported(const struct qemu_info *info)
{
	const char *missing;

	if (!info->system_emulation || strcmp(info->target_name, "x86_64")) {
		fprintf(stderr, "cvmem-tdx: only for qemu-system-x86_64\n");
		return false;
	}
	if (info->system.max_vcpus > TD_MAX_VCPUS ||
	    info->system.smp_vcpus != info->system.max_vcpus) {
		fprintf(stderr, "cvmem-tdx: at most %d vCPUs, all there from the start\n",
			TD_MAX_VCPUS);
		return false;
	}
	missing = qemu_resolve();
	if (missing) {
		fprintf(stderr,
			"cvmem-tdx: this QEMU does not export %s: install Debian's qemu-system-x86 "
			"11.1 (cvmem vm --setup)\n",
			missing);
		return false;
	}
	return true;
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	if (!td_options_parse(&td.options, argc, argv) || !is_supported(info))
		return 1;
	td.vcpus = (unsigned)info->system.smp_vcpus;
	td.shared_bit = UINT64_C(1) << (td.options.gpa_width - 1);
	td.separate = td.options.gpa_width != 53;
	qemu_plugin_register_vcpu_init_cb(id, init_vcpu, NULL);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	qemu_plugin_register_atexit_cb(id, td_report, NULL);
	return 0;
}
