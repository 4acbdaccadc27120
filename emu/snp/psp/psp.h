/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_PSP_PSP_H
#define CVMEM_EMU_SNP_PSP_PSP_H

#include "emu/machine.h"
#include "hash/sha384.h"

/*
 * The host's side of SEV-SNP: the instructions RMPUPDATE and PSMASH, and the commands of the
 * firmware that build a guest, measure it and take it apart. Sources: AMD APM volume 3; SEV-SNP
 * firmware ABI 1.56, chapters 5 (page states) and 8 (commands). One firmware has one guest here,
 * over the page states of emu/pages.h.
 *
 * A page's state, ABI table "Page states":
 *
 *   Hypervisor     not assigned
 *   Firmware       assigned, ASID 0, immutable
 *   Reclaim        assigned, ASID 0
 *   Context        the firmware's, after SNP_GCTX_CREATE
 *   Guest-Invalid  assigned to an ASID (EMU_PAGE_PENDING)
 *   Guest-Valid    the same, and validated (EMU_PAGE_MAPPED)
 *   Pre-Guest      assigned to an ASID, immutable (EMU_PAGE_PENDING | EMU_PAGE_IMMUTABLE)
 *
 * Differences, each because the emulator keeps one state for a page: in RAM page N of the guest is
 * page N of the host, so an entry of this guest has its own address as its GPA; 2 MiB entries are
 * possible for this guest alone. The firmware does not correct a CPUID page and writes no secrets.
 *
 * All calls may be made on several processors at once; they allocate nothing. The firmware does one
 * command at a time.
 */

/* Command numbers, firmware ABI table "Command identifiers". The last two are instructions. */
enum emu_psp_command {
	EMU_SNP_DF_FLUSH = 0x84,
	EMU_SNP_DECOMMISSION = 0x90,
	EMU_SNP_ACTIVATE = 0x91,
	EMU_SNP_GCTX_CREATE = 0x93,
	EMU_SNP_LAUNCH_START = 0xa0,
	EMU_SNP_LAUNCH_UPDATE = 0xa1,
	EMU_SNP_LAUNCH_FINISH = 0xa2,
	EMU_SNP_PAGE_RECLAIM = 0xc7,
	EMU_RMPUPDATE = 0x100,
	EMU_PSMASH = 0x101,
	EMU_PSP_COMMANDS
};

/* Firmware ABI, table "Status codes". */
enum emu_psp_status {
	EMU_PSP_SUCCESS = 0x00,
	EMU_PSP_INVALID_GUEST_STATE = 0x02,
	EMU_PSP_POLICY_FAILURE = 0x07,
	EMU_PSP_INACTIVE = 0x08,
	EMU_PSP_INVALID_ADDRESS = 0x09,
	EMU_PSP_BAD_MEASUREMENT = 0x0b,
	EMU_PSP_INVALID_ASID = 0x0d,
	EMU_PSP_DFFLUSH_REQUIRED = 0x0f,
	EMU_PSP_INVALID_GUEST = 0x10,
	EMU_PSP_INVALID_COMMAND = 0x11,
	EMU_PSP_ACTIVE = 0x12,
	EMU_PSP_INVALID_PARAM = 0x16,
	EMU_PSP_RESOURCE_LIMIT = 0x17,
	EMU_PSP_INVALID_PAGE_SIZE = 0x19,
	EMU_PSP_INVALID_PAGE_STATE = 0x1a,
	EMU_PSP_INVALID_PAGE_OWNER = 0x1c,
};

/* EAX after RMPUPDATE and PSMASH, AMD APM volume 3. */
enum emu_rmp_status {
	EMU_RMP_SUCCESS = 0,
	EMU_RMP_FAIL_INPUT = 1,
	EMU_RMP_FAIL_PERMISSION = 2, /* the entry is immutable */
	EMU_RMP_FAIL_INUSE = 3,	     /* another processor has it: try again */
	EMU_RMP_FAIL_OVERLAP = 4,    /* an entry of the other size is assigned there */
};

/* ASIDs that exist: 1 to this. */
#define EMU_PSP_ASIDS 15

struct emu_psp;

struct emu_psp_config {
	struct emu_machine *machine; /* outlives the firmware */
	unsigned asid;		     /* that the guest's vCPUs run with */
	uint64_t host_end;	     /* host pages are below it; those behind RAM hold no RAM */
	/* The content of a host page before SNP_LAUNCH_UPDATE encrypts it. NULL: the backend has it
	 * in the guest's page already. */
	void (*read_host)(void *ctx, uint64_t spa, void *buffer, size_t size);
	/* A status other than 0 is the answer, and nothing is done. NULL: none. */
	uint32_t (*fault)(void *ctx, unsigned command);
	void *ctx;
};

/* NULL: out of memory. */
struct emu_psp *emu_psp_create(const struct emu_psp_config *config);
void emu_psp_destroy(struct emu_psp *psp);

/* RMPUPDATE: the operand in memory. */
struct emu_rmp_update {
	uint64_t gpa;
	bool assigned, immutable;
	bool large; /* 2 MiB */
	unsigned asid;
};

/* A validated page that is written again is not validated any more, and its content is lost. */
unsigned emu_rmpupdate(struct emu_psp *psp, uint64_t spa, const struct emu_rmp_update *update);
/* 512 entries of 4 KiB with the state of the 2 MiB entry. */
unsigned emu_psmash(struct emu_psp *psp, uint64_t spa);

/* One command. Its buffer is the structure below that is named after it, or the firmware's one with
 * an address alone. */
uint32_t emu_psp_command(struct emu_psp *psp, unsigned command, void *buffer);

/* SNP_GCTX_CREATE, SNP_DECOMMISSION: of the context page. SNP_PAGE_RECLAIM: bit 0 is the size. */
struct emu_snp_address {
	uint64_t spa;
};

struct emu_snp_activate {
	uint64_t context;
	unsigned asid;
};

struct emu_snp_launch_start {
	uint64_t context;
	uint64_t policy;
};

/* Page types of SNP_LAUNCH_UPDATE. */
enum emu_snp_page_type {
	EMU_SNP_PAGE_NORMAL = 1,
	EMU_SNP_PAGE_VMSA = 2,
	EMU_SNP_PAGE_ZERO = 3,
	EMU_SNP_PAGE_UNMEASURED = 4,
	EMU_SNP_PAGE_SECRETS = 5,
	EMU_SNP_PAGE_CPUID = 6,
};

struct emu_snp_launch_update {
	uint64_t context;
	uint64_t spa;
	bool large;
	unsigned type;
};

struct emu_snp_launch_finish {
	uint64_t context;
	/* The digest and policy in the ID block; NULL: there is none. */
	const uint8_t *id_digest;
	uint64_t id_policy;
};

/* GCTX.State */
enum emu_snp_guest_state {
	EMU_GSTATE_NONE,
	EMU_GSTATE_INIT,
	EMU_GSTATE_LAUNCH,
	EMU_GSTATE_RUNNING
};

struct emu_psp_info {
	enum emu_snp_guest_state state;
	unsigned asid; /* 0: not activated */
	uint8_t digest[SHA384_BYTES];
	uint64_t calls[EMU_PSP_COMMANDS];
};

void emu_psp_info(const struct emu_psp *psp, struct emu_psp_info *out);

/* Host pages that are not in the Hypervisor state. Counts all: for checks. */
uint64_t emu_psp_assigned(const struct emu_psp *psp);

#endif
