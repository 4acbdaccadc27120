/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/tdx/launch/launch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qemu/guest/guest.h"
#include "qemu/guest/stop.h"
#include "qemu/host/x86/cpu_state.h"
#include "qemu/host/devices.h"
#include "qemu/host/x86/halt.h"
#include "qemu/host/memory_map.h"
#include "qemu/host/x86/registers.h"
#include "qemu/host/vcpu.h"
#include "qemu/host/x86/machine.h"
#include "qemu/host/x86/vcpu.h"
#include "qemu/memory/backend.h"
#include "qemu/memory/mmio.h"
#include "qemu/memory/plug.h"
#include "qemu/memory/ram.h"
#include "qemu/memory/view.h"
#include "qemu/tdx/launch/hob.h"
#include "qemu/tdx/launch/mrtd.h"
#include "qemu/tdx/launch/tdvf_check.h"
#include "qemu/tdx/tdx.h"

/*
 * From a machine that QEMU has reset to a TD that is ready to run: TDH.MNG.INIT, TDH.VP.INIT and
 * TDH.MEM.PAGE.ADD. The first vCPU does all of it before its first instruction. The others wait for
 * a start-up interrupt; they get one, are held at their first instruction, and all start together
 * at the reset vector.
 */
#define RESET_VECTOR UINT64_C(0xfffffff0)

#define SIPI_VECTOR 0x10
#define AP_SECONDS  20

/* TDX module base specification, "Initial state of guest GPRs", "... of CRs and MSRs". */
#define CR0_PE_NE	 0x21
#define CR4_MCE		 0x40
#define EFER_SCE_LME_NXE 0x901

#define SEPT_VE_DISABLE (UINT64_C(1) << 28)

#define LEAF_XSTATE 0xd

/* Flat 4 GiB segments, 32 bits. QEMU loads segments only from a table, which is at GPA 0 until all
 * vCPUs have loaded them. */
enum { SELECTOR_CODE = 8, SELECTOR_DATA = 16 };
static const uint64_t gdt[] = { 0, UINT64_C(0x00cf9b000000ffff), UINT64_C(0x00cf93000000ffff) };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned arrived;
static bool has_entered[GUEST_MAX_VCPUS]; /* only for the vCPU itself */
static bool ready;
static struct metadata tdvf;
static const struct metadata_section *hob_section;

/* Code that a vCPU which has entered shares with one that has not would have no call for the
 * latter; but there is none, since a start-up interrupt starts in another mode. */
bool tdx_is_launched(unsigned vcpu)
{
	return has_entered[vcpu];
}

static const char *read_metadata(void)
{
	static uint8_t image[MEMORY_FIRMWARE_TAIL];

	if (!memory_read_firmware(image))
		return "there is no firmware below 4 GiB";
	tdvf_read(&tdvf, (struct bytes){ image, sizeof(image) });
	hob_section = metadata_find(&tdvf, TDVF_TD_HOB);
	return tdx_tdvf_check(&tdvf);
}

static const char *check_cpuid(void)
{
	uint32_t out[4];

	qemu_cpuid(0, 0, 0, out);
	if (out[0] < 0x21 || memcmp(&out[1], "Genu", 4))
		return "the processor is not what a TD needs: start QEMU with "
		       "-cpu max,vendor=GenuineIntel,level=0x21,la57=off,phys-bits=52";
	qemu_cpuid(0, 0x80000008, 0, out);
	if (guest_is_separate() && (out[0] & 0xff) < tdx.gpa_width)
		return "the processor has fewer address bits than the GPA width: start QEMU with "
		       "-cpu ...,phys-bits=52";
	return NULL;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct emu_ram *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* RAM for the TDX module: in a TD, the firmware's volumes are RAM as well. */
static size_t all_ram(struct emu_ram ram[GUEST_MAX_RAM + METADATA_SECTIONS_MAX])
{
	size_t count = guest.ram_count;

	memcpy(ram, guest.ram, count * sizeof(*ram));
	for (size_t i = 0; i < tdvf.count; i++) {
		const struct metadata_section *section = &tdvf.section[i];

		if (section->type == TDVF_BFV || section->type == TDVF_CFV)
			ram[count++] =
				(struct emu_ram){ section->gpa, section->gpa + section->size };
	}
	qsort(ram, count, sizeof(*ram), compare_ranges);
	return count;
}

/* What QEMU's processor can enable in XCR0 and in IA32_XSS: Intel SDM volume 2, CPUID leaf 0xD. */
static uint64_t extended_features(void)
{
	uint32_t xcr0[4], xss[4];

	qemu_cpuid(0, LEAF_XSTATE, 0, xcr0);
	qemu_cpuid(0, LEAF_XSTATE, 1, xss);
	return xcr0[0] | (uint64_t)xcr0[3] << 32 | xss[2] | (uint64_t)xss[3] << 32;
}

static const char *create_td(void)
{
	struct emu_ram ram[GUEST_MAX_RAM + METADATA_SECTIONS_MAX];
	const struct emu_tdx_config config = {
		.vcpus = guest.vcpus,
		.gpa_width = tdx.gpa_width,
		.ram = ram,
		.ram_count = all_ram(ram),
		.ram_limit = guest.window.end,
		.attributes = SEPT_VE_DISABLE,
		.xfam = extended_features(),
		.host_4k_only = guest.options.host_4k_only,
		.map_gpa_chunk = 0,
		.vmcall = tdx_vmcall,
		.attack = guest.options.attack,
		.sha384 = tdx_sha384,
	};

	tdx.emu = emu_tdx_create(&config, &memory_backend);
	return tdx.emu ? NULL : "the TD cannot be created: more memory than its GPA width allows?";
}

static const char *add_pages(void)
{
	uint8_t hob[4096];
	size_t size = tdx_hob_write(&tdvf, guest.ram, guest.ram_count, hob, sizeof(hob));

	if (!size || size > hob_section->size)
		return "the TD HOB does not fit into its section";
	for (size_t i = 0; i < tdvf.count; i++)
		emu_machine_launch(emu_tdx_machine(tdx.emu), tdvf.section[i].gpa,
				   tdvf.section[i].gpa + tdvf.section[i].size);
	return qemu_ram_write(hob_section->gpa, hob, size) ? NULL
							   : "the TD HOB's section is not RAM";
}

static const char *measure(void)
{
	if (!tdx_mrtd_compute(&tdvf, memory_read_private, tdx.mrtd))
		return "a measured section of the TDVF metadata is not memory";
	emu_tdx_set_mrtd(tdx.emu, tdx.mrtd);
	return NULL;
}

static const char *prepare(void)
{
	const char *error = read_metadata();

	if (!error)
		error = check_cpuid();
	guest.ram_count = qemu_ram(guest.ram, GUEST_MAX_RAM);
	qemu_plug_window(&guest.window);
	if (!error)
		error = memory_views_create();
	if (!error)
		error = create_td();
	if (!error)
		error = add_pages();
	if (!error)
		error = measure();
	return error;
}

/* A TD's firmware is in RAM, and may write to its volumes; QEMU has ROM or flash there. */
static const char *install_firmware(void)
{
	const char *error = NULL;

	for (size_t i = 0; i < tdvf.count && !error; i++) {
		const struct metadata_section *section = &tdvf.section[i];

		if (section->type == TDVF_BFV || section->type == TDVF_CFV)
			error = memory_firmware_to_ram(section->gpa, section->size);
	}
	return error;
}

/* Waits until all other vCPUs have reached their first instruction. */
static const char *wait_for_others(void)
{
	struct timespec deadline;
	int timeout = 0;

	if (guest.vcpus > 1)
		qemu_send_sipi(SIPI_VECTOR);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += AP_SECONDS;
	pthread_mutex_lock(&mutex);
	while (arrived < guest.vcpus - 1 && !timeout)
		timeout = pthread_cond_timedwait(&changed, &mutex, &deadline);
	pthread_mutex_unlock(&mutex);
	return timeout ? "not all vCPUs have started: start QEMU with -accel tcg,thread=multi"
		       : NULL;
}

static void load_state(unsigned vcpu)
{
	uint64_t *gpr = qemu_gpr(vcpu);

	memset(gpr, 0, EMU_GPRS * sizeof(*gpr));
	gpr[EMU_RBX] = tdx.gpa_width;
	gpr[EMU_RCX] = hob_section->gpa;
	gpr[EMU_R8] = hob_section->gpa;
	gpr[EMU_RSI] = vcpu;
	qemu_register_write(QEMU_REG_EFLAGS, 2);
	qemu_register_write(QEMU_REG_CR4, CR4_MCE);
	qemu_register_write(QEMU_REG_EFER, EFER_SCE_LME_NXE);
	qemu_register_write(QEMU_REG_CR0, CR0_PE_NE);
	for (unsigned i = QEMU_REG_SS; i <= QEMU_REG_GS; i++)
		qemu_register_write(i, SELECTOR_DATA);
	qemu_register_write(QEMU_REG_CS, SELECTOR_CODE);
}

/* The first vCPU has finished the launch, or failed. */
static void release_others(void)
{
	pthread_mutex_lock(&mutex);
	ready = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static const char *launch(void)
{
	const uint64_t nothing[3] = { 0 };
	const char *error = qemu_probe(0);

	if (!error)
		error = qemu_cpu_probe();
	if (!error)
		error = qemu_halt_probe();
	if (!error)
		error = prepare();
	if (error)
		return error;
	qemu_write(0, gdt, sizeof(gdt));
	load_state(0);
	error = wait_for_others();
	qemu_write(0, nothing, sizeof(nothing));
	if (!error)
		error = memory_views_install();
	if (!error)
		error = install_firmware();
	if (!error)
		error = memory_plug_watch();
	/* Otherwise private and shared device memory have the same addresses. */
	if (!error && tdx.ve && guest_is_separate())
		memory_trap_mmio(tdx_raise_mmio);
	__atomic_store_n(&guest.running, true, __ATOMIC_RELEASE);
	return error;
}

/* The first vCPU has probed QEMU before the others were started. */
static const char *arrive(unsigned vcpu)
{
	const char *error = qemu_probe(vcpu);

	if (!error)
		load_state(vcpu);
	pthread_mutex_lock(&mutex);
	arrived++;
	pthread_cond_broadcast(&changed);
	while (!ready)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
	return error;
}

void tdx_first_instruction(unsigned vcpu, void *userdata)
{
	const char *error;

	if (has_entered[vcpu])
		return;
	if (guest_is_stopped())
		guest_block_vcpu(vcpu, 0);
	error = vcpu ? arrive(vcpu) : launch();
	if (error)
		guest_stop(GUEST_EXIT_SETUP, "%s", error);
	if (!vcpu)
		release_others();
	if (guest_is_stopped())
		guest_block_vcpu(vcpu, 0);
	has_entered[vcpu] = true;
	qemu_jump(RESET_VECTOR);
}
