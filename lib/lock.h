/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_LOCK_H
#define CVMEM_LIB_LOCK_H

#include <stdbool.h>

#include <cvmem/base.h>

#include "internal.h"

/* Waiting for another CPU, and the spinlock of the page allocator and of the conversions. */

static inline void cvm_relax(const struct cvm_host *host, enum cvm_wait what, uint64_t gpa)
{
	if (host->relax)
		host->relax(host->ctx, what, gpa);
	else
		cvm_pause();
}

/* Around the acceptance of what this CPU has claimed. */
static inline unsigned long cvm_preempt_save(const struct cvm_host *host)
{
	return host->preempt_save ? host->preempt_save(host->ctx) : 0;
}

static inline void cvm_preempt_restore(const struct cvm_host *host, unsigned long state)
{
	if (host->preempt_restore)
		host->preempt_restore(host->ctx, state);
}

static inline bool cvm_trylock(struct cvm_spinlock *lock, const struct cvm_host *host)
{
	unsigned long flags = 0;

	if (host->irq_save)
		flags = host->irq_save(host->ctx);
	if (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE)) {
		if (host->irq_restore)
			host->irq_restore(host->ctx, flags);
		return false;
	}
	lock->irq_flags = flags;
	return true;
}

static inline void cvm_lock(struct cvm_spinlock *lock, const struct cvm_host *host)
{
	unsigned long flags = 0;

	if (host->irq_save)
		flags = host->irq_save(host->ctx);
	while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			cvm_relax(host, CVM_WAIT_LOCK, 0);
	lock->irq_flags = flags;
}

static inline void cvm_unlock(struct cvm_spinlock *lock, const struct cvm_host *host)
{
	unsigned long flags = lock->irq_flags;

	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
	if (host->irq_restore)
		host->irq_restore(host->ctx, flags);
}

/* At the top of a function that needs the lock. */
#define CVM_ASSERT_HELD(lock) CVM_ASSERT(__atomic_load_n(&(lock)->held, __ATOMIC_RELAXED))

#endif
