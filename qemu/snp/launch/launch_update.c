/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/random.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/host/memory_map.h"
#include "qemu/memory/ram.h"
#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/launch/cpuid_page.h"
#include "qemu/snp/launch/fw_cfg.h"
#include "qemu/snp/launch/hashes.h"
#include "qemu/snp/launch/launch.h"
#include "emu/snp/psp/launch_digest.h"
#include "qemu/snp/launch/secrets.h"
#include "qemu/snp/sev_cpuid.h"
#include "qemu/snp/snp.h"
#include "emu/snp/svsm/svsm.h"
#include "qemu/host/x86/machine.h"

/* SNP_LAUNCH_UPDATE: the pages that exist before the guest runs, in QEMU's order, which the
 * measurement depends on: firmware, sections of the metadata, VMSAs. */
#define PAGE	 4096
#define FIRST_IP 0xfffffff0

/* RAM in which no firmware has a section. */
#define SCRATCH	     UINT64_C(0x4000000)
#define SCRATCH_SIZE 0x100000

static struct emu_launch_digest digest;
static struct secrets secrets;

static const char *measure_content(uint64_t gpa, uint64_t size)
{
	uint8_t page[PAGE];

	for (uint64_t i = 0; i < size; i += PAGE) {
		if (!qemu_read(gpa + i, page, sizeof(page)))
			return "a page that the guest starts with is not memory";
		emu_launch_digest_normal(&digest, gpa + i, page);
	}
	return NULL;
}

static void measure_pages(enum emu_launch_page kind, const struct metadata_section *section)
{
	for (uint64_t i = 0; i < section->size; i += PAGE)
		emu_launch_digest_page(&digest, kind, section->gpa + i);
}

static void ask(void *ctx, uint32_t leaf, uint32_t subleaf, struct cpuid_regs *regs)
{
	uint32_t out[4];

	snp_cpuid(0, leaf, subleaf, out);
	*regs = (struct cpuid_regs){ out[0], out[1], out[2], out[3] };
}

static const char *add_cpuid_page(uint64_t gpa)
{
	const struct cpuid_source source = { .ask = ask };
	uint8_t page[CPUID_PAGE_SIZE];

	if (!cpuid_page_build(&source, page))
		return "the processor has more CPUID leaves than fit into a page";
	return qemu_ram_write(gpa, page, sizeof(page)) ? NULL
						       : "the CPUID page's section is not RAM";
}

static const char *add_secrets_page(uint64_t gpa)
{
	uint8_t page[SECRETS_SIZE];

	secrets_build(&secrets, page);
	return qemu_ram_write(gpa, page, sizeof(page)) ? NULL
						       : "the secrets page's section is not RAM";
}

static void out32(void *ctx, uint16_t port, uint32_t value)
{
	qemu_port_out(port, 4, value);
}

static bool read_ram(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	return qemu_read(gpa, buffer, size);
}

static bool write_ram(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	return qemu_write(gpa, buffer, size);
}

/* Firmware with a section for the hashes boots no kernel without them. */
static const char *add_hashes(const struct sev *sev, bool *there)
{
	const struct fw_cfg fw_cfg = { .out32 = out32,
				       .read = read_ram,
				       .write = write_ram,
				       .scratch = SCRATCH,
				       .scratch_size = SCRATCH_SIZE };
	uint8_t table[HASH_TABLE_SIZE];
	struct kernel_hashes hashes;
	const char *error;

	if (!sev->hashes.address || sev->hashes.size < sizeof(table))
		return NULL;
	error = kernel_hashes_read(&fw_cfg, &hashes, there);
	qemu_ram_zero(SCRATCH, SCRATCH_SIZE);
	if (error || !*there)
		return error;
	kernel_hashes_table(&hashes, table);
	return qemu_ram_write(sev->hashes.address, table, sizeof(table))
		       ? NULL
		       : "the section of the kernel's hashes is not RAM";
}

/* Without a kernel the section of its hashes is empty. */
static const char *add_section(const struct sev *sev, const struct metadata_section *section)
{
	const char *error;
	bool there = false;

	emu_machine_launch(emu_snp_machine(snp.emu), section->gpa, section->gpa + section->size);
	switch (section->type) {
	case SEV_CPUID:
		measure_pages(EMU_LAUNCH_PAGE_CPUID, section);
		return add_cpuid_page(section->gpa);
	case SEV_SECRETS:
		measure_pages(EMU_LAUNCH_PAGE_SECRETS, section);
		return add_secrets_page(section->gpa);
	case SEV_KERNEL_HASHES:
		error = add_hashes(sev, &there);
		if (error || there)
			return error ? error : measure_content(section->gpa, section->size);
		break;
	default:
		break;
	}
	measure_pages(EMU_LAUNCH_PAGE_ZERO, section);
	return NULL;
}

static const char *add_all(const struct sev *sev)
{
	uint64_t rom = qemu_rom_start();
	const char *error = measure_content(rom, MEMORY_FIRMWARE_END - rom);

	emu_machine_launch(emu_snp_machine(snp.emu), rom, MEMORY_FIRMWARE_END);
	for (size_t i = 0; i < sev->metadata.count && !error; i++)
		error = add_section(sev, &sev->metadata.section[i]);
	return error;
}

const char *snp_launch_pages(const struct sev *sev)
{
	const char *error;
	uint32_t out[4];

	qemu_cpuid(0, 1, 0, out);
	secrets.fms = out[0];
	secrets.vmpl = snp.vmpl;
	if (snp.vmpl) {
		secrets.svsm_base = SNP_SVSM_BASE;
		secrets.svsm_size = SNP_SVSM_SIZE;
		secrets.svsm_caa = metadata_find(&sev->metadata, SEV_SVSM_CAA)->gpa;
	}
	if (getrandom(secrets.vmpck, sizeof(secrets.vmpck), 0) != sizeof(secrets.vmpck))
		return "there are no random numbers for the guest's keys";
	error = add_all(sev);
	if (error)
		return error;
	/* QEMU leaves vCPUs at the reset vector if the firmware names no other place. */
	for (unsigned i = 0; i < guest.vcpus; i++)
		emu_launch_digest_vcpu(
			&digest, i && sev->es_reset.present ? sev->es_reset.address : FIRST_IP,
			secrets.fms);
	return snp.attestation->start(&(struct snp_launched){
		.vmpck = secrets.vmpck, .measurement = digest.value, .fms = secrets.fms });
}
