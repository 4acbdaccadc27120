/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/igvm.h"

#include <zlib.h>

/* IGVM_FIXED_HEADER; version 2 adds architecture and page size. */
enum {
	FIXED_VERSION = 4,
	FIXED_OFFSET = 8,
	FIXED_SIZE = 12,
	FIXED_TOTAL = 16,
	FIXED_CHECKSUM = 20,
	FIXED_V1 = 24,
	FIXED_ARCHITECTURE = 24,
	FIXED_V2 = 32,
};
#define VARIABLE_HEADER 8

/* IGVM_VHT_*: type of a variable header; a loader may ignore it if the top bit is set. */
#define IGNORABLE 0x80000000u
enum {
	SUPPORTED_PLATFORM = 0x1,
	GUEST_POLICY = 0x101,
	PARAMETER_AREA = 0x301,
	PAGE_DATA = 0x302,
	VP_CONTEXT = 0x304,
	REQUIRED_MEMORY = 0x305,
	MEMORY_MAP = 0x30c,
};

struct context {
	struct fw_igvm *igvm;
	struct bytes file;
	struct fw_lints *lints;
	size_t errors;
};

#define ERROR(context, name, offset, ...)                                                          \
	((context)->errors++, fw_lint_add((context)->lints, FW_ERROR, name, offset, __VA_ARGS__))

const char *fw_igvm_platform_name(uint8_t platform)
{
	static const char *const names[] = { "platform", "VSM", "SEV-SNP", "TDX",
					     "native",	 "SEV", "SEV-ES" };

	return platform < sizeof(names) / sizeof(names[0]) ? names[platform] : "platform";
}

/* IGVM_VHS_SUPPORTED_PLATFORM: mask, highest VTL, type, version, boundary. */
static void read_platform(struct context *context, struct bytes body, size_t offset)
{
	struct fw_igvm *igvm = context->igvm;
	struct fw_igvm_target *target;
	uint32_t mask = bytes_u32(body, 0);

	if (igvm->count == FW_IGVM_PLATFORMS_MAX) {
		ERROR(context, "igvm-platforms", offset, "more than %d platforms",
		      FW_IGVM_PLATFORMS_MAX);
		return;
	}
	if (!mask || mask & (mask - 1))
		ERROR(context, "igvm-mask", offset,
		      "a platform's compatibility mask is 0x%x; right is exactly one bit", mask);
	for (size_t i = 0; i < igvm->count; i++)
		if (igvm->target[i].mask & mask)
			ERROR(context, "igvm-mask", offset,
			      "two platforms have the compatibility mask 0x%x; right is a bit of "
			      "its own for each",
			      mask);
	target = &igvm->target[igvm->count++];
	target->mask = mask;
	target->highest_vtl = body.data[4];
	target->platform = body.data[5];
	target->version = bytes_u16(body, 6);
	target->shared_boundary = bytes_u64(body, 8);
	if (!target->platform || target->platform > FW_IGVM_SEV_ES)
		fw_lint_add(context->lints, FW_WARNING, "igvm-platform", offset + 5,
			    "platform type %u; defined are 1 (VSM) to 6 (SEV-ES)",
			    target->platform);
}

/* The data of a header: offset 0 means zeros. */
static void check_data(struct context *context, uint32_t data_offset, uint64_t size, size_t offset)
{
	if (data_offset && !bytes_have(context->file, data_offset, size))
		ERROR(context, "igvm-outside-file", offset,
		      "its data, 0x%llx bytes from 0x%x on, ends outside the file, which has 0x%zx",
		      (unsigned long long)size, data_offset, context->file.size);
}

/* IGVM_VHS_PAGE_DATA: GPA, mask, offset, flags (0 2 MiB, 1 unmeasured), type (1 secrets, 2, 3
 * CPUID). */
static void read_page(struct context *context, struct bytes body, size_t offset)
{
	uint64_t gpa = bytes_u64(body, 0);
	uint32_t flags = bytes_u32(body, 16);
	uint64_t size = flags & 1 ? 0x200000 : 0x1000;
	uint16_t type = bytes_u16(body, 20);

	if (gpa % size)
		ERROR(context, "igvm-address", offset,
		      "a page's address is 0x%llx; right is a multiple of its size, 0x%llx",
		      (unsigned long long)gpa, (unsigned long long)size);
	/* A file may end with the last page's content, without the zeros after it. */
	check_data(context, bytes_u32(body, 12), 1, offset + 12);
	for (size_t i = 0; i < context->igvm->count; i++) {
		struct fw_igvm_target *target = &context->igvm->target[i];

		if (!(target->mask & bytes_u32(body, 8)))
			continue;
		target->pages++;
		target->unmeasured += flags >> 1 & 1;
		target->secrets += type == 1;
		target->cpuid += type == 2 || type == 3;
	}
}

/* Headers with an address at 0 and a mask at 8: a vCPU's context, required memory. */
static void read_masked(struct context *context, struct bytes body, uint32_t type, size_t offset)
{
	if (bytes_u64(body, 0) % 4096)
		ERROR(context, "igvm-address", offset,
		      "an address is 0x%llx; right is a multiple of 0x1000",
		      (unsigned long long)bytes_u64(body, 0));
	if (type == VP_CONTEXT)
		check_data(context, bytes_u32(body, 12), 1, offset + 12);
	for (size_t i = 0; i < context->igvm->count; i++) {
		struct fw_igvm_target *target = &context->igvm->target[i];

		if (!(target->mask & bytes_u32(body, 8)))
			continue;
		target->contexts += type == VP_CONTEXT;
		if (type == REQUIRED_MEMORY) {
			target->required++;
			target->required_bytes += bytes_u32(body, 12);
		}
	}
}

/* The least size of a header of this type; 0: it is not read. */
static size_t size_of(uint32_t type)
{
	switch (type) {
	case SUPPORTED_PLATFORM:
	case GUEST_POLICY:
	case PARAMETER_AREA:
	case REQUIRED_MEMORY:
		return 16;
	case PAGE_DATA:
		return 24;
	case VP_CONTEXT:
		return 20;
	case MEMORY_MAP:
		return 8;
	default:
		return 0;
	}
}

static void read_header(struct context *context, uint32_t type, struct bytes body, size_t offset)
{
	struct fw_igvm *igvm = context->igvm;

	if (body.size < size_of(type)) {
		ERROR(context, "igvm-header", offset,
		      "a header of type 0x%x has %zu bytes; right is %zu", type, body.size,
		      size_of(type));
		return;
	}
	switch (type) {
	case SUPPORTED_PLATFORM:
		read_platform(context, body, offset);
		break;
	case GUEST_POLICY:
		for (size_t i = 0; i < igvm->count; i++)
			if (igvm->target[i].mask & bytes_u32(body, 8))
				igvm->target[i].policy = true;
		break;
	case PARAMETER_AREA:
		igvm->parameters++;
		check_data(context, bytes_u32(body, 12), 1, offset + 12);
		break;
	case PAGE_DATA:
		read_page(context, body, offset);
		break;
	case VP_CONTEXT:
	case REQUIRED_MEMORY:
		read_masked(context, body, type, offset);
		break;
	case MEMORY_MAP:
		igvm->memory_map = true;
		break;
	}
}

static void read_headers(struct context *context, struct bytes headers, size_t base)
{
	size_t offset = 0;

	while (bytes_have(headers, offset, VARIABLE_HEADER)) {
		uint32_t type = bytes_u32(headers, offset), size = bytes_u32(headers, offset + 4);

		if (!bytes_have(headers, offset + VARIABLE_HEADER, size)) {
			ERROR(context, "igvm-header", base + offset + 4,
			      "a header's length is 0x%x; at most 0x%zx bytes are left of the "
			      "headers",
			      size, headers.size - offset - VARIABLE_HEADER);
			return;
		}
		context->igvm->headers++;
		read_header(context, type & ~IGNORABLE,
			    bytes_part(headers, offset + VARIABLE_HEADER, size),
			    base + offset + VARIABLE_HEADER);
		offset += VARIABLE_HEADER + size;
		offset += -offset & 7;
	}
}

/* CRC32 of fixed and variable headers, with the checksum's own field as zeros. */
static void check_sum(struct context *context, size_t end)
{
	static const uint8_t zero[4];
	uint32_t wanted = bytes_u32(context->file, FIXED_CHECKSUM);
	uLong sum = crc32(0, context->file.data, FIXED_CHECKSUM);

	sum = crc32(sum, zero, sizeof(zero));
	sum = crc32(sum, context->file.data + FIXED_V1, (uInt)(end - FIXED_V1));
	if (sum != wanted)
		ERROR(context, "igvm-checksum", FIXED_CHECKSUM,
		      "the headers' CRC32 is 0x%08x in the file; right is 0x%08lx", wanted, sum);
}

static void check_targets(struct context *context)
{
	const struct fw_igvm *igvm = context->igvm;

	if (!igvm->count)
		ERROR(context, "igvm-no-platform", FIXED_OFFSET,
		      "no header of type 1 (supported platform): no host can load it");
	for (size_t i = 0; i < igvm->count; i++) {
		const struct fw_igvm_target *target = &igvm->target[i];

		if (!target->pages)
			ERROR(context, "igvm-no-pages", FIXED_OFFSET,
			      "no page data for platform %s: nothing would be loaded",
			      fw_igvm_platform_name(target->platform));
		if (target->platform == FW_IGVM_SNP && !target->cpuid)
			ERROR(context, "igvm-no-cpuid", FIXED_OFFSET,
			      "no page of type 2 (CPUID) for SEV-SNP");
		if (target->platform == FW_IGVM_SNP && !target->secrets)
			ERROR(context, "igvm-no-secrets", FIXED_OFFSET,
			      "no page of type 1 (secrets) for SEV-SNP");
		if (target->platform == FW_IGVM_TDX && target->contexts)
			ERROR(context, "igvm-context", FIXED_OFFSET,
			      "%zu vCPU contexts for TDX, whose vCPUs start in a fixed state; "
			      "right is none",
			      target->contexts);
	}
}

void fw_igvm_read(struct fw_igvm *igvm, struct bytes file, struct fw_lints *lints)
{
	struct context context = { igvm, file, lints, 0 };
	uint32_t offset, size;
	size_t fixed;

	memset(igvm, 0, sizeof(*igvm));
	if (!bytes_are(file, 0, "IGVM", 4))
		return;
	igvm->present = true;
	if (!bytes_have(file, 0, FIXED_V1)) {
		ERROR(&context, "igvm-truncated", 0,
		      "the file ends within the fixed header (%d bytes)", FIXED_V1);
		return;
	}
	igvm->version = bytes_u32(file, FIXED_VERSION);
	fixed = igvm->version >= 2 ? FIXED_V2 : FIXED_V1;
	if (igvm->version < 1 || igvm->version > 2)
		ERROR(&context, "igvm-version", FIXED_VERSION,
		      "the format's version is %u; 1 and 2 are defined", igvm->version);
	if (fixed == FIXED_V2 && bytes_have(file, 0, FIXED_V2))
		igvm->architecture = bytes_u32(file, FIXED_ARCHITECTURE);
	igvm->total_size = bytes_u32(file, FIXED_TOTAL);
	if (igvm->total_size != file.size)
		ERROR(&context, "igvm-size", FIXED_TOTAL,
		      "the header says that the file has 0x%x bytes; it has 0x%zx",
		      igvm->total_size, file.size);
	offset = bytes_u32(file, FIXED_OFFSET);
	size = bytes_u32(file, FIXED_SIZE);
	if (offset < fixed || offset % 8 || !bytes_have(file, offset, size)) {
		ERROR(&context, "igvm-headers", FIXED_OFFSET,
		      "the variable headers, 0x%x bytes from 0x%x on, are not in the file; right "
		      "is a multiple of 8 from %zu on",
		      size, offset, fixed);
		return;
	}
	check_sum(&context, (size_t)offset + size);
	read_headers(&context, bytes_part(file, offset, size), offset);
	check_targets(&context);
	igvm->usable = !context.errors;
}
