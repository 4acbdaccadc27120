/* SPDX-License-Identifier: MIT */
#ifndef BENCH_LINUX_SCHEME_H
#define BENCH_LINUX_SCHEME_H

#include <stdbool.h>
#include <stdint.h>

#include <cvmem/platform.h>

/*
 * The peer: how Linux 7.2 accepts memory, written anew from a description of what it does.
 *
 * One spinlock guards the bitmap and a list of the ranges that are being accepted. A range that
 * overlaps one in the list, its guard unit included, tries again until that one is done. The
 * lock is dropped around the platform's call, which is made for each run of unaccepted units. Runs
 * are found and cleared by whole words. A query takes the lock and tests one bit after the other,
 * from address to address: it divides by the table's unit for each. A query whose start is not a
 * multiple of the unit may so miss the last unit that it touches, as Linux does.
 *
 * Linux spins without a pause and with interrupts off. In these programs, which have more threads
 * than processors, a spinning thread yields, as those of the library do.
 */
struct linux_scheme;

struct linux_scheme *linux_scheme_new(struct cvm_platform *platform, uint64_t base, uint64_t units,
				      uint64_t unit, bool guard);
void linux_scheme_free(struct linux_scheme *scheme);
/* Every unit becomes unaccepted, or accepted. */
void linux_scheme_fill(struct linux_scheme *scheme, bool unaccepted);
void linux_scheme_set(struct linux_scheme *scheme, uint64_t gpa);

void linux_scheme_accept(struct linux_scheme *scheme, uint64_t start, uint64_t end);
bool linux_scheme_unaccepted(struct linux_scheme *scheme, uint64_t start, uint64_t end);

#endif
