/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_LIB_LOCK_H
#define CVMEM_LIB_LOCK_H

#include <stdbool.h>

#include <cvmem/base.h>

#include "internal.h"

/* Waiting for another CPU, and the spinlock of the page allocator and of the conversions. */

static inline void cvm_relax(const struct cvm_host *host)
{
	if (host->relax)
		host->relax(host->ctx);
	else
		cvm_pause();
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
			cvm_relax(host);
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
