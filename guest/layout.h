/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_LAYOUT_H
#define CVMEM_GUEST_LAYOUT_H

/* Where things are in guest-physical memory; for assembly and the linker too. */

/* The ROM below 4 GiB: the image, the code that copies it to RAM, the reset vector. */
#define GUEST_ROM_BYTES 0x40000
#define GUEST_ROM	0xfffc0000

/* Private memory that is accepted, and zero, at launch: the firmware's metadata asks for it. */
#define GUEST_IMAGE	     0x800000
#define GUEST_IMAGE_BYTES    0x1c0000
#define GUEST_LAUNCH	     0x9c0000 /* what the stages of boot/ begin in */
#define GUEST_LAUNCH_BYTES   0x040000
#define GUEST_PLATFORM	     0xa00000 /* TDX: the TD HOB; SNP: secrets page and CPUID page */
#define GUEST_PLATFORM_BYTES 0x2000

/* Not accepted at launch: GHCB pages, VMSAs, and the buffer that devices reach by DMA. */
#define GUEST_GHCB	0xa10000
#define GUEST_VMSA	0xa31000 /* not on a boundary of 2 MiB: AMD's erratum for VMSAs */
#define GUEST_DMA	0xa60000
#define GUEST_DMA_BYTES 0x20000
#define GUEST_WORKLOAD	0xa80000 /* the recorded workload; its end is the guest's */

#define GUEST_CPUS	  16
#define GUEST_STACK_BYTES 0x4000

/* Virtual addresses: private memory is at its own addresses, shared memory here. */
#define GUEST_SHARED_MAP 0x400000000000

#define GUEST_CODE 8
#define GUEST_DATA 16

#endif
