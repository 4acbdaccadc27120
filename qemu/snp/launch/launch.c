/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/launch.h"

#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/stop.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/x86/registers.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/backend.h"
#include "qemu/memory/mmio.h"
#include "qemu/memory/plug.h"
#include "qemu/memory/ram.h"
#include "qemu/memory/view.h"
#include "qemu/snp/launch/sev_check.h"
#include "qemu/snp/snp.h"
#include "emu/snp/svsm/svsm.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"

/*
 * From a machine that QEMU has reset to an SNP guest that is ready to run: SNP_LAUNCH_START to
 * SNP_LAUNCH_FINISH. The first vCPU does all of it before its first instruction, which it then
 * executes: a guest's first vCPU starts in the reset state. The others wait for a start-up
 * interrupt that never comes; the guest makes them run a VMSA (vcpus.c).
 */
#define RESET_IP     0xfff0
#define DR7_AT_RESET 0x400

static struct sev sev;

static const char *read_metadata(void)
{
	static uint8_t image[MEMORY_FIRMWARE_TAIL];

	if (!memory_read_firmware(image))
		return "there is no firmware below 4 GiB";
	sev_read(&sev, (struct bytes){ image, sizeof(image) });
	return snp_sev_check(&sev);
}

/* In Linux's page tables, the C-bit is separate from the address only if the processor has exactly
 * one address bit more than the C-bit's position. */
static const char *check_cpuid(void)
{
	uint32_t out[4];

	qemu_cpuid(0, 0, 0, out);
	if (memcmp(&out[1], "Auth", 4))
		return "the processor is not what an SNP guest needs: start QEMU with "
		       "-cpu max,vendor=AuthenticAMD,family=25,model=17,la57=off,phys-bits=52,"
		       "xlevel=0x8000001f";
	qemu_cpuid(0, 0x80000000, 0, out);
	if (out[0] < 0x8000001f)
		return "the processor says nothing of SEV: start QEMU with "
		       "-cpu ...,xlevel=0x8000001f";
	qemu_cpuid(0, 0x80000008, 0, out);
	if ((out[0] & 0xff) != snp.c_bit + 1)
		return "the processor's address bits do not go with the C-bit: start QEMU with "
		       "-cpu ...,phys-bits=52 for c_bit=51, phys-bits=48 for c_bit=47";
	return NULL;
}

/*
 * Its variables would be device memory: each read is a #VC, and the handler of OVMF, which adds up
 * the words of their header, decodes no ADD. KVM has no flash for an SNP guest at all, since
 * private memory cannot be read-only, and QEMU takes -bios alone.
 */
static const char *check_flash(void)
{
	return qemu_has_flash_below_rom()
		       ? "the firmware's variables are in a second flash device, and an SEV-SNP "
			 "guest has no flash: give the whole of it, OVMF.fd, as -bios"
		       : NULL;
}

/* RAM in the RMP: the firmware is private memory as well. */
static size_t all_ram(struct emu_ram ram[GUEST_MAX_RAM + 1])
{
	size_t count = 0;

	while (count < guest.ram_count && guest.ram[count].end <= MEMORY_FIRMWARE_END) {
		ram[count] = guest.ram[count];
		count++;
	}
	ram[count] = (struct emu_ram){ qemu_rom_start(), MEMORY_FIRMWARE_END };
	memcpy(&ram[count + 1], &guest.ram[count], (guest.ram_count - count) * sizeof(*ram));
	return guest.ram_count + 1;
}

static const char *create(void)
{
	struct emu_ram ram[GUEST_MAX_RAM + 1];
	const struct emu_snp_config config = {
		.vcpus = guest.vcpus,
		.ram = ram,
		.ram_count = all_ram(ram),
		.ram_limit = guest.window.end,
		.rmp_4k_only = guest.options.host_4k_only,
		.assign_on_touch = true,
		.attack = guest.options.attack,
		.c_bit = snp.c_bit,
		.vmpl = snp.vmpl,
		.hv_features = SNP_HV_APIC_IDS | (snp.vmpl ? SNP_HV_MULTI_VMPL : 0),
		.host = snp_host,
	};

	/* Those of the other vCPUs come with their VMSAs. */
	snp.vcpu[0].dr7 = DR7_AT_RESET;
	snp.emu = emu_snp_create(&config, &memory_backend);
	return snp.emu ? NULL : "the guest cannot be created";
}

static const char *start_svsm(void)
{
	const struct metadata_section *caa = metadata_find(&sev.metadata, SEV_SVSM_CAA);

	return caa ? snp_svsm_start(caa->gpa)
		   : "the firmware has no calling area for an SVSM: vmpl=0";
}

static const char *launch(void)
{
	const char *error = read_metadata();

	if (!error)
		error = check_cpuid();
	if (!error)
		error = check_flash();
	guest.ram_count = qemu_ram(guest.ram, GUEST_MAX_RAM);
	qemu_plug_window(&guest.window);
	if (!error)
		error = memory_views_create();
	if (!error)
		error = create();
	if (!error && snp.vmpl)
		error = start_svsm();
	if (!error)
		error = snp_launch_pages(&sev);
	if (!error)
		error = memory_views_install();
	if (!error)
		error = memory_plug_watch();
	if (!error && snp.vc)
		memory_trap_mmio(snp_raise_mmio);
	return error;
}

/* Locating QEMU's registers overwrites some of them; they get their reset values back. */
static const char *probe(unsigned vcpu)
{
	uint64_t dx = qemu_register_read(EMU_RDX);
	const char *error = qemu_probe(vcpu);

	if (error)
		return error;
	memset(qemu_gpr(vcpu), 0, EMU_GPRS * sizeof(uint64_t));
	qemu_gpr(vcpu)[EMU_RDX] = dx;
	return qemu_cpu_probe();
}

void snp_first_instruction(unsigned vcpu, void *userdata)
{
	const char *error;

	if (guest.running)
		return;
	if (guest_is_stopped())
		guest_block_vcpu(vcpu, 0);
	error = probe(vcpu);
	if (!error)
		error = launch();
	if (error) {
		guest_stop(GUEST_EXIT_SETUP, "%s", error);
		guest_block_vcpu(vcpu, 0);
	}
	__atomic_store_n(&guest.running, true, __ATOMIC_RELEASE);
	qemu_jump(RESET_IP);
}
