/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_EMU_PAGES_H
#define CVMEM_EMU_PAGES_H

#include "emu/backend.h"
#include "emu/machine.h"

/*
 * What both platforms keep for every page of guest memory: the secure EPT and the RMP answer the
 * same question, "who owns this page, and in what size is it mapped".
 *
 * A flat array has one byte for each 4 KiB page, and another one record for each 2 MiB region; the
 * kernel allocates both where they are touched. A region that the host has mapped as one 2 MiB
 * page has one byte for all of its pages (leaf); their own bytes are then not valid.
 *
 * Locking: a region's lock is held for a few instructions and never across a callback of the
 * backend. A change that needs a callback marks its pages EMU_PAGE_BUSY under the lock, calls back
 * without it, and publishes the new state. Only the vCPU that has marked a page changes it, so no
 * two callbacks concern the same page at once. A vCPU that waits for a busy page holds no lock and
 * no busy page, so that two of them cannot wait for each other.
 */

#define EMU_PAGE_SIZE	UINT64_C(4096)
#define EMU_REGION_SIZE (UINT64_C(512) * EMU_PAGE_SIZE)

/* A page's byte: enum emu_page_state in the lowest bits, and flags. */
enum {
	EMU_PAGE_STATE = 0x03,
	EMU_PAGE_IMMUTABLE = 0x04, /* SNP: PENDING, and only the firmware can change it */
	EMU_PAGE_ASSIGNED = 0x08,  /* CCA: the host has mapped a granule */
	EMU_PAGE_USED = 0x10,	   /* CCA: which the Realm may have written to */
	EMU_PAGE_BLOCKED = 0x20,   /* TDX: PENDING or MAPPED, and the guest cannot reach it */
	EMU_PAGE_VMSA = 0x40,	   /* SNP: holds a vCPU's state */
	EMU_PAGE_BUSY = 0x80,	   /* being changed to another state */
};

/* How the host has mapped a region, if it has. */
enum { EMU_REGION_NONE, EMU_REGION_4K, EMU_REGION_2M };

struct emu_region {
	uint8_t lock;
	uint8_t size;	   /* EMU_REGION_* */
	uint8_t leaf;	   /* EMU_REGION_2M: the byte that stands for all pages; EMU_REGION_4K:
			    * EMU_PAGE_BLOCKED if the table is blocked */
	uint8_t attempted; /* for attack.c: the guest has accepted in it, or tried to */
};

/* Never changed: a new list takes its place. Old ones are kept until the end, since vCPUs may read
 * them. */
struct emu_ram_list {
	struct emu_ram_list *older;
	size_t count;
	struct emu_ram ram[];
};

struct emu_pages {
	struct emu_backend backend;
	struct emu_ram_list *list; /* atomic */
	uint64_t ram_pages;	   /* atomic */
	uint64_t end;		   /* all RAM is below it, now and later */
	uint8_t *page;
	struct emu_region *region;
	size_t page_bytes, region_bytes;
	uint64_t mapped, shared; /* pages, atomic */
};

/* limit: RAM may be added below it; 0: none can be added above the last range. False: out of
 * memory, or a RAM list that emu_ram_check() rejects. */
bool emu_pages_init(struct emu_pages *pages, const struct emu_ram *ram, size_t ram_count,
		    uint64_t limit, const struct emu_backend *backend);
void emu_pages_free(struct emu_pages *pages);

/* As emu_machine_add_ram(). */
bool emu_pages_add(struct emu_pages *pages, uint64_t start, uint64_t end);
/* This is a range of the list, as a whole. Forget: it is one no more; all its pages are free. */
bool emu_pages_is_range(const struct emu_pages *pages, uint64_t start, uint64_t end);
bool emu_pages_forget(struct emu_pages *pages, uint64_t start, uint64_t end);

/* The part of [start, end) that lies in the first RAM range that ends after start; false: there
 * is none. */
bool emu_pages_ram(const struct emu_pages *pages, uint64_t start, uint64_t end,
		   struct emu_ram *part);
/* All of [start, end) is RAM. Adjacent RAM ranges count as one. */
bool emu_pages_is_ram(const struct emu_pages *pages, uint64_t start, uint64_t end);
/* The 2 MiB region at gpa is all RAM, and the host has provided no page of it. */
bool emu_region_is_free(const struct emu_pages *pages, uint64_t gpa);

/* The state of the page that holds gpa, and the byte of a page in RAM; no lock. */
enum emu_page_state emu_pages_state(const struct emu_pages *pages, uint64_t gpa);
uint8_t emu_pages_get(const struct emu_pages *pages, uint64_t gpa);
/* Private pages of RAM that are not accepted now. */
uint64_t emu_pages_unaccepted(const struct emu_pages *pages);

/* A page's byte and its region, for a caller that holds the region's lock or has marked the page
 * busy. */
uint8_t *emu_page(const struct emu_pages *pages, uint64_t gpa);
struct emu_region *emu_region(const struct emu_pages *pages, uint64_t gpa);

static inline uint8_t emu_byte(const uint8_t *byte)
{
	return __atomic_load_n(byte, __ATOMIC_ACQUIRE);
}

static inline void emu_byte_set(uint8_t *byte, uint8_t value)
{
	__atomic_store_n(byte, value, __ATOMIC_RELEASE);
}

static inline void emu_count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static inline uint64_t emu_counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void emu_region_lock(struct emu_region *region);
void emu_region_unlock(struct emu_region *region);
/* Give the vCPU that keeps a page busy time to finish. */
void emu_pause(unsigned *turns);

/* Split a 2 MiB page into 512 pages of the same state. Its region is locked, and it is not busy. */
void emu_region_split(const struct emu_pages *pages, uint64_t gpa);

/*
 * The host's conversions of any range; addresses outside RAM are skipped. Content is lost. Share:
 * every page becomes EMU_PAGE_SHARED. Unshare: shared pages become `state`, which is EMU_PAGE_FREE
 * or EMU_PAGE_PENDING. With EMU_PAGE_PENDING, free pages become pending as well, and a region that
 * is converted as a whole becomes one 2 MiB page if `huge` allows it.
 */
void emu_pages_share(struct emu_pages *pages, uint64_t start, uint64_t end);
void emu_pages_unshare(struct emu_pages *pages, uint64_t start, uint64_t end, uint8_t state,
		       bool huge);

/* As emu_machine_remove_ram(). */
bool emu_pages_remove(struct emu_pages *pages, uint64_t start, uint64_t end);

/* At launch: 4 KiB pages that are accepted with the content that the host has put there. */
void emu_pages_launch(struct emu_pages *pages, uint64_t start, uint64_t end);

#endif
