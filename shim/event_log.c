/* SPDX-License-Identifier: MIT */
#include "shim/event_log.h"

#define ALGORITHM_SHA384 12
#define NO_ACTION	 3
#define SHA1_BYTES	 20

/* TCG_EfiSpecIDEvent with one algorithm. */
#define SPEC_ID_BYTES 33

static void put(struct event_log *log, const void *from, size_t bytes)
{
	const uint8_t *byte = from;

	while (bytes--)
		log->data[log->bytes++] = *byte++;
}

static void put_number(struct event_log *log, uint32_t value, unsigned bytes)
{
	for (; bytes--; value >>= 8)
		log->data[log->bytes++] = (uint8_t)value;
}

/* A client's platform, specification 2.0 without errata, UINTN of 64 bits, no vendor's bytes. */
static void put_spec_id(struct event_log *log)
{
	put(log, "Spec ID Event03", 16);
	put_number(log, 0, 4);
	put_number(log, 0x02000200, 4);
	put_number(log, 1, 4);
	put_number(log, ALGORITHM_SHA384, 2);
	put_number(log, SHA384_BYTES, 2);
	put_number(log, 0, 1);
}

/* What is not written yet is all ones, by which readers find the end. */
bool event_log_start(struct event_log *log, uint8_t *data, size_t room)
{
	static const uint8_t no_digest[SHA1_BYTES];

	log->data = data;
	log->bytes = 0;
	log->room = room;
	if (room < 4 + 4 + SHA1_BYTES + 4 + SPEC_ID_BYTES)
		return false;
	for (size_t i = 0; i < room; i++)
		data[i] = 0xff;
	put_number(log, 0, 4);
	put_number(log, NO_ACTION, 4);
	put(log, no_digest, sizeof(no_digest));
	put_number(log, SPEC_ID_BYTES, 4);
	put_spec_id(log);
	return true;
}

bool event_log_add(struct event_log *log, unsigned rtmr, enum event_type type,
		   const uint8_t digest[SHA384_BYTES], const void *event, uint32_t bytes)
{
	size_t head = 4 + 4 + 4 + 2 + SHA384_BYTES + 4, left = log->room - log->bytes;

	if (left < head || bytes > left - head)
		return false;
	put_number(log, rtmr + 1, 4);
	put_number(log, type, 4);
	put_number(log, 1, 4);
	put_number(log, ALGORITHM_SHA384, 2);
	put(log, digest, SHA384_BYTES);
	put_number(log, bytes, 4);
	put(log, event, bytes);
	return true;
}
