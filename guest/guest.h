/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_GUEST_H
#define CVMEM_GUEST_GUEST_H

#include <cvmem/fault.h>

#include "bare/bare.h"
#include "boot/wire.h"
#include "guest/load.h"

/* A kernel for the stages of boot/ on (virtual) metal, without firmware, loader or C library. */

/* What a kernel knows of its machine, and tells the next one. The first image and what is behind it
 * stay reserved for that: the CPUs of a TD wait there between two kernels. */
struct guest_machine {
	struct boot_wire_config config;
	enum cvm_platform_kind kind;
	uint64_t rom; /* GUEST_ROM, or a copy of it */
	uint64_t secrets_page, cpuid_page;
	uint64_t end_of_memory, workload;
	struct cvm_span hot; /* where memory can be plugged in */
	uint32_t workload_bytes;
	/* As in the MADT's multiprocessor wakeup structure, ACPI 6.5, 5.2.12.19. TDX. */
	uint64_t mailbox, reset_vector;
	uint32_t apic_ids[BARE_CPUS]; /* by CPU; with one CPU, unknown */
};

extern struct guest_machine guest_machine; /* machine.c */

/* main.c: what start_PLATFORM.S names to start.S; what start_next.S calls, with the address where
 * the EFI application, or another kernel, has loaded the image. */
void guest_main(enum cvm_platform_kind kind) __attribute__((noreturn));
void guest_next(uint64_t image, bool from_firmware) __attribute__((noreturn));

/* How often the kernel looks whether the host has done its part before it gives up: for a minute at
 * least, on processors that have TDX or SEV-SNP. A host may be slow, and may also never do it. */
#ifndef GUEST_LOOKS
#define GUEST_LOOKS (UINT64_C(1) << 32)
#endif

/* map.c: the memory map of a machine without firmware, whose RAM may be accepted or not; of
 * firmware that has run. What this kernel uses is reserved in it. */
int guest_map_of_rom(struct cvm_map *map, uint64_t end_of_workload);
int guest_map_of_firmware(struct cvm_map *map, const struct guest_firmware *firmware,
			  uint64_t image);
/* Takes accepted memory below 4 GiB, which the first page tables map, and which is reserved then;
 * 0: there is none. */
uint64_t guest_map_take(struct cvm_map *map, uint64_t bytes);
/* Where its last memory ends. */
uint64_t guest_map_end(const struct cvm_map *map);

/* madt.c: the mailbox that firmware's CPUs wait at, ACPI 6.5, 5.2.12.19. 0: the tables have none,
 * or are not in memory that may be read; or it is not a page of ACPI NVS. */
uint64_t guest_madt_mailbox(const struct cvm_map *map, uint64_t rsdp);

/* apic.c: the APIC IDs of that many CPUs, the first of which is this one. CVM_EIO: the host's
 * tables have fewer, or one twice. */
int guest_apic_ids(uint32_t *ids, unsigned cpus);

/* wait.c: on another CPU, that it runs; on the first, CVM_EIO with a line if not so many do. */
void guest_cpu_arrived(void);
int guest_cpus_await(unsigned others);
/* Until *word is no longer value. On the first CPU: not for ever. */
void guest_wait(void *ctx, const uint32_t *word, uint32_t value);

/* next.c: the image, for other kernels; what another kernel has left for the one at `image`. */
extern const struct boot_image guest_image;
const struct boot_start *guest_next_start(uint64_t image);

/* start_other.S: where a CPU begins that is not the first, and what it calls. */
extern const char start_other[], start_other_tdx[];
extern void (*guest_others_entry)(unsigned cpu);

/* hotplug.c: returns when the host has plugged that memory in; CVM_EIO: it is elsewhere,
 * or has not come, which a line says. */
int guest_hot_added(void *ctx);

/* disk.c: writes to a disk by that shared memory, and compares what it reads back: *compared bytes
 * more. CVM_ENODEV: there is no disk of `cvmem boot`. */
int guest_use_disk(void *ctx, uint64_t bounce, uint64_t bytes, uint64_t *compared);

/* faults.c: memory that faults is accepted from now on; NULL: no longer. */
void guest_faults_start(void *ctx, struct cvm_fault *fault);

/* cpus.c: the CPUs of a TD wait at another mailbox, which firmware has, and come to this kernel's.
 * Before guest_cpus_start(). */
int guest_cpus_from(uint64_t mailbox, unsigned cpus);
/* CPUs 1 to cpus - 1 call entry, which never returns. */
int guest_cpus_start(unsigned cpus, void (*entry)(unsigned cpu));
/* On a CPU that is not the first: it has nothing more to do. */
void guest_cpu_park(void) __attribute__((noreturn));
/* On the first: the others are parked, in memory of no kernel, or stopped, and can be started by
 * another kernel. */
int guest_cpus_stop(unsigned cpus);

#endif
