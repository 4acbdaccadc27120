/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_VMM_ABI_H
#define CVMEM_VMM_ABI_H

#include <stdint.h>

/* Linux's numbers: include/uapi/linux/kvm.h, asm/kvm.h, mman.h, errno; Linux 7.2. Distributions
 * have older headers, so nothing of them is used. */

#define IOC(direction, number, size)                                                               \
	((unsigned long)(direction) << 30 | (unsigned long)(size) << 16 | 0xAEUL << 8 | (number))
#define IOC_NONE 0
#define IOC_W	 1
#define IOC_RW	 3

struct abi_slot2 {
	uint32_t slot, flags;
	uint64_t gpa, size, host, memfd_offset;
	uint32_t memfd, pad1;
	uint64_t pad2[14];
};

struct abi_attributes {
	uint64_t address, size, attributes, flags;
};

struct abi_memfd {
	uint64_t size, flags, reserved[6];
};

struct abi_pre_fault {
	uint64_t gpa, size, flags, padding[5];
};

struct abi_tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

struct abi_tdx_region {
	uint64_t source, gpa, pages;
};

struct abi_sev_cmd {
	uint32_t id, pad0;
	uint64_t data;
	uint32_t error, sev_fd;
};

struct abi_snp_update {
	uint64_t gfn, uaddr, size;
	uint8_t type, pad0;
	uint16_t flags;
	uint32_t pad1;
	uint64_t pad2[4];
};

#define ABI_CHECK_EXTENSION  IOC(IOC_NONE, 0x03, 0)
#define ABI_SET_SLOT	     IOC(IOC_W, 0x46, 32)
#define ABI_SET_SLOT2	     IOC(IOC_W, 0x49, sizeof(struct abi_slot2))
#define ABI_ENCRYPT_OP	     IOC(IOC_RW, 0xba, 8)
#define ABI_SET_ATTRIBUTES   IOC(IOC_W, 0xd2, sizeof(struct abi_attributes))
#define ABI_CREATE_MEMFD     IOC(IOC_RW, 0xd4, sizeof(struct abi_memfd))
#define ABI_PRE_FAULT_MEMORY IOC(IOC_RW, 0xd5, sizeof(struct abi_pre_fault))

enum {
	ABI_CAP_MEMORY_FAULT_INFO = 232,
	ABI_CAP_MEMORY_ATTRIBUTES = 233,
	ABI_CAP_GUEST_MEMFD = 234,
	ABI_CAP_PRE_FAULT_MEMORY = 236,
	ABI_CAP_GUEST_MEMFD_FLAGS = 244,
};

#define ABI_ATTRIBUTE_PRIVATE UINT64_C(8)
#define ABI_SLOT_MEMFD	      4u

enum { ABI_TDX_INIT_MEM_REGION = 3, ABI_TDX_MEASURE = 1 };
enum { ABI_SNP_LAUNCH_UPDATE = 101 };
enum {
	ABI_SNP_NORMAL = 1,
	ABI_SNP_ZERO = 3,
	ABI_SNP_UNMEASURED = 4,
	ABI_SNP_SECRETS = 5,
	ABI_SNP_CPUID = 6,
};

enum { ABI_MADV_DONTNEED = 4, ABI_MADV_REMOVE = 9, ABI_MADV_POPULATE_WRITE = 23 };
enum { ABI_FALLOC_KEEP_SIZE = 1, ABI_FALLOC_PUNCH_HOLE = 2 };

enum {
	ABI_ENOENT = 2,
	ABI_EINTR = 4,
	ABI_EIO = 5,
	ABI_ENXIO = 6,
	ABI_EAGAIN = 11,
	ABI_ENOMEM = 12,
	ABI_EFAULT = 14,
	ABI_EBUSY = 16,
	ABI_EEXIST = 17,
	ABI_ENODEV = 19,
	ABI_EINVAL = 22,
	ABI_ENOTTY = 25,
	ABI_ENOSPC = 28,
	ABI_ENOSYS = 38,
	ABI_EOPNOTSUPP = 95,
	ABI_EHWPOISON = 133,
};

#endif
