/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_RESERVE_H
#define CVMEM_LIB_RESERVE_H

#include <cvmem/reserve.h>

/* reserve_demand.c: how much should be ready. reserve.c: the step that gets it ready. */

#define RESERVE_EVERYTHING UINT64_MAX

/* How much the workload has taken since the last time; one CPU at a time, others skip it. */
void reserve_observe(struct cvm_reserve *reserve);
/* 0 without a clock. */
uint64_t reserve_now(const struct cvm_reserve *reserve);
/* Bytes that should be ready, under this load: 0 for lazy, RESERVE_EVERYTHING for eager. */
uint64_t reserve_target(const struct cvm_reserve *reserve, unsigned load);
/* Bytes below which the step should be run again at once. */
uint64_t reserve_low(const struct cvm_reserve *reserve, uint64_t target);
/* How long this many bytes last at the present demand, at most the horizon. */
uint64_t reserve_lasts_ns(const struct cvm_reserve *reserve, uint64_t bytes);

#endif
