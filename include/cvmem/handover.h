/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HANDOVER_H
#define CVMEM_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/map.h>
#include <cvmem/share.h>

/*
 * From one kernel to the next (I5): what is accepted, what is not and what is neither, said so that
 * the next kernel neither touches a page too early nor accepts one twice.
 *
 * In this order:
 *   1. cvm_handover_segments() accepts where the next kernel will be written.
 *   2. Drivers stop; cvm_unshare() for all that is shared. Other CPUs stop.
 *   3. cvm_handover_seal(): the table in place is exact from now on.
 *   4. cvm_handover_map(), if the next kernel is given a map: with cvm_map_write_efi(), or
 *      with cvm_map_write_e820() and type 8, if that is all it is given; with
 *      cvm_map_write_e820() and type 1, if it is given the table as well.
 *   5. Jump; or cvm_handover_cancel().
 * The next kernel: cvm_handover_import() of the table, or cvm_table_build() from the map.
 *
 * Units that failed half way have pages in both states, which a bit cannot say. They are lost, and
 * stay so: the map says CVM_MEM_UNUSABLE, the table says nothing of them. A next kernel that
 * is given the table must get a map that leaves them out.
 */

struct cvm_handover {
	struct cvm_acceptor *acceptor;
	struct cvm_share *share;   /* NULL: nothing is ever shared */
	const struct cvm_map *map; /* this kernel's: what was RAM and what was unaccepted then */
	unsigned flags;
	bool sealed;	/* false at first; cvm_handover_seal() sets it */
	uint64_t where; /* after CVM_EBUSY: what is in the way */
};

/* Where a piece of the next kernel is written. */
struct cvm_segment {
	uint64_t start, end;
};

enum cvm_handover_flags {
	/* Wait for CPUs that are accepting, instead of CVM_EBUSY. */
	CVM_HANDOVER_WAIT = 1,
	/* What is still shared goes along as reserved memory, which is lost to the next kernel,
	 * instead of CVM_EBUSY. */
	CVM_HANDOVER_RESERVE_SHARED = 2,
};

/*
 * Accept where the next kernel is written: cause CVM_CAUSE_KEXEC, before anything is copied there.
 * All or nothing as far as that is possible: all segments are checked before the first is accepted,
 * and what is accepted stays so, for whoever uses it. A lost guard unit behind a segment does not
 * count against it. May wait, as cvm_accept().
 * *failed: the index of the segment that an error is about; may be NULL.
 * CVM_EINVAL: a segment that is empty or not wholly RAM or unaccepted in the map. CVM_EBUSY: part
 * of one is shared. CVM_EREFUSED: it has a lost unit. In these cases nothing was accepted.
 * CVM_EREFUSED, CVM_EDOUBLE: of the acceptance.
 */
int cvm_handover_segments(struct cvm_handover *handover, const struct cvm_segment *segment,
			  size_t count, size_t *failed);

/*
 * See to it that nothing is in flight and nothing will be: from now on every unit that is still
 * unaccepted is refused to cvm_accept() with CVM_EREFUSED. Then the table is exact: a set bit is a
 * unit of which no page is accepted, and the bits of lost units are clear. Nobody may ask for
 * those again, since they now pass for accepted.
 * One CPU. Others may run, though what they begin to accept meanwhile may be refused to them; but
 * none may be stopped in the middle while this runs.
 * CVM_EBUSY: a CPU is accepting or converting at handover->where, or that is shared; nothing was
 * changed. Without a table only the shares are looked at.
 */
int cvm_handover_seal(struct cvm_handover *handover);

/* The hand-over does not take place: all is as before cvm_handover_seal(). One CPU, before any
 * other accepts again. */
void cvm_handover_cancel(struct cvm_handover *handover);

/*
 * The first range in [*start, *end) that is lost: units that failed, and memory that was
 * shared and could not be accepted again. Narrows the two to it, clipped. false: there is none.
 * While sealed.
 */
bool cvm_handover_lost(struct cvm_handover *handover, uint64_t *start, uint64_t *end);

/*
 * The map with the truth of now, added to an empty one: what was RAM or unaccepted is one or the
 * other as the table says, lost ranges are CVM_MEM_UNUSABLE, shared ones CVM_MEM_RESERVED, all else
 * is as it was. While sealed.
 * CVM_EINVAL: not sealed, or `out` is not empty. CVM_ENOSPC: out->needed is enough for the whole
 * map, and `out` is unfinished. CVM_EBUSY: as for cvm_handover_seal(), of shares.
 */
int cvm_handover_map(struct cvm_handover *handover, struct cvm_map *out);

/*
 * Take over the table that a kernel before has left in place, in config->table. It is believed in
 * nothing that can be checked: cvm_table_check() with the map, and that it does not call the pages
 * unaccepted that it lies in itself. Then cvm_acceptor_init(). gpa: of the table; bytes: that may
 * be read. Its pages (cvm_handover_table_pages()) must not be RAM to the new kernel's allocators.
 * Errors as those of cvm_table_check() and cvm_acceptor_init().
 */
int cvm_handover_import(struct cvm_acceptor *acceptor, const struct cvm_accept_config *config,
			uint64_t gpa, size_t bytes, const struct cvm_map *map);

/*
 * The pages that hold a table at gpa, which need not be page aligned: what every kernel on the way,
 * and a crash kernel, must keep. All of the table: the end is rounded from where it ends, not its
 * size by itself (Linux commit 0862438c9048).
 */
void cvm_handover_table_pages(const struct cvm_table *table, uint64_t gpa, uint64_t *start,
			      uint64_t *end);

/*
 * For a crash kernel with the table of the kernel that died, `bytes` of which may be read: may the
 * frame at gpa be read? No lock, no writes, nothing beyond the storage, whatever it holds. false
 * for any address if the header is no table's. Says nothing of whether gpa is RAM, nor of shared
 * memory (cvm_frame_shared()). table NULL: everything is accepted.
 */
bool cvm_frame_readable(const struct cvm_table *table, size_t bytes, uint64_t gpa);

#endif
