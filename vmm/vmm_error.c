/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

const char *cvm_vmm_strerror(int error)
{
	switch (error) {
	case CVM_VMM_OK:
		return "success";
	case CVM_VMM_EINVAL:
		return "invalid argument";
	case CVM_VMM_EHOLE:
		return "no memory slot, or memory that was not populated";
	case CVM_VMM_EFAULT:
		return "the host's mapping cannot be used";
	case CVM_VMM_ENOMEM:
		return "the host has no memory left";
	case CVM_VMM_EAGAIN:
		return "not possible at the moment";
	case CVM_VMM_ENOTSUP:
		return "not supported by this kernel or for this VM, or not yet";
	case CVM_VMM_ECANCELED:
		return "cancelled";
	case CVM_VMM_EIO:
		return "the VM is dead, or its memory is broken";
	default:
		return "unknown error";
	}
}

int cvm_vmm_error_of(long result)
{
	switch (-result) {
	case 0:
		return CVM_VMM_OK;
	case ABI_ENOENT:
	case ABI_ENXIO:
		return CVM_VMM_EHOLE;
	case ABI_EINTR:
	case ABI_EAGAIN:
	case ABI_EBUSY:
		return CVM_VMM_EAGAIN;
	case ABI_EFAULT:
		return CVM_VMM_EFAULT;
	case ABI_ENOMEM:
	case ABI_ENOSPC:
		return CVM_VMM_ENOMEM;
	case ABI_EINVAL:
	case ABI_EEXIST:
		return CVM_VMM_EINVAL;
	case ABI_ENODEV:
	case ABI_ENOTTY:
	case ABI_ENOSYS:
	case ABI_EOPNOTSUPP:
		return CVM_VMM_ENOTSUP;
	default:
		return result > 0 ? CVM_VMM_OK : CVM_VMM_EIO;
	}
}

int cvm_vmm_try(struct vmm_tries *tries, long result, bool progress)
{
	int error = cvm_vmm_error_of(result);

	if (error && error != CVM_VMM_EAGAIN)
		return error;
	if (tries->cancelled && __atomic_load_n(tries->cancelled, __ATOMIC_RELAXED))
		return CVM_VMM_ECANCELED;
	if (progress) {
		tries->failed = 0;
		return CVM_VMM_OK;
	}
	if (++tries->failed == CVM_VMM_TRIES)
		return CVM_VMM_EAGAIN;
	if (tries->sys->relax)
		tries->sys->relax(tries->sys->ctx);
	return CVM_VMM_OK;
}
