/* SPDX-License-Identifier: MIT */
#include "tools/vm/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const struct {
	const char *word, *sentence;
} ends[] = {
	[VM_END_UNKNOWN] = { "unknown", "QEMU ended before the guest did" },
	[VM_END_POWEROFF] = { "power-off", NULL },
	[VM_END_RESET] = { "reset", "the guest reset the machine, by itself or by a fault" },
	[VM_END_PANIC] = { "panic", "the guest panicked" },
	[VM_END_HOST] = { "outside", "the machine was ended from outside" },
};

/* The plugin ends QEMU with these, and has said why (docs/vm.md). */
static bool is_plugin_status(int status)
{
	return status >= 3 && status <= 5;
}

/* Linux resets the machine at a panic, if it is told to. */
static enum vm_end end_of(const struct vm_outcome *outcome, bool panicked)
{
	return outcome->end == VM_END_RESET && panicked ? VM_END_PANIC : outcome->end;
}

const char *vm_end_word(const struct vm_outcome *outcome, bool panicked)
{
	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 0;

	if (outcome->timed_out)
		return "timed-out";
	if (WIFSIGNALED(outcome->status))
		return "killed";
	if (status)
		return is_plugin_status(status) ? "stopped" : "failed";
	return ends[end_of(outcome, panicked)].word;
}

bool vm_end_judge(const struct vm_outcome *outcome, bool panicked)
{
	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 0;
	const char *sentence = ends[end_of(outcome, panicked)].sentence;

	if (outcome->timed_out)
		fprintf(stderr, "cvmem vm: the machine had not ended after %.0f s, and was ended\n",
			outcome->seconds);
	else if (WIFSIGNALED(outcome->status))
		fprintf(stderr, "cvmem vm: QEMU was killed by signal %d\n",
			WTERMSIG(outcome->status));
	else if (is_plugin_status(status))
		return false;
	else if (status)
		fprintf(stderr, "cvmem vm: QEMU ended with status %d\n", status);
	else if (sentence)
		fprintf(stderr, "cvmem vm: %s\n", sentence);
	else
		return true;
	return false;
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
