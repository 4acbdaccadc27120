/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "emu/cca/internal.h"

/*
 * RSI_ATTESTATION_TOKEN_INIT and CONTINUE (RMM specification 1.0, A7.2.2). A vCPU asks for a token,
 * and takes it in pieces, each into a part of one granule. Without a function that makes tokens the
 * answers are those of an RMM that has no key.
 */

/* x1 to x8: the challenge; out: the size that no token exceeds. A token that this vCPU has not
 * taken whole is given up. */
enum emu_action emu_rsi_attest_token_init(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	struct emu_cca_token *token;

	if (!cca->token) {
		x[0] = RSI_ERROR_UNKNOWN;
		x[1] = 0;
		return EMU_NEXT;
	}
	token = &cca->token[vcpu];
	memcpy(token->claims.challenge, &x[1], EMU_CCA_CHALLENGE);
	memcpy(token->claims.rpv, cca->config.rpv, EMU_CCA_RPV_SIZE);
	emu_cca_measurement_lock(cca);
	memcpy(token->claims.measurement, cca->measurement, sizeof(cca->measurement));
	emu_cca_measurement_unlock(cca);
	token->size = 0;
	token->taken = 0;
	token->in_progress = true;
	x[0] = RSI_SUCCESS;
	x[1] = EMU_CCA_TOKEN_MAX;
	return EMU_NEXT;
}

static bool make(struct emu_cca *cca, struct emu_cca_token *token)
{
	if (token->size)
		return true;
	token->size =
		cca->config.make_token(cca->config.make_token_ctx, &token->claims, token->bytes);
	return token->size;
}

/* The next piece of at most so many bytes. Returns its size. */
static size_t take(struct emu_cca *cca, struct emu_cca_token *token, uint64_t ipa, size_t room)
{
	const struct emu_backend *backend = &cca->machine.pages.backend;
	size_t left = token->size - token->taken, piece = room < left ? room : left;

	backend->write_private(backend->ctx, ipa, token->bytes + token->taken, piece);
	token->taken += piece;
	token->in_progress = token->taken < token->size;
	return piece;
}

/* x1: a granule that is RAM, x2: where in it, x3: how many bytes at most; out: how many were
 * written. */
enum emu_action emu_rsi_attest_token_continue(struct emu_cca *cca, unsigned vcpu, uint64_t *x)
{
	struct emu_cca_token *token = cca->token ? &cca->token[vcpu] : NULL;
	uint64_t ipa = x[1], offset = x[2], room = x[3], status;
	enum emu_action action;

	/* An offset is no greater than a granule's end, so that the difference is not negative. */
	if (ipa % EMU_PAGE_SIZE || ipa >= cca->shared_bit || offset >= EMU_PAGE_SIZE ||
	    room > EMU_PAGE_SIZE - offset)
		status = RSI_ERROR_INPUT;
	else if (!token || !token->in_progress)
		status = RSI_ERROR_STATE;
	else {
		action = emu_cca_operand(cca, vcpu, ipa, EMU_PAGE_SIZE, &status);
		if (action != EMU_NEXT)
			return action;
	}
	x[0] = status;
	x[1] = 0;
	if (status != RSI_SUCCESS)
		return EMU_NEXT;
	if (!make(cca, token)) {
		x[0] = RSI_ERROR_UNKNOWN;
		return EMU_NEXT;
	}
	if (room)
		x[1] = take(cca, token, ipa + offset, room);
	x[0] = token->in_progress ? RSI_INCOMPLETE : RSI_SUCCESS;
	return EMU_NEXT;
}
