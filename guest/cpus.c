/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/*
 * The CPUs that are not the first. SNP: each is created with a VMSA, and destroyed. TDX: they wait
 * at the mailbox in the memory of the first image, as firmware's CPUs do, and are given back to it.
 */

#define PAGE UINT64_C(4096)

/* AMD APM volume 2, 15.34.10: SEV_STATUS has SEV, SEV-ES and SNP in bits 2:0, and then the
 * features of the VMSA, of which bit 0 is SNP itself. */
#define MSR_SEV_STATUS 0xc0010131

/* ACPI 6.5, 5.2.12.19. The command is 0 when the CPU has taken it. */
struct mailbox {
	uint16_t command, reserved;
	uint32_t apic_id;
	uint64_t wakeup;
};

enum { COMMAND_WAKEUP = 1, COMMAND_TEST = 2 };

static uint64_t sev_features(void)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_SEV_STATUS));
	return ((uint64_t)high << 32 | low) >> 2;
}

static uint64_t vmsa_of(unsigned cpu)
{
	return bare_at(BARE_VMSA + cpu * PAGE);
}

static int snp_start(unsigned cpu)
{
	const struct cvm_snp_cpu_start start = {
		.apic_id = guest_machine.apic_ids[cpu],
		.vmsa = vmsa_of(cpu),
		.cr3 = bare_root | bare_platform.private_bit,
		.rip = (uint64_t)start_other,
		.rdi = cpu,
		.gdt = (uint64_t)bare_gdt,
		.gdt_limit = BARE_GDT_BYTES - 1,
		.code_selector = BARE_CODE,
		.data_selector = BARE_DATA,
		.sev_features = sev_features(),
	};
	struct cvm_accept_result result = { 0 };
	int error = bare_moved ? 0
			       : bare_platform.platform->accept(bare_platform.platform, start.vmsa,
								start.vmsa + PAGE, &result);

	return error ? error : cvm_snp_start_cpu(&bare_platform.snp, &start);
}

/* Returns when the CPU has read it: for a test, that it waits there. CVM_EIO: it does not, since
 * the host does not run it. */
static int tdx_command(uint64_t mailbox, unsigned cpu, uint16_t command, uint64_t wakeup)
{
	struct mailbox *to = (struct mailbox *)mailbox;

	to->apic_id = guest_machine.apic_ids[cpu];
	to->wakeup = wakeup;
	__atomic_store_n(&to->command, command, __ATOMIC_RELEASE);
	for (uint64_t i = 0; i < GUEST_LOOKS; i++) {
		if (!__atomic_load_n(&to->command, __ATOMIC_ACQUIRE))
			return 0;
		__asm__ volatile("pause");
	}
	bare_put("cvmem: a CPU does not take a command from its mailbox\n");
	return CVM_EIO;
}

/* The CPUs wait for page tables first, once. Those that the kernel does not use have no number that
 * a command names. */
static void tdx_open_mailbox(unsigned cpus)
{
	if (guest_machine.mailbox)
		return;
	for (unsigned cpu = 0; cpu < BARE_CPUS; cpu++)
		mailbox_apic_ids[cpu] = cpu < cpus ? guest_machine.apic_ids[cpu] : UINT32_MAX;
	guest_machine.mailbox = (uint64_t)mailbox;
	guest_machine.reset_vector = (uint64_t)mailbox_reset;
	__atomic_store_n(&mailbox_root, (uint32_t)bare_root, __ATOMIC_RELEASE);
}

int guest_cpus_from(uint64_t firmware_mailbox, unsigned cpus)
{
	int error = 0;

	tdx_open_mailbox(cpus);
	for (unsigned cpu = 1; !error && cpu < cpus; cpu++)
		error = tdx_command(firmware_mailbox, cpu, COMMAND_WAKEUP,
				    guest_machine.reset_vector);
	return error;
}

int guest_cpus_start(unsigned cpus, void (*entry)(unsigned cpu))
{
	int error = 0;

	guest_others_entry = entry;
	if (bare_platform.kind == CVM_PLATFORM_TDX)
		tdx_open_mailbox(cpus);
	for (unsigned cpu = 1; !error && cpu < cpus; cpu++) {
		if (bare_platform.kind == CVM_PLATFORM_SNP)
			error = snp_start(cpu);
		else
			error = tdx_command(guest_machine.mailbox, cpu, COMMAND_WAKEUP,
					    (uint64_t)start_other_tdx);
	}
	return error;
}

void guest_cpu_park(void)
{
	if (bare_platform.kind == CVM_PLATFORM_TDX)
		((void (*)(void))guest_machine.reset_vector)();
	for (;;)
		__asm__ volatile("pause");
}

int guest_cpus_stop(unsigned cpus)
{
	int error = 0;

	for (unsigned cpu = 1; !error && cpu < cpus; cpu++) {
		if (bare_platform.kind == CVM_PLATFORM_SNP)
			error = cvm_snp_stop_cpu(&bare_platform.snp, guest_machine.apic_ids[cpu],
						 vmsa_of(cpu));
		else
			error = tdx_command(guest_machine.mailbox, cpu, COMMAND_TEST, 0);
	}
	return error;
}
