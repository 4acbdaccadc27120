/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_CCA_INTERNAL_H
#define CVMEM_EMU_CCA_INTERNAL_H

#include "emu/cca/cca.h"
#include "emu/internal.h"

/* RsiCommandReturnCode. */
enum {
	RSI_SUCCESS = 0,
	RSI_ERROR_INPUT = 1,
	RSI_ERROR_STATE = 2,
	RSI_INCOMPLETE = 3,
	RSI_ERROR_UNKNOWN = 4,
};

/* RsiResponse. */
enum { RSI_ACCEPT = 0, RSI_REJECT = 1 };

#define SMCCC_NOT_SUPPORTED UINT64_MAX

struct emu_cca_injector {
	struct emu_cca_attack attack;
	uint64_t triggers, injections; /* atomic */
	bool claimed;		       /* one vCPU's, for an attack that happens once; atomic */
	uint64_t ipa;		       /* of the first injection, atomic */
	uint64_t previous;	       /* where the last change to RAM began, atomic */
};

/* A token that a vCPU has asked for; only this vCPU uses it. */
struct emu_cca_token {
	bool in_progress;
	struct emu_cca_claims claims; /* as they were when it was asked for */
	size_t size;		      /* 0: it has not been made yet */
	size_t taken;		      /* bytes that the Realm has */
	uint8_t bytes[EMU_CCA_TOKEN_MAX];
};

struct emu_cca {
	struct emu_machine machine;
	struct emu_cca_config config;
	uint64_t shared_bit;
	struct emu_cca_stats stats; /* atomic */
	struct emu_cca_injector injector;
	uint8_t measurement_lock;
	uint8_t measurement[EMU_CCA_MEASUREMENTS][EMU_CCA_MEASUREMENT];
	struct emu_cca_token *token; /* one for each vCPU; NULL: no tokens are made */
};

/* What becomes of a page's byte; CCA_NO_CHANGE: the change ends here. */
#define CCA_NO_CHANGE 0xff
typedef uint8_t emu_cca_transition(const struct emu_cca *cca, uint8_t byte);

/*
 * Change the pages of [start, end) in ascending order, up to the first that the transition
 * refuses, or that is not RAM. Calls the backend for pages that one of the two views gains or
 * loses. Returns where it ended.
 */
uint64_t emu_cca_change(struct emu_cca *cca, uint64_t start, uint64_t end,
			emu_cca_transition *transition);

static inline enum emu_page_state emu_cca_state_of(uint8_t byte)
{
	return (enum emu_page_state)(byte & EMU_PAGE_STATE);
}

/* One function for a call, in the file named after it. They set the output registers, x[0] too. */
enum emu_action emu_rsi_version(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_features(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_measurement_read(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_measurement_extend(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_attest_token_init(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_attest_token_continue(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_realm_config(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_ipa_state_set(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_ipa_state_get(struct emu_cca *cca, unsigned vcpu, uint64_t *x);
enum emu_action emu_rsi_host_call(struct emu_cca *cca, unsigned vcpu, uint64_t *x);

/*
 * An operand in the Realm's memory, in one page. EMU_NEXT: *status is RSI_SUCCESS and the operand
 * can be accessed, or an error for x[0]. EMU_AGAIN: the host has mapped the page, and the Realm
 * executes the call again. EMU_STOP: the page is DESTROYED.
 */
enum emu_action emu_cca_operand(struct emu_cca *cca, unsigned vcpu, uint64_t ipa,
				uint64_t alignment, uint64_t *status);

/* The attack on this change to RAM. DESTROY and DESTROY_AGAIN have been done when it returns. */
enum emu_cca_attack_kind emu_cca_attack_on_set(struct emu_cca *cca, uint64_t base, uint64_t top);
/* True: this INIT_RIPAS is not done. */
bool emu_cca_attack_on_init(struct emu_cca *cca, uint64_t start);
void emu_cca_attack_arm(struct emu_cca *cca);

void emu_cca_measurement_lock(struct emu_cca *cca);
void emu_cca_measurement_unlock(struct emu_cca *cca);

#endif
