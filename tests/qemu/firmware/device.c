/* SPDX-License-Identifier: MIT */
#include "firmware.h"

/*
 * A device that reads and writes memory by itself: QEMU's fw_cfg (QEMU, docs/specs/fw_cfg.rst). A
 * command is in memory, big-endian: control and length, 32 bits each, and the data's address.
 */

#define PORT_LOW_ADDRESS 0x518 /* written, the command is carried out */
#define CONTROL_READ	 (1 << 1)
#define CONTROL_SELECT	 (1 << 3) /* the item in 31:16; 0 is the device's signature */
#define LENGTH		 4

#define COMMAND (PAGE + 0x1000)

void device_shared(void);
void device_reads_private(void);
void device_writes_private(void);
void device_writes_converted(void);

static void share_page(uint64_t gpa)
{
	say("accept", accept(gpa, 0));
	say("share", share(gpa));
}

static void put_command(uint64_t address, uint64_t data)
{
	store(address, __builtin_bswap32(CONTROL_SELECT | CONTROL_READ) |
			       (uint64_t)__builtin_bswap32(LENGTH) << 32);
	store(address + 8, __builtin_bswap64(data));
}

static void carry_out(uint64_t command)
{
	port_out(PORT_LOW_ADDRESS, 4, __builtin_bswap32((uint32_t)command));
}

void device_shared(void)
{
	share_page(COMMAND);
	share_page(PAGE);
	put_command(SHARED + COMMAND, PAGE);
	carry_out(COMMAND);
	say("control", (uint32_t)load(SHARED + COMMAND));
	say("data", load(SHARED + PAGE));
}

void device_reads_private(void)
{
	share_page(COMMAND);
	say("accept", accept(PAGE, 0));
	put_command(PAGE, COMMAND);
	carry_out(PAGE);
	say("data", load(SHARED + COMMAND));
}

void device_writes_private(void)
{
	share_page(COMMAND);
	say("accept", accept(PAGE, 0));
	store(PAGE, PATTERN);
	put_command(SHARED + COMMAND, PAGE);
	carry_out(COMMAND);
	say("data", load(PAGE));
}

/* It was shared before. */
void device_writes_converted(void)
{
	share_page(COMMAND);
	share_page(PAGE);
	say("unshare", unshare(PAGE));
	put_command(SHARED + COMMAND, PAGE);
	carry_out(COMMAND);
	say("accept", accept(PAGE, 0));
	say("data", load(PAGE));
}
