/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_PCI_H
#define CVMEM_GUEST_PCI_H

#include <stdint.h>

/* PCI configuration space of bus 0, function 0: PCI Local Bus Specification 3.0, 3.2.2.3.2. */

#define PCI_DEVICES 32

enum {
	PCI_ID = 0x00, /* vendor, device */
	PCI_COMMAND = 0x04,
	PCI_BAR = 0x10,
};

enum { PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4 };

uint32_t pci_read(unsigned device, unsigned offset, unsigned bytes);
void pci_write(unsigned device, unsigned offset, unsigned bytes, uint32_t value);

/* Where the capability with that identifier is that has so many of the same before it; 0: there is
 * none. */
unsigned pci_find(unsigned device, uint8_t id, unsigned before);

/* Where a memory BAR, which may have 64 bits, is: where firmware or another kernel has put it, else
 * at an address below 4 GiB, which it is given. CVM_EINVAL: it is none. */
int pci_place_bar(unsigned device, unsigned bar, uint32_t address, uint64_t *gpa);

#endif
