/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/*
 * Memory that is plugged in: QEMU's docs/specs/acpi_mem_hotplug.rst, at the ports that its machine
 * q35 has them at. A kernel with ACPI gets an interrupt; this one looks.
 */
#define PORTS 0xa00

enum { SLOT = 0, ADDRESS_LOW = 0, ADDRESS_HIGH = 4, BYTES_LOW = 8, BYTES_HIGH = 12, STATUS = 20 };
enum { STATUS_ENABLED = 1, STATUS_INSERTED = 2 };

/* Between two reads of the status, each of which is an exit to the host. */
#define PAUSES 4096

static uint64_t read64(unsigned low, unsigned high)
{
	return (uint64_t)bare_in(PORTS + high, 4) << 32 | bare_in(PORTS + low, 4);
}

static bool is_inserted(void)
{
	const unsigned inserted = STATUS_ENABLED | STATUS_INSERTED;

	for (uint64_t i = 0; i < GUEST_LOOKS; i++) {
		if (i % PAUSES == 0 && (bare_in(PORTS + STATUS, 1) & inserted) == inserted)
			return true;
		__asm__ volatile("pause");
	}
	return false;
}

/* What the machine is told to plug in, cvmem vm does at a line that begins so. */
int guest_hot_added(void *ctx)
{
	const struct cvm_span *hot = &guest_machine.hot;
	uint64_t start, bytes;

	bare_put("cvmem: the kernel waits for memory\n");
	bare_out(PORTS + SLOT, 4, 0);
	if (!is_inserted()) {
		bare_put("cvmem: the host does not plug memory in\n");
		return CVM_EIO;
	}
	start = read64(ADDRESS_LOW, ADDRESS_HIGH);
	bytes = read64(BYTES_LOW, BYTES_HIGH);
	bare_out(PORTS + STATUS, 1, STATUS_INSERTED); /* seen */
	return start == hot->start && bytes == hot->end - hot->start ? 0 : CVM_EIO;
}
