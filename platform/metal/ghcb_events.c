/* SPDX-License-Identifier: MIT */
#include <cvmem/metal.h>

#include "platform/snp/snp.h"
#include "platform/x86.h"

/* Non-automatic exits by a GHCB page: GHCB specification 2.03, section 4.1, table 6. */
enum { EXIT_CPUID = 0x72, EXIT_IOIO = 0x7b, EXIT_MSR = 0x7c };
#define EXIT_MMIO_READ	UINT64_C(0x80000001)
#define EXIT_MMIO_WRITE UINT64_C(0x80000002)

/* SW_EXITINFO1 of IOIO is the VMCB's EXITINFO1: AMD APM volume 2, 15.10.2. */
#define IOIO_IN		UINT64_C(1)
#define IOIO_SIZE_SHIFT 4
#define IOIO_PORT_SHIFT 16

/* RAX, RCX, RDX, RBX, as bits of event.in and event.out. */
enum { RAX, RCX, RDX, RBX, REGISTERS };
static const unsigned offsets[REGISTERS] = { GHCB_RAX, GHCB_RCX, GHCB_RDX, GHCB_RBX };

struct event {
	uint64_t code, info1, info2;
	unsigned in, out; /* registers that the host needs, and that it must answer */
	uint64_t value[REGISTERS];
	bool xcr0;
	bool buffer;   /* the page's own buffer is used, */
	uint64_t data; /* which begins with this */
};

/* With the page; false: the host has rejected the event, or left out part of the answer. */
static bool exchange(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		     struct event *event)
{
	cvm_snp_ghcb_clear(ghcb);
	for (unsigned i = 0; i < REGISTERS; i++)
		if (event->in >> i & 1)
			cvm_snp_ghcb_set(ghcb, offsets[i], event->value[i]);
	if (event->xcr0)
		cvm_snp_ghcb_set(ghcb, GHCB_XCR0, 1);
	if (event->buffer) {
		*snp_ghcb_field(ghcb, GHCB_BUFFER) = event->data;
		cvm_snp_ghcb_set(ghcb, GHCB_SCRATCH, ghcb->gpa + GHCB_BUFFER);
	}
	cvm_snp_ghcb_send(snp, ghcb, event->code, event->info1, event->info2, NULL);
	/* Anything but 0 in SW_EXITINFO1 asks for an exception, or is an error. */
	if ((uint32_t)*snp_ghcb_field(ghcb, GHCB_EXIT_INFO_1))
		return false;
	for (unsigned i = 0; i < REGISTERS; i++) {
		if (!(event->out >> i & 1))
			continue;
		if (!cvm_snp_ghcb_is_set(ghcb, offsets[i]))
			return false;
		event->value[i] = *snp_ghcb_field(ghcb, offsets[i]);
	}
	if (event->buffer)
		event->data = *snp_ghcb_field(ghcb, GHCB_BUFFER);
	return true;
}

/* By name: an initialiser of this size is a call of memset(). */
static void start(struct event *event, uint64_t code, uint64_t info1, unsigned in, unsigned out)
{
	x86_clear(event, sizeof(*event));
	event->code = code;
	event->info1 = info1;
	event->in = in;
	event->out = out;
}

static int handle(const struct cvm_snp *snp, struct event *event)
{
	struct cvm_snp_ghcb_state state;
	const struct cvm_snp_ghcb *ghcb = snp_ghcb_get(snp, &state);
	int error = CVM_EINVAL;

	if (ghcb)
		error = exchange(snp, ghcb, event) ? 0 : CVM_EIO;
	snp_ghcb_put(snp, ghcb, &state);
	return error;
}

static bool is_ioio_size(unsigned bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4;
}

static uint64_t port_info(uint16_t port, unsigned bytes)
{
	return (uint64_t)port << IOIO_PORT_SHIFT | (uint64_t)bytes << IOIO_SIZE_SHIFT;
}

int cvm_snp_in(const struct cvm_snp *snp, uint16_t port, unsigned bytes, uint32_t *value)
{
	struct event event;
	int error;

	if (!is_ioio_size(bytes))
		return CVM_EINVAL;
	start(&event, EXIT_IOIO, port_info(port, bytes) | IOIO_IN, 0, 1 << RAX);
	error = handle(snp, &event);
	if (!error)
		*value = (uint32_t)event.value[RAX] & (UINT32_MAX >> (32 - 8 * bytes));
	return error;
}

int cvm_snp_out(const struct cvm_snp *snp, uint16_t port, unsigned bytes, uint32_t value)
{
	struct event event;

	if (!is_ioio_size(bytes))
		return CVM_EINVAL;
	start(&event, EXIT_IOIO, port_info(port, bytes), 1 << RAX, 0);
	event.value[RAX] = value;
	return handle(snp, &event);
}

int cvm_snp_cpuid(const struct cvm_snp *snp, uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out)
{
	struct event event;
	int error;

	start(&event, EXIT_CPUID, 0, 1 << RAX | 1 << RCX,
	      1 << RAX | 1 << RBX | 1 << RCX | 1 << RDX);
	event.value[RAX] = leaf;
	event.value[RCX] = subleaf;
	event.xcr0 = leaf == 0xd;
	error = handle(snp, &event);
	if (error)
		return error;
	out->eax = (uint32_t)event.value[RAX];
	out->ebx = (uint32_t)event.value[RBX];
	out->ecx = (uint32_t)event.value[RCX];
	out->edx = (uint32_t)event.value[RDX];
	return 0;
}

int cvm_snp_rdmsr(const struct cvm_snp *snp, uint32_t msr, uint64_t *value)
{
	struct event event;
	int error;

	start(&event, EXIT_MSR, 0, 1 << RCX, 1 << RAX | 1 << RDX);
	event.value[RCX] = msr;
	error = handle(snp, &event);
	if (!error)
		*value = (uint32_t)event.value[RAX] | event.value[RDX] << 32;
	return error;
}

int cvm_snp_wrmsr(const struct cvm_snp *snp, uint32_t msr, uint64_t value)
{
	struct event event;

	start(&event, EXIT_MSR, 1, 1 << RCX | 1 << RAX | 1 << RDX, 0);
	event.value[RCX] = msr;
	event.value[RAX] = (uint32_t)value;
	event.value[RDX] = value >> 32;
	return handle(snp, &event);
}

static bool is_mmio_size(unsigned bytes)
{
	return is_ioio_size(bytes) || bytes == 8;
}

int cvm_snp_mmio_read(const struct cvm_snp *snp, uint64_t gpa, unsigned bytes, uint64_t *value)
{
	struct event event;
	int error;

	if (!is_mmio_size(bytes))
		return CVM_EINVAL;
	start(&event, EXIT_MMIO_READ, gpa, 0, 0);
	event.info2 = bytes;
	event.buffer = true;
	error = handle(snp, &event);
	if (!error)
		*value = event.data & (UINT64_MAX >> (64 - 8 * bytes));
	return error;
}

int cvm_snp_mmio_write(const struct cvm_snp *snp, uint64_t gpa, unsigned bytes, uint64_t value)
{
	struct event event;

	if (!is_mmio_size(bytes))
		return CVM_EINVAL;
	start(&event, EXIT_MMIO_WRITE, gpa, 0, 0);
	event.info2 = bytes;
	event.buffer = true;
	event.data = value;
	return handle(snp, &event);
}
