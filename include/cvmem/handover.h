/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_HANDOVER_H
#define CVMEM_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cvmem/accept.h>
#include <cvmem/map.h>
#include <cvmem/share.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * From one kernel to the next (I5): what is accepted, what is not and what is neither, described so
 * that the next kernel neither touches a page too early nor accepts one twice.
 *
 * In this order:
 *   1. cvm_handover_segments() accepts where the next kernel will be written.
 *   2. Drivers stop; cvm_set_private() for all that is shared. Other CPUs stop.
 *   3. cvm_handover_freeze(): the table in place is exact from now on.
 *   4. cvm_handover_map(), if the next kernel is given a map: with cvm_map_write_efi(), or
 *      with cvm_map_write_e820() and type 8, if that is all it is given; with
 *      cvm_map_write_e820() and type 1, if it is given the table as well.
 *   5. Jump; or cvm_handover_cancel().
 * The next kernel: cvm_handover_import() of the table, or cvm_table_build() from the map.
 *
 * Failed units may have pages in both states, which a bit cannot express. They stay failed: they
 * are CVM_MEM_UNUSABLE in the map, and the table does not cover them. A next kernel that is given
 * the table must get a map that leaves them out.
 *
 * All functions but cvm_handover_segments() and the one for a crash kernel: one CPU.
 */

struct cvm_handover {
	struct cvm_acceptor *acceptor;
	struct cvm_share *share;   /* NULL: nothing is ever shared */
	const struct cvm_map *map; /* this kernel's: what was RAM and what was unaccepted then */
	unsigned flags;		   /* enum cvm_handover_flags */
	uint64_t where;		   /* after CVM_EBUSY: the page that prevents it */
	/* private: 0 at first */
	bool frozen;
};

enum cvm_handover_flags {
	/* Wait for CPUs that are accepting, instead of CVM_EBUSY. */
	CVM_HANDOVER_WAIT = 1,
	/* Report what is still shared as reserved memory, which the next kernel cannot use,
	 * instead of CVM_EBUSY. */
	CVM_HANDOVER_RESERVE_SHARED = 2,
};

/*
 * Accept where the next kernel is written: cause CVM_CAUSE_KEXEC, before anything is copied there.
 * All or nothing as far as that is possible: all segments are checked before the first is accepted,
 * and what is accepted stays so, for any later use. A failed guard unit behind a segment is not
 * an error. May wait, as cvm_accept(). Any CPU.
 * *failed: the index of the segment that an error is about; may be NULL.
 * CVM_EINVAL: a segment that is empty or not wholly RAM or unaccepted in the map. CVM_EBUSY: part
 * of one is shared. CVM_EIO: it has a failed unit. In these cases nothing was accepted.
 * CVM_EIO, CVM_EALREADY: from the acceptance.
 */
int cvm_handover_segments(const struct cvm_handover *handover, const struct cvm_span *segment,
			  size_t count, size_t *failed);

/*
 * Ensure that no acceptance is under way and none will be: from now on cvm_accept() of a unit that
 * is still unaccepted fails with CVM_EIO. Then the table is exact: a set bit is a unit of
 * which no page is accepted, and the bits of failed units are clear. No code may ask for those
 * again, since they now pass for accepted.
 * Other CPUs may run, though what they begin to accept meanwhile may be rejected; but none may be
 * stopped in the middle while this runs.
 * CVM_EBUSY: a CPU is accepting or converting at handover->where, or that is shared; nothing was
 * changed. Without a table only shared memory is checked.
 */
int cvm_handover_freeze(struct cvm_handover *handover);

/* The hand-over does not take place: undo cvm_handover_freeze(). Before any other CPU accepts
 * again. */
void cvm_handover_cancel(struct cvm_handover *handover);

/*
 * The first range in [*start, *end) that has failed: units, and memory that was shared and could
 * not be accepted again. Narrows the two to it, clipped. false: there is none. While frozen.
 */
bool cvm_handover_failed(const struct cvm_handover *handover, uint64_t *start, uint64_t *end);

/*
 * The map of this moment, added to an empty one: what was RAM or unaccepted is one or the
 * other as the table has it, failed ranges are CVM_MEM_UNUSABLE, shared ones CVM_MEM_RESERVED, all
 * else is as it was. While frozen.
 * CVM_EINVAL: not frozen, or `out` is not empty. CVM_ENOSPC: out->needed is enough for the whole
 * map, and `out` is unfinished. CVM_EBUSY: as for cvm_handover_freeze(), of shared memory.
 */
int cvm_handover_map(struct cvm_handover *handover, struct cvm_map *out);

/*
 * Take over the table that a previous kernel has left in place, in config->table, after checking
 * what can be checked: cvm_table_check() with the map, and that the table does not declare its own
 * pages unaccepted. Then cvm_acceptor_init(). gpa: of the table; bytes: that may be read. Its pages
 * (cvm_handover_table_pages()) must not be RAM to the new kernel's allocators.
 * The errors of cvm_table_check() and cvm_acceptor_init().
 */
int cvm_handover_import(struct cvm_acceptor *acceptor, const struct cvm_acceptor_config *config,
			uint64_t gpa, size_t bytes, const struct cvm_map *map);

/*
 * The pages that hold a table at gpa, which need not be page aligned: what every following kernel,
 * and a crash kernel, must keep. All of the table: its end is rounded up, not its size (Linux
 * commit 0862438c9048).
 */
void cvm_handover_table_pages(const struct cvm_table *table, uint64_t gpa, uint64_t *start,
			      uint64_t *end);

/*
 * For a crash kernel with the table of the kernel that died, `bytes` of which may be read: may the
 * frame at gpa be read? No lock, no writes, nothing beyond the storage, for any content. false
 * for any address if the header is not a table's. It is not about whether gpa is RAM, nor about
 * shared memory (cvm_frame_shared()). table NULL: everything is accepted. Any CPU.
 */
bool cvm_frame_readable(const struct cvm_table *table, size_t bytes, uint64_t gpa);

#ifdef __cplusplus
}
#endif

#endif
