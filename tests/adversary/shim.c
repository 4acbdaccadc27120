/* SPDX-License-Identifier: MIT */
#include "tests/adversary/episode.h"

/* Rules for what the platform's code answers to the library, given what the host has done. */

static struct episode *episode_of(struct cvm_platform *shim)
{
	return (struct episode *)shim;
}

/* Attacks that a call can go on after, and those that it cannot. */
static bool is_fatal(enum emu_attack_kind kind)
{
	switch (kind) {
	case EMU_ATTACK_BUSY_FOREVER:
	case EMU_ATTACK_SIZE_MISMATCH:
	case EMU_ATTACK_ALREADY_ACCEPTED:
	case EMU_ATTACK_RETRY_STALL:
	case EMU_ATTACK_RETRY_PAST:
	case EMU_ATTACK_RETRY_BACK:
	case EMU_ATTACK_RETRY_UNALIGNED:
		return true;
	default:
		return false;
	}
}

static const char *attack_name(const struct episode *episode)
{
	const struct emu_attack_info *info = emu_attack_info(episode->armed.kind);

	return info ? info->name : "no attack";
}

static bool any_page(const struct episode *episode, uint64_t start, uint64_t end, bool taken)
{
	for (uint64_t gpa = start; gpa < end; gpa += 4096) {
		const struct model_page *page = &episode->model.page[gpa / 4096];

		if (page->lied || (taken && page->taken))
			return true;
	}
	return false;
}

static bool begin(struct episode *episode, const char *what, uint64_t start, uint64_t end)
{
	episode->call_start = start;
	episode->call_end = end;
	host_strikes(episode);
	if (((start | end) & 4095) || start >= end || start < TABLE_BASE || end > episode->end)
		return broken(episode, "I6: %s of [0x%lx, 0x%lx), which is not RAM of the table",
			      what, start, end);
	return true;
}

/* Is it an answer that the attack, if there was one, explains? Returns whether it struck. */
static bool check_answer(struct episode *episode, const char *what, int error, bool explained)
{
	uint64_t struck = host_strikes(episode);
	bool fatal = struck && is_fatal(episode->armed.kind);

	episode->refused |= error;
	if (!error && fatal)
		broken(episode, "%s of [0x%lx, 0x%lx) went on after %s", what, episode->call_start,
		       episode->call_end, attack_name(episode));
	if (error && !fatal && !explained)
		broken(episode, "%s of [0x%lx, 0x%lx) failed with %d, and the host had done %s",
		       what, episode->call_start, episode->call_end, error, attack_name(episode));
	return struck;
}

static void accepted(struct episode *episode, uint64_t start, uint64_t end)
{
	for (uint64_t gpa = start; gpa < end; gpa += 4096) {
		struct model_page *page = &episode->model.page[gpa / 4096];

		if (emu_machine_state(hosted_emu(episode->machine), gpa) != EMU_PAGE_MAPPED)
			broken(episode, "I4: 0x%lx was answered as accepted, and is not", gpa);
		*page = (struct model_page){ .accepted = true, .allocated = page->allocated };
	}
	if (start < end && episode->plan->kind == HOSTED_TDX &&
	    *(volatile uint64_t *)(episode->direct_map + start))
		broken(episode, "TDX: 0x%lx was accepted and is not zero", start);
}

static int shim_accept(struct cvm_platform *shim, uint64_t start, uint64_t end,
		       struct cvm_accept_result *result)
{
	struct episode *episode = episode_of(shim);
	int error;

	if (!begin(episode, "accept", start, end))
		return CVM_EIO;
	for (uint64_t gpa = start; gpa < end; gpa += 4096)
		if (episode->model.page[gpa / 4096].accepted)
			broken(episode, "I2: 0x%lx is accepted a second time", gpa);
	error = episode->platform->accept(episode->platform, start, end, result);
	check_answer(episode, "accept", error, any_page(episode, start, end, false));
	if (error && error != CVM_EIO && error != CVM_EALREADY)
		broken(episode, "accept failed with %d", error);
	if (error && (result->where < start || result->where >= end || result->done > end - start))
		broken(episode, "accept failed at 0x%lx, outside its range", result->where);
	if (!error && result->done != end - start)
		broken(episode, "accept succeeded with %lu bytes of %lu", result->done,
		       end - start);
	episode->lost |= error;
	if (error == CVM_EALREADY)
		episode->double_known = true;
	accepted(episode, start, start + result->done);
	return error;
}

/*
 * What is said to be converted is: or the host has lied. Forged: it has put a page of its own in
 * the way of validating again what could not be shared, which then counts as shared.
 */
static void converted(struct episode *episode, uint64_t start, uint64_t end, bool shared,
		      bool forged)
{
	bool lied = forged || (episode->armed.kind == EMU_ATTACK_PSC_LIE && episode->counted);

	for (uint64_t gpa = start; gpa < end; gpa += 4096) {
		struct model_page *page = &episode->model.page[gpa / 4096];
		bool is_shared =
			emu_machine_state(hosted_emu(episode->machine), gpa) == EMU_PAGE_SHARED;

		*page = (struct model_page){
			.allocated = page->allocated,
			.shared = shared,
			.lied = is_shared != shared || (page->lied && !shared),
		};
		if (is_shared != shared && !lied)
			broken(episode, "0x%lx was answered as converted, and is not", gpa);
	}
}

static int convert(struct cvm_platform *shim, uint64_t start, uint64_t end, uint64_t *done,
		   bool shared)
{
	struct episode *episode = episode_of(shim);
	const char *what = shared ? "share" : "unshare";
	bool struck;
	int error;

	if (!begin(episode, what, start, end))
		return CVM_EIO;
	error = shared ? episode->platform->set_shared(episode->platform, start, end, done)
		       : episode->platform->set_private(episode->platform, start, end, done);
	/* What was taken cannot be rescinded, either. */
	struck = check_answer(episode, what, error, any_page(episode, start, end, true));
	if (error && error != CVM_EIO)
		broken(episode, "%s failed with %d", what, error);
	if (*done > end - start || (!error && *done != end - start)) {
		broken(episode, "%s did %lu bytes of %lu", what, *done, end - start);
		return error;
	}
	converted(episode, start, start + *done, shared,
		  error && struck && episode->armed.kind == EMU_ATTACK_ALREADY_ACCEPTED);
	/* The content of the rest may be gone, but not what it is. */
	for (uint64_t gpa = start + *done; gpa < end; gpa += 4096) {
		struct model_page *page = &episode->model.page[gpa / 4096];

		page->known = false;
		page->accepted &=
			emu_machine_state(hosted_emu(episode->machine), gpa) == EMU_PAGE_MAPPED;
	}
	return error;
}

static int shim_share(struct cvm_platform *shim, uint64_t start, uint64_t end, uint64_t *done)
{
	return convert(shim, start, end, done, true);
}

static int shim_unshare(struct cvm_platform *shim, uint64_t start, uint64_t end, uint64_t *done)
{
	return convert(shim, start, end, done, false);
}

static void shim_stop(struct cvm_platform *shim, enum cvm_terminate_reason reason, uint64_t gpa)
{
	struct episode *episode = episode_of(shim);

	if (reason != CVM_TERMINATE_ALREADY_ACCEPTED || !episode->double_known)
		broken(episode, "the guest stops for reason %d at 0x%lx, without cause", reason,
		       gpa);
	episode->platform->terminate(episode->platform, reason, gpa);
}

void shim_init(struct episode *episode)
{
	episode->shim = (struct cvm_platform){
		.name = "shim",
		.accept = shim_accept,
		.set_shared = shim_share,
		.set_private = shim_unshare,
		.terminate = shim_stop,
	};
}
