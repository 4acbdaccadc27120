/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_ERROR_H
#define CVMEM_ERROR_H

/*
 * Every function that can fail returns 0, or one of these negative codes. Each
 * function's comment names the codes that it can return, and when.
 */
enum cvm_error {
	CVM_OK = 0,
	CVM_EINVAL = -1,   /* an argument, table or map breaks its documented form */
	CVM_ENOSPC = -2,   /* the caller's storage is too small; how much is needed is said */
	CVM_ENOMEM = -3,   /* no memory meets the request */
	CVM_ERANGE = -4,   /* an address beyond what the structure can describe */
	CVM_EBUSY = -5,	   /* somebody else holds it, and the caller does not want to wait */
	CVM_EREFUSED = -6, /* the platform or the host refused */
	CVM_EDOUBLE = -7,  /* the platform says the page was accepted already: an attack (I2) */
	CVM_EVERSION = -8, /* a format version that this library does not know */
	CVM_ENODEV = -9,   /* not a confidential VM */
};

/* One short English sentence for a code; never NULL. */
const char *cvm_strerror(int error);

#endif
