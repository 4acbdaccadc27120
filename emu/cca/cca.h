/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_CCA_H
#define CVMEM_EMU_CCA_H

#include "emu/backend.h"
#include "emu/cca/attack.h"
#include "emu/cca/attest_token.h"
#include "emu/machine.h"

/*
 * The part of Arm CCA's RMM in a Realm's memory, and the part of a cooperative host: the RIPAS of
 * each page, the RSI calls of version 1.0 that a guest needs to run, and the RMI calls that change
 * memory. Source: TF-RMM 9a7f8ef; docs/cca.md compares, row by row.
 *
 * An IPA has a protected half and an unprotected one, which begins at bit ipa_bits - 1. In
 * emu_machine_state() a page that is RAM is MAPPED, one that is DESTROYED is PENDING, and one that
 * is EMPTY is FREE, or SHARED if the host has mapped its unprotected alias.
 *
 * All functions may be called on several vCPUs at once, and from a handler of a synchronous
 * signal: they allocate nothing after creation. The backend needs read_private and write_private.
 * emu_machine_launch() and changes of the list of RAM are for the other platforms.
 */

/* RmmRipas. DEV is not emulated: no device is assigned to a Realm. */
enum emu_ripas { EMU_RIPAS_EMPTY, EMU_RIPAS_RAM, EMU_RIPAS_DESTROYED };

#define EMU_CCA_HOST_GPRS 31
#define EMU_CCA_SMC_REGS  18 /* x0 to x17: SMCCC 1.2, section 2.5 */

/* What the Realm asks of the host. */
struct emu_ripas_change {
	uint64_t base, top;
	enum emu_ripas ripas;
	bool change_destroyed;
};

/* The host's answer. */
struct emu_ripas_answer {
	uint64_t limit; /* it changes what is below, in whole pages */
	bool reject;	/* RMI_REJECT: the rest will not be changed */
};

struct emu_cca_config {
	unsigned vcpus;
	unsigned ipa_bits; /* 33 to 52 */
	const struct emu_ram *ram;
	size_t ram_count;
	/* RSI_REALM_CONFIG returns it. */
	uint8_t rpv[EMU_CCA_RPV_SIZE];
	/* The host maps a page when it becomes RAM; else when it is touched. */
	bool populate;
	/* The host leaves a page mapped that becomes EMPTY; else it takes it back, as KVM does. */
	bool keep_empty;
	/* How much of a change the host does; *answer is all of it that is RAM. NULL: all. */
	void (*ripas_change)(void *ctx, unsigned vcpu, const struct emu_ripas_change *change,
			     struct emu_ripas_answer *answer);
	void *ripas_change_ctx;
	/* RSI_HOST_CALL; NULL: the host returns NOT_SUPPORTED in gprs[0]. */
	void (*host_call)(void *ctx, unsigned vcpu, uint16_t imm, uint64_t gprs[EMU_CCA_HOST_GPRS]);
	void *host_call_ctx;
	/* RSI_ATTESTATION_TOKEN_INIT and CONTINUE; NULL: they answer as an RMM without a key. */
	emu_cca_make_token *make_token;
	void *make_token_ctx;
	struct emu_cca_attack attack; /* what the host does to the guest */
};

/* Besides those of struct emu_stats. */
struct emu_cca_stats {
	uint64_t calls[10]; /* RSI calls, from RSI_VERSION on */
	uint64_t partial;   /* IPA_STATE_SET that did not do all */
	uint64_t rejected;  /* of those: answered with RSI_REJECT */
	uint64_t destroyed; /* pages that became DESTROYED */
	uint64_t populated; /* pages that the host has mapped */
};

struct emu_cca;

/* Backend and configuration are copied, with the RAM list. NULL: out of memory, or a
 * configuration that breaks the rules above. All memory is EMPTY at first. */
struct emu_cca *emu_cca_create(const struct emu_cca_config *config,
			       const struct emu_backend *backend);
void emu_cca_destroy(struct emu_cca *cca);

struct emu_machine *emu_cca_machine(struct emu_cca *cca);
/* The lowest unprotected IPA. */
uint64_t emu_cca_shared_bit(const struct emu_cca *cca);
/* Of any page in the protected half; what is not declared RAM is EMPTY. */
enum emu_ripas emu_cca_ripas(const struct emu_cca *cca, uint64_t ipa);

/*
 * One SMC at EL1. x[0] is the function; an RSI call's results are in x[0] and what follows. What is
 * no RSI call of version 1.0 is answered with NOT_SUPPORTED.
 */
enum emu_action emu_cca_rsi(struct emu_cca *cca, unsigned vcpu, uint64_t x[EMU_CCA_SMC_REGS]);

/* What comes of an access that the backend does not map. */
enum emu_cca_abort {
	EMU_CCA_AGAIN,	/* the host has mapped the page: the access is repeated */
	EMU_CCA_SEA,	/* the Realm takes a synchronous external abort */
	EMU_CCA_DEVICE, /* an unprotected IPA without RAM: the host emulates the access */
	EMU_CCA_STOP,	/* the host cannot handle the exit: the machine has stopped */
};

enum emu_cca_abort emu_cca_abort(struct emu_cca *cca, unsigned vcpu, uint64_t ipa, bool fetch);

/*
 * The host's calls. Each returns the address up to which it was done; what is not declared RAM
 * ends it.
 *
 * RMI_RTT_INIT_RIPAS: EMPTY pages become RAM, before the Realm runs. RMI_RTT_DATA_MAP_INIT: the
 * same for one page that has the content that the host has put there, which is measured: content,
 * or NULL for a page that is not. RMI_RTT_DATA_MAP: a zeroed granule for a page that has none,
 * whatever its RIPAS is. RMI_RTT_DATA_UNMAP: granules are taken, after which a page that was RAM is
 * DESTROYED. RMI_RTT_UNPROT_MAP: the Realm can access the unprotected alias of pages that are
 * EMPTY.
 */
uint64_t emu_cca_init_ripas(struct emu_cca *cca, uint64_t start, uint64_t end);
uint64_t emu_cca_data_map_init(struct emu_cca *cca, uint64_t ipa, const void *content);
uint64_t emu_cca_data_map(struct emu_cca *cca, uint64_t start, uint64_t end);
uint64_t emu_cca_data_unmap(struct emu_cca *cca, uint64_t start, uint64_t end);
uint64_t emu_cca_unprot_map(struct emu_cca *cca, uint64_t start, uint64_t end);

void emu_cca_stats(const struct emu_cca *cca, struct emu_cca_stats *out);
void emu_cca_attack_progress(const struct emu_cca *cca, struct emu_cca_attack_report *out);

#endif
