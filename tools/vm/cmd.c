/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/common/commands.h"
#include "tools/vm/files.h"
#include "tools/vm/initrd.h"
#include "tools/vm/qemu.h"
#include "tools/vm/report.h"
#include "tools/vm/run.h"
#include "tools/vm/setup.h"

/* The texts of a run, all to be freed. */
struct texts {
	char *kernel, *initrd, *append, *firmware, *plugin, *report;
};

static bool set_up(const struct vm_options *options, bool qemu_installed)
{
	const char *parts[6];
	size_t count = 0;

	if (!qemu_installed)
		parts[count++] = VM_PART_QEMU;
	if (options->setup || options->demonstration || !options->firmware)
		parts[count++] = VM_PART_GUEST;
	if (options->setup || (options->demonstration && !options->kernel))
		parts[count++] = VM_PART_LINUX;
	if (options->setup) {
		parts[count++] = VM_PART_LINUX_6_12;
		parts[count++] = VM_PART_EXTRAS;
	}
	parts[count] = NULL;
	return vm_setup(parts);
}

/* Said before anything is fetched or made. */
static bool files_readable(const struct vm_options *options)
{
	bool ok = (!options->kernel || vm_readable(options->kernel)) &&
		  (!options->initrd || vm_readable(options->initrd)) &&
		  (!options->firmware || vm_readable(options->firmware)) &&
		  (!options->symbols || vm_readable(options->symbols));

	for (size_t i = 0; i < options->disks; i++)
		ok = ok && vm_readable(options->disk[i]);
	return ok;
}

static char *kernel_text(const struct vm_options *options)
{
	const char *append = options->append ? options->append : "";
	const char *policy = options->policy ? options->policy : "";
	const char *key = options->policy ? " accept_memory=" : "";

	/*
	 * Linux measures whether timer interrupts arrive, and panics where QEMU gets too little of
	 * a busy host's time for that (Documentation/admin-guide/kernel-parameters.txt).
	 */
	if (options->demonstration)
		return text_of("console=ttyS0 quiet panic=-1 no_timer_check%s%s %s", key, policy,
			       append);
	return text_of("%s%s%s", options->append ? append : "console=ttyS0", key, policy);
}

static bool make_demonstration(struct texts *texts)
{
	char *folder = vm_cache("");
	char *init = vm_script("vm/init");
	char *busybox = vm_cache("guest/usr/bin/busybox");
	bool ok = false;
	int fd;

	texts->kernel = vm_cache("linux/vmlinuz");
	texts->initrd = text_of("%sinitrd.XXXXXX", folder);
	fd = mkstemp(texts->initrd);
	if (fd < 0) {
		fprintf(stderr, "cvmem vm: %s: %s\n", texts->initrd, strerror(errno));
		free(texts->initrd);
		texts->initrd = NULL;
	} else {
		close(fd);
		ok = init && vm_initrd_write(busybox, init, texts->initrd);
	}
	free(busybox);
	free(init);
	free(folder);
	return ok;
}

static bool make_files(const struct vm_options *options, struct texts *texts,
		       struct vm_files *files)
{

	if (options->demonstration && !make_demonstration(texts))
		return false;
	if (options->demonstration || options->kernel)
		texts->append = kernel_text(options);
	texts->firmware = vm_cache("guest/usr/share/ovmf/OVMF.fd");
	if (!options->plain) {
		texts->plugin = vm_plugin();
		texts->report = texts->plugin ? vm_report_new(options->json) : NULL;
		if (!texts->report)
			return false;
	}
	*files = (struct vm_files){
		.kernel = options->kernel ? options->kernel : texts->kernel,
		.initrd = options->initrd ? options->initrd : texts->initrd,
		.append = texts->append,
		.firmware = options->firmware ? options->firmware : texts->firmware,
		.plugin = texts->plugin,
		.report = texts->report,
	};
	return true;
}

static void free_texts(struct texts *texts)
{
	if (texts->initrd)
		unlink(texts->initrd);
	free(texts->kernel);
	free(texts->initrd);
	free(texts->append);
	free(texts->firmware);
	free(texts->plugin);
	free(texts->report);
}

/* The plugin ends QEMU with these, and has said why (docs/vm.md). */
static bool is_plugin_status(int status)
{
	return status >= 3 && status <= 5;
}

/* Says how the machine ended; true: as it should. */
static bool judge_end(const struct vm_outcome *outcome)
{
	static const char *const ends[] = {
		[VM_END_RESET] = "the guest reset the machine, by itself or by a fault",
		[VM_END_PANIC] = "the guest panicked",
		[VM_END_HOST] = "the machine was ended from outside",
	};

	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : 0;

	if (WIFSIGNALED(outcome->status))
		fprintf(stderr, "cvmem vm: QEMU was killed by signal %d\n",
			WTERMSIG(outcome->status));
	else if (is_plugin_status(status))
		return false;
	else if (status)
		fprintf(stderr, "cvmem vm: QEMU ended with status %d\n", status);
	else if (outcome->end == VM_END_UNKNOWN)
		fprintf(stderr, "cvmem vm: QEMU ended before the guest did\n");
	else if (outcome->end != VM_END_POWEROFF)
		fprintf(stderr, "cvmem vm: %s\n", ends[outcome->end]);
	else
		return true;
	return false;
}

static bool judge_report(const struct vm_options *options, const char *report)
{
	bool ok = vm_report_judge(report);

	return vm_report_keep(report, options->json) && ok;
}

static bool boot(const struct vm_options *options, bool qemu_installed)
{
	struct texts texts = { 0 };
	struct words words = { 0 };
	struct vm_outcome outcome = { 0 };
	struct vm_files files;
	bool ok = make_files(options, &texts, &files);

	if (ok) {
		vm_qemu_command(options, &files, qemu_installed, &words);
		ok = vm_run(&words, &outcome);
		if (ok)
			ok = judge_end(&outcome);
		if (texts.report)
			ok &= judge_report(options, texts.report);
	}
	words_free(&words);
	free_texts(&texts);
	return ok;
}

int cmd_vm(int argc, char **argv)
{
	struct vm_options options;
	bool qemu_installed;

	vm_options_parse(argc, argv, &options);
	if (!files_readable(&options))
		return CMD_FAILED;
	qemu_installed = vm_qemu_installed();
	if (!set_up(&options, qemu_installed))
		return CMD_FAILED;
	if (options.setup) {
		char *cache = vm_cache("");

		printf("everything is in %s\n", cache);
		free(cache);
		return CMD_OK;
	}
	return boot(&options, qemu_installed) ? CMD_OK : CMD_FAILED;
}
