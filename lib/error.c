/* SPDX-License-Identifier: MIT */
#include <cvmem/base.h>

const char *cvm_strerror(int error)
{
	switch (error) {
	case CVM_OK:
		return "success";
	case CVM_EINVAL:
		return "an argument, table or map breaks its documented form";
	case CVM_ENOSPC:
		return "the caller's storage is too small";
	case CVM_ENOMEM:
		return "no memory meets the request";
	case CVM_ERANGE:
		return "an address is beyond what can be described";
	case CVM_EBUSY:
		return "held by another CPU";
	case CVM_EIO:
		return "rejected by the platform or the host";
	case CVM_EALREADY:
		return "the page was accepted already";
	case CVM_EVERSION:
		return "unknown format version";
	case CVM_ENODEV:
		return "not a confidential VM";
	default:
		return "unknown error";
	}
}
