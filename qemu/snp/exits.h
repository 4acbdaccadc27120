/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_EXITS_H
#define CVMEM_QEMU_SNP_EXITS_H

#include "emu/snp/snp.h"

/* What the guest asks of its host besides changes of page states, GHCB specification 2.03, sections
 * 2.3.1 and 4.1. The host is QEMU's machine. Each function answers one kind of NAE event; exits.c
 * has the table. */
typedef enum emu_ghcb_result snp_exit_fn(unsigned vcpu, struct emu_ghcb_event *event);

/* exits_cpu.c: what the processor does itself in a guest that is not encrypted. */
snp_exit_fn snp_exit_cpuid, snp_exit_msr, snp_exit_dr7_read, snp_exit_dr7_write, snp_exit_rdpmc,
	snp_exit_vmmcall, snp_exit_no_effect;

/* exits_io.c: ports and device memory. */
snp_exit_fn snp_exit_ioio, snp_exit_mmio_read, snp_exit_mmio_write;

/* exits_vcpus.c: where other vCPUs start, and which there are. */
snp_exit_fn snp_exit_ap_jump_table, snp_exit_apic_ids;

/* svsm_host.c: run another VMPL. */
snp_exit_fn snp_exit_run_vmpl;

/* Requests of the MSR protocol, section 2.3.1; value: the request, then the answer. */
#define SNP_MSR_REQUEST UINT64_C(0xfff) /* the bits that hold its code */
void snp_msr_cpuid(unsigned vcpu, uint64_t *value);
void snp_msr_run_vmpl(unsigned vcpu, uint64_t *value);

#endif
