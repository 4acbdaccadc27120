/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/memory/forgotten.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t start, end; /* equal: none */

void memory_forget(uint64_t gpa, uint64_t size)
{
	pthread_mutex_lock(&mutex);
	start = gpa;
	end = gpa + size;
	pthread_mutex_unlock(&mutex);
}

/* Of a range that changes in part, the part before the change remains. */
void memory_forget_no_more(uint64_t gpa, uint64_t size)
{
	pthread_mutex_lock(&mutex);
	if (gpa < end && gpa + size > start) {
		if (gpa <= start)
			start = gpa + size < end ? gpa + size : end;
		else
			end = gpa;
	}
	pthread_mutex_unlock(&mutex);
}

bool memory_is_forgotten(uint64_t gpa)
{
	bool is;

	pthread_mutex_lock(&mutex);
	is = gpa >= start && gpa < end;
	pthread_mutex_unlock(&mutex);
	return is;
}
