/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_BARE_BARE_H
#define CVMEM_BARE_BARE_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/metal.h>
#include <cvmem/tdx.h>

#include "bare/layout.h"

/* What programs on (virtual) metal share that have no firmware, loader or C library below them. */

/* cpu.c */
extern uint8_t bare_stacks[BARE_CPUS][BARE_STACK_BYTES];
extern const uint64_t bare_gdt[BARE_GDT_BYTES / 8];
/* The number of this CPU. */
unsigned bare_cpu(void);

/* layout.c: how far above BARE_IMAGE the program is; set before anything else is called. Then all
 * of the memory in layout.h is accepted. */
extern uint64_t bare_moved;

static inline uint64_t bare_at(uint64_t address)
{
	return address + bare_moved;
}

/* platform.c: which platform it is, and what only it has. */
struct bare_platform {
	enum cvm_platform_kind kind;
	struct cvm_platform *platform; /* NULL until bare_platform_start() */
	struct cvm_tdx tdx;
	struct cvm_snp snp;
	struct cvm_snp_svsm svsm;	  /* its size is 0: there is none */
	uint64_t private_bit, shared_bit; /* of a page-table entry */
};

extern struct bare_platform bare_platform;

/* CVM_ENODEV: the platform is another than the one that this image is for. */
int bare_platform_start(enum cvm_platform_kind kind);
/* SNP: the GHCB pages of so many CPUs become shared. */
int bare_ghcbs_share(unsigned cpus);
/* SNP: this CPU's GHCB page is registered. Nothing on TDX. */
int bare_ghcb_register(void);
/* SNP: all GHCB pages are private and accepted again; no port works any more. The other CPUs have
 * stopped. */
int bare_ghcb_stop(void);
/* SNP: where the secrets page and the CPUID page are. */
extern uint64_t bare_secrets_page, bare_cpuid_page;
/* From the CPUID page. */
void bare_cpuid(uint32_t leaf, uint32_t subleaf, struct cvm_cpuid *out);
/* Ports work: SNP, there is a GHCB page; TDX, always. */
bool bare_has_ports(void);
void bare_out(uint16_t port, unsigned bytes, uint32_t value);
/* UINT32_MAX if the host does not say. */
uint32_t bare_in(uint16_t port, unsigned bytes);
/* Device memory, by the same calls to the host. */
void bare_mmio_write(uint64_t gpa, unsigned bytes, uint64_t value);
uint64_t bare_mmio_read(uint64_t gpa, unsigned bytes); /* UINT64_MAX likewise */

/* memory.c: page tables for all memory up to a limit, with both views; from then on shared memory
 * is at its address + BARE_SHARED_MAP. */
int bare_memory_start(uint64_t end);
extern uint64_t bare_root; /* CR3, without the C-bit */

/* mailbox.S: what the vCPUs of a TD wait in. */
extern uint8_t mailbox[4096];
extern uint32_t mailbox_apic_ids[1024];
extern uint32_t mailbox_root;
extern const char mailbox_reset[];

/* console.c: the serial port. */
void bare_put(const char *text);
void bare_put_hex(const char *name, uint64_t value);
void bare_power_off(void) __attribute__((noreturn));
/* Says what is wrong, and powers off without a report. */
void bare_panic(const char *what, uint64_t value) __attribute__((noreturn));

/* exceptions.c: #VE and #VC are served, any other exception is a panic. On each CPU. */
void bare_exceptions_start(void);
/* From now on memory that is not accepted is served as well, by what the configuration has for it.
 */
void bare_exceptions_accept(const struct cvm_exception_config *config);

/* fw_cfg.c: QEMU's firmware configuration device, by DMA through shared memory. */
int bare_fw_cfg_start(void);
/* The buffer is private and accepted again, and nothing can be read any more. */
int bare_fw_cfg_stop(void);
/* The file's size; 0: there is none. */
uint32_t bare_fw_cfg_find(const char *name, uint16_t *selector);
int bare_fw_cfg_read(uint16_t selector, void *buffer, uint32_t bytes);
int bare_fw_cfg_read_at(uint16_t selector, uint32_t offset, void *buffer, uint32_t bytes);
/* CVM_EINVAL: more bytes than the buffer holds. */
int bare_fw_cfg_write(uint16_t selector, uint32_t offset, const void *from, uint32_t bytes);

#endif
