/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/report/on_signal.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "qemu/guest/guest.h"
#include "qemu/report/report.h"

static void set_of_request(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
}

static void *serve(void *unused)
{
	sigset_t set;
	int number;

	set_of_request(&set);
	while (!sigwait(&set, &number))
		report_write(guest.options.report_now);
	return NULL;
}

/* A signal that is blocked in the main thread is kept for sigwait(), although it is ignored; a
 * thread of a library that does not block it survives it. QEMU uses SIGUSR1 only with other
 * accelerators. */
void report_on_signal(void)
{
	pthread_t thread;
	sigset_t set;

	signal(SIGUSR1, SIG_IGN);
	if (!guest.options.report_now)
		return;
	set_of_request(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&thread, NULL, serve, NULL)) {
		fprintf(stderr, "cvmem.so: no thread for reports on request\n");
		return;
	}
	pthread_detach(thread);
}
