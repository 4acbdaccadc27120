/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/tdvf_lint.h"

#include "tools/inspect/firmware/table.h"

#define FOUR_G UINT64_C(0x100000000)

/* Places within a section's entry. */
enum { DATA_OFFSET = 0, RAW_SIZE = 4, GPA = 8, SIZE = 16, TYPE = 24, ATTRIBUTES = 28 };

struct context {
	const struct metadata *tdvf;
	struct bytes image;
	struct fw_lints *lints;
	bool split_code; /* the lint has been added */
	size_t errors;
};

#define ERROR_AT(context, name, offset, ...)                                                       \
	((context)->errors++, fw_lint_add((context)->lints, FW_ERROR, name, offset, __VA_ARGS__))

/* "section 2 (TD_HOB)": how messages name a section. */
#define NAMED	       "section %zu (%s)"
#define NAMES(tdvf, i) (i), tdvf_type_name((tdvf)->section[i].type)

#define ERROR(context, i, name, field, ...)                                                        \
	ERROR_AT(context, name, (context)->tdvf->section[i].offset + (field), NAMED __VA_ARGS__)

static void check_header(struct context *context)
{
	const struct metadata *tdvf = context->tdvf;

	if (tdvf->errors & METADATA_NO_GUID)
		fw_lint_add(
			context->lints, FW_WARNING, "tdvf-guid", tdvf->offset,
			"the 16 bytes before the TDVF descriptor are not the GUID "
			"e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae; hosts that ask for it refuse this");
	if (tdvf->errors & METADATA_BAD_VERSION)
		ERROR_AT(context, "tdvf-version", tdvf->offset + 8,
			 "the TDVF descriptor's version is %u; 1 is the only one", tdvf->version);
	if (tdvf->errors & METADATA_BAD_LENGTH)
		ERROR_AT(context, "tdvf-length", tdvf->offset + 4,
			 "the TDVF descriptor's length is %u; right for %u sections is %llu",
			 tdvf->length, tdvf->declared, 16 + 32ull * tdvf->declared);
	if (tdvf->errors & METADATA_TOO_MANY)
		ERROR_AT(context, "tdvf-count", tdvf->offset + 12,
			 "the TDVF descriptor has %u sections; no host takes so many, %d are read",
			 tdvf->declared, METADATA_SECTIONS_MAX);
	if (tdvf->errors & METADATA_TRUNCATED)
		ERROR_AT(context, "tdvf-truncated", tdvf->offset + 16 + 32 * tdvf->count,
			 "the file ends within section %zu of %u of the TDVF descriptor",
			 tdvf->count, tdvf->declared);
}

static void check_address(struct context *context, size_t i)
{
	const struct metadata *tdvf = context->tdvf;
	const struct metadata_section *section = &tdvf->section[i];

	if (section->errors & METADATA_BAD_ADDRESS)
		ERROR(context, i, "tdvf-address", GPA,
		      ": its address is 0x%llx; right is a multiple of 0x1000", NAMES(tdvf, i),
		      (unsigned long long)section->gpa);
	if (section->errors & METADATA_BAD_SIZE)
		ERROR(context, i, "tdvf-size", SIZE,
		      ": its size in memory is 0x%llx; right is a multiple of 0x1000",
		      NAMES(tdvf, i), (unsigned long long)section->size);
	if (section->errors & METADATA_EMPTY)
		ERROR(context, i, "tdvf-empty", SIZE,
		      ": its size in memory is 0; right is at least a page, or no such section",
		      NAMES(tdvf, i));
	if (section->errors & METADATA_BAD_END)
		ERROR(context, i, "tdvf-wraps", SIZE,
		      ": 0x%llx bytes from 0x%llx on go beyond the end of the address space",
		      NAMES(tdvf, i), (unsigned long long)section->size,
		      (unsigned long long)section->gpa);
}

/* The image has the code part alone; with the variable store before it, offsets are right. */
static bool is_split_code(const struct metadata *tdvf, struct bytes image, size_t i)
{
	const struct metadata_section *section = &tdvf->section[i];

	if (section->type != TDVF_BFV || section->raw_size > image.size)
		return false;
	for (size_t k = 0; k < tdvf->count; k++) {
		const struct metadata_section *store = &tdvf->section[k];

		if (store->type == TDVF_CFV && !store->data_offset &&
		    (uint64_t)store->raw_size + image.size ==
			    (uint64_t)section->data_offset + section->raw_size)
			return true;
	}
	return false;
}

static void check_content(struct context *context, size_t i)
{
	const struct metadata *tdvf = context->tdvf;
	const struct metadata_section *section = &tdvf->section[i];
	uint64_t end = (uint64_t)section->data_offset + section->raw_size;

	if (section->errors & METADATA_BAD_RAW_SIZE)
		ERROR(context, i, "tdvf-raw-size", RAW_SIZE,
		      ": 0x%x bytes of content do not fit into 0x%llx bytes of memory",
		      NAMES(tdvf, i), section->raw_size, (unsigned long long)section->size);
	if (section->errors & METADATA_NO_CONTENT)
		ERROR(context, i, "tdvf-no-content", RAW_SIZE,
		      ": it has no content; right is the size of the volume in the file",
		      NAMES(tdvf, i));
	if (section->errors & METADATA_CONTENT)
		ERROR(context, i, "tdvf-content", RAW_SIZE,
		      ": it has 0x%x bytes of content; right is 0, the host fills it",
		      NAMES(tdvf, i), section->raw_size);
	if (!section->raw_size || end <= context->image.size)
		return;
	if (is_split_code(tdvf, context->image, i)) {
		context->split_code = true;
		ERROR(context, i, "split-code", DATA_OFFSET,
		      ": its content ends at 0x%llx of a file of 0x%zx: the code part of a split "
		      "image. -bios needs variables (VARS) and code in one file; join them in this "
		      "order",
		      NAMES(tdvf, i), (unsigned long long)end, context->image.size);
		return;
	}
	if (context->split_code)
		return;
	ERROR(context, i, "tdvf-outside-file", DATA_OFFSET,
	      ": its content, 0x%x bytes from 0x%x on, ends outside the file, which has 0x%zx",
	      NAMES(tdvf, i), section->raw_size, section->data_offset, context->image.size);
}

static void check_type(struct context *context, size_t i)
{
	const struct metadata *tdvf = context->tdvf;
	const struct metadata_section *section = &tdvf->section[i];

	if (section->errors & METADATA_BAD_TYPE)
		ERROR(context, i, "tdvf-type", TYPE, ": its type is %u; types are 0 to 6",
		      NAMES(tdvf, i), section->type);
	else if (section->errors & METADATA_PAYLOAD_TYPE)
		fw_lint_add(context->lints, FW_WARNING, "tdvf-type-payload", section->offset + TYPE,
			    NAMED ": a type of td-shim and Cloud Hypervisor; QEMU refuses it",
			    NAMES(tdvf, i));
	if (section->attributes & ~(TDVF_MR_EXTEND | TDVF_PAGE_AUG))
		fw_lint_add(
			context->lints, FW_WARNING, "tdvf-attributes", section->offset + ATTRIBUTES,
			NAMED
			": attributes 0x%x; only bits 0 (MR.EXTEND) and 1 (PAGE.AUG) are defined",
			NAMES(tdvf, i), section->attributes);
	if (section->type != TDVF_BFV)
		return;
	if (!(section->attributes & TDVF_MR_EXTEND))
		fw_lint_add(
			context->lints, FW_WARNING, "tdvf-not-measured",
			section->offset + ATTRIBUTES,
			NAMED
			": bit 0 (MR.EXTEND) is clear: the code that starts is not part of MRTD",
			NAMES(tdvf, i));
}

static void check_overlap(struct context *context, size_t i)
{
	const struct metadata *tdvf = context->tdvf;
	const struct metadata_section *a = &tdvf->section[i];

	for (size_t k = 0; k < i; k++) {
		const struct metadata_section *b = &tdvf->section[k];

		if (metadata_overlap(a, b))
			ERROR(context, i, "tdvf-overlap", GPA,
			      ": its memory, 0x%llx bytes from 0x%llx on, overlaps " NAMED,
			      NAMES(tdvf, i), (unsigned long long)a->size,
			      (unsigned long long)a->gpa, NAMES(tdvf, k));
	}
}

static void check_all(struct context *context)
{
	const struct metadata *tdvf = context->tdvf;
	size_t hobs = metadata_count(tdvf, TDVF_TD_HOB);
	bool at_top = false;

	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];

		at_top |= section->type == TDVF_BFV && section->gpa + section->size == FOUR_G;
	}
	if (!metadata_find(tdvf, TDVF_BFV))
		ERROR_AT(context, "tdvf-no-bfv", tdvf->offset,
			 "no section of type 0 (BFV): there is no code to start");
	else if (!at_top)
		ERROR_AT(context, "tdvf-bfv-end", tdvf->offset,
			 "no BFV ends at 4 GiB: a TD starts at 0xfffffff0, which must be in it");
	if (hobs != 1)
		ERROR_AT(context, hobs ? "tdvf-two-hobs" : "tdvf-no-hob", tdvf->offset,
			 "%zu sections of type 2 (TD_HOB); right is 1: by it the firmware learns "
			 "which memory there is",
			 hobs);
}

bool fw_tdvf_lint(const struct metadata *tdvf, struct bytes image, struct fw_lints *lints)
{
	struct context context = { .tdvf = tdvf, .image = image, .lints = lints };

	fw_table_lint_place(tdvf, image, "the TDVF descriptor", lints);
	if (tdvf->errors & METADATA_BAD_SIGNATURE)
		ERROR_AT(&context, "tdvf-signature", tdvf->offset,
			 "the GUID table says that the TDVF descriptor is here; it begins with "
			 "\"TDVF\", and this does not");
	else if (tdvf->errors & METADATA_NO_HEADER)
		ERROR_AT(&context, "tdvf-truncated", tdvf->offset,
			 "the file ends within the header of the TDVF descriptor (16 bytes)");
	if (!tdvf->present || context.errors)
		return false;
	check_header(&context);
	for (size_t i = 0; i < tdvf->count; i++) {
		check_address(&context, i);
		check_content(&context, i);
		check_type(&context, i);
		check_overlap(&context, i);
	}
	check_all(&context);
	return !context.errors;
}
