/* SPDX-License-Identifier: MIT */
#include "emu/snp/psp/launch_digest.h"

#include <string.h>

#define PAGE	       4096
#define PAGE_INFO_SIZE 0x70

/* Page types that only this file uses. */
enum { NORMAL = 1, VMSA = 2 };

/* Offsets in PAGE_INFO. */
enum { AT_DIGEST = 0, AT_CONTENTS = 48, AT_LENGTH = 96, AT_TYPE = 98, AT_GPA = 104 };

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static void hash(const uint8_t *data, size_t size, uint8_t *value)
{
	struct sha384 sha;

	sha384_start(&sha);
	sha384_add(&sha, data, size);
	sha384_end(&sha, value);
}

/* page NULL: the content is not measured. */
static void update(struct emu_launch_digest *digest, unsigned type, uint64_t gpa,
		   const uint8_t *page)
{
	uint8_t info[PAGE_INFO_SIZE] = { 0 };

	memcpy(info + AT_DIGEST, digest->value, SHA384_BYTES);
	if (page)
		hash(page, PAGE, info + AT_CONTENTS);
	put(info + AT_LENGTH, sizeof(info), 2);
	put(info + AT_TYPE, type, 1);
	put(info + AT_GPA, gpa, 8);
	hash(info, sizeof(info), digest->value);
}

void emu_launch_digest_normal(struct emu_launch_digest *digest, uint64_t gpa, const uint8_t *page)
{
	update(digest, NORMAL, gpa, page);
}

void emu_launch_digest_page(struct emu_launch_digest *digest, enum emu_launch_page kind,
			    uint64_t gpa)
{
	update(digest, kind, gpa, NULL);
}

static void put_segment(uint8_t *at, uint16_t selector, uint16_t attributes, uint64_t base)
{
	put(at, selector, 2);
	put(at + 2, attributes, 2);
	put(at + 4, 0xffff, 4);
	put(at + 8, base, 8);
}

void emu_launch_digest_vmsa(struct emu_launch_digest *digest, uint64_t gpa, const uint8_t *vmsa)
{
	update(digest, VMSA, gpa, vmsa);
}

void emu_launch_vmsa(uint8_t *vmsa, uint32_t ip, uint32_t fms)
{
	/* AMD APM volume 2, tables 14-1 and B-4; KVM sets EFER.SVME and CR4.MCE. */
	static const struct {
		uint16_t offset;
		uint64_t value;
	} fields[] = {
		{ 0x0d0, 0x1000 },	    /* EFER */
		{ 0x148, 0x40 },	    /* CR4 */
		{ 0x158, 0x10 },	    /* CR0 */
		{ 0x160, 0x400 },	    /* DR7 */
		{ 0x168, 0xffff0ff0 },	    /* DR6 */
		{ 0x170, 0x2 },		    /* RFLAGS */
		{ 0x268, 0x7040600070406 }, /* PAT */
		{ 0x3b0, 0x1 },		    /* SEV_FEATURES */
		{ 0x3e8, 0x1 },		    /* XCR0 */
	};
	/* ES, CS, SS, DS, FS, GS, GDTR, LDTR, IDTR, TR */
	static const uint16_t attributes[] = {
		0x93, 0x9b, 0x93, 0x93, 0x93, 0x93, 0, 0x82, 0, 0x8b
	};

	memset(vmsa, 0, PAGE);
	for (unsigned i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		put_segment(vmsa + 16 * i, 0, attributes[i], 0);
	put_segment(vmsa + 16, 0xf000, attributes[1], ip & 0xffff0000);
	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put(vmsa + fields[i].offset, fields[i].value, 8);
	put(vmsa + 0x178, ip & 0xffff, 8);
	put(vmsa + 0x310, fms, 8); /* RDX */
}

void emu_launch_digest_vcpu(struct emu_launch_digest *digest, uint32_t ip, uint32_t fms)
{
	uint8_t vmsa[PAGE];

	emu_launch_vmsa(vmsa, ip, fms);
	emu_launch_digest_vmsa(digest, EMU_LAUNCH_VMSA_GPA, vmsa);
}
