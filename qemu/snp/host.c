/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "qemu/guest/guest.h"
#include "qemu/host/devices.h"
#include "qemu/memory/engine.h"
#include "qemu/snp/attestation/guest_request_host.h"
#include "qemu/snp/intercepts.h"
#include "qemu/snp/snp.h"

/*
 * What the guest asks of its host beyond memory states, GHCB specification 2.03, sections 2.3.1
 * and 4.1: the host is QEMU's machine.
 */

static const struct {
	uint64_t exitcode;
	const char *name;
} exits[SNP_EXITS] = {
	[SNP_EXIT_CPUID] = { 0x72, "cpuid" },
	[SNP_EXIT_IOIO] = { 0x7b, "ioio" },
	[SNP_EXIT_MSR] = { 0x7c, "msr" },
	[SNP_EXIT_WBINVD] = { 0x89, "wbinvd" },
	[SNP_EXIT_DR7_READ] = { 0x27, "dr7_read" },
	[SNP_EXIT_DR7_WRITE] = { 0x37, "dr7_write" },
	[SNP_EXIT_RDPMC] = { 0x6f, "rdpmc" },
	[SNP_EXIT_INVD] = { 0x76, "invd" },
	[SNP_EXIT_VMMCALL] = { 0x81, "vmmcall" },
	[SNP_EXIT_MONITOR] = { 0x8a, "monitor" },
	[SNP_EXIT_MWAIT] = { 0x8b, "mwait" },
	[SNP_EXIT_MMIO_READ] = { 0x80000001, "mmio_read" },
	[SNP_EXIT_MMIO_WRITE] = { 0x80000002, "mmio_write" },
	[SNP_EXIT_RESET_HOLD] = { 0x80000004, "ap_reset_hold" },
	[SNP_EXIT_AP_JUMP_TABLE] = { 0x80000005, "ap_jump_table" },
	[SNP_EXIT_GUEST_REQUEST] = { 0x80000011, "guest_request" },
	[SNP_EXIT_EXTENDED_GUEST_REQUEST] = { 0x80000012, "extended_guest_request" },
	[SNP_EXIT_AP_CREATION] = { 0x80000013, "ap_creation" },
	[SNP_EXIT_APIC_IDS] = { 0x80000017, "apic_ids" },
	[SNP_EXIT_RUN_VMPL] = { 0x80000018, "run_vmpl" },
	[SNP_EXIT_OTHER] = { UINT64_MAX, "other" },
};

const char *snp_exit_name(enum snp_exit exit)
{
	return exits[exit].name;
}

static enum snp_exit kind_of(uint64_t exitcode)
{
	for (unsigned i = 0; i < SNP_EXITS; i++)
		if (exits[i].exitcode == exitcode)
			return (enum snp_exit)i;
	return SNP_EXIT_OTHER;
}

static enum emu_ghcb_result cpuid(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint32_t out[4];

	snp_cpuid(vcpu, (uint32_t)event->rax, (uint32_t)event->rcx, out);
	event->rax = out[0];
	event->rbx = out[1];
	event->rcx = out[2];
	event->rdx = out[3];
	return EMU_GHCB_DONE;
}

/* SW_EXITINFO1 as AMD APM volume 2, 15.10.2 has it: direction in bit 0, string in 2, size in 6:4,
 * port in 31:16. A string's repetitions are in SW_EXITINFO2. */
enum { IOIO_IN = 1 << 0, IOIO_STRING = 1 << 2 };

static enum emu_ghcb_result string_io(struct emu_ghcb_event *event, uint16_t port, unsigned size)
{
	uint64_t count = event->info2;
	uint32_t value = 0;

	if (count > event->size / size)
		return EMU_GHCB_INVALID;
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *place = &event->buffer[i * size];

		if (event->info1 & IOIO_IN) {
			value = qemu_port_in(port, size);
			memcpy(place, &value, size);
		} else {
			memcpy(&value, place, size);
			qemu_port_out(port, size, value);
		}
	}
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

static enum emu_ghcb_result ioio(struct emu_ghcb_event *event)
{
	uint16_t port = (uint16_t)(event->info1 >> 16);
	unsigned size = event->info1 >> 4 & 7;

	if (size != 1 && size != 2 && size != 4)
		return EMU_GHCB_INVALID;
	if (event->info1 & IOIO_STRING)
		return string_io(event, port, size);
	if (event->info1 & IOIO_IN)
		event->rax = qemu_port_in(port, size);
	else
		qemu_port_out(port, size, (uint32_t)event->rax);
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

static enum emu_ghcb_result msr(unsigned vcpu, struct emu_ghcb_event *event)
{
	uint64_t value;

	if (event->info1 > 1)
		return EMU_GHCB_INVALID;
	if (event->info1) {
		value = (uint32_t)event->rax | event->rdx << 32;
		if (!snp_apic_wrmsr(vcpu, (uint32_t)event->rcx, value))
			qemu_wrmsr(vcpu, (uint32_t)event->rcx, value);
		return EMU_GHCB_DONE;
	}
	value = qemu_rdmsr(vcpu, (uint32_t)event->rcx);
	event->rax = (uint32_t)value;
	event->rdx = value >> 32;
	return EMU_GHCB_DONE;
}

/* VGA memory is a window to a device inside of RAM. */
static bool is_device(uint64_t gpa)
{
	return !emu_machine_is_ram(emu_snp_machine(snp.emu), gpa) ||
	       (gpa >= 0xa0000 && gpa < 0xc0000);
}

/* SW_EXITINFO1: the address, SW_EXITINFO2: how many bytes. */
static enum emu_ghcb_result mmio(unsigned vcpu, struct emu_ghcb_event *event, bool write)
{
	uint64_t gpa = event->info1, size = event->info2;

	if ((size != 1 && size != 2 && size != 4 && size != 8) || size > event->size ||
	    gpa >= guest.private_base || !is_device(gpa))
		return EMU_GHCB_INVALID;
	if (write && !snp_apic_write(vcpu, gpa, event->buffer, size))
		qemu_write(gpa, event->buffer, size);
	else if (!write)
		qemu_read(gpa, event->buffer, size);
	event->info2 = 0;
	return EMU_GHCB_DONE;
}

/* SW_EXITINFO1: 0 to keep the address in SW_EXITINFO2, 1 to ask for it. */
static enum emu_ghcb_result jump_table(struct emu_ghcb_event *event)
{
	static uint64_t table;

	if (event->info1 > 1)
		return EMU_GHCB_INVALID;
	if (!event->info1)
		__atomic_store_n(&table, event->info2, __ATOMIC_RELEASE);
	event->info2 = event->info1 ? __atomic_load_n(&table, __ATOMIC_ACQUIRE) : 0;
	return EMU_GHCB_DONE;
}

/*
 * SW_EXITINFO1: where to write the list, a count and that many APIC IDs, 32 bits each; RAX: how
 * many pages there are, and what comes back is how many it takes.
 */
static enum emu_ghcb_result apic_ids(struct emu_ghcb_event *event)
{
	uint32_t list[1 + GUEST_MAX_VCPUS] = { guest.vcpus };
	uint64_t room = event->rax;

	event->rax = 1;
	event->info2 = 0;
	if (!room)
		return EMU_GHCB_DONE;
	for (unsigned i = 0; i < guest.vcpus; i++)
		list[1 + i] = snp_apic_id(i);
	if (event->info1 % 4096 ||
	    !memory_engine.write_shared(NULL, event->info1, list, sizeof(list)))
		return EMU_GHCB_INVALID;
	return EMU_GHCB_DONE;
}

static enum emu_ghcb_result answer(void *ctx, unsigned vcpu, struct emu_ghcb_event *event)
{
	enum snp_exit kind = kind_of(event->exitcode);

	snp.vcpu[vcpu].exits[kind]++;
	switch (kind) {
	case SNP_EXIT_CPUID:
		return cpuid(vcpu, event);
	case SNP_EXIT_IOIO:
		return ioio(event);
	case SNP_EXIT_MSR:
		return msr(vcpu, event);
	case SNP_EXIT_MMIO_READ:
	case SNP_EXIT_MMIO_WRITE:
		return mmio(vcpu, event, kind == SNP_EXIT_MMIO_WRITE);
	case SNP_EXIT_AP_JUMP_TABLE:
		return jump_table(event);
	case SNP_EXIT_GUEST_REQUEST:
	case SNP_EXIT_EXTENDED_GUEST_REQUEST:
		return snp_guest_request_event(event, kind == SNP_EXIT_EXTENDED_GUEST_REQUEST);
	case SNP_EXIT_APIC_IDS:
		return apic_ids(event);
	case SNP_EXIT_RUN_VMPL:
		event->info2 = 0;
		return snp_svsm_run(vcpu, event->info1) ? EMU_GHCB_DONE : EMU_GHCB_INVALID;
	default:
		return snp_intercepted(vcpu, kind, event);
	}
}

/*
 * CPUID by the MSR protocol: leaf in bits 63:32, register in 31:30, subleaf 0. Run VMPL: which one
 * in bits 39:32; in the answer, what is wrong in 63:32.
 */
enum {
	MSR_CPUID_REQUEST = 0x004,
	MSR_CPUID = 0x005,
	MSR_RUN_VMPL_REQUEST = 0x016,
	MSR_RUN_VMPL = 0x017,
};

static bool run_vmpl(unsigned vcpu, uint64_t *value)
{
	bool done = snp_svsm_run(vcpu, *value >> 32 & 0xff);

	snp.vcpu[vcpu].exits[SNP_EXIT_RUN_VMPL]++;
	*value = (uint64_t)!done << 32 | MSR_RUN_VMPL;
	return true;
}

static bool msr_request(void *ctx, unsigned vcpu, uint64_t *value)
{
	uint32_t out[4];

	if ((*value & 0xfff) == MSR_RUN_VMPL_REQUEST)
		return run_vmpl(vcpu, value);
	if ((*value & 0xfff) != MSR_CPUID_REQUEST)
		return false;
	snp_cpuid(vcpu, (uint32_t)(*value >> 32), 0, out);
	*value = (uint64_t)out[*value >> 30 & 3] << 32 | (*value & 0xc0000000) | MSR_CPUID;
	return true;
}

const struct emu_snp_host snp_host = {
	.event = answer,
	.msr = msr_request,
	.ap = snp_ap,
	.reset_hold = snp_reset_hold,
};
