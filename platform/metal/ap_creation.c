/* SPDX-License-Identifier: MIT */
#include <cvmem/metal.h>

#include "platform/snp/snp.h"
#include "platform/x86.h"

/*
 * SNP AP Creation (GHCB specification 2.03, section 4.1.9): a CPU begins with the state of a save
 * area (VMSA) that the guest has written. AMD APM volume 2, appendix B, table B-4 has its layout.
 */
#define NAE_AP_CREATION UINT64_C(0x80000013)
#define AP_CREATE	UINT64_C(1)
#define AP_DESTROY	UINT64_C(2)

enum {
	ES = 0x000,
	CS = 0x010,
	SS = 0x020,
	DS = 0x030,
	FS = 0x040,
	GS = 0x050,
	GDTR = 0x060,
	LDTR = 0x070,
	TR = 0x090,
	BASE = 8, /* in a segment */
	EFER = 0x0d0,
	CR4 = 0x148,
	CR3 = 0x150,
	CR0 = 0x158,
	DR7 = 0x160,
	DR6 = 0x168,
	RFLAGS = 0x170,
	RIP = 0x178,
	RSP = 0x1d8,
	PAT = 0x268,
	RDI = 0x338,
	SEV_FEATURES = 0x3b0,
	XCR0 = 0x3e8,
	MXCSR = 0x408,
	FCW = 0x410,
};

/* A segment: selector in bits 15:0, attributes in 31:16, limit in 63:32. */
#define SEGMENT(selector, attributes, limit)                                                       \
	((uint64_t)(selector) | UINT64_C(attributes) << 16 | (uint64_t)(limit) << 32)
#define CODE64 0xa9b
#define DATA32 0xc93
#define TSS64  0x8b
#define LDT    0x82

/* RMPADJUST (AMD APM volume 3): RAX the virtual address, RCX the page's size, RDX the VMPL in 7:0,
 * its permissions in 15:8, VMSA in 16. */
#define RMPADJUST_VMSA	(UINT64_C(1) << 16)
#define RMPADJUST_VMPL1 UINT64_C(1)
/* A VMSA of a CPU that runs; the host stops it on another CPU, after it has answered. */
#define FAIL_INUSE  3
#define INUSE_TRIES 1000000

static uint32_t rmpadjust(uint64_t va, uint64_t operands)
{
	uint64_t rax = va;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax)
			 : "c"(UINT64_C(0)), "d"(operands)
			 : "memory", "cc");
	return (uint32_t)rax;
}

static void fill_vmsa(uint64_t va, const struct cvm_snp_cpu_start *start)
{
	static const unsigned data[] = { ES, SS, DS, FS, GS };
	uint8_t *vmsa = (uint8_t *)(uintptr_t)va;

#define PUT(offset, value) (*(uint64_t *)(void *)(vmsa + (offset)) = (value))
	x86_clear(vmsa, 4096);
	for (unsigned i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		PUT(data[i], SEGMENT(start->data_selector, DATA32, UINT32_MAX));
	PUT(CS, SEGMENT(start->code_selector, CODE64, UINT32_MAX));
	PUT(LDTR, SEGMENT(0, LDT, 0xffff));
	PUT(TR, SEGMENT(0, TSS64, 0xffff));
	PUT(GDTR, SEGMENT(0, 0, start->gdt_limit));
	PUT(GDTR + BASE, start->gdt);
	PUT(EFER, 0x1d00); /* SVME, NXE, LMA, LME */
	PUT(CR4, 0x60);	   /* MCE, PAE */
	PUT(CR3, start->cr3);
	PUT(CR0, 0x80010031); /* PG, WP, NE, ET, PE */
	PUT(DR7, 0x400);
	PUT(DR6, 0xffff0ff0);
	PUT(RFLAGS, 2);
	PUT(RIP, start->rip);
	PUT(RSP, start->rsp);
	PUT(RDI, start->rdi);
	PUT(PAT, UINT64_C(0x0007040600070406));
	PUT(SEV_FEATURES, start->sev_features);
	PUT(XCR0, 1);
	PUT(MXCSR, 0x1f80);
	PUT(FCW, 0x37f);
#undef PUT
}

static int request(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb, uint64_t what,
		   uint32_t apic_id, uint64_t vmsa, uint64_t sev_features)
{
	cvm_snp_ghcb_clear(ghcb);
	cvm_snp_ghcb_set(ghcb, GHCB_RAX, sev_features);
	cvm_snp_ghcb_send(snp, ghcb, NAE_AP_CREATION, (uint64_t)apic_id << 32 | what, vmsa, NULL);
	return (uint32_t)*snp_ghcb_field(ghcb, GHCB_EXIT_INFO_1) ? CVM_EIO : 0;
}

/* Where the host does not start the CPU, the page must not stay a VMSA: the host could run it
 * later. */
static int create_cpu(const struct cvm_snp *snp, const struct cvm_snp_ghcb *ghcb,
		      const struct cvm_snp_cpu_start *start)
{
	uint64_t va = start->vmsa + snp->config.direct_map;
	int error;

	fill_vmsa(va, start);
	if (rmpadjust(va, RMPADJUST_VMSA | RMPADJUST_VMPL1))
		return CVM_EIO;
	error = request(snp, ghcb, AP_CREATE, start->apic_id, start->vmsa, start->sev_features);
	if (error && rmpadjust(va, RMPADJUST_VMPL1))
		return CVM_EBUSY;
	return error;
}

int cvm_snp_start_cpu(const struct cvm_snp *snp, const struct cvm_snp_cpu_start *start)
{
	const struct cvm_snp_ghcb *ghcb;
	struct cvm_snp_ghcb_state state;
	int error;

	if (start->vmsa & 4095 || !(start->vmsa & (cvm_level_bytes(CVM_LEVEL_2M) - 1)))
		return CVM_EINVAL;
	ghcb = snp_ghcb_get(snp, &state);
	error = ghcb ? create_cpu(snp, ghcb, start) : CVM_EINVAL;
	snp_ghcb_put(snp, ghcb, &state);
	return error;
}

static int destroy_cpu(const struct cvm_snp *snp, uint32_t apic_id, uint64_t vmsa)
{
	struct cvm_snp_ghcb_state state;
	const struct cvm_snp_ghcb *ghcb = snp_ghcb_get(snp, &state);
	int error = ghcb ? request(snp, ghcb, AP_DESTROY, apic_id, vmsa, 0) : CVM_EINVAL;

	snp_ghcb_put(snp, ghcb, &state);
	return error;
}

int cvm_snp_stop_cpu(const struct cvm_snp *snp, uint32_t apic_id, uint64_t vmsa)
{
	uint64_t va = vmsa + snp->config.direct_map;
	uint32_t status = FAIL_INUSE;
	int error = destroy_cpu(snp, apic_id, vmsa);

	if (error)
		return error;
	for (unsigned tries = 0; status == FAIL_INUSE && tries < INUSE_TRIES; tries++) {
		status = rmpadjust(va, RMPADJUST_VMPL1);
		x86_pause();
	}
	return status ? CVM_EIO : 0;
}
