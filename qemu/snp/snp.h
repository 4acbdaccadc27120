/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_SNP_H
#define CVMEM_QEMU_SNP_SNP_H

#include "emu/snp/snp.h"
#include "qemu/guest/guest.h"
#include "qemu/guest/platform.h"

/* NAE events of the GHCB page that are counted by name. */
enum snp_exit {
	SNP_EXIT_CPUID,
	SNP_EXIT_IOIO,
	SNP_EXIT_MSR,
	SNP_EXIT_WBINVD,
	SNP_EXIT_DR7_READ,
	SNP_EXIT_DR7_WRITE,
	SNP_EXIT_RDPMC,
	SNP_EXIT_INVD,
	SNP_EXIT_VMMCALL,
	SNP_EXIT_MONITOR,
	SNP_EXIT_MWAIT,
	SNP_EXIT_MMIO_READ,
	SNP_EXIT_MMIO_WRITE,
	SNP_EXIT_RESET_HOLD,
	SNP_EXIT_AP_JUMP_TABLE,
	SNP_EXIT_GUEST_REQUEST,
	SNP_EXIT_EXTENDED_GUEST_REQUEST,
	SNP_EXIT_AP_CREATION,
	SNP_EXIT_APIC_IDS,
	SNP_EXIT_RUN_VMPL,
	SNP_EXIT_OTHER,
	SNP_EXITS
};

/* Reasons for a #VC. */
enum snp_vc {
	SNP_VC_CPUID,
	SNP_VC_IOIO,
	SNP_VC_MSR,
	SNP_VC_WBINVD,
	SNP_VC_DR7_READ,
	SNP_VC_DR7_WRITE,
	SNP_VC_RDPMC,
	SNP_VC_INVD,
	SNP_VC_VMMCALL,
	SNP_VC_MONITOR,
	SNP_VC_MWAIT,
	SNP_VC_MMIO,
	SNP_VC_NOT_VALIDATED,
	SNP_VCS
};

struct snp_vcpu {
	/* Counters; only this vCPU changes them. */
	uint64_t exits[SNP_EXITS], vcs[SNP_VCS], svsm_calls;
	uint64_t dr7;  /* as the guest's #VC handler has told the host */
	uint64_t vmsa; /* atomic: GPA of the VMSA to run from now on, or one of the values below */
	uint64_t has_held; /* atomic: it has asked for an AP reset hold */
};

#define SNP_NOTHING UINT64_C(0) /* no change */
#define SNP_STOP    UINT64_MAX

/* SEV_FEATURES of every VMSA: only SEV-SNP is active. */
#define SNP_SEV_FEATURES UINT64_C(1)
/* Hypervisor feature: NAE event 0x80000017. */
#define SNP_HV_APIC_IDS (UINT64_C(1) << 4)
/* Hypervisor feature: NAE event 0x80000018 and MSR request 0x016, run another VMPL. */
#define SNP_HV_MULTI_VMPL (UINT64_C(1) << 5)

/* Where the SVSM claims to be: above all memory that QEMU can have. */
#define SNP_SVSM_BASE (UINT64_C(1) << 46)
#define SNP_SVSM_SIZE UINT64_C(0x10000)

/* The one SNP guest of this process. */
struct snp {
	struct emu_snp *emu; /* NULL until the launch */
	unsigned c_bit;	     /* its position */
	unsigned vmpl;	     /* the guest's */
	struct svsm *svsm;   /* above VMPL 0 */
	const struct snp_attestation *attestation;
	bool vc;     /* raise #VC where a hypervisor would intercept */
	bool vc_dr7; /* for DR7 as well */
	struct snp_vcpu vcpu[GUEST_MAX_VCPUS];
	uint64_t implicit; /* atomic: pages that an access has made shared */
};

extern struct snp snp;

/* instructions.c */
struct platform_call snp_instruction(const uint8_t *bytes, size_t size);

/* cpuid.c: CPUID on the guest's processor. */
void snp_cpuid(unsigned vcpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* exits.c: emu_snp_config.host. */
extern const struct emu_snp_host snp_host;
const char *snp_exit_name(enum snp_exit exit);

/* svsm_host.c. NULL, or what is wrong; caa: the first vCPU's calling area. */
const char *snp_svsm_start(uint64_t caa);

/* start_up.c: emu_snp_host.reset_hold; and a guest's write to its APIC. True: it was a message to
 * vCPUs in a reset hold, and must not reach the APIC. */
void snp_reset_hold(void *ctx, unsigned vcpu);
bool snp_apic_write(unsigned vcpu, uint64_t gpa, const void *bytes, uint64_t size);
bool snp_apic_wrmsr(unsigned vcpu, uint32_t msr, uint64_t value);

/* vcpus.c: emu_snp_host.ap. */
bool snp_ap(void *ctx, const struct emu_snp_ap *ap);
uint32_t snp_apic_id(unsigned vcpu);

/* vc.c: raises a #VC with this exit code; after qemu_sync(). */
__attribute__((noreturn)) void snp_raise_vc(unsigned vcpu, enum snp_vc reason, uint32_t code);
const char *snp_vc_name(enum snp_vc reason);
/* An access to device memory. */
__attribute__((noreturn)) void snp_raise_mmio(const struct platform_access *access);
/* With violation=vc. */
__attribute__((noreturn)) void snp_raise_violation(const struct platform_access *access);

/* c_bit.c: whether an access through the view that does not match the page's state is legal. */
bool snp_allows(const struct platform_access *access);

/* counters.c */
void snp_totals(struct platform_totals *out);
void snp_report_machine(struct json *json);
void snp_report_run(struct json *json);

#endif
