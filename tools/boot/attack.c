/* SPDX-License-Identifier: MIT */
#include "tools/boot/attack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/boot/run.h"

#define BOUNCE_BYTES (UINT64_C(16) << 20)
#define REGION_SHIFT 21 /* of an opportunity: emu/attack.h */

/* docs/attacks.md explains each. */
static const struct {
	enum boot_reaction tdx, snp;
} expected[EMU_ATTACKS] = {
	[EMU_ATTACK_BUSY] = { REACTION_UNHARMED, REACTION_NONE },
	[EMU_ATTACK_BUSY_FOREVER] = { REACTION_REFUSED, REACTION_NONE },
	[EMU_ATTACK_4K_ONLY] = { REACTION_UNHARMED, REACTION_UNHARMED },
	[EMU_ATTACK_SIZE_MISMATCH] = { REACTION_REFUSED, REACTION_REFUSED },
	[EMU_ATTACK_ALREADY_ACCEPTED] = { REACTION_STOPPED, REACTION_STOPPED },
	[EMU_ATTACK_INTERRUPT_2M] = { REACTION_UNHARMED, REACTION_NONE },
	[EMU_ATTACK_ZERO_STEP] = { REACTION_UNHARMED, REACTION_NONE },
	[EMU_ATTACK_REMOVE] = { REACTION_FAULTED, REACTION_FAULTED },
	[EMU_ATTACK_REMAP] = { REACTION_FAULTED, REACTION_FAULTED },
	[EMU_ATTACK_SWAP] = { REACTION_UNHARMED, REACTION_FAULTED },
	[EMU_ATTACK_RETRY_STALL] = { REACTION_REFUSED, REACTION_REFUSED },
	[EMU_ATTACK_RETRY_PAST] = { REACTION_REFUSED, REACTION_REFUSED },
	[EMU_ATTACK_RETRY_BACK] = { REACTION_REFUSED, REACTION_REFUSED },
	[EMU_ATTACK_RETRY_UNALIGNED] = { REACTION_REFUSED, REACTION_NONE },
	[EMU_ATTACK_PSC_LIE] = { REACTION_FAULTED, REACTION_FAULTED },
};

static const struct {
	enum map_attack map;
	const char *name, *summary;
	enum boot_reaction expected;
} map_attacks[] = {
	{ MAP_VANISH, "map-vanish", "unaccepted RAM is not in the kernel's map any more",
	  REACTION_REFUSED },
	{ MAP_OVERLAP, "map-overlap", "a device lies over unaccepted RAM in the kernel's map",
	  REACTION_REFUSED },
	{ MAP_GROW, "map-grow", "the kernel's map has RAM behind the end of RAM",
	  REACTION_FAULTED },
	{ MAP_TABLE, "map-table", "the table calls memory unaccepted that is not RAM",
	  REACTION_REFUSED },
	{ MAP_HIGH, "map-high", "the kernel's map has RAM at the shared bit or C-bit",
	  REACTION_REFUSED },
};

#define MAP_ATTACKS (sizeof(map_attacks) / sizeof(map_attacks[0]))

const char *boot_reaction_name(enum boot_reaction reaction)
{
	switch (reaction) {
	case REACTION_UNHARMED:
		return "unharmed";
	case REACTION_REFUSED:
		return "refused";
	case REACTION_STOPPED:
		return "stopped";
	case REACTION_FAULTED:
		return "faulted";
	case REACTION_HARMED:
		return "harmed";
	case REACTION_FAILED:
		return "failed";
	default:
		return "not struck";
	}
}

static bool is_conversion(enum emu_attack_kind kind)
{
	return kind >= EMU_ATTACK_RETRY_STALL && kind <= EMU_ATTACK_PSC_LIE;
}

static bool find(const char *name, size_t length, bool is_snp, struct boot_attack *attack)
{
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info(kind);

		if (strlen(info->name) != length || memcmp(info->name, name, length))
			continue;
		attack->name = info->name;
		attack->summary = info->summary;
		attack->kind = kind;
		attack->at = is_snp ? info->snp_at : info->tdx_at;
		attack->known_here = attack->at;
		attack->expected = is_snp ? expected[kind].snp : expected[kind].tdx;
		attack->bounce_bytes = is_conversion(kind) ? BOUNCE_BYTES : 0;
		return true;
	}
	for (size_t i = 0; i < MAP_ATTACKS; i++) {
		if (strlen(map_attacks[i].name) != length ||
		    memcmp(map_attacks[i].name, name, length))
			continue;
		attack->name = map_attacks[i].name;
		attack->summary = map_attacks[i].summary;
		attack->map = map_attacks[i].map;
		attack->at = 1;
		attack->known_here = true;
		attack->expected = map_attacks[i].expected;
		return true;
	}
	return false;
}

bool boot_attack_find(const char *text, enum hosted_kind platform, struct boot_attack *attack)
{
	const char *at = strchr(text, '@');
	char *end;

	memset(attack, 0, sizeof(*attack));
	if (!find(text, at ? (size_t)(at - text) : strlen(text), platform == HOSTED_SNP, attack))
		return false;
	if (!at)
		return true;
	errno = 0;
	attack->at = strtoull(at + 1, &end, 10);
	return at[1] >= '1' && at[1] <= '9' && !*end && !errno;
}

void boot_attack_names(char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS && used < size; kind++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 emu_attack_info(kind)->name);
	for (size_t i = 0; i < MAP_ATTACKS && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, ", %s", map_attacks[i].name);
}

static void list_one(FILE *out, const char *name, const char *platforms, const char *summary)
{
	fprintf(out, "%-18s %-9s %s\n", name, platforms, summary);
}

void boot_attack_list(FILE *out)
{
	for (enum emu_attack_kind kind = 1; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info(kind);

		list_one(out, info->name, info->snp_at ? "tdx snp" : "tdx", info->summary);
	}
	for (size_t i = 0; i < MAP_ATTACKS; i++)
		list_one(out, map_attacks[i].name, "tdx snp", map_attacks[i].summary);
}

/*
 * The guest terminated itself, and gave the host this reason: platform/tdx/fatal_error.c has it in
 * R12[62:32], platform/snp/snp.c as reason set 0xc and the reason.
 */
static bool gave_reason(const struct emu_stop *stop, bool is_snp, enum cvm_terminate_reason reason)
{
	if (is_snp)
		return stop->code == (0xc | (uint64_t)reason << 4);
	return stop->code == (uint64_t)reason << 32;
}

static enum boot_reaction judge_request(const struct emu_stop *stop, bool is_snp)
{
	if (gave_reason(stop, is_snp, CVM_TERMINATE_ALREADY_ACCEPTED))
		return REACTION_STOPPED;
	/* Its handler of faults has found a page that was accepted. */
	if (gave_reason(stop, is_snp, CVM_TERMINATE_PAGE_GONE))
		return REACTION_FAULTED;
	return REACTION_HARMED;
}

/*
 * The access that ended the guest. For a removed or remapped page it must be in the region that was
 * struck: another one would be memory that the guest touched before it had accepted it.
 */
static enum boot_reaction judge_fault(const struct boot_attack *attack,
				      const struct boot_result *result)
{
	if (attack->kind != EMU_ATTACK_REMOVE && attack->kind != EMU_ATTACK_REMAP)
		return REACTION_FAULTED;
	if (!result->machine.violation)
		return REACTION_FAULTED;
	return result->machine.gpa >> REGION_SHIFT == result->struck.gpa >> REGION_SHIFT
		       ? REACTION_FAULTED
		       : REACTION_HARMED;
}

enum boot_reaction boot_attack_judge(const struct boot_attack *attack,
				     const struct boot_result *result)
{
	const struct emu_stop *stop = &result->machine.stop;

	if (!result->struck.injections)
		return REACTION_NONE;
	if (result->report.corrupted)
		return REACTION_HARMED;
	switch (stop->cause) {
	case EMU_STOP_FAILED:
		return REACTION_FAILED;
	case EMU_STOP_EXCEPTION:
		return REACTION_HARMED;
	case EMU_STOP_HOST_FAULT:
		return judge_fault(attack, result);
	case EMU_STOP_GUEST_REQUEST:
		return judge_request(stop, result->is_snp);
	case EMU_RUNNING:
		break;
	}
	if (result->stats.emu.already_accepted)
		return REACTION_HARMED;
	if (result->report.error)
		return REACTION_REFUSED;
	return result->report.stage == BOOT_STAGE_SHELL ? REACTION_UNHARMED : REACTION_HARMED;
}

bool boot_attack_as_documented(const struct boot_attack *attack, enum boot_policy policy,
			       enum boot_reaction reaction)
{
	if (reaction == attack->expected)
		return true;
	/* An accept that the host rejects in the handler of a fault ends the guest there. */
	if (policy == BOOT_ON_FAULT && attack->expected == REACTION_REFUSED &&
	    reaction == REACTION_FAULTED)
		return true;
	return reaction == REACTION_UNHARMED &&
	       (attack->kind == EMU_ATTACK_REMOVE || attack->kind == EMU_ATTACK_REMAP ||
		attack->kind == EMU_ATTACK_SWAP);
}
