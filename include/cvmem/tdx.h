/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_TDX_H
#define CVMEM_TDX_H

#include <stdbool.h>

#include <cvmem/platform.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Intel TDX: TDCALL leaves of the TDX module (base specification 1.5, ABI reference)
 * and TDVMCALLs of the guest-hypervisor communication interface (GHCI 1.5).
 *
 * result->status is RAX: class in bits 63:32, detail in 31:0. Bit 60 is a hint that the host
 * caused the error; the class is compared without it.
 */
struct cvm_tdx {
	struct cvm_platform platform; /* first: what the library is given */
	uint64_t shared_mask;	      /* the GPA bit that means shared: bit gpa_width - 1 */
	unsigned gpa_width;	      /* TDG.VP.INFO: RCX[5:0], 48 or 52 */
	uint64_t attributes;	      /* TDG.VP.INFO: RDX */
	/* An attempt that answers OPERAND_BUSY, or MapGPA that makes no progress, is
	 * repeated this often before it counts as rejected. Set by cvm_tdx_init(). */
	unsigned busy_retries, map_retries;
};

/*
 * Ask the module (TDG.VP.INFO) and fill in everything. Once, on any CPU, before the
 * first accept. CVM_EIO: the leaf failed. CVM_EINVAL: a GPA width below 41 or
 * above 52.
 */
int cvm_tdx_init(struct cvm_tdx *tdx);

#ifdef __cplusplus
}
#endif

#endif
