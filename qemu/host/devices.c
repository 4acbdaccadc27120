/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/host/devices.h"

#include "qemu/host/exports.h"

/* With SHUTDOWN_CAUSE_GUEST_PANIC, QEMU would wait for a management tool. This is
 * SHUTDOWN_CAUSE_HOST_ERROR. */
#define CAUSE_HOST_ERROR 1

bool qemu_read(uint64_t gpa, void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, buffer, size, false) == 0;
}

bool qemu_write(uint64_t gpa, const void *buffer, size_t size)
{
	return q.access(q.device_space, gpa, ATTRIBUTES, (void *)(uintptr_t)buffer, size, true) ==
	       0;
}

void qemu_shutdown(int status)
{
	q.shutdown(CAUSE_HOST_ERROR, status);
}

bool qemu_block_migration(const char *reason)
{
	/* QEMU keeps the pointer. */
	static void *blocker;
	void *error = NULL;

	q.set_error(&blocker, __FILE__, __LINE__, __func__, "%s", reason);
	return q.block_migration(&blocker, &error) == 0;
}

void qemu_lock(void)
{
	q.lock(__FILE__, __LINE__);
}

void qemu_unlock(void)
{
	q.unlock();
}

void qemu_release_lock(void)
{
	if (q.locked())
		q.unlock();
}
