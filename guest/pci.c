/* SPDX-License-Identifier: MIT */
#include "guest/pci.h"

#include "bare/bare.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE	     0x80000000u

enum { STATUS = 0x06, CAPABILITIES = 0x34 };

#define STATUS_CAPABILITIES 0x10

enum { BAR_IO = 1, BAR_TYPE = 6, BAR_64 = 4 };

static uint16_t select(unsigned device, unsigned offset)
{
	bare_out(PORT_ADDRESS, 4, ENABLE | device << 11 | (offset & 0xfc));
	return (uint16_t)(PORT_DATA + (offset & 3));
}

uint32_t pci_read(unsigned device, unsigned offset, unsigned bytes)
{
	uint16_t port = select(device, offset);

	return bare_in(port, bytes);
}

void pci_write(unsigned device, unsigned offset, unsigned bytes, uint32_t value)
{
	uint16_t port = select(device, offset);

	bare_out(port, bytes, value);
}

/* The list is the host's, and may have no end: there is room for 48 entries. */
unsigned pci_find(unsigned device, uint8_t id, unsigned before)
{
	unsigned at;

	if (!(pci_read(device, STATUS, 2) & STATUS_CAPABILITIES))
		return 0;
	at = pci_read(device, CAPABILITIES, 1) & 0xfc;
	for (unsigned i = 0; at && i < 48; i++) {
		if (pci_read(device, at, 1) == id && !before--)
			return at;
		at = pci_read(device, at + 1, 1) & 0xfc;
	}
	return 0;
}

int pci_place_bar(unsigned device, unsigned bar, uint32_t address, uint64_t *gpa)
{
	unsigned offset = PCI_BAR + 4 * bar;
	uint32_t low, high = 0;

	if (bar > 5)
		return CVM_EINVAL;
	low = pci_read(device, offset, 4);
	if (low & BAR_IO)
		return CVM_EINVAL;
	if ((low & BAR_TYPE) == BAR_64)
		high = pci_read(device, offset + 4, 4);
	*gpa = (uint64_t)high << 32 | (low & ~15u);
	if (*gpa)
		return 0;
	*gpa = address;
	pci_write(device, offset, 4, address);
	return (pci_read(device, offset, 4) & ~15u) == address ? 0 : CVM_EINVAL;
}
