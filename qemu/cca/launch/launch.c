/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/cca/launch/launch.h"

#include "qemu/cca/attestation/attestation.h"
#include "qemu/cca/cca.h"
#include "qemu/cca/launch/images.h"
#include "qemu/guest/call.h"
#include "qemu/guest/stop.h"
#include "qemu/host/arm/machine.h"
#include "qemu/host/arm/vcpu.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/vcpu.h"
#include "qemu/memory/backend.h"
#include "qemu/memory/view.h"

/*
 * From a machine that QEMU has loaded to a Realm that is ready to run: RMI_REALM_CREATE,
 * RMI_RTT_DATA_MAP_INIT and RMI_RTT_INIT_RIPAS. The first vCPU does all of it before its first
 * instruction. The others are off until it starts them by PSCI.
 */
#define PAGE UINT64_C(4096)

bool cca_is_launched(unsigned vcpu)
{
	return __atomic_load_n(&guest.running, __ATOMIC_ACQUIRE);
}

static const char *find_ram(void)
{
	guest.ram_count = qemu_arm_ram(guest.ram, GUEST_MAX_RAM);
	if (!guest.ram_count)
		return "there is no RAM at 1 GiB: start QEMU with -machine virt,gic-version=3";
	if (guest.ram[guest.ram_count - 1].end > cca.shared_bit)
		return "more memory than the IPA width allows";
	return NULL;
}

static const char *create_realm(void)
{
	struct emu_cca_config config = { .vcpus = guest.vcpus,
					 .ipa_bits = cca.ipa_bits,
					 .ram = guest.ram,
					 .ram_count = guest.ram_count,
					 /* Otherwise each page would be a trap. */
					 .populate = true,
					 .attack = cca.attack };
	const char *error = cca_attestation_start(&config);

	if (error)
		return error;
	cca.emu = emu_cca_create(&config, &memory_backend);
	return cca.emu ? NULL : "the Realm cannot be created";
}

static const char *add_images(const struct cca_images *images)
{
	static uint8_t content[PAGE];

	for (size_t i = 0; i < images->count; i++) {
		const struct emu_ram *range = &images->range[i];

		for (uint64_t ipa = range->start; ipa < range->end; ipa += PAGE)
			if (!qemu_ram_read(ipa, content, sizeof(content)) ||
			    emu_cca_data_map_init(cca.emu, ipa, content) == ipa)
				return "what is loaded is not in RAM";
	}
	return NULL;
}

static const char *make_ram(const struct cca_images *images)
{
	const char *error;

	if (!cca_images_use_smc(images))
		return "the device tree cannot be read";
	error = add_images(images);
	for (size_t i = 0; i < guest.ram_count && !error && cca.ripas == CCA_RIPAS_ALL; i++)
		emu_cca_init_ripas(cca.emu, guest.ram[i].start, guest.ram[i].end);
	return error;
}

static const char *launch(void)
{
	const char *error = qemu_arm_probe();
	struct cca_images images;

	if (error)
		return error;
	if (qemu_arm_level(0) != 1)
		return "the machine does not start at EL1: start QEMU with -machine virt, without "
		       "virtualization=on and secure=on";
	error = find_ram();
	if (!error)
		error = memory_views_create();
	if (!error)
		error = create_realm();
	if (error)
		return error;
	cca_images_find(qemu_rip(0), guest.ram, &images);
	guest.kernel = images.kernel;
	error = make_ram(&images);
	if (!error)
		error = memory_views_install();
	if (error)
		return error;
	qemu_arm_alias_devices(cca.shared_bit);
	cca_trap_devices();
	__atomic_store_n(&guest.running, true, __ATOMIC_RELEASE);
	return NULL;
}

void cca_first_instruction(unsigned vcpu, void *userdata)
{
	const char *error;

	if (cca_is_launched(vcpu))
		return;
	if (guest_is_stopped())
		guest_block_vcpu(vcpu, 0);
	qemu_sync(vcpu, GUEST_HOST_PC);
	error = launch();
	if (error) {
		guest_stop(GUEST_EXIT_SETUP, "%s", error);
		guest_block_vcpu(vcpu, 0);
	}
	qemu_jump(qemu_rip(vcpu));
}
