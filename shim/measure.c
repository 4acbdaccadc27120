/* SPDX-License-Identifier: MIT */
#include "shim/event_log.h"
#include "shim/shim.h"

/* The firmware adds some twenty events of less than 128 bytes. */
#define LOG_BYTES 0x4000
#define MAX_BUSY  1000

/* TDX module 1.5 ABI: the leaf, and the class of its completion status without the bit that says
 * that the host's action caused it. */
#define MR_RTMR_EXTEND 2
#define CLASS_MASK     UINT64_C(0xefffffff00000000)
#define OPERAND_BUSY   UINT64_C(0x8000020000000000)

static struct event_log event_log;
/* The module takes no other alignment: TDX module 1.5 ABI, TDG.MR.RTMR.EXTEND. */
static uint8_t digest[64] __attribute__((aligned(64)));

void shim_measure_start(void)
{
	if (bare_platform.kind != CVM_PLATFORM_TDX)
		return;
	event_log_start(&event_log, shim_allocate(LOG_BYTES, CVM_MEM_NVS), LOG_BYTES);
}

uint64_t shim_event_log(uint64_t *bytes)
{
	*bytes = event_log.room;
	return (uintptr_t)event_log.data;
}

static uint64_t tdcall_extend(uint64_t gpa, uint64_t rtmr)
{
	uint64_t status = MR_RTMR_EXTEND;

	/* tdcall */
	__asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
			 : "+a"(status), "+c"(gpa), "+d"(rtmr)
			 :
			 : "r8", "r9", "r10", "r11", "r12", "r13", "memory", "cc");
	return status;
}

/* Another vCPU, which there is none of yet, or the host may hold the register. */
static void extend(unsigned rtmr)
{
	for (unsigned attempt = 0; attempt < MAX_BUSY; attempt++) {
		uint64_t status = tdcall_extend((uintptr_t)digest, rtmr) & CLASS_MASK;

		if (!status)
			return;
		if (status != OPERAND_BUSY)
			break;
	}
	shim_refuse("the measurement", "TDG.MR.RTMR.EXTEND fails");
}

static void record(unsigned rtmr, enum event_type type, const void *data, size_t bytes,
		   const void *event, uint32_t event_bytes)
{
	struct sha384 sha;

	if (!event_log.data)
		return;
	sha384_start(&sha);
	sha384_add(&sha, data, bytes);
	sha384_end(&sha, digest);
	extend(rtmr);
	if (!event_log_add(&event_log, rtmr, type, digest, event, event_bytes))
		shim_refuse("the measurement", "the event log is full");
}

void shim_measure(enum shim_register rtmr, const char *name, const void *data, size_t bytes)
{
	uint32_t length = 0;

	while (name[length])
		length++;
	record(rtmr, rtmr == SHIM_CONFIGURATION ? EVENT_PLATFORM_CONFIG : EVENT_IPL, data, bytes,
	       name, length);
}

void shim_measure_end(void)
{
	static const uint8_t zeros[4];

	for (unsigned rtmr = SHIM_CONFIGURATION; rtmr <= SHIM_BOOT; rtmr++)
		record(rtmr, EVENT_SEPARATOR, zeros, sizeof(zeros), zeros, sizeof(zeros));
}
