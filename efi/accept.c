/* SPDX-License-Identifier: MIT */
#include "efi/accept.h"

#include "efi/console.h"
#include "efi/memory_map.h"
#include "efi/progress.h"
#include "efi/uefi/allow_unaccepted.h"
#include "efi/uefi/dxe_services.h"
#include "efi/uefi/memory_accept.h"

/* Between two looks at the clock, and what is lost at most where an accept fails. */
#define STEP (UINT64_C(64) << 20)

/* UEFI 2.10, section 7.2.3: what OVMF gives memory that it accepts itself, so that memory
 * protection can be applied to it. */
#define MEMORY_WB	  UINT64_C(0x8)
#define MEMORY_PROTECTION UINT64_C(0x26000) /* EFI_MEMORY_RP, XP, RO */
#define MEMORY_CPU_CRYPTO UINT64_C(0x80000)

struct job {
	const struct efi_firmware *firmware;
	struct efi_memory_accept *protocol;
	struct efi_dxe_services *dxe;
	struct efi_progress progress;
	uint64_t accepted;
	/* The first failure. */
	const char *failed; /* what was done then; NULL: none */
	uint64_t where;
	efi_status status;
};

/* SEV-SNP: firmware would accept the rest when boot services end. TDX: no such protocol. */
static bool tell_firmware(const struct efi_firmware *firmware)
{
	static const struct efi_guid guid = EFI_ALLOW_UNACCEPTED_GUID;
	struct efi_allow_unaccepted *protocol = efi_locate(firmware, &guid);

	return protocol && !protocol->allow(protocol);
}

static bool fail(struct job *job, const char *what, uint64_t where, efi_status status)
{
	if (!job->failed) {
		job->failed = what;
		job->where = where;
		job->status = status;
	}
	return false;
}

/* From unaccepted to conventional: the memory map follows the GCD. */
static bool make_known(struct job *job, uint64_t start, uint64_t size)
{
	struct efi_gcd_descriptor descriptor;
	uint64_t capabilities = MEMORY_WB | MEMORY_PROTECTION | MEMORY_CPU_CRYPTO;
	efi_status status;

	if (!job->dxe->get_memory_space_descriptor(start, &descriptor))
		capabilities |= descriptor.capabilities;
	status = job->dxe->remove_memory_space(start, size);
	if (status)
		return fail(job, "removing the range from the firmware's memory map", start,
			    status);
	status = job->dxe->add_memory_space(EFI_GCD_SYSTEM_MEMORY, start, size, capabilities);
	if (status)
		return fail(job, "adding the range to the firmware's memory map", start, status);
	job->accepted += size;
	return true;
}

/*
 * Whether the range is unaccepted memory to the GCD, whole. What is accepted but cannot be made
 * known would be accepted a second time by the operating system, so this comes first.
 */
static bool is_unaccepted(const struct job *job, uint64_t start, uint64_t end)
{
	struct efi_gcd_descriptor descriptor;

	return !job->dxe->get_memory_space_descriptor(start, &descriptor) &&
	       descriptor.type == EFI_GCD_UNACCEPTED && descriptor.start <= start &&
	       end - descriptor.start <= descriptor.size;
}

static void accept_range(struct job *job, struct cvm_span range)
{
	uint64_t start = range.start;
	bool good = true;

	while (start < range.end && good) {
		uint64_t end = (start / STEP + 1) * STEP;
		efi_status status;

		if (end > range.end)
			end = range.end;
		if (!is_unaccepted(job, start, end)) {
			fail(job, "finding the range in the firmware's memory map", start,
			     EFI_NOT_FOUND);
			return;
		}
		status = job->protocol->accept(job->protocol, start, end - start);
		good = status ? fail(job, "accepting the range", start, status)
			      : make_known(job, start, end - start);
		efi_progress_step(&job->progress, job->firmware, end - start);
		start = end;
	}
}

static void report(const struct job *job)
{
	const struct efi_firmware *firmware = job->firmware;
	uint64_t ms = efi_progress_time(&job->progress, firmware);
	struct efi_text text = { 0 };

	if (job->failed) {
		efi_text_add(&text, job->failed);
		efi_text_add(&text, " at ");
		efi_text_hex(&text, job->where);
		efi_text_add(&text, " failed: ");
		efi_text_add(&text, efi_status_words(job->status));
		efi_text_add(&text, " (");
		efi_text_hex(&text, job->status);
		efi_text_add(&text, "); ");
		efi_text_size(&text, job->progress.total - job->accepted);
		efi_text_add(&text, " stay unaccepted");
		efi_say(firmware, &text);
		text = (struct efi_text){ 0 };
	}
	efi_text_size(&text, job->accepted);
	efi_text_add(&text, " accepted in ");
	efi_text_number(&text, ms / 1000);
	efi_text_add(&text, ".");
	efi_text_number(&text, ms / 100 % 10);
	efi_text_add(&text, " s");
	efi_say(firmware, &text);
}

static void accept_all(const struct efi_firmware *firmware, const struct efi_memory_map *map,
		       uint64_t limit)
{
	static const struct efi_guid accept = EFI_MEMORY_ACCEPT_GUID, dxe = EFI_DXE_SERVICES_GUID;
	struct job job = { .firmware = firmware };
	uint64_t bytes = efi_memory_map_unaccepted_bytes(map, limit);
	struct efi_text text = { 0 };
	struct cvm_span range;
	size_t at = 0;

	job.protocol = efi_locate(firmware, &accept);
	job.dxe = efi_configuration(firmware, &dxe);
	efi_text_size(&text, bytes);
	if (!job.protocol || !job.dxe) {
		efi_text_add(&text, " stay unaccepted: the firmware has no ");
		efi_text_add(&text, job.protocol ? "DXE services" : "memory accept protocol");
		efi_say(firmware, &text);
		return;
	}
	efi_text_add(&text, " to accept");
	efi_say(firmware, &text);
	firmware->boot->set_watchdog_timer(0, EFI_WATCHDOG_CODE, 0, NULL);
	efi_progress_begin(&job.progress, firmware, bytes);
	while (efi_memory_map_unaccepted(map, limit, &at, &range))
		accept_range(&job, range);
	report(&job);
	/* What is left was left on purpose, or would fail again. */
	if (job.accepted < efi_memory_map_unaccepted_bytes(map, CVM_PHYS_END))
		tell_firmware(firmware);
}

static void leave_it(const struct efi_firmware *firmware)
{
	if (tell_firmware(firmware))
		efi_say_words(firmware, "nothing is accepted, and the firmware was told that the "
					"operating system does it");
	else
		efi_say_words(firmware, "nothing is accepted; this firmware does not need to be "
					"told that the operating system does it");
}

void efi_accept(const struct efi_firmware *firmware, const struct efi_options *options,
		bool next_accepts)
{
	uint64_t limit = options->below ? options->below : CVM_PHYS_END;
	struct efi_memory_map map;
	efi_status status;

	if (firmware->platform == CVM_PLATFORM_NONE) {
		efi_say_words(firmware, "this is no TDX and no SEV-SNP guest: nothing to accept");
		return;
	}
	if (options->accept == EFI_ACCEPT_NEVER) {
		leave_it(firmware);
		return;
	}
	if (next_accepts && options->accept == EFI_ACCEPT_AUTO && !options->below) {
		efi_say_words(firmware, "nothing is accepted: the next image does it itself");
		return;
	}
	status = efi_memory_map_open(firmware, &map);
	if (status) {
		struct efi_text text = { 0 };

		efi_text_add(&text, "the memory map cannot be read: ");
		efi_text_add(&text, efi_status_words(status));
		efi_say(firmware, &text);
	} else if (!efi_memory_map_unaccepted_bytes(&map, limit)) {
		efi_say_words(firmware, options->below ? "nothing to accept below the limit"
						       : "nothing to accept");
	} else {
		accept_all(firmware, &map, limit);
	}
	efi_memory_map_close(firmware, &map);
}
