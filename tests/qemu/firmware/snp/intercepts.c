/* SPDX-License-Identifier: MIT */
#include "../firmware.h"
#include "snp.h"

void intercepts(void);

static void try(const char *name, void (*instruction)(void *), uint64_t operand)
{
	attempt(instruction, (void *)operand);
	say_attempt(name);
}

static void try_at_cpl3(const char *name, void (*instruction)(void *), uint64_t operand)
{
	attempt_at_cpl3(instruction, (void *)operand);
	say_attempt(name);
}

void intercepts(void)
{
	try("read of DR7", run_dr7_read, 0);
	try("write of DR7", run_dr7_write, 0);
	try("RDPMC", run_rdpmc, 0);
	try("INVD", run_invd, 0);
	try("VMMCALL", run_vmmcall, 0);
	try("MONITOR", run_monitor, 0);
	try("MWAIT", run_mwait, 0);
	/* What the processor checks first: ECX of these two asks for an extension. */
	try("MONITOR of more", run_monitor, 1);
	try("MWAIT for more", run_mwait, 4);
	try_at_cpl3("VMMCALL at CPL 3", run_vmmcall, 0);
	try_at_cpl3("RDPMC at CPL 3", run_rdpmc, 0);
	try_at_cpl3("write of DR7 at CPL 3", run_dr7_write, 0);
	try_at_cpl3("INVD at CPL 3", run_invd, 0);
	try_at_cpl3("WBINVD at CPL 3", run_wbinvd, 0);
	try_at_cpl3("MONITOR at CPL 3", run_monitor, 0);
}
