/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <string.h>

#include "emu/snp/svsm/svsm.h"

/*
 * An input is a guest's memory and then its calls. Whatever they are, the SVSM keeps to the guest's
 * memory that is valid, and validates nothing of its own.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES	  16
#define RAM_SIZE  (PAGES * 4096)
#define SVSM_BASE (8 * 4096)
#define SVSM_SIZE (4 * 4096)
#define CAA	  4096

static uint8_t ram[RAM_SIZE];
static bool valid[PAGES];

static bool is_svsm(uint64_t gpa)
{
	return gpa >= SVSM_BASE && gpa < SVSM_BASE + SVSM_SIZE;
}

static enum svsm_rmp pvalidate(void *ctx, unsigned vcpu, uint64_t gpa, bool huge, bool validate)
{
	bool was;

	assert(gpa < RAM_SIZE && !(gpa % 4096) && !is_svsm(gpa) && vcpu < 2);
	if (huge)
		return SVSM_RMP_FAIL_SIZEMISMATCH;
	was = valid[gpa / 4096];
	valid[gpa / 4096] = validate;
	return was == validate ? SVSM_RMP_UNCHANGED : SVSM_RMP_SUCCESS;
}

static bool may_access(uint64_t gpa, size_t size)
{
	if (gpa >= RAM_SIZE || size > RAM_SIZE - gpa)
		return false;
	assert(!is_svsm(gpa) && gpa / 4096 == (gpa + size - 1) / 4096);
	return valid[gpa / 4096];
}

static bool read_guest(void *ctx, uint64_t gpa, void *buffer, size_t size)
{
	if (may_access(gpa, size))
		memcpy(buffer, ram + gpa, size);
	return may_access(gpa, size);
}

static bool write_guest(void *ctx, uint64_t gpa, const void *buffer, size_t size)
{
	if (may_access(gpa, size))
		memcpy(ram + gpa, buffer, size);
	return may_access(gpa, size);
}

static bool is_memory(void *ctx, uint64_t gpa)
{
	return gpa < RAM_SIZE;
}

static enum svsm_rmp set_vmsa(void *ctx, unsigned vcpu, uint64_t gpa, bool vmsa)
{
	assert(gpa < RAM_SIZE && !(gpa % 4096) && !is_svsm(gpa));
	return valid[gpa / 4096] ? SVSM_RMP_SUCCESS : SVSM_RMP_FAIL_INPUT;
}

static int vcpu_of(void *ctx, uint32_t apic_id)
{
	return apic_id < 2 ? (int)apic_id : -1;
}

static void call(struct svsm *svsm, const uint8_t *data)
{
	struct svsm_regs regs;
	uint64_t caa = svsm_caa(svsm, 0), number;
	unsigned vcpu;

	memcpy(&regs, data, sizeof(regs));
	number = regs.rax;
	if (caa < RAM_SIZE)
		ram[caa] = 1;
	if (svsm_call(svsm, 0, &regs) != SVSM_RETURNED)
		return;
	assert(!ram[caa] || number == 1);
	assert(!regs.rax || regs.rax >> 31 == 1);
	assert(!svsm_is_vmsa(svsm, SVSM_BASE, &vcpu));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct svsm_config config = {
		.vcpus = 2,
		.vmpl = 2,
		.sev_features = 1,
		.base = SVSM_BASE,
		.size = SVSM_SIZE,
		.caa = CAA,
		.host = { .pvalidate = pvalidate,
			  .read = read_guest,
			  .write = write_guest,
			  .is_memory = is_memory,
			  .set_vmsa = set_vmsa,
			  .vcpu_of = vcpu_of },
	};
	struct svsm *svsm;

	/* The calling area and the page behind it come from the input. */
	if (size < 256)
		return 0;
	memset(ram, 0, sizeof(ram));
	memcpy(ram + CAA, data, 128);
	memcpy(ram + CAA + 4096, data + 128, 128);
	for (unsigned i = 0; i < PAGES; i++)
		valid[i] = i < 8;
	svsm = svsm_create(&config);
	assert(svsm);
	data += 256;
	size -= 256;
	for (; size >= sizeof(struct svsm_regs); size -= sizeof(struct svsm_regs)) {
		call(svsm, data);
		data += sizeof(struct svsm_regs);
	}
	svsm_destroy(svsm);
	return 0;
}
