/* SPDX-License-Identifier: MIT */
#include "tools/vm/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const struct {
	const char *word, *sentence;
} endings[VM_ENDINGS] = {
	[VM_POWERED_OFF] = { "powered-off", NULL },
	[VM_RESET] = { "reset", "the guest reset the machine" },
	[VM_TRIPLE_FAULT] = { "triple-fault", "the guest ended with a triple fault" },
	[VM_PANIC] = { "panic", "the guest panicked" },
	/* The plugin has said why. */
	[VM_VIOLATION] = { "violation", NULL },
	[VM_FATAL_ERROR] = { "fatal-error", NULL },
	[VM_ENDED_BY_TIME] = { "timed-out", NULL },
	[VM_FROM_OUTSIDE] = { "from-outside", "the machine was ended from outside" },
	[VM_QEMU_FAILED] = { "qemu-failed", NULL },
};

/* The plugin ends QEMU with these, and has said why (docs/vm.md). */
enum { STATUS_FATAL_ERROR = 3, STATUS_VIOLATION = 4, STATUS_UNSUPPORTED = 5 };

const char *vm_ending_word(enum vm_ending ending)
{
	return endings[ending].word;
}

static enum vm_ending ending_of_status(int status)
{
	switch (status) {
	case STATUS_FATAL_ERROR:
		return VM_FATAL_ERROR;
	case STATUS_VIOLATION:
		return VM_VIOLATION;
	default:
		return VM_QEMU_FAILED;
	}
}

/* QEMU calls a triple fault a reset; the plugin tells them apart. */
static enum vm_ending ending_of_event(enum vm_end event, const cJSON *report)
{
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);

	switch (event) {
	case VM_END_POWEROFF:
		return VM_POWERED_OFF;
	case VM_END_RESET:
		return cJSON_GetObjectItem(run, "triple_fault") ? VM_TRIPLE_FAULT : VM_RESET;
	case VM_END_PANIC:
		return VM_PANIC;
	case VM_END_HOST:
		return VM_FROM_OUTSIDE;
	default:
		return VM_QEMU_FAILED;
	}
}

/* Linux resets the machine at a panic if it is told to, and else hangs until it is ended. After a
 * panic a crash kernel may power off in order. */
static bool follows_panic(enum vm_ending ending)
{
	return ending == VM_RESET || ending == VM_TRIPLE_FAULT || ending == VM_ENDED_BY_TIME ||
	       ending == VM_FROM_OUTSIDE;
}

enum vm_ending vm_ending_of(const struct vm_outcome *outcome, bool panicked, const cJSON *report)
{
	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 0;
	enum vm_ending ending;

	if (outcome->timed_out)
		ending = VM_ENDED_BY_TIME;
	else if (WIFSIGNALED(outcome->status))
		ending = outcome->interrupted ? VM_FROM_OUTSIDE : VM_QEMU_FAILED;
	else if (status)
		ending = ending_of_status(status);
	else
		ending = ending_of_event(outcome->end, report);
	return panicked && follows_panic(ending) ? VM_PANIC : ending;
}

static void say_failure(const struct vm_outcome *outcome)
{
	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 0;

	if (WIFSIGNALED(outcome->status))
		fprintf(stderr, "cvmem vm: QEMU was killed by signal %d\n",
			WTERMSIG(outcome->status));
	else if (!status)
		fprintf(stderr, "cvmem vm: QEMU ended before the guest did\n");
	else if (status != STATUS_UNSUPPORTED)
		fprintf(stderr, "cvmem vm: QEMU ended with status %d\n", status);
}

void vm_ending_say(enum vm_ending ending, enum vm_ending expected, const struct vm_outcome *outcome)
{
	if (endings[ending].sentence && ending != expected)
		fprintf(stderr, "cvmem vm: %s\n", endings[ending].sentence);
	if (outcome->timed_out)
		fprintf(stderr, "cvmem vm: the machine had not ended after %.0f s, and was ended\n",
			outcome->seconds);
	else if (ending == VM_QEMU_FAILED || WIFSIGNALED(outcome->status))
		say_failure(outcome);
	if (expected != VM_POWERED_OFF && ending != expected)
		fprintf(stderr, "cvmem vm: it has ended as '%s', and was to end as '%s'\n",
			endings[ending].word, endings[expected].word);
}

void vm_told_read(const char *data, size_t length, struct vm_told *told)
{
	char line[64];
	unsigned status;
	uint64_t kib;

	*told = (struct vm_told){ .status = -1 };
	while (length) {
		const char *end = memchr(data, '\n', length);
		size_t size = end ? (size_t)(end - data) : length;

		/* A line without its end was cut off. */
		if (!end)
			return;
		if (size < sizeof(line)) {
			memcpy(line, data, size);
			line[size] = '\0';
			if (sscanf(line, "ram %" SCNu64, &kib) == 1)
				told->ram_bytes = kib << 10;
			if (sscanf(line, "status %u", &status) == 1)
				told->status = (int)(status & 0xff);
		}
		length -= size + 1;
		data = end + 1;
	}
}
