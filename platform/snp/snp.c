/* SPDX-License-Identifier: MIT */
#include "platform/snp/snp.h"
#include "platform/x86.h"

/*
 * GHCB specification 2.03, section 2.3.1: termination request 0x100, reason code set in bits
 * 15:12, reason code in 23:16. Set 0 is the specification's and set 1 is Linux's; this
 * library's set is 0xc, its codes are enum cvm_terminate_reason.
 */
#define MSR_TERMINATE	  UINT64_C(0x100)
#define TERMINATE_SET_CVM UINT64_C(0xc)

static void snp_terminate(struct cvm_platform *platform, enum cvm_terminate_reason reason,
			  uint64_t gpa)
{
	struct cvm_snp *snp = (struct cvm_snp *)platform;

	(void)gpa; /* the protocol has no place for it */
	/* A host that resumes the guest is told again. */
	for (;;) {
		x86_wrmsr(MSR_GHCB, MSR_TERMINATE | TERMINATE_SET_CVM << 12 |
					    (uint64_t)(reason & 0xff) << 16);
		snp_vmgexit(snp, NULL);
		x86_pause();
	}
}

static bool is_private(const struct cvm_snp *snp, uint64_t start, uint64_t end)
{
	return !((start | end) & 4095) && start <= end &&
	       (!snp->platform.gpa_end || end <= snp->platform.gpa_end);
}

/* Above VMPL 0 the SVSM alone can use PVALIDATE. */
static int set_validated(struct cvm_snp *snp, uint64_t start, uint64_t end, bool validate,
			 struct cvm_accept_result *result)
{
	return snp->config.caa ? cvm_snp_svsm_pvalidate(snp, start, end, validate, result)
			       : cvm_snp_pvalidate(snp, start, end, validate, result);
}

/* The page-state change comes first (a page cannot be validated before it is the guest's),
 * batch by batch, so that an error leaves little between the two states. */
static int snp_accept(struct cvm_platform *platform, uint64_t start, uint64_t end,
		      struct cvm_accept_result *result)
{
	struct cvm_snp *snp = (struct cvm_snp *)platform;
	uint64_t pos = start;

	if (!is_private(snp, start, end))
		return CVM_EINVAL;
	while (pos < end) {
		uint64_t batch = cvm_snp_batch_end(pos, end);
		uint64_t next, status;
		int error = cvm_snp_change_state(snp, pos, batch, PSC_PRIVATE, &next, &status);

		if (error) {
			result->where = next;
			result->where_bytes = cvm_snp_entry_bytes(next, end);
			result->status = status;
			return error;
		}
		error = set_validated(snp, pos, batch, true, result);
		if (error)
			return error;
		pos = batch;
	}
	return 0;
}

/* [start, end) was rescinded, and the host did not take it: validate it again, all of it or
 * nothing. */
static bool undo_rescind(struct cvm_snp *snp, uint64_t start, uint64_t end)
{
	struct cvm_accept_result result;

	x86_clear(&result, sizeof(result));
	if (!set_validated(snp, start, end, true, &result))
		return true;
	end = start + result.done;
	x86_clear(&result, sizeof(result));
	set_validated(snp, start, end, false, &result);
	return false;
}

/* Rescind first: the host may take a page at any moment once it is asked to. */
static int snp_set_shared(struct cvm_platform *platform, uint64_t start, uint64_t end,
			  uint64_t *done)
{
	struct cvm_snp *snp = (struct cvm_snp *)platform;
	uint64_t pos = start;

	*done = 0;
	if (!is_private(snp, start, end))
		return CVM_EINVAL;
	while (pos < end) {
		struct cvm_accept_result rescinded;
		uint64_t batch = cvm_snp_batch_end(pos, end);
		uint64_t next = pos, status;
		int error;

		x86_clear(&rescinded, sizeof(rescinded));
		error = set_validated(snp, pos, batch, false, &rescinded);
		batch = pos + rescinded.done;
		if (!error)
			error = cvm_snp_change_state(snp, pos, batch, PSC_SHARED, &next, &status);
		/* Pages that are not validated any more count as shared, so that the guest does
		 * not touch them. */
		if (error && next < batch && !undo_rescind(snp, next, batch))
			next = batch;
		*done = next - start;
		if (error)
			return CVM_EIO;
		pos = batch;
	}
	return 0;
}

static int snp_set_private(struct cvm_platform *platform, uint64_t start, uint64_t end,
			   uint64_t *done)
{
	struct cvm_snp *snp = (struct cvm_snp *)platform;
	uint64_t next, status;
	int error;

	*done = 0;
	if (!is_private(snp, start, end))
		return CVM_EINVAL;
	error = cvm_snp_change_state(snp, start, end, PSC_PRIVATE, &next, &status);
	*done = next - start;
	return error;
}

/* CPUID 0x8000001f EBX[31], COHERENCY_SFW_NO (AMD APM volume 3, appendix E.4.17). */
static bool cpuid_requires_eviction(const struct cvm_snp_config *config)
{
	void (*cpuid)(uint32_t, uint32_t, struct cvm_cpuid *) =
		config->cpuid ? config->cpuid : x86_cpuid;
	struct cvm_cpuid leaf;

	cpuid(CPUID_EXTENDED, 0, &leaf);
	if (leaf.eax < CPUID_SEV)
		return true;
	cpuid(CPUID_SEV, 0, &leaf);
	return !(leaf.ebx >> 31);
}

int cvm_snp_init(struct cvm_snp *snp, const struct cvm_snp_config *config)
{
	if (config->direct_map & 4095)
		return CVM_EINVAL;
	if (!config->ghcb_get != !config->ghcb_put)
		return CVM_EINVAL;
	if (config->c_bit && (config->c_bit < 32 || config->c_bit > 51))
		return CVM_EINVAL;
	if (config->evict > CVM_SNP_EVICT_NEVER)
		return CVM_EINVAL;

	snp->platform.name = "snp";
	snp->platform.accept = snp_accept;
	snp->platform.set_shared = snp_set_shared;
	snp->platform.set_private = snp_set_private;
	snp->platform.terminate = snp_terminate;
	snp->config.direct_map = config->direct_map;
	snp->platform.gpa_end = config->c_bit ? UINT64_C(1) << config->c_bit : 0;
	snp->config.c_bit = config->c_bit;
	snp->config.evict = config->evict;
	snp->config.cpuid = config->cpuid;
	snp->config.ghcb_get = config->ghcb_get;
	snp->config.ghcb_put = config->ghcb_put;
	snp->config.caa = config->caa;
	snp->config.vmgexit = config->vmgexit;
	snp->config.ctx = config->ctx;
	snp->evict = config->evict == CVM_SNP_EVICT_ALWAYS ||
		     (config->evict == CVM_SNP_EVICT_BY_CPUID && cpuid_requires_eviction(config));
	return 0;
}
