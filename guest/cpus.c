/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#define PAGE UINT64_C(4096)

extern const char start_other64[];

/* AMD APM volume 2, 15.34.10: SEV_STATUS has SEV, SEV-ES and SNP in bits 2:0, and then the
 * features of the VMSA, of which bit 0 is SNP itself. */
#define MSR_SEV_STATUS 0xc0010131

static uint64_t sev_features(void)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_SEV_STATUS));
	return ((uint64_t)high << 32 | low) >> 2;
}

static int snp_start(unsigned cpu)
{
	const struct cvm_snp_cpu_start start = {
		.apic_id = cpu,
		.vmsa = BARE_VMSA + cpu * PAGE,
		.cr3 = bare_root | bare_platform.private_bit,
		.rip = (uint64_t)start_other64,
		.rdi = cpu,
		.gdt = (uint64_t)bare_gdt,
		.gdt_limit = BARE_GDT_BYTES - 1,
		.code_selector = BARE_CODE,
		.data_selector = BARE_DATA,
		.sev_features = sev_features(),
	};
	struct cvm_accept_result result = { 0 };
	int error = bare_platform.platform->accept(bare_platform.platform, start.vmsa,
						   start.vmsa + PAGE, &result);

	return error ? error : cvm_snp_start_cpu(&bare_platform.snp, &start);
}

int guest_cpus_start(unsigned cpus, void (*entry)(unsigned cpu))
{
	int error = 0;

	guest_others_entry = entry;
	__atomic_store_n(&guest_others_root, (uint32_t)bare_root, __ATOMIC_RELEASE);
	if (bare_platform.kind != CVM_PLATFORM_SNP)
		return 0;
	for (unsigned cpu = 1; !error && cpu < cpus; cpu++)
		error = snp_start(cpu);
	return error;
}
