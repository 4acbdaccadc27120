/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_DECODE_H
#define CVMEM_QEMU_SNP_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* Instructions that do more in an SNP guest than in QEMU. */
enum snp_op {
	SNP_OP_OTHER,
	SNP_OP_PVALIDATE,
	SNP_OP_RMPADJUST,
	SNP_OP_VMGEXIT,
	SNP_OP_RDMSR,
	SNP_OP_WRMSR,
	SNP_OP_CPUID,
	SNP_OP_PORT, /* IN, OUT, INS, OUTS: x86_decode_port() */
	SNP_OP_DR7_READ,
	SNP_OP_DR7_WRITE,
	SNP_OP_RDPMC,
	SNP_OP_INVD,
	SNP_OP_VMMCALL,
	SNP_OP_WBINVD,
	SNP_OP_MONITOR,
	SNP_OP_MWAIT,
	SNP_OPS
};

/* The bytes of one whole instruction. */
enum snp_op snp_decode(const uint8_t *bytes, size_t size);

#endif
