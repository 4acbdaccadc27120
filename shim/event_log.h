/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_SHIM_EVENT_LOG_H
#define CVMEM_SHIM_EVENT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/sha384.h"

/*
 * The log from which a verifier computes a TD's RTMRs: TCG PC Client Platform Firmware
 * Profile 1.06, chapter 10 (crypto agile log), with the register's index of UEFI 2.11, 38.4.1: RTMR
 * n is n + 1.
 */

/* TCG event types. */
enum event_type {
	EVENT_SEPARATOR = 4,
	EVENT_PLATFORM_CONFIG = 10,
	EVENT_IPL = 13,
};

struct event_log {
	uint8_t *data;
	size_t bytes, room;
};

/* An area of `room` bytes gets the log's head; false: it does not fit. */
bool event_log_start(struct event_log *log, uint8_t *data, size_t room);

/* false: it does not fit, and nothing is written. */
bool event_log_add(struct event_log *log, unsigned rtmr, enum event_type type,
		   const uint8_t digest[SHA384_BYTES], const void *event, uint32_t bytes);

#endif
