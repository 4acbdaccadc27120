/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/tdvf_lint.h"

#define PAGE   4096
#define FOUR_G UINT64_C(0x100000000)

/* Places within a section's entry. */
enum { DATA_OFFSET = 0, RAW_SIZE = 4, GPA = 8, SIZE = 16, TYPE = 24, ATTRIBUTES = 28 };

struct context {
	struct fw_tdvf *tdvf;
	struct bytes image;
	struct fw_lints *lints;
	size_t errors;
};

/* "section 2 (TD_HOB)": how messages name a section. */
#define NAMED	       "section %zu (%s)"
#define NAMES(tdvf, i) (i), fw_tdvf_type_name((tdvf)->section[i].type)

#define ERROR(context, i, name, field, ...)                                                        \
	((context)->errors++,                                                                      \
	 fw_lint_add((context)->lints, FW_ERROR, name,                                             \
		     (context)->tdvf->section[i].offset + (field), NAMED __VA_ARGS__))

static bool has_content(uint32_t type)
{
	return type == FW_TDVF_BFV || type == FW_TDVF_CFV;
}

static void check_address(struct context *context, size_t i)
{
	const struct fw_tdvf *tdvf = context->tdvf;
	const struct fw_tdvf_section *section = &tdvf->section[i];

	if (section->gpa % PAGE)
		ERROR(context, i, "tdvf-address", GPA,
		      ": its address is 0x%llx; right is a multiple of 0x1000", NAMES(tdvf, i),
		      (unsigned long long)section->gpa);
	if (section->size % PAGE)
		ERROR(context, i, "tdvf-size", SIZE,
		      ": its size in memory is 0x%llx; right is a multiple of 0x1000",
		      NAMES(tdvf, i), (unsigned long long)section->size);
	if (!section->size)
		ERROR(context, i, "tdvf-empty", SIZE,
		      ": its size in memory is 0; right is at least a page, or no such section",
		      NAMES(tdvf, i));
	if (section->gpa + section->size < section->gpa)
		ERROR(context, i, "tdvf-wraps", SIZE,
		      ": 0x%llx bytes from 0x%llx on go beyond the end of the address space",
		      NAMES(tdvf, i), (unsigned long long)section->size,
		      (unsigned long long)section->gpa);
}

/* The code part alone: with the variable store in front of it all would be in place. */
static bool is_split_code(const struct fw_tdvf *tdvf, struct bytes image, size_t i)
{
	const struct fw_tdvf_section *section = &tdvf->section[i];

	if (section->type != FW_TDVF_BFV || section->raw_size > image.size)
		return false;
	for (size_t k = 0; k < tdvf->count; k++) {
		const struct fw_tdvf_section *store = &tdvf->section[k];

		if (store->type == FW_TDVF_CFV && !store->data_offset &&
		    (uint64_t)store->raw_size + image.size ==
			    (uint64_t)section->data_offset + section->raw_size)
			return true;
	}
	return false;
}

static void check_content(struct context *context, size_t i)
{
	struct fw_tdvf *tdvf = context->tdvf;
	const struct fw_tdvf_section *section = &tdvf->section[i];
	uint64_t end = (uint64_t)section->data_offset + section->raw_size;

	if (section->raw_size > section->size)
		ERROR(context, i, "tdvf-raw-size", RAW_SIZE,
		      ": 0x%x bytes of content do not fit into 0x%llx bytes of memory",
		      NAMES(tdvf, i), section->raw_size, (unsigned long long)section->size);
	if (has_content(section->type) && !section->raw_size)
		ERROR(context, i, "tdvf-no-content", RAW_SIZE,
		      ": it has no content; right is the size of the volume in the file",
		      NAMES(tdvf, i));
	if ((section->type == FW_TDVF_TD_HOB || section->type == FW_TDVF_TEMP_MEM) &&
	    section->raw_size)
		ERROR(context, i, "tdvf-content", RAW_SIZE,
		      ": it has 0x%x bytes of content; right is 0, the host fills it",
		      NAMES(tdvf, i), section->raw_size);
	if (!section->raw_size || end <= context->image.size)
		return;
	if (is_split_code(tdvf, context->image, i)) {
		tdvf->split_code = true;
		ERROR(context, i, "split-code", DATA_OFFSET,
		      ": its content ends at 0x%llx of a file of 0x%zx: the code part of a split "
		      "image. -bios needs variables (VARS) and code in one file; join them in this "
		      "order",
		      NAMES(tdvf, i), (unsigned long long)end, context->image.size);
		return;
	}
	if (tdvf->split_code)
		return;
	ERROR(context, i, "tdvf-outside-file", DATA_OFFSET,
	      ": its content, 0x%x bytes from 0x%x on, ends outside the file, which has 0x%zx",
	      NAMES(tdvf, i), section->raw_size, section->data_offset, context->image.size);
}

static void check_type(struct context *context, size_t i)
{
	const struct fw_tdvf *tdvf = context->tdvf;
	const struct fw_tdvf_section *section = &tdvf->section[i];

	if (section->type > FW_TDVF_PAYLOAD_PARAM)
		ERROR(context, i, "tdvf-type", TYPE, ": its type is %u; types are 0 to 6",
		      NAMES(tdvf, i), section->type);
	else if (section->type > FW_TDVF_TEMP_MEM)
		fw_lint_add(context->lints, FW_WARNING, "tdvf-type-payload", section->offset + TYPE,
			    NAMED ": a type of td-shim and Cloud Hypervisor; QEMU refuses it",
			    NAMES(tdvf, i));
	if (section->attributes & ~(FW_TDVF_MR_EXTEND | FW_TDVF_PAGE_AUG))
		fw_lint_add(
			context->lints, FW_WARNING, "tdvf-attributes", section->offset + ATTRIBUTES,
			NAMED
			": attributes 0x%x; only bits 0 (MR.EXTEND) and 1 (PAGE.AUG) are defined",
			NAMES(tdvf, i), section->attributes);
	if (section->type != FW_TDVF_BFV)
		return;
	if (!(section->attributes & FW_TDVF_MR_EXTEND))
		fw_lint_add(
			context->lints, FW_WARNING, "tdvf-not-measured",
			section->offset + ATTRIBUTES,
			NAMED
			": bit 0 (MR.EXTEND) is clear: the code that starts is not part of MRTD",
			NAMES(tdvf, i));
}

static void check_overlap(struct context *context, size_t i)
{
	const struct fw_tdvf *tdvf = context->tdvf;
	const struct fw_tdvf_section *a = &tdvf->section[i];

	for (size_t k = 0; k < i; k++) {
		const struct fw_tdvf_section *b = &tdvf->section[k];

		if (a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size && a->size && b->size)
			ERROR(context, i, "tdvf-overlap", GPA,
			      ": its memory, 0x%llx bytes from 0x%llx on, overlaps " NAMED,
			      NAMES(tdvf, i), (unsigned long long)a->size,
			      (unsigned long long)a->gpa, NAMES(tdvf, k));
	}
}

static void check_all(struct context *context)
{
	const struct fw_tdvf *tdvf = context->tdvf;
	size_t count[FW_TDVF_PAYLOAD_PARAM + 1] = { 0 };
	bool at_top = false;

	for (size_t i = 0; i < tdvf->count; i++) {
		const struct fw_tdvf_section *section = &tdvf->section[i];

		if (section->type <= FW_TDVF_PAYLOAD_PARAM)
			count[section->type]++;
		at_top |= section->type == FW_TDVF_BFV && section->gpa + section->size == FOUR_G;
	}
	if (!count[FW_TDVF_BFV] && ++context->errors)
		fw_lint_add(context->lints, FW_ERROR, "tdvf-no-bfv", tdvf->offset,
			    "no section of type 0 (BFV): there is no code to start");
	else if (!at_top && ++context->errors)
		fw_lint_add(context->lints, FW_ERROR, "tdvf-bfv-end", tdvf->offset,
			    "no BFV ends at 4 GiB: a TD starts at 0xfffffff0, which must be in it");
	if (count[FW_TDVF_TD_HOB] != 1 && ++context->errors)
		fw_lint_add(
			context->lints, FW_ERROR,
			count[FW_TDVF_TD_HOB] ? "tdvf-two-hobs" : "tdvf-no-hob", tdvf->offset,
			"%zu sections of type 2 (TD_HOB); right is 1: by it the firmware learns "
			"which memory there is",
			count[FW_TDVF_TD_HOB]);
}

size_t fw_tdvf_lint(struct fw_tdvf *tdvf, struct bytes image, struct fw_lints *lints)
{
	struct context context = { tdvf, image, lints, 0 };

	for (size_t i = 0; i < tdvf->count; i++) {
		check_address(&context, i);
		check_content(&context, i);
		check_type(&context, i);
		check_overlap(&context, i);
	}
	check_all(&context);
	return context.errors;
}
