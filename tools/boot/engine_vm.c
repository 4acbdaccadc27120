/* SPDX-License-Identifier: MIT */
#include "tools/boot/engine_vm.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "boot/wire.h"
#include "tools/boot/scratch.h"
#include "tools/common/own_file.h"
#include "tools/common/subcommand.h"
#include "tools/common/words.h"

/*
 * The stages in a virtual machine: `cvmem vm` boots the ROM of guest/, which is told what to do by
 * files of fw_cfg, and reports on QEMU's debug console. What the machine has seen is in the report
 * of `cvmem vm`.
 */

#define DISK_BYTES (256 << 10)

/* The files of one run. */
struct files {
	struct scratch scratch;
	char *program, *config, *workload, *disk, *report, *machine, *console;
};

static bool fail(const char *path)
{
	fprintf(stderr, "cvmem boot: %s: %s\n", path, strerror(errno));
	return false;
}

static bool write_file(const char *path, const void *data, size_t bytes)
{
	FILE *file = fopen(path, "wb");
	bool good = file && fwrite(data, 1, bytes, file) == bytes;

	if (file)
		good &= !fclose(file);
	return good || fail(path);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The counter that the guest reads: QEMU without hardware virtualisation hands on the host's. */
static uint64_t tsc_khz(void)
{
	const uint64_t measured_ns = 20000000;
	uint64_t began = now_ns(), ticks = __rdtsc(), passed;

	do
		passed = now_ns() - began;
	while (passed < measured_ns);
	return (__rdtsc() - ticks) * 1000000 / passed;
}

/* Then the guest's counter is QEMU's, which counts nanoseconds, and one for an instruction with
 * "shift=0". */
static bool counts_instructions(const struct boot_options *options)
{
	for (char **word = options->vm_arguments; word && *word; word++)
		if (!strcmp(*word, "-icount"))
			return true;
	return false;
}

static char *find_program(const struct boot_options *options)
{
	if (options->start == BOOT_FROM_EFI)
		return own_file("guest/stub", BOOT_INSTALLED_LIBRARIES, "cvmem-guestx64.efi");
	return own_file("guest", BOOT_INSTALLED_LIBRARIES,
			options->platform == HOSTED_SNP ? "guest-snp.rom" : "guest-tdx.rom");
}

static bool make_files(const struct boot_options *options, const struct trace *workload,
		       enum boot_policy policy, struct files *files)
{
	const char *folder = files->scratch.path;
	/* The rest of it is what the guest writes and reads back. */
	static const char disk[DISK_BYTES] = BOOT_WIRE_DISK;
	const struct boot_wire_config config = {
		.magic = BOOT_WIRE_MAGIC,
		.bytes = sizeof(config),
		.firmware_accepts = options->firmware_accepts,
		.bounce_bytes = options->bounce_bytes,
		.hot_bytes = options->hot_bytes,
		.hot_add_at = options->hot_add_at,
		.tsc_khz = counts_instructions(options) ? 1000000 : tsc_khz(),
		.policy = policy,
		.unit_size = options->unit_size,
		.vcpus = options->vcpus,
		.idle_vcpus = policy == BOOT_BACKGROUND,
		.verify = options->attack.name != NULL,
		.kexecs = options->kexecs,
		.crash = options->crash,
		.every_page = options->every_page,
		/* The attacks on conversions are for the stages alone. */
		.use_disk = options->bounce_bytes && !options->attack.name,
	};

	if (!scratch_make(&files->scratch))
		return false;
	files->config = text_of("%s/config", folder);
	files->workload = text_of("%s/workload", folder);
	files->disk = text_of("%s/disk", folder);
	files->report = text_of("%s/report", folder);
	files->machine = text_of("%s/machine.json", folder);
	files->console = text_of("%s/console", folder);
	files->program = find_program(options);
	if (access(files->program, R_OK))
		return fail(files->program);
	return write_file(files->config, &config, sizeof(config)) &&
	       write_file(files->workload, workload->data, workload->bytes) &&
	       write_file(files->disk, disk, sizeof(disk));
}

static void remove_files(struct files *files)
{
	char *const paths[] = { files->config, files->workload, files->disk,
				files->report, files->machine,	files->console };

	scratch_remove(&files->scratch);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		free(paths[i]);
	free(files->program);
}

static void make_command(const struct boot_options *options, enum boot_policy policy,
			 const struct files *files, struct words *words)
{
	char **word = options->vm_arguments;

	words_add(words, "cvmem");
	words_add(words, "vm");
	words_add(words, "--platform=%s", options->platform == HOSTED_SNP ? "snp" : "tdx");
	words_add(words, options->start == BOOT_FROM_EFI ? "--kernel=%s" : "--firmware=%s",
		  files->program);
	/* Else cvmem vm brings a kernel and an initrd, and waits for that kernel. */
	words_add(words, "--disk=%s", files->disk);
	words_add(words, "--memory=%" PRIu64 "K", options->memory_bytes / 1024);
	words_add(words, "--vcpus=%u", options->vcpus + (policy == BOOT_BACKGROUND));
	words_add(words, "--quiet");
	if (policy == BOOT_ON_FAULT)
		words_add(words, "--violation=%s", options->platform == HOSTED_SNP ? "vc" : "ve");
	words_add(words, "--json=%s", files->machine);
	if (options->cost->ns_per_4k)
		words_add(words, "--accept-cost=%" PRIu64, (uint64_t)options->cost->ns_per_4k);
	if (options->host_4k_only)
		words_add(words, "--host-4k");
	if (options->hot_bytes)
		words_add(words, "--hot-add=%" PRIu64 "K", options->hot_bytes / 1024);
	if (options->attack.name)
		words_add(words, "--attack=%s@%" PRIu64, options->attack.name, options->attack.at);
	for (; word && *word && strcmp(*word, "--"); word++)
		words_add(words, "%s", *word);
	words_add(words, "--");
	words_add(words, "-fw_cfg");
	words_add(words, "name=" BOOT_WIRE_CONFIG ",file=%s", files->config);
	words_add(words, "-fw_cfg");
	words_add(words, "name=" BOOT_WIRE_WORKLOAD ",file=%s", files->workload);
	words_add(words, "-chardev");
	words_add(words, "file,id=report,path=%s", files->report);
	words_add(words, "-device");
	words_add(words, "isa-debugcon,iobase=0x%x,chardev=report", BOOT_WIRE_PORT);
	for (; word && *word && *++word;)
		words_add(words, "%s", *word);
}

static uint64_t number_of(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

static void read_exits(const cJSON *run, bool is_snp, struct hosted_stats *stats)
{
	const cJSON *leaves = cJSON_GetObjectItem(run, "calls");
	const cJSON *vmcalls = cJSON_GetObjectItem(run, "vmcalls");

	if (is_snp) {
		stats->exits = number_of(run, "vmgexits");
		stats->conversions = number_of(run, "psc_entries") + number_of(run, "psc_msr");
	} else {
		stats->exits = number_of(leaves, "vp_vmcall");
		stats->conversions = number_of(vmcalls, "map_gpa");
	}
}

/*
 * In the text, as emu/ has written it: why the guest itself ended the machine. has_run: "ended" is
 * what a guest or its platform does; else the plugin could not run the machine.
 */
static void read_stop(const char *text, bool is_snp, bool has_run, struct emu_stop *stop)
{
	const char *fatal = strstr(text, "reported fatal error 0x");
	const char *request = strstr(text, "reason set ");
	unsigned set, reason;

	snprintf(stop->text, sizeof(stop->text), "%s", text);
	stop->cause = has_run ? EMU_STOP_HOST_FAULT : EMU_STOP_FAILED;
	if (!is_snp && fatal) {
		stop->cause = EMU_STOP_GUEST_REQUEST;
		stop->code = strtoull(strchr(fatal, '0'), NULL, 16);
	} else if (is_snp && request &&
		   sscanf(request, "reason set %u, code %u", &set, &reason) == 2) {
		stop->cause = EMU_STOP_GUEST_REQUEST;
		stop->code = set | reason << 4;
	}
}

static void read_violation(const cJSON *violation, struct hosted_report *machine)
{
	const cJSON *state = cJSON_GetObjectItem(violation, "state");

	machine->violation = true;
	machine->gpa = number_of(violation, "gpa");
	machine->rip = number_of(violation, "rip");
	machine->write = cJSON_IsTrue(cJSON_GetObjectItem(violation, "write"));
	if (cJSON_IsString(state))
		snprintf(machine->state, sizeof(machine->state), "%s", state->valuestring);
}

/* The machine's side; false: there is no report. */
static bool read_machine(const char *path, struct boot_result *result, bool *powered_off)
{
	size_t bytes;
	char *text = file_read(path, &bytes);
	cJSON *report = text ? cJSON_Parse(text) : NULL;
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);
	const cJSON *calls = cJSON_GetObjectItem(run, "accept_calls");
	const cJSON *attack = cJSON_GetObjectItem(run, "attack");
	const cJSON *stopped = cJSON_GetObjectItem(run, "stopped");
	const cJSON *ended = cJSON_GetObjectItem(run, "ended");
	/* Without a machine the report has the verdict alone. */
	bool found = cJSON_GetObjectItem(run, "touch_before_accept");

	*powered_off = cJSON_IsString(ended) && !strcmp(ended->valuestring, "powered-off");
	result->stats.emu = (struct emu_stats){
		.accepted = { number_of(calls, "4k"), number_of(calls, "2m"),
			      number_of(calls, "1g") },
		.accepted_bytes = number_of(run, "accepted_bytes"),
		.size_mismatch = number_of(run, "fell_back"),
		.already_accepted = number_of(run, "double_accepts"),
		.unaccepted_bytes = number_of(run, "unaccepted_bytes"),
	};
	result->stats.violations = number_of(run, "touch_before_accept");
	read_exits(run, result->is_snp, &result->stats);
	result->struck.triggers = number_of(attack, "opportunities");
	result->struck.injections = number_of(attack, "strikes");
	result->struck.gpa =
		result->struck.injections ? number_of(attack, "gpa") : EMU_ATTACK_ANYWHERE;
	/* Else the guest has got an exception for it. */
	if (cJSON_IsString(ended) && !strcmp(ended->valuestring, "violation"))
		read_violation(cJSON_GetObjectItem(run, "violation"), &result->machine);
	if (cJSON_IsString(stopped))
		read_stop(stopped->valuestring, result->is_snp,
			  !cJSON_IsString(ended) || strcmp(ended->valuestring, "qemu-failed"),
			  &result->machine.stop);
	cJSON_Delete(report);
	free(text);
	return found;
}

/* The guest's side; false: it did not get so far. */
static bool read_guest(const char *path, struct boot_result *result)
{
	static char what[BOOT_POLICIES][sizeof(((struct boot_wire_report *)0)->what)];
	struct boot_wire_report wire;
	size_t bytes = 0;
	char *data = file_read(path, &bytes);
	/* Firmware may have written to that port before. */
	bool whole = data && bytes >= sizeof(wire);

	if (whole) {
		memcpy(&wire, data + bytes - sizeof(wire), sizeof(wire));
		whole = wire.magic == BOOT_WIRE_MAGIC && wire.bytes == sizeof(wire);
	}
	free(data);
	if (!whole)
		return false;
	wire.what[sizeof(wire.what) - 1] = '\0';
	memcpy(what[result->policy], wire.what, sizeof(wire.what));
	result->report = wire.report;
	result->report.what = wire.what[0] ? what[result->policy] : NULL;
	return true;
}

static void show_console(const char *path)
{
	size_t bytes;
	char *text = file_read(path, &bytes);

	if (text)
		fprintf(stderr, "%s", text);
	free(text);
}

bool boot_vm_run(const struct boot_options *options, const struct trace *workload,
		 enum boot_policy policy, struct boot_result *result)
{
	struct files files = { 0 };
	struct words words = { 0 };
	int status = 0;
	bool powered_off = false;
	bool ran = make_files(options, workload, policy, &files), whole;

	*result =
		(struct boot_result){ .policy = policy, .is_snp = options->platform == HOSTED_SNP };
	if (ran) {
		make_command(options, policy, &files, &words);
		ran = subcommand_run("cvmem boot", &words, files.console, &status);
		words_free(&words);
	}
	/* It has said nothing then. */
	if (ran && WIFSIGNALED(status))
		fprintf(stderr, "cvmem boot: cvmem vm was ended by signal %d\n", WTERMSIG(status));
	if (ran) {
		whole = read_guest(files.report, result);
		ran = read_machine(files.machine, result, &powered_off);
		/* cvmem vm takes what a handler was told of for violations. */
		if (whole && policy == BOOT_ON_FAULT) {
			result->stats.violations -= result->report.fault.faults;
			status = powered_off ? 0 : status;
		}
		boot_result_time(options->vcpus, result);
		boot_result_judge(options, whole && status == 0, result);
		if (!ran || (!whole && result->machine.stop.cause == EMU_RUNNING))
			show_console(files.console);
	}
	remove_files(&files);
	subcommand_end();
	return ran;
}
