/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_PLATFORM_METAL_EXCEPTION_H
#define CVMEM_PLATFORM_METAL_EXCEPTION_H

#include <cvmem/metal.h>

#include "platform/metal/instruction.h"

/* What both platforms' handlers do with an interrupted context. */

/* How to reach the host: of the platform that `platform` is. */
struct exception_host {
	const void *platform;
	int (*in)(const void *platform, uint16_t port, unsigned bytes, uint32_t *value);
	int (*out)(const void *platform, uint16_t port, unsigned bytes, uint32_t value);
	int (*cpuid)(const void *platform, uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
	int (*rdmsr)(const void *platform, uint32_t msr, uint64_t *value);
	int (*wrmsr)(const void *platform, uint32_t msr, uint64_t value);
	int (*mmio_read)(const void *platform, uint64_t gpa, unsigned bytes, uint64_t *value);
	int (*mmio_write)(const void *platform, uint64_t gpa, unsigned bytes, uint64_t value);
};

/* Each carries an instruction out; the caller lets the context continue behind it. On error the
 * context is unchanged. */
int cvm_exception_cpuid(const struct exception_host *host,
			const struct cvm_exception_config *config,
			struct cvm_exception_frame *frame);
int cvm_exception_port(const struct exception_host *host, struct cvm_exception_frame *frame,
		       uint16_t port, unsigned bytes, bool in);
int cvm_exception_rdmsr(const struct exception_host *host, struct cvm_exception_frame *frame);
int cvm_exception_wrmsr(const struct exception_host *host, const struct cvm_exception_frame *frame);
/* gpa: where its operand in memory is. */
int cvm_exception_mmio(const struct exception_host *host, const struct instruction *instruction,
		       uint64_t gpa, struct cvm_exception_frame *frame);

#endif
