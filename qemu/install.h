/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_INSTALL_H
#define CVMEM_QEMU_INSTALL_H

#include "qemu/guest/platform.h"
#include "qemu/host/plugin_api.h"
#include "qemu/report/call_path.h"

/* What a plugin for one processor gives to the part that all have. */
struct plugin_target {
	const char *processor;			 /* of qemu-system-PROCESSOR */
	const char *package;			 /* the Debian package that has it */
	const char *setup;			 /* the command that fetches it */
	const struct platform *const *platforms; /* the last is NULL */
	/* The functions of QEMU that only this processor has. NULL, or what is missing. */
	const char *(*resolve)(void);
	call_path_reader *call_path;
	/* In the callback of the first vCPU's initialisation. NULL, or the register that QEMU does
	 * not have. */
	const char *(*find_registers)(void);
	qemu_plugin_vcpu_tb_trans_cb_t translate;
};

/* qemu_plugin_install(), except for the processor's own callbacks. */
int plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv,
		   const struct plugin_target *target);

#endif
