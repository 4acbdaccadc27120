/* SPDX-License-Identifier: MIT */
#include "tools/vm/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/commands.h"
#include "tools/common/output.h"
#include "tools/vm/bootable.h"
#include "tools/vm/demonstration.h"
#include "tools/vm/files.h"
#include "tools/vm/judge.h"
#include "tools/vm/known.h"
#include "tools/vm/page.h"
#include "tools/vm/qemu.h"
#include "tools/vm/report.h"
#include "tools/vm/run.h"
#include "tools/vm/summary.h"

#define OVMF "guest/usr/share/ovmf/OVMF.fd"

/* A machine: its files, its command line and what it is connected to. */
struct machine {
	const struct vm_options *options;
	struct vm_initrd initrd;
	char *kernel, *kept, *append, *firmware, *plugin, *report, *trace; /* to be freed */
	int trace_fd;							   /* 0: none */
	struct vm_files files;
	struct vm_console console;
	struct vm_channel output, port[VM_PORTS];
	struct vm_wiring wiring;
	struct words words;
};

/*
 * A trace that only the page is made of. QEMU opens it by its descriptor, and it has no name that a
 * run that is killed could leave.
 */
static bool make_trace(struct machine *machine)
{
	char *path = vm_report_new(NULL);
	int fd = path ? open(path, O_RDWR) : -1;

	if (fd >= 0) {
		machine->trace = text_of("/proc/self/fd/%d", fd);
		machine->trace_fd = fd;
	}
	if (path)
		unlink(path);
	free(path);
	return fd >= 0;
}

static bool make_files(struct machine *machine)
{
	const struct vm_options *options = machine->options;
	const bool is_arm = options->platform == VM_CCA;
	const char *initrd;

	if (options->demonstration)
		machine->kernel = vm_cache(is_arm ? "linux-arm64/vmlinuz" : "linux/vmlinuz");
	if (options->demonstration && options->print_command) {
		machine->kept = vm_demonstration_keep(options);
		if (!machine->kept)
			return false;
	} else if (options->demonstration) {
		if (!vm_demonstration_make(options, &machine->initrd))
			return false;
	}
	if (options->demonstration || options->kernel)
		machine->append = vm_kernel_text(options);
	if (!is_arm) {
		machine->firmware = vm_is_shim(options) ? vm_shim() : vm_cache(OVMF);
		if (!machine->firmware)
			return false;
	}
	if (!options->plain) {
		machine->plugin = vm_plugin(is_arm ? "cvmem-aarch64.so" : "cvmem.so");
		if (!machine->plugin)
			return false;
	}
	if (!options->plain && !options->print_command) {
		machine->report = vm_report_new(options->json);
		if (!machine->report)
			return false;
	}
	if (options->report && !options->trace && !make_trace(machine))
		return false;
	initrd = machine->kept ? machine->kept : machine->initrd.path;
	machine->files = (struct vm_files){
		.kernel = options->kernel ? options->kernel : machine->kernel,
		.initrd = options->initrd ? options->initrd : initrd,
		.append = machine->append,
		.kernel_by_fw_cfg =
			options->kernel && vm_is_shim(options) && vm_is_elf(options->kernel),
		.firmware = options->firmware && !vm_is_shim(options) ? options->firmware
								      : machine->firmware,
		.plugin = machine->plugin,
		.report = options->print_command ? options->json : machine->report,
		.trace = options->trace ? options->trace : machine->trace,
	};
	return true;
}

static bool add_channel(struct machine *machine, struct vm_channel *channel, int out,
			struct vm_console *console)
{
	if (!vm_channel_open(channel, out, console))
		return false;
	machine->wiring.channel[machine->wiring.channels++] = channel;
	return true;
}

static bool add_port(struct machine *machine, enum vm_port port, int out)
{
	if (!add_channel(machine, &machine->port[port], out, NULL))
		return false;
	machine->files.port[port] = machine->port[port].guest;
	return true;
}

/* The demonstration's first process, which a quiet kernel comes to without a line; another kernel's
 * first line. */
static bool kernel_runs(const void *of)
{
	const struct machine *machine = of;
	const struct vm_channel *port = &machine->port[VM_PORT_STATUS];
	struct vm_told told;

	if (!machine->options->demonstration)
		return machine->console.kernel_runs;
	vm_told_read(port->data, port->end, &told);
	return told.ram_bytes;
}

/* With --exec our output is the command's, and the console is shown when something fails. */
static bool connect_ends(struct machine *machine)
{
	const struct vm_options *options = machine->options;
	int shown = options->verbose ? STDERR_FILENO : -1;

	machine->wiring.timeout_ns = options->timeout_ns;
	machine->wiring.hot_add_bytes = options->hot_add_bytes;
	machine->wiring.kernel_runs = kernel_runs;
	machine->wiring.of = machine;
	machine->wiring.no_input = options->exec;
	if (!options->raw_console) {
		machine->wiring.console = &machine->output;
		if (!add_channel(machine, &machine->output, options->exec ? shown : STDOUT_FILENO,
				 &machine->console))
			return false;
	}
	if (options->exec && (!add_port(machine, VM_PORT_OUT, STDOUT_FILENO) ||
			      !add_port(machine, VM_PORT_ERR, STDERR_FILENO)))
		return false;
	return !options->demonstration || add_port(machine, VM_PORT_STATUS, -1);
}

static void machine_free(struct machine *machine)
{
	for (size_t i = 0; i < machine->wiring.channels; i++)
		vm_channel_close(machine->wiring.channel[i]);
	words_free(&machine->words);
	vm_demonstration_remove(&machine->initrd);
	free(machine->kernel);
	free(machine->kept);
	free(machine->append);
	free(machine->firmware);
	free(machine->plugin);
	free(machine->report);
	free(machine->trace);
	if (machine->trace_fd)
		close(machine->trace_fd);
}

static void show_console(const struct vm_channel *console)
{
	fprintf(stderr, "cvmem vm: the console's last lines:\n");
	fwrite(console->data, 1, console->end, stderr);
	fputc('\n', stderr);
}

/* The command's status, unless that would hide that something else went wrong. */
static int exit_status(const struct machine *machine, const struct vm_outcome *outcome,
		       const struct vm_told *told, const struct vm_verdict *verdict)
{
	int status = verdict->ok ? CMD_OK : CMD_FAILED;

	if (verdict->ok && verdict->expected != VM_POWERED_OFF)
		return CMD_OK;
	if (machine->options->exec && told->status < 0) {
		fprintf(stderr, "cvmem vm: the machine ended before the command did\n");
		if (machine->output.out < 0)
			show_console(&machine->output);
		status = VM_NOT_RUN;
	} else if (machine->options->exec && told->status) {
		status = told->status;
	}
	return outcome->timed_out ? VM_TIMED_OUT : status;
}

/* The guest does not stop for what cannot be written; who reads a pipe may. */
static bool is_output_whole(const struct machine *machine)
{
	for (size_t i = 0; i < machine->wiring.channels; i++) {
		const struct vm_channel *channel = machine->wiring.channel[i];

		if (channel->out != STDOUT_FILENO || !channel->error || channel->error == EPIPE)
			continue;
		fprintf(stderr, "cvmem vm: standard output: %s\n", strerror(channel->error));
		return false;
	}
	return true;
}

static int judge(struct machine *machine, const struct vm_outcome *outcome)
{
	const struct vm_options *options = machine->options;
	const struct vm_channel *port = &machine->port[VM_PORT_STATUS];
	cJSON *report = machine->report ? vm_report_read(machine->report) : NULL;
	struct vm_verdict verdict = { .expected = options->expect };
	const char *word;
	struct vm_told told;

	verdict.ending = vm_ending_of(outcome, machine->console.panicked, report);
	verdict.ok = verdict.ending == verdict.expected;
	word = vm_ending_word(verdict.ending);
	vm_ending_say(verdict.ending, verdict.expected, outcome);
	/* The console may be QEMU's own. */
	if (machine->wiring.console &&
	    (outcome->timed_out || (verdict.ending == VM_FROM_OUTSIDE && !options->quiet)))
		vm_say_silence(outcome, machine->report);
	vm_told_read(port->data, port->end, &told);
	if (machine->report) {
		verdict.ok &= vm_report_judge(report, verdict.expected, options->attack);
		verdict.ok &= vm_report_finish(machine->report, options->json, &verdict);
	}
	if (options->report)
		verdict.ok &=
			vm_page(options, &machine->files,
				&(struct vm_ended){ report, word, verdict.ok, outcome->seconds });
	if (!options->quiet)
		vm_summarize(options, outcome, &told, word, report);
	/* It may be the reason, and is far above by now. */
	if (!verdict.ok && !options->plain)
		vm_say_known(options);
	cJSON_Delete(report);
	verdict.ok &= is_output_whole(machine);
	return exit_status(machine, outcome, &told, &verdict);
}

int vm_boot(const struct vm_options *options, bool qemu_installed)
{
	struct machine machine = { .options = options };
	struct vm_outcome outcome = { 0 };
	int status = options->exec ? VM_NOT_RUN : CMD_FAILED;

	if (make_files(&machine) && connect_ends(&machine)) {
		vm_qemu_command(options, &machine.files, qemu_installed, &machine.words);
		if (!options->quiet)
			vm_announce(options, &machine.files);
		if (!options->quiet && !options->plain)
			vm_say_known(options);
		if (vm_run(&machine.words, &machine.wiring, &outcome))
			status = judge(&machine, &outcome);
		else if (machine.report)
			unlink(machine.report);
	}
	machine_free(&machine);
	return status;
}

/* A line for each option, which the shell joins. */
static void print_words(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		char *word = words_quote(words->word[i]);

		if (i)
			fputs(*word == '-' ? " \\\n    " : " ", stdout);
		fputs(word, stdout);
		free(word);
	}
	putchar('\n');
}

int vm_print_command(const struct vm_options *options, bool qemu_installed)
{
	struct machine machine = { .options = options };
	bool ok = make_files(&machine);

	if (ok) {
		vm_qemu_command(options, &machine.files, qemu_installed, &machine.words);
		if (!qemu_installed) {
			char *folder = words_quote(getenv("QEMU_MODULE_DIR"));

			printf("QEMU_MODULE_DIR=%s ", folder);
			free(folder);
		}
		print_words(&machine.words);
		ok = output_flush("cvmem vm");
	}
	machine_free(&machine);
	return ok ? CMD_OK : CMD_FAILED;
}
