/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_BARE_LAYOUT_H
#define CVMEM_BARE_LAYOUT_H

/* Where things are in guest-physical memory; for assembly and the linker too. A program that
 * another one has loaded elsewhere has all but BARE_PLATFORM there: bare_at(). */

/* Private memory that is accepted, and zero, at launch: the firmware's metadata asks for it. */
#define BARE_IMAGE	    0x800000
#define BARE_IMAGE_BYTES    0x1c0000
#define BARE_LAUNCH	    0x9c0000 /* what a program has besides its image */
#define BARE_LAUNCH_BYTES   0x040000
#define BARE_PLATFORM	    0xa00000 /* TDX: the TD HOB; SNP: secrets page and CPUID page */
#define BARE_PLATFORM_BYTES 0x2000

/* Not accepted at launch: GHCB pages, VMSAs, and the buffer that devices reach by DMA. */
#define BARE_GHCB      0xa10000
#define BARE_VMSA      0xa31000 /* not on a boundary of 2 MiB: AMD's erratum for VMSAs */
#define BARE_DMA       0xa60000
#define BARE_DMA_BYTES 0x20000

#define BARE_CPUS	 16
#define BARE_STACK_BYTES 0x4000

/* Virtual addresses: private memory is at its own addresses, shared memory here. */
#define BARE_SHARED_MAP 0x400000000000

#define BARE_CODE      8
#define BARE_DATA      16
#define BARE_GDT_BYTES 24

#endif
