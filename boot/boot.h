/* SPDX-License-Identifier: MIT */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/early.h>
#include <cvmem/fault.h>
#include <cvmem/map.h>
#include <cvmem/pages.h>
#include <cvmem/platform.h>
#include <cvmem/reserve.h>

#include "boot/trace.h"

/*
 * The stages of a boot, from power-on to the shell, written against the library and the
 * platform alone: firmware.c accepts its share and describes memory, loader.c builds the
 * table and places the kernel, kernel.c takes over, workload.c runs. Each stage keeps
 * its state in guest memory that it may touch, and hands over what real stages do: an EFI
 * memory map, then an E820 table and the unaccepted table.
 */

/* What the kernel is given: by the loader, or by another kernel. */
struct handoff {
	uint64_t e820, e820_bytes;
	uint64_t table, table_bytes; /* 0: all memory is accepted */
	uint64_t kernel, kernel_bytes;
	uint64_t initrd, initrd_bytes;
	uint64_t image, image_bytes; /* the program, where it is in RAM */
};

/* The machine, as `cvmem boot` or a guest on (virtual) metal provides it. */
struct boot_image;

struct boot_machine {
	struct cvm_platform *platform;
	uintptr_t direct_map; /* private memory at gpa is at gpa + direct_map */
	uintptr_t shared_map; /* and shared memory at gpa + shared_map */
	unsigned vcpus;
	/* Further vCPUs, which only accept in the background: BOOT_BACKGROUND needs one. */
	unsigned idle_vcpus;
	/* Memory that is accepted at power-on, BOOT_LAUNCH_BYTES long: the firmware's own. */
	uint64_t launch;
	struct cvm_host host; /* with a clock, relax and CPU numbers */
	/* Virtual time of the calling vCPU, which other load of the host does not lengthen; NULL:
	 * not known. */
	uint64_t (*vcpu_ns)(void);
	/* Sleep until *word may no longer be value; wake all that sleep on word. */
	void (*wait)(void *ctx, const uint32_t *word, uint32_t value);
	void (*wake)(void *ctx, uint32_t *word);
	void *ctx;
	struct cvm_events *events; /* where acceptance is recorded; NULL: nowhere */
	/* Memory that the host adds later: above all other, whole units; empty: none. */
	struct cvm_span hot;
	/* Returns when the host has added it, with 0. NULL: it is there. On any vCPU. */
	int (*hot_added)(void *ctx);
	/* Called when the bounce buffer is shared: lets a device access it, which has stopped when
	 * this returns, and adds the bytes that came back as they were written. On vCPU 0. NULL:
	 * there is no device. */
	int (*use_device)(void *ctx, uint64_t bounce, uint64_t bytes, uint64_t *compared);
	/* BOOT_ON_FAULT needs it: from now on each fault of private memory on a vCPU is given to
	 * cvm_fault_handle(), which accepts it, or with NULL no longer. NULL: there is no
	 * handler. */
	void (*on_fault)(void *ctx, struct cvm_fault *fault);
	/* Called when the loader has finished; may change what it hands over. NULL: no call. */
	void (*handed_over)(void *ctx, struct handoff *handoff);
	/* What a kernel jumps to. NULL: the next kernel, or the crash kernel, is this program,
	 * which goes on with the state that it would be given. */
	const struct boot_image *image;
};

#define BOOT_LAUNCH_BYTES (UINT64_C(256) << 10)
#define BOOT_MAX_RANGES	  1024

enum boot_policy {
	BOOT_LAZY,	 /* memory is accepted when it is allocated */
	BOOT_BACKGROUND, /* and ahead of that, by an idle vCPU */
	BOOT_EAGER,	 /* before anything runs */
	BOOT_ON_FAULT,	 /* when it is touched, by the handler of #VE or #VC */
	BOOT_POLICIES
};

#define BOOT_FIRMWARE_BELOW_4G (UINT64_MAX - 1) /* all below 4 GiB: OVMF today */
#define BOOT_FIRMWARE_ALL      UINT64_MAX	/* the loader does not negotiate: OVMF, SNP only */

/* What the kernel gives back to the host while the workload runs, in whole units. */
struct boot_giveback {
	uint64_t bytes; /* 0: nothing */
	/* Given after so many allocations of the workload, and taken again after so many, which
	 * are more; `to` 0: never. */
	uint64_t from, to;
};

struct boot_config {
	/* What the machine has, 4 KiB aligned: RAM as CVM_MEM_RAM, accepted or not. */
	const struct cvm_map *map;
	/* The map is that of a firmware which has ended: its RAM is accepted, other memory is
	 * CVM_MEM_UNACCEPTED, and the first stage accepts nothing. */
	bool firmware_has_run;
	/* Else: bytes that firmware accepts for itself, or one of the two values above. */
	uint64_t firmware_accepts;
	enum boot_policy policy;
	uint32_t unit_size; /* of the table; 0: 2 MiB */
	const struct trace *workload;
	/* Shared with devices while the workload runs, a power of two from 4 KiB to 1 GiB; 0:
	 * nothing. */
	uint64_t bounce_bytes;
	/* The machine's hot memory is added when the workload has made so many allocations; 0: when
	 * it begins. */
	uint64_t hot_add_at;
	/* One range that is removed, and a balloon. */
	struct boot_giveback remove, balloon;
	/* After its workload a kernel starts another one, so often; not with BOOT_BACKGROUND, hot
	 * memory or memory that is given back. */
	unsigned kexecs;
	/* The last kernel dies after its workload, and a crash kernel reads all that it may. */
	bool crash;
	/* At the shell, write and read back every page that is free. */
	bool every_page;
	/* At the shell, check the content of every page that the workload still has. */
	bool verify;
};

enum boot_stage {
	BOOT_STAGE_FIRMWARE,
	BOOT_STAGE_LOADER,
	BOOT_STAGE_KERNEL,
	BOOT_STAGE_WORKLOAD,
	BOOT_STAGE_SHELL,
	BOOT_STAGES
};

/* What the crash kernel met, in bytes of RAM. */
struct boot_crash_report {
	uint64_t read, shared, unaccepted, released;
};

struct boot_report {
	enum boot_stage stage;		/* reached; SHELL: the boot succeeded */
	int error;			/* of that stage, from enum cvm_error */
	const char *what;		/* what it was doing; NULL: no error */
	uint64_t ns[BOOT_STAGES];	/* when each stage began, power-on being 0 */
	uint64_t vcpu_ns[BOOT_STAGES];	/* the same in virtual time of vCPU 0; 0: not known */
	struct cvm_accept_stats accept; /* the kernel's acceptor, at the shell */
	struct cvm_pages_stats pages;	/* the kernel's allocator, at the shell */
	uint64_t table_bytes;		/* of the unaccepted table; 0: none was needed */
	uint64_t edge_bytes;		/* accepted by the loader for the stub's rules */
	uint64_t allocations;		/* of the workload, in the last kernel */
	uint64_t kexecs;		/* kernels that were started by another one */
	uint64_t kexec_bytes;		/* where they were written to */
	uint64_t jumps;			/* to another program, of those and of the crash kernel */
	uint64_t every_page;		/* bytes that were written and read back */
	uint64_t device;		/* bytes that a device has written and read back */
	struct boot_crash_report crash;
	/* Bytes. */
	uint64_t hot_added, removed, added_again, balloon_given, balloon_taken;
	uint64_t corrupted; /* pages whose content had changed when it was read back */
	/* Quantiles of the time that the workload's allocations took. */
	struct {
		uint64_t p50, p99, p99_9, p99_99, max;
	} allocation_ns;
	struct cvm_reserve_stats reserve; /* at the shell; BOOT_BACKGROUND only */
	struct cvm_fault_stats fault;	  /* BOOT_ON_FAULT only */
};

struct boot {
	const struct boot_machine *machine;
	const struct boot_config *config;
	struct boot_report report;
	uint64_t power_on; /* now_ns() */
	bool failed;	   /* on any vCPU */
	/* Work for the other vCPUs: smp.c. */
	uint32_t generation, running;
	void (*work)(struct boot *boot, unsigned vcpu, void *arg);
	void *work_arg;
	bool alone; /* the other vCPUs have returned */
	/* For the idle vCPUs: acceptor.c. */
	uint32_t bell;
	bool over;
	struct cvm_reserve *reserve;
};

/* What a kernel is given that another one jumps to; both are one build. */
struct boot_start {
	struct handoff handoff;
	struct boot_report report; /* so far */
	uint64_t power_on;
	uint64_t crash; /* it is the crash kernel: where its state was set aside; 0: it is not */
};

/* A program that calls boot_resume(), to be run anywhere in memory. */
struct boot_image {
	uint64_t bytes; /* of accepted memory that it takes; a multiple of 4 KiB */
	/* Write it to gpa, which is a multiple of 2 MiB. */
	void (*load)(void *ctx, uint64_t gpa);
	/* Stop the other vCPUs, all of which have returned from boot_main() or only accept ahead,
	 * and go there. Does not return. */
	void (*jump)(void *ctx, uint64_t gpa, const struct boot_start *start);
};

/*
 * Before the vCPUs run. CVM_EINVAL: a machine or configuration that breaks the rules above.
 */
int boot_init(struct boot *boot, const struct boot_machine *machine,
	      const struct boot_config *config);

/* What each vCPU runs; vCPU 0 boots, the others serve it, idle ones accept. Returns when the shell
 * is reached or a stage failed; then boot->report is complete. */
void boot_main(struct boot *boot, unsigned vcpu);

/* On vCPU 0 instead of boot_main(), when another kernel has jumped here: what it hands over. */
void boot_resume(struct boot *boot, const struct boot_start *start);

/* On vCPU 0 instead of boot_main(), when the machine itself does not start: the other vCPUs return,
 * and the report has the error. */
void boot_abort(struct boot *boot, int error, const char *what);

const char *boot_stage_name(enum boot_stage stage);

#endif
