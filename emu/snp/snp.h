/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_H
#define CVMEM_EMU_SNP_H

#include "emu/attack.h"
#include "emu/backend.h"
#include "emu/machine.h"
#include "emu/snp/psp/psp.h"

/*
 * SEV-SNP's part in a guest's memory, and the part of a cooperative host: the reverse
 * map (RMP), PVALIDATE, RMPADJUST, and page-state changes by the GHCB page and the
 * GHCB MSR. Source: AMD APM volumes 2 (15.36) and 3, GHCB specification 2.03.
 *
 * All functions may be called on several vCPUs at once, and from a handler of a
 * synchronous signal: they allocate nothing after creation.
 */

/* Bytes of the GHCB page that a request may name as its buffer. */
#define EMU_GHCB_BUFFER 0x7f0

/*
 * A non-automatic exit that does not concern memory states, GHCB specification 2.03, section 4.1.
 * The input fields of the event's row are valid, the others are 0; the row's output fields are
 * taken from here.
 */
struct emu_ghcb_event {
	uint64_t exitcode, info1, info2; /* info2 is returned unless the event fails */
	uint64_t rax, rbx, rcx, rdx, xcr0, xss;
	uint8_t cpl;
	/* The part of the shared buffer that is named by SW_SCRATCH: a copy, which is written
	 * back. size 0: the request names none. */
	size_t size;
	uint8_t buffer[EMU_GHCB_BUFFER];
};

enum emu_ghcb_result {
	EMU_GHCB_DONE,
	EMU_GHCB_UNKNOWN, /* no such event here: malformed input, reason 6 */
	EMU_GHCB_INVALID, /* malformed input, reason 5 */
	EMU_GHCB_GP,	  /* the guest shall raise #GP */
};

/* A request to run a VMSA on another vCPU, which is named by its APIC ID, or to stop that vCPU. */
struct emu_snp_ap {
	uint32_t apic_id;
	unsigned vmpl;
	bool on_init; /* not before its next INIT */
	bool destroy;
	uint64_t vmsa; /* GPA, unless it is destroyed */
	uint64_t sev_features;
};

/* What the host of a whole machine implements beyond page states; NULL: it does not. */
struct emu_snp_host {
	enum emu_ghcb_result (*event)(void *ctx, unsigned vcpu, struct emu_ghcb_event *event);
	/* Requests of the MSR protocol. False: not known; else *msr is the answer. */
	bool (*msr)(void *ctx, unsigned vcpu, uint64_t *msr);
	/* NAE event 0x80000013. False: no such vCPU, or not possible. */
	bool (*ap)(void *ctx, const struct emu_snp_ap *ap);
	/* AP reset hold: the vCPU's VMGEXIT will be EMU_SLEEP. */
	void (*reset_hold)(void *ctx, unsigned vcpu);
	void *ctx;
};

struct emu_snp_config {
	unsigned vcpus;
	const struct emu_ram *ram;
	size_t ram_count;
	uint64_t ram_limit; /* emu_machine_add_ram() adds RAM below it; 0: none */
	bool rmp_4k_only;   /* RMP entries are 4 KiB: a 2 MiB PVALIDATE gets FAIL_SIZEMISMATCH */
	/* A PSC request is handled this many entries at a time (partial progress, the
	 * guest calls again); 0: all at once. */
	unsigned psc_chunk;
	/* The VMPL the guest runs at. Above 0 only its SVSM can use PVALIDATE. */
	unsigned vmpl;
	unsigned c_bit; /* position of the C-bit; 0: 51 */
	/* Hypervisor features besides those that the emulator has, GHCB specification 2.03,
	 * table "Hypervisor Feature Support". */
	uint64_t hv_features;
	struct emu_snp_host host;
	/* Private memory is assigned on first use, without a page-state change, as KVM's
	 * guest_memfd does. */
	bool assign_on_touch;
	struct emu_attack attack; /* what the host does to the guest */
	/*
	 * A host that is not this module's: it builds the guest by the calls of emu_snp_psp(), and
	 * handles #NPFs of instructions (true: the guest executes it again; false: the machine
	 * stops) and page-state changes (false: the request fails). npf NULL: a cooperative host,
	 * which answers by the same calls.
	 */
	bool (*npf)(void *ctx, uint64_t gpa, bool large);
	bool (*convert)(void *ctx, uint64_t start, uint64_t end, bool to_private);
	/* The content of a host page, for SNP_LAUNCH_UPDATE, and faults to inject: psp/psp.h. */
	void (*read_host)(void *ctx, uint64_t spa, void *buffer, size_t size);
	uint32_t (*psp_fault)(void *ctx, unsigned command);
	void *host_ctx;
};

/* The ASID of the guest's vCPUs. */
#define EMU_SNP_ASID 1

/* Besides those of struct emu_stats. */
struct emu_snp_stats {
	uint64_t rescinded[2]; /* PVALIDATEs by size: 4K, 2M */
	uint64_t unchanged;    /* PVALIDATEs with CF = 1, to validate or to rescind */
	uint64_t psc_requests, psc_entries, psc_msr;
	uint64_t rmpadjusts;
	uint64_t vmgexits;
};

struct emu_snp;

/* Backend and configuration are copied, with the RAM list. NULL: out of memory, or a
 * configuration that breaks the rules above. */
struct emu_snp *emu_snp_create(const struct emu_snp_config *config,
			       const struct emu_backend *backend);
void emu_snp_destroy(struct emu_snp *snp);

struct emu_machine *emu_snp_machine(struct emu_snp *snp);
/* The host's side. Host pages are numbered from 0 to emu_snp_host_end(): the first are as many as
 * the guest's RAM reaches, up to a multiple of 2 MiB. */
struct emu_psp *emu_snp_psp(struct emu_snp *snp);
uint64_t emu_snp_host_end(const struct emu_snp *snp);

/*
 * PVALIDATE at CPL 0 of the page at gpa, to which the engine has translated RAX.
 * size and validate are ECX and EDX as the guest gave them; mapped_2m: the virtual
 * address is mapped by a 2 MiB page or larger. *eax and *cf are set on EMU_NEXT.
 * EMU_GP above VMPL 0.
 */
enum emu_action emu_snp_pvalidate(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, bool mapped_2m,
				  uint32_t size, uint32_t validate, uint32_t *eax, bool *cf);

/* RMPADJUST, likewise; rdx: target VMPL, permissions, VMSA bit. */
enum emu_action emu_snp_rmpadjust(struct emu_snp *snp, unsigned vcpu, uint64_t gpa, bool mapped_2m,
				  uint32_t size, uint64_t rdx, uint32_t *eax);

/* The same by the SVSM of a guest above VMPL 0, whose own mapping of the page always suffices. */
enum emu_action emu_snp_svsm_pvalidate(struct emu_snp *snp, unsigned vcpu, uint64_t gpa,
				       uint32_t size, uint32_t validate, uint32_t *eax, bool *cf);
enum emu_action emu_snp_svsm_rmpadjust(struct emu_snp *snp, unsigned vcpu, uint64_t gpa,
				       uint64_t rdx, uint32_t *eax);

/* RDMSR and WRMSR of C001_0130 (GHCB) and C001_0131 (SEV_STATUS, read only); else #GP. */
enum emu_action emu_snp_rdmsr(struct emu_snp *snp, unsigned vcpu, uint32_t msr, uint64_t *value);
enum emu_action emu_snp_wrmsr(struct emu_snp *snp, unsigned vcpu, uint32_t msr, uint64_t value);

/*
 * VMGEXIT: the GHCB MSR of this vCPU holds a request of the MSR protocol or the GPA of
 * its GHCB page. That page must be shared, and this vCPU must have registered it (request
 * 0x012; GHCB specification 2.3.2): else SW_EXITINFO1 = 2, SW_EXITINFO2 = 1.
 * A termination request stops the machine; emu_stop.code is then the reason set in bits 3:0
 * and the reason in 11:4. EMU_SLEEP: an AP reset hold.
 */
enum emu_action emu_snp_vmgexit(struct emu_snp *snp, unsigned vcpu);

/*
 * A start-up interrupt for a vCPU. True: this ends its AP reset hold; wake it. Called in the vCPU's
 * own thread, between two of its instructions.
 */
bool emu_snp_start_up(struct emu_snp *snp, unsigned vcpu);

/*
 * The guest has accessed the page without the C-bit, and it is not validated: it becomes shared, as
 * VMMs that use KVM make it. False: it is validated, or not RAM.
 */
bool emu_snp_share_unused(struct emu_snp *snp, uint64_t gpa);

void emu_snp_stats(const struct emu_snp *snp, struct emu_snp_stats *out);

#endif
