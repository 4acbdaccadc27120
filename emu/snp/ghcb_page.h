/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_SNP_GHCB_PAGE_H
#define CVMEM_EMU_SNP_GHCB_PAGE_H

#include "emu/snp/ghcb.h"
#include "emu/snp/internal.h"

/* A request by the GHCB page: read once, so that the guest cannot change it meanwhile. */
struct ghcb_request {
	uint64_t gpa; /* of the GHCB */
	uint64_t exitcode, exitinfo1, exitinfo2, scratch;
	uint16_t version;
	uint32_t usage;
	uint64_t valid[2];
	uint8_t save[GHCB_VALID_BITMAP]; /* the page's first part */
};

/* Input and output fields of an event. */
enum {
	FIELD_RAX = 1 << 0,
	FIELD_RBX = 1 << 1,
	FIELD_RCX = 1 << 2,
	FIELD_RDX = 1 << 3,
	FIELD_XCR0 = 1 << 4,
	FIELD_CPL = 1 << 5,
	FIELD_XSS = 1 << 6,
	FIELD_SCRATCH = 1 << 7,
};

/* Read the request at request->gpa. False: the GHCB is not shared memory. */
bool emu_ghcb_read(const struct emu_snp *snp, struct ghcb_request *request);
/* The quadword at offset, or those of all the given fields, are in the valid bitmap. */
bool emu_ghcb_is_valid(const struct ghcb_request *request, unsigned offset);
bool emu_ghcb_has_fields(const struct ghcb_request *request, unsigned fields);
uint64_t emu_ghcb_field(const struct ghcb_request *request, unsigned offset);

/*
 * The answer: SW_EXITINFO1 and 2, the given fields of `registers` (NULL: none), and a valid bitmap
 * that has these and no others.
 */
enum emu_action emu_ghcb_answer(struct emu_snp *snp, unsigned vcpu,
				const struct ghcb_request *request, uint64_t info1, uint64_t info2,
				unsigned fields, const struct emu_ghcb_event *registers);
enum emu_action emu_ghcb_malformed(struct emu_snp *snp, unsigned vcpu,
				   const struct ghcb_request *request, unsigned reason);
/* How many bytes may be used at the scratch address; 0: none. */
uint64_t emu_ghcb_room(const struct ghcb_request *request);

/* One file for each event, and one for those that the engine's machine answers. */
enum emu_action emu_nae_psc(struct emu_snp *snp, unsigned vcpu, const struct ghcb_request *request);
enum emu_action emu_nae_reset_hold(struct emu_snp *snp, unsigned vcpu,
				   const struct ghcb_request *request);
enum emu_action emu_nae_ap_creation(struct emu_snp *snp, unsigned vcpu,
				    const struct ghcb_request *request);
enum emu_action emu_nae_hv_features(struct emu_snp *snp, unsigned vcpu,
				    const struct ghcb_request *request);
enum emu_action emu_nae_terminate(struct emu_snp *snp, unsigned vcpu,
				  const struct ghcb_request *request);
enum emu_action emu_nae_machine_event(struct emu_snp *snp, unsigned vcpu,
				      const struct ghcb_request *request);

#endif
