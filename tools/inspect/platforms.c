/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include "tools/inspect/platforms.h"
#include "tools/inspect/signature.h"

static enum inspect_answer ask(const struct inspect_image *image, enum inspect_question question,
			       enum inspect_answer otherwise)
{
	return image ? inspect_answer(image, question) : otherwise;
}

/*
 * SEV-SNP, OVMF: all memory is accepted when boot services end, unless the acceptance protocol was
 * called. Where the firmware has no such protocol it accepts nothing on its own, as on TDX.
 */
static enum inspect_outcome without_negotiation(const struct inspect_parts *parts)
{
	switch (ask(parts->firmware, ASK_NEGOTIATES, ANSWER_YES)) {
	case ANSWER_YES:
		return OUTCOME_EAGER;
	case ANSWER_NO:
		return OUTCOME_LOW;
	default:
		return OUTCOME_UNKNOWN;
	}
}

bool inspect_is_verified(const struct inspect_image *firmware)
{
	return firmware && firmware->keys;
}

static bool has_no_key_of(const struct inspect_image *firmware, const struct inspect_image *program)
{
	return inspect_is_verified(firmware) && signature_by(program, firmware->keys) == ANSWER_NO;
}

/* docs/efi.md, "Secure Boot". */
static bool is_acceptor_refused(const struct inspect_parts *parts)
{
	return parts->acceptor && !parts->acceptor_by_shim &&
	       has_no_key_of(parts->firmware, parts->acceptor);
}

/* systemd-boot goes on without a driver that is refused. */
static const struct inspect_image *acceptor_of(const struct inspect_parts *parts)
{
	return is_acceptor_refused(parts) ? NULL : parts->acceptor;
}

/* Nothing of it depends on the platform: efi/accept.c. */
static bool is_accepted_before(const struct inspect_parts *parts)
{
	const struct inspect_image *acceptor = acceptor_of(parts);

	if (!acceptor || acceptor->acceptance == ACCEPTS_NONE ||
	    acceptor->acceptance == ACCEPTS_BELOW)
		return false;
	/* It looks at the image that it starts, which is the kernel where there is no loader. */
	return acceptor->acceptance == ACCEPTS_ALL || parts->loader ||
	       ask(parts->kernel, ASK_NEGOTIATES, ANSWER_UNKNOWN) != ANSWER_YES;
}

static enum inspect_outcome on_snp(const struct inspect_parts *parts,
				   enum inspect_answer kernel_takes)
{
	const struct inspect_image *acceptor = acceptor_of(parts);
	enum inspect_answer says = ask(parts->kernel, ASK_NEGOTIATES, ANSWER_UNKNOWN);

	if (acceptor && acceptor->acceptance == ACCEPTS_NONE)
		says = ANSWER_YES;
	if (says == ANSWER_NO && ask(parts->loader, ASK_NEGOTIATES, ANSWER_NO) == ANSWER_YES)
		says = ANSWER_YES;
	if (kernel_takes == ANSWER_NO)
		return says == ANSWER_YES ? OUTCOME_LOW : without_negotiation(parts);
	if (says == ANSWER_YES)
		return OUTCOME_LAZY;
	if (ask(parts->firmware, ASK_NEGOTIATES, ANSWER_YES) == ANSWER_NO)
		return OUTCOME_LAZY;
	return says == ANSWER_NO ? without_negotiation(parts) : OUTCOME_UNKNOWN;
}

static bool is_eager(const struct inspect_image *firmware, enum inspect_question platform)
{
	return firmware && (platform == ASK_TDX ? firmware->eager_tdx : firmware->eager_snp);
}

/*
 * GRUB makes the map itself, from firmware's map, in which it takes unaccepted memory for reserved,
 * and enters the kernel in 32 bits. grub-mkconfig writes `linux', so that this is what a menu that
 * is not at hand has.
 */
static bool by_own_map(const struct inspect_parts *parts)
{
	if (!parts->loader || parts->loader->kind != INSPECT_GRUB ||
	    parts->kernel->command == COMMAND_LINUXEFI || parts->kernel->command == COMMAND_STUB)
		return false;
	return parts->loader->grub == GRUB_BY_OWN_MAP ||
	       (parts->loader->grub == GRUB_BY_SECURE_BOOT && !parts->secure_boot);
}

/* By the stub, whatever else that GRUB does. */
static bool by_stub(const struct inspect_parts *parts)
{
	return parts->kernel->command == COMMAND_LINUXEFI ||
	       parts->kernel->command == COMMAND_STUB ||
	       (parts->loader && parts->loader->grub == GRUB_BY_SECURE_BOOT && parts->secure_boot);
}

static enum inspect_answer loader_answer(const struct inspect_parts *parts)
{
	return by_stub(parts) ? ANSWER_YES : ask(parts->loader, ASK_UNACCEPTED, ANSWER_YES);
}

/*
 * Firmware verifies the program that it starts, and what cvmem's application starts by it; shim,
 * the kernel by keys of its own.
 */
static bool is_refused(const struct inspect_parts *parts)
{
	const struct inspect_image *first = parts->first ? parts->first : parts->kernel;

	return has_no_key_of(parts->firmware, first) ||
	       (is_acceptor_refused(parts) && !parts->acceptor->driver);
}

static enum inspect_outcome outcome_of(const struct inspect_parts *parts,
				       enum inspect_question platform)
{
	enum inspect_answer firmware = ask(parts->firmware, ASK_UNACCEPTED, ANSWER_YES);
	enum inspect_answer loader = loader_answer(parts);
	enum inspect_answer kernel = ask(parts->kernel, ASK_UNACCEPTED, ANSWER_UNKNOWN);
	bool all = firmware == ANSWER_NO || is_eager(parts->firmware, platform);

	if (ask(parts->firmware, platform, ANSWER_YES) == ANSWER_NO ||
	    ask(parts->kernel, platform, ANSWER_YES) == ANSWER_NO)
		return OUTCOME_IMPOSSIBLE;
	if (parts->kernel->kind == INSPECT_PVH &&
	    !(parts->firmware && parts->firmware->judges_kernel))
		return OUTCOME_PVH;
	if (is_refused(parts))
		return OUTCOME_REFUSED;
	if (by_own_map(parts) && platform == ASK_TDX)
		return OUTCOME_RESET;
	if (all)
		return OUTCOME_EAGER;
	if (is_accepted_before(parts))
		return OUTCOME_BEFORE;
	if (by_own_map(parts))
		return firmware == ANSWER_UNKNOWN ? OUTCOME_UNKNOWN : OUTCOME_LOST;
	if (kernel == ANSWER_UNKNOWN || firmware == ANSWER_UNKNOWN || loader == ANSWER_UNKNOWN)
		return OUTCOME_UNKNOWN;
	if (parts->firmware && parts->firmware->judges_kernel)
		return kernel == ANSWER_YES ? OUTCOME_LAZY : OUTCOME_EAGER;
	if (loader == ANSWER_NO)
		return OUTCOME_LOW;
	if (platform == ASK_SNP)
		return on_snp(parts, kernel);
	return kernel == ANSWER_YES ? OUTCOME_LAZY : OUTCOME_LOW;
}

enum inspect_outcome inspect_outcome(const struct inspect_parts *parts,
				     enum inspect_question platform)
{
	enum inspect_outcome outcome = outcome_of(parts, platform);
	bool asked = parts->kernel->eager_kernel || parts->eager;

	return outcome == OUTCOME_LAZY && asked ? OUTCOME_ASKED : outcome;
}

static const char *outcome_name(enum inspect_outcome outcome)
{
	/* Without a default: the compiler names an outcome that has no words. */
	switch (outcome) {
	case OUTCOME_IMPOSSIBLE:
		return "cannot boot";
	case OUTCOME_UNKNOWN:
		break;
	case OUTCOME_LAZY:
		return "boots, and memory is accepted when it is needed";
	case OUTCOME_EAGER:
		return "boots, but the firmware accepts all memory first";
	case OUTCOME_BEFORE:
		return "boots, and cvmem's EFI image accepts all memory first";
	case OUTCOME_ASKED:
		return "boots, and the kernel accepts all memory at once, as its command line says";
	case OUTCOME_LOW:
		return "boots, but sees only the memory that the firmware has accepted (OVMF: "
		       "below 4 GiB)";
	case OUTCOME_LOST:
		return "boots, but loses the memory that the firmware has left unaccepted, which "
		       "GRUB reserves (OVMF: all from 4 GiB on)";
	case OUTCOME_REFUSED:
		return "does not boot: the firmware's variables switch Secure Boot on, and none of "
		       "their keys has signed what it starts";
	case OUTCOME_RESET:
		return "does not boot: GRUB enters the kernel in 32 bits, and the guest is reset";
	case OUTCOME_PVH:
		return "does not boot: it starts by PVH alone, and UEFI firmware does not start it";
	}
	return "not known";
}

void inspect_outcome_text(enum inspect_outcome outcome, enum inspect_question platform, char *text,
			  size_t size)
{
	snprintf(text, size, "%s: %s", platform == ASK_TDX ? "TDX guest" : "SEV-SNP guest",
		 outcome_name(outcome));
}

const char *inspect_outcome_advice(const struct inspect_parts *parts, enum inspect_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_LOST:
	case OUTCOME_RESET:
		return "in grub.cfg, start the kernel with `linuxefi' and `initrdefi' instead of "
		       "`linux' and `initrd', or switch Secure Boot on, or take GRUB 2.12 or "
		       "systemd-boot";
	case OUTCOME_REFUSED:
		return "start it by a shim that these keys have signed, add a key to `db' and sign "
		       "it by that, or take firmware without keys";
	case OUTCOME_ASKED:
		return "take accept_memory=eager off the command line";
	case OUTCOME_LOW:
		if (is_acceptor_refused(parts))
			return "add a key to `db' and sign cvmem's driver by that";
		return "take a kernel from 6.5 on that is built with CONFIG_UNACCEPTED_MEMORY";
	case OUTCOME_PVH:
		return "take cvmem's firmware: `cvmem vm --firmware shim'";
	case OUTCOME_EAGER:
		if (parts->kernel->kind == INSPECT_PVH)
			return "if the kernel accepts the memory of type 8 in its map, say "
			       "cvmem.accept=min";
		if (parts->firmware && inspect_answer(parts->firmware, ASK_UNACCEPTED) == ANSWER_NO)
			return "take firmware that leaves memory unaccepted, such as OVMF from "
			       "2023.05 on";
		return "take a kernel from 6.5 on, which asks SEV-SNP firmware for unaccepted "
		       "memory";
	default:
		return NULL;
	}
}
