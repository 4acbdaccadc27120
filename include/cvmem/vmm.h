/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_VMM_H
#define CVMEM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The host's side, for a virtual machine monitor over KVM: give a VM its memory before the guest
 * touches it, so that the guest's first touch is no exit.
 *
 *   cvm_vmm_probe()    what this kernel and this VM can do
 *   cvm_vmm_plan()     which steps each region needs, and why the others are left out
 *   cvm_vmm_job_init() one queue of pieces over all regions
 *   cvm_vmm_job_run()  each of the caller's threads works on the queue, with a vCPU or without
 *
 * and, each in one call, guest_memfd (cvm_vmm_create_memfd()), memory slots with it
 * (cvm_vmm_set_slot()), attributes (cvm_vmm_set_private()), a conversion that the guest asks for
 * together with its population (cvm_vmm_convert()), and the content of a launch
 * (cvm_vmm_launch_add()).
 *
 * The library makes no thread, allocates nothing, has no global variables and needs no C library:
 * it reaches the kernel through struct cvm_vmm_sys alone. cvm_vmm_linux is a table over Linux's
 * system calls, in an object of its own.
 *
 * Sources: Linux, Documentation/virt/kvm/api.rst; madvise(2). Addresses and sizes are multiples of
 * 4096.
 */

/*
 * Every function that can fail returns 0, or one of these. What a kernel says only because a signal
 * came, a lock was held or a part was done first is handled inside: EINTR, EAGAIN, EBUSY, and 0
 * with a size left.
 */
enum cvm_vmm_error {
	CVM_VMM_OK = 0,
	CVM_VMM_EINVAL = -1,	/* an argument breaks this header's rules, or the kernel's */
	CVM_VMM_EHOLE = -2,	/* no memory slot, or nothing populated, at the address */
	CVM_VMM_EFAULT = -3,	/* the host's mapping or source at the address cannot be used */
	CVM_VMM_ENOMEM = -4,	/* the host has no memory left */
	CVM_VMM_EAGAIN = -5,	/* not now: no progress in CVM_VMM_TRIES tries; again later */
	CVM_VMM_ENOTSUP = -6,	/* this kernel or this kind of VM cannot do it, or not yet */
	CVM_VMM_ECANCELED = -7, /* cvm_vmm_job_cancel(), or another thread's error */
	CVM_VMM_EIO = -8,	/* the VM is dead, a page is broken, or an unknown answer */
};

/* One short English sentence; never NULL. */
const char *cvm_vmm_strerror(int error);

/* Tries without any progress until CVM_VMM_EAGAIN. */
#define CVM_VMM_TRIES 1000

/*
 * System calls. Each returns what the call returns, or a negative errno value in the numbers of
 * Linux's generic ABI, as the kernel itself does.
 *
 * ioctl      as ioctl(2)
 * madvise    as madvise(2)
 * fallocate  as fallocate(2)
 * relax      Called between tries, and while another thread has the last pieces. May be NULL.
 */
struct cvm_vmm_sys {
	long (*ioctl)(void *ctx, int fd, unsigned long request, void *argument);
	long (*madvise)(void *ctx, uintptr_t address, size_t size, int advice);
	long (*fallocate)(void *ctx, int fd, int mode, uint64_t offset, uint64_t size);
	void (*relax)(void *ctx);
	void *ctx;
};

/* Over Linux's system calls; relax yields the processor. */
extern const struct cvm_vmm_sys cvm_vmm_linux;

/* Kinds of VM. The guest of the last three has private memory, in a guest_memfd. */
enum cvm_vmm_type { CVM_VMM_ORDINARY, CVM_VMM_SW_PROTECTED, CVM_VMM_TDX, CVM_VMM_SNP };

/* ---- What there is ---- */

struct cvm_vmm_caps {
	bool pre_fault;	      /* KVM_PRE_FAULT_MEMORY */
	bool guest_memfd;     /* KVM_CREATE_GUEST_MEMFD */
	bool attributes;      /* KVM_SET_MEMORY_ATTRIBUTES has PRIVATE */
	bool exit_info;	      /* KVM_EXIT_MEMORY_FAULT says what is missing */
	bool populate_write;  /* MADV_POPULATE_WRITE */
	uint64_t memfd_flags; /* of KVM_CREATE_GUEST_MEMFD that this VM may use */
};

/* Asks the VM's file descriptor; changes nothing. Returns: 0. */
int cvm_vmm_probe(const struct cvm_vmm_sys *sys, int vm_fd, struct cvm_vmm_caps *caps);

/* ---- What the VM has ---- */

enum cvm_vmm_backing {
	CVM_VMM_PRIVATE_MAPPING, /* anonymous, or a private mapping of a file */
	CVM_VMM_SHARED_MAPPING,	 /* of a memfd, hugetlbfs, or shared memory */
	CVM_VMM_GUEST_MEMFD,	 /* with memory from the guest_memfd alone */
};

#define CVM_VMM_ANY_NODE (-1)

struct cvm_vmm_region {
	uint64_t gpa, size;
	enum cvm_vmm_backing backing;
	uintptr_t host; /* where it is mapped in this process; 0: nowhere */
	int memfd;	/* guest_memfd, or -1; 0 is a file descriptor as well */
	uint64_t memfd_offset;
	bool is_private; /* populate what the guest reaches as private memory */
	bool is_backed;	 /* the host's side has its memory already */
	bool is_set;	 /* KVM has its attributes as is_private says already */
	int node;	 /* NUMA node of its memory, or CVM_VMM_ANY_NODE */
};

struct cvm_vmm_machine {
	enum cvm_vmm_type type;
	int vm_fd;
	/* TDX: KVM_TDX_FINALIZE_VM; SNP: KVM_SEV_SNP_LAUNCH_FINISH is done. */
	bool launched;
	const struct cvm_vmm_region *region;
	size_t regions;
};

/* ---- The plan ---- */

/* In the order in which they are done to a piece of memory. */
enum cvm_vmm_step {
	CVM_VMM_STEP_ATTRIBUTES, /* make it private or shared */
	CVM_VMM_STEP_HOST,	 /* allocate the host's memory */
	CVM_VMM_STEP_STAGE2,	 /* map it for the guest: KVM_PRE_FAULT_MEMORY, by a vCPU */
	CVM_VMM_STEPS
};

/* Why a step is part of the plan, or is not. */
enum cvm_vmm_reason {
	CVM_VMM_DO,
	CVM_VMM_DONE,	       /* it was done before */
	CVM_VMM_NOT_THIS_KIND, /* memory of this kind needs no such step */
	CVM_VMM_BY_STAGE2,     /* mapping it allocates it */
	CVM_VMM_NO_CAPABILITY, /* this kernel has no call for it */
	CVM_VMM_NO_MAPPING,    /* it is not mapped in this process */
	CVM_VMM_NOT_LAUNCHED,  /* not before the launch is finished: plan again afterwards */
	/*
	 * Mapping is a read fault: it would map the zero page, and each later write would cost two
	 * violations instead of one.
	 */
	CVM_VMM_WOULD_DOUBLE,
	CVM_VMM_REASONS
};

struct cvm_vmm_plan {
	enum cvm_vmm_reason why[CVM_VMM_STEPS];
};

/*
 * One plan for each region of the machine. Pure: no system call.
 * Returns: 0; CVM_VMM_EINVAL: a region breaks the rules above, or overlaps the one before it; they
 * are to be in ascending order. *wrong, if not NULL, is the region's number then.
 */
int cvm_vmm_plan(const struct cvm_vmm_machine *machine, const struct cvm_vmm_caps *caps,
		 struct cvm_vmm_plan *plan, size_t *wrong);

/* Short texts for a log, such as "host memory" and "done before"; never NULL. */
const char *cvm_vmm_step_name(enum cvm_vmm_step step);
const char *cvm_vmm_reason_text(enum cvm_vmm_reason reason);

/* ---- Population ---- */

/*
 * Memory that a thread takes from the queue at once, by default; where all regions have 2 GiB or
 * less, the least of 2, 4 and 8 MiB of which these have at most 256.
 */
#define CVM_VMM_PIECE (UINT64_C(16) << 20)

struct cvm_vmm_job_config {
	const struct cvm_vmm_sys *sys;
	const struct cvm_vmm_machine *machine; /* stays as it is while the job exists */
	const struct cvm_vmm_plan *plan;       /* likewise */
	uint64_t piece;			       /* a multiple of 2 MiB; 0: see CVM_VMM_PIECE */
	/* So many bytes from the lowest address on are done first: what the guest needs to boot. */
	uint64_t first;
	/* cvm_vmm_job_storage() bytes, aligned to 8: about one for each piece. */
	void *storage;
	size_t storage_size;
	/* After each piece, by the thread that did it; bytes whose steps are all done. May be NULL.
	 */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct cvm_vmm_job {
	/* private */
	struct cvm_vmm_job_config config;
	uint64_t total, done, prepared; /* bytes */
	uint64_t calls[CVM_VMM_STEPS];
	uint64_t error_at;
	int32_t error;
	uint32_t cancelled;
};

/* Bytes of storage that a job over that machine needs, with the piece of its configuration. */
size_t cvm_vmm_job_storage(const struct cvm_vmm_machine *machine, uint64_t piece);
/* Returns: 0; CVM_VMM_EINVAL, also: the storage is too small. */
int cvm_vmm_job_init(struct cvm_vmm_job *job, const struct cvm_vmm_job_config *config);

/* What one call of cvm_vmm_job_run() brings along. */
struct cvm_vmm_worker {
	/*
	 * A vCPU that is not in KVM_RUN meanwhile, and that no other worker has; -1: this thread
	 * does the steps that need none, and leaves the mapping to others.
	 */
	int vcpu_fd;
	int node;	 /* it begins with memory of this node; CVM_VMM_ANY_NODE: the largest */
	uint64_t budget; /* end after about so many bytes; 0: at the end of the work */
};

/*
 * Work on the queue until it is empty, or the budget is used up. Any number of threads may call at
 * once, and again later: what is done stays done. Threads that are to run at once should exist
 * before the first call: making a thread waits for the lock that population holds. At the end there
 * is nothing to release: the job's memory is the caller's.
 *
 * Returns: 0: nothing is left for this worker, and no thread without a vCPU has a piece that this
 * one could have to complete; others may still be at work on theirs; 1: the budget is used up; else
 * an error, which ends all other calls as well with CVM_VMM_ECANCELED. cvm_vmm_job_progress() says
 * where it was. After the reason has been removed, call cvm_vmm_job_resume(): the next calls go on
 * with that piece.
 */
int cvm_vmm_job_run(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker);

/* End all calls after the piece that they are at, or the next signal. Any thread, a signal handler
 * as well. The next cvm_vmm_job_resume() allows calls again. */
void cvm_vmm_job_cancel(struct cvm_vmm_job *job);
/* After an error or cvm_vmm_job_cancel(), when no call runs. */
void cvm_vmm_job_resume(struct cvm_vmm_job *job);

struct cvm_vmm_progress {
	uint64_t total;		       /* bytes with at least one step in the plan */
	uint64_t done;		       /* with all of their steps */
	uint64_t prepared;	       /* all but the mapping, and those */
	uint64_t calls[CVM_VMM_STEPS]; /* system calls */
	int error;		       /* the first since cvm_vmm_job_resume(), or 0 */
	uint64_t error_at;	       /* its guest-physical address */
};

void cvm_vmm_job_progress(const struct cvm_vmm_job *job, struct cvm_vmm_progress *progress);

/*
 * One range, by one vCPU: KVM_PRE_FAULT_MEMORY until it is done. *at is the first address that is
 * not, also after an error.
 * Returns: 0; CVM_VMM_EHOLE, EFAULT, ENOMEM, EAGAIN, ENOTSUP, EINVAL, EIO; CVM_VMM_ECANCELED:
 * *cancelled was set and a signal came. cancelled may be NULL.
 */
int cvm_vmm_pre_fault(const struct cvm_vmm_sys *sys, int vcpu_fd, uint64_t gpa, uint64_t size,
		      const uint32_t *cancelled, uint64_t *at);

/* ---- guest_memfd, slots, attributes ---- */

#define CVM_VMM_MEMFD_MMAP	  UINT64_C(1) /* it can be mapped in this process */
#define CVM_VMM_MEMFD_INIT_SHARED UINT64_C(2) /* its memory is shared at first */

/*
 * A guest_memfd of `size` bytes; the caller closes *fd. One for all regions is enough: slots have
 * offsets in it.
 * Returns: 0; CVM_VMM_ENOTSUP: none at all, or not with these flags; EINVAL, ENOMEM, EIO.
 */
int cvm_vmm_create_memfd(const struct cvm_vmm_sys *sys, int vm_fd, const struct cvm_vmm_caps *caps,
			 uint64_t size, uint64_t flags, int *fd);

/*
 * The memory slot of a region; with size 0 the slot is deleted.
 * Returns: 0; CVM_VMM_EINVAL: it overlaps another slot or another use of the guest_memfd, too;
 * ENOTSUP: a guest_memfd, which the kernel does not have; ENOMEM, EIO.
 */
int cvm_vmm_set_slot(const struct cvm_vmm_sys *sys, int vm_fd, const struct cvm_vmm_caps *caps,
		     uint32_t slot, uint32_t flags, const struct cvm_vmm_region *region);

/* The attribute alone, of a range in multiples of 4 KiB: the memory of neither side changes.
 * Returns: 0; CVM_VMM_EINVAL, ENOTSUP, ENOMEM, EAGAIN, EIO. */
int cvm_vmm_set_private(const struct cvm_vmm_sys *sys, int vm_fd, uint64_t gpa, uint64_t size,
			bool is_private);

/*
 * A conversion: the attributes, the memory of the other side given back, the new side populated.
 * To be called where a vCPU has left, by its thread, with
 *
 *   KVM_EXIT_HYPERCALL     KVM_HC_MAP_GPA_RANGE: args[0] is the address, args[1] the number of
 *                          4 KiB pages, bit 4 of args[2] means to private
 *   KVM_EXIT_MEMORY_FAULT  gpa and size of the exit; KVM_MEMORY_EXIT_FLAG_PRIVATE: to private
 *
 * keep: the other side's memory stays, as does in any case what Linux gives no part back of: a huge
 * page of hugetlbfs that the range has a part of, and a mapping that is locked. vcpu_fd -1: nothing
 * is mapped for the guest. Each 2 MiB is converted, given back and populated before the next.
 *
 * Returns: 0, also where this kernel cannot populate; *at is gpa + size. Else an error, and all
 * below *at is converted and populated: go on there. CVM_VMM_EHOLE: *at is in no region, or in one
 * without guest_memfd, and nothing was changed, not below *at either. CVM_VMM_EFAULT: also, no
 * memory slot is at *at.
 *
 * To be called with a copy of what kvm_run says: an error of mapping overwrites its exit.
 */
int cvm_vmm_convert(const struct cvm_vmm_sys *sys, const struct cvm_vmm_machine *machine,
		    const struct cvm_vmm_caps *caps, int vcpu_fd, uint64_t gpa, uint64_t size,
		    bool to_private, bool keep, uint64_t *at);

/* ---- Launch content ---- */

enum cvm_vmm_content_kind {
	CVM_VMM_CONTENT,	    /* measured */
	CVM_VMM_CONTENT_UNMEASURED, /* its address is measured alone */
	CVM_VMM_CONTENT_ZERO,	    /* SNP: a page of zeros that has no source */
	CVM_VMM_CONTENT_SECRETS,    /* SNP: the firmware fills it; KVM asks for a source too */
	CVM_VMM_CONTENT_CPUID,	    /* SNP: the firmware checks, and corrects, a writable source */
};

/* gpa, size and source advance with what is done: after an error call again with the same. */
struct cvm_vmm_content {
	uint64_t gpa, size;
	uintptr_t source;
	enum cvm_vmm_content_kind kind;
};

/*
 * Put content into private memory before the guest runs, encrypted and measured: TDX
 * KVM_TDX_INIT_MEM_REGION by vcpu_fd; SNP KVM_SEV_SNP_LAUNCH_UPDATE by machine->vm_fd with the
 * file descriptor of /dev/sev. The order of calls is part of the measurement.
 * Returns: 0; CVM_VMM_EHOLE: content->gpa has no memory or was not populated first, as some kernels
 * ask for; EFAULT: no source there, or none given (0); ENOTSUP: not this kind of VM or content;
 * EINVAL: also, the VM is launched; ENOMEM, EAGAIN, EIO. *firmware, if not NULL, is what module or
 * firmware said last.
 */
int cvm_vmm_launch_add(const struct cvm_vmm_sys *sys, const struct cvm_vmm_machine *machine,
		       int vcpu_fd, int sev_fd, struct cvm_vmm_content *content,
		       uint64_t *firmware);

#ifdef __cplusplus
}
#endif

#endif
