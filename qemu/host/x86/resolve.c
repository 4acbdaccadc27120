/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/x86/resolve.h"

#include "qemu/host/exports.h"

const char *qemu_x86_resolve(void)
{
	static const struct qemu_symbol symbols[] = {
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
		{ &q.e820, "e820_get_table" },
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
		{ &q.reset_interrupt, "cpu_reset_interrupt" },
		{ &q.init_cpu, "do_cpu_init" },
		{ &q.sipi, "do_cpu_sipi" },
		{ &q.tb_start, "plugin_gen_tb_start" },
		{ &q.func_start, "tcg_func_start" },
		{ &q.translate_code, "x86_translate_code" },
		{ &q.tcg_ops, "x86_tcg_ops" },
	};

	return qemu_resolve_all(symbols, sizeof(symbols) / sizeof(symbols[0]));
}
