// SPDX-License-Identifier: MIT
#include <linux/cc_platform.h>
#include <linux/irqflags.h>
#include <linux/mem_encrypt.h>
#include <linux/mm.h>
#include <linux/static_call.h>

#include <asm/sev.h>

#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include "live.h"

/* The library's code for TDX or SNP. On SNP it uses Linux's GHCB pages. */

/* What Linux keeps for a user of the GHCB: one pointer. */
struct ghcb_state {
	struct ghcb *backup;
};

/* What is in the library's cvm_snp_ghcb_state. */
struct held {
	struct ghcb_state linux_state;
	unsigned long flags;
	struct cvm_snp_ghcb *ghcb;
};

static_assert(sizeof(struct held) <= sizeof(struct cvm_snp_ghcb_state));

static struct ghcb *no_ghcb(struct ghcb_state *state)
{
	return NULL;
}

static void put_no_ghcb(struct ghcb_state *state)
{
}

DEFINE_STATIC_CALL(live_get_ghcb, no_ghcb);
DEFINE_STATIC_CALL(live_put_ghcb, put_no_ghcb);

static DEFINE_PER_CPU(struct cvm_snp_ghcb, live_ghcb);

/* Linux's handler of #VC uses the same page: it saves it where it finds it in use. */
static const struct cvm_snp_ghcb *ghcb_get(void *ctx, struct cvm_snp_ghcb_state *state)
{
	struct held *held = (struct held *)state;
	struct cvm_snp_ghcb *ghcb;

	local_irq_save(held->flags);
	ghcb = this_cpu_ptr(&live_ghcb);
	ghcb->va = static_call(live_get_ghcb)(&held->linux_state);
	/* Early in the boot Linux has none. */
	if (!ghcb->va)
		return NULL;
	ghcb->gpa = __pa(ghcb->va);
	return ghcb;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb, struct cvm_snp_ghcb_state *state)
{
	struct held *held = (struct held *)state;

	static_call(live_put_ghcb)(&held->linux_state);
	local_irq_restore(held->flags);
}

static struct cvm_platform *start_snp(void)
{
	static struct cvm_snp snp;
	const struct cvm_snp_config config = {
		.direct_map = PAGE_OFFSET,
		.c_bit = sme_me_mask ? __ffs64(sme_me_mask) : 0,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
	};
	void *get, *put;

	if (snp_vmpl) {
		pr_err("cvmem: this guest runs under an SVSM (VMPL %u), which the module does not "
		       "know\n",
		       snp_vmpl);
		return NULL;
	}
	get = (void *)live_symbol("__sev_get_ghcb");
	put = (void *)live_symbol("__sev_put_ghcb");
	if (!get || !put || cvm_snp_init(&snp, &config))
		return NULL;
	static_call_update(live_get_ghcb, get);
	static_call_update(live_put_ghcb, put);
	return &snp.platform;
}

static struct cvm_platform *start_tdx(void)
{
	static struct cvm_tdx tdx;
	int error = cvm_tdx_init(&tdx);

	if (error) {
		pr_err("cvmem: TDG.VP.INFO failed: %d\n", error);
		return NULL;
	}
	return &tdx.platform;
}

struct cvm_platform *live_platform_init(void)
{
	switch (cvm_platform_detect(NULL)) {
	case CVM_PLATFORM_TDX:
		return start_tdx();
	case CVM_PLATFORM_SNP:
		return start_snp();
	default:
		pr_err("cvmem: this machine is neither a TD nor an SNP guest\n");
		return NULL;
	}
}
