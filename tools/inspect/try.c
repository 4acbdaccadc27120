/* SPDX-License-Identifier: MIT */
#include "tools/inspect/try.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/subcommand.h"

static const struct inspect_image *find(const struct inspect_image *images, enum inspect_role role)
{
	for (const struct inspect_image *image = images; image; image = image->next) {
		if (inspect_role(image->kind) == role)
			return image;
	}
	return NULL;
}

const char *inspect_try_check(const struct inspect_image *images)
{
	unsigned systems = 0;

	for (const struct inspect_image *image = images; image; image = image->next) {
		enum inspect_role role = inspect_role(image->kind);

		if (!strcmp(image->path, "-"))
			return "the standard input cannot be booted: name a file";
		if (image->unreadable)
			return "it is not readable";
		if (image->kind == INSPECT_FOLDER || image->kind == INSPECT_ADDON)
			return "a folder or an add-on cannot be booted: name a kernel or a disk "
			       "image";
		systems += role == ROLE_KERNEL || role == ROLE_DISK;
	}
	if (systems != 1)
		return "one kernel or disk image is to be booted, with a firmware or without";
	return NULL;
}

static bool is_pvh(const struct inspect_image *images)
{
	const struct inspect_image *kernel = find(images, ROLE_KERNEL);

	return kernel && kernel->kind == INSPECT_PVH;
}

/* `cvmem vm' gives an ELF file to its own firmware alone, which it knows by its name. */
static bool is_own_firmware(const struct inspect_image *images)
{
	const struct inspect_image *firmware = find(images, ROLE_FIRMWARE);

	return is_pvh(images) && firmware && firmware->judges_kernel;
}

static void make_command(const struct inspect_image *images,
			 const struct inspect_try_options *options, const char *platform,
			 const char *report, struct words *words)
{
	const struct inspect_image *firmware = find(images, ROLE_FIRMWARE);
	const struct inspect_image *kernel = find(images, ROLE_KERNEL);

	words_add(words, "cvmem");
	words_add(words, "vm");
	words_add(words, "--platform=%s", platform);
	words_add(words, "--memory=%" PRIu64 "M", options->memory_bytes >> 20);
	words_add(words, "--timeout=%u", options->seconds);
	words_add(words, "--json=%s", report);
	if (is_own_firmware(images))
		words_add(words, "--firmware=shim");
	else if (firmware)
		words_add(words, "--firmware=%s", firmware->path);
	if (!kernel) {
		words_add(words, "--disk=%s", find(images, ROLE_DISK)->path);
		return;
	}
	words_add(words, "--kernel=%s", kernel->path);
	/* A unified kernel image has a command line and an initial file system of its own; what
	 * starts by PVH is not Linux. */
	if (kernel->kind != INSPECT_UKI && kernel->kind != INSPECT_PVH) {
		words_add(words, "--demo");
		words_add(words, "--append=cvmem_fill=2 panic=-1");
	}
}

/*
 * Why no guest starts with these files: `cvmem vm' says it of a file, and the plugin of firmware
 * that is not made for the platform. Any other message is a fault of the machine's.
 */
static const char *refusal(const struct inspect_image *images, const char *said)
{
	static const char stopped[] = "cvmem.so: stopped: ";
	const char *line = strstr(said, stopped);

	if (line && memmem(line, strcspn(line, "\n"), "firmware", 8))
		return line + sizeof(stopped) - 1;
	for (; images; images = images->next) {
		char *start = text_of("cvmem vm: %s: is ", images->path);

		line = strstr(said, start);
		free(start);
		if (line)
			return line + sizeof("cvmem vm: ") - 1;
	}
	return NULL;
}

static uint64_t number_of(const cJSON *object, const char *name)
{
	const cJSON *number = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(number) ? (uint64_t)number->valuedouble : 0;
}

static uint64_t bytes_of(const cJSON *calls)
{
	return (number_of(calls, "4k") << 12) + (number_of(calls, "2m") << 21) +
	       (number_of(calls, "1g") << 30);
}

/* The number behind a text, in KiB; 0: there is none. */
static uint64_t kib_behind(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	return at ? strtoull(at + strlen(what), NULL, 10) << 10 : 0;
}

/* Linux: "Memory: 3809880K/4193812K available". What the demonstration says is exact. */
static uint64_t seen_bytes(const char *console)
{
	const char *line = strstr(console, "Memory: ");
	uint64_t total = kib_behind(console, "cvmem: at the first process ");

	if (total || !line)
		return total;
	return kib_behind(line, "K/");
}

/* Unaccepted memory at the demonstration's start: the third number of its first row. */
static bool unaccepted_at_start(const char *console, uint64_t *bytes)
{
	const char *row = strstr(console, "cvmem: at the first process ");
	unsigned long long unaccepted;

	if (!row || sscanf(row, "cvmem: at the first process %*u %*u %llu", &unaccepted) != 1)
		return false;
	*bytes = unaccepted << 10;
	return true;
}

static void copy_line(const char *start, size_t length, char *text, size_t size)
{
	snprintf(text, size, "%.*s", (int)length, start);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	inspect_clean(text);
}

/* The last line that is not empty. */
static void last_line(const char *console, char *text, size_t size)
{
	const char *end = console + strlen(console), *start;

	while (end > console && strchr("\r\n \t", end[-1]))
		end--;
	for (start = end; start > console && start[-1] != '\n'; start--)
		;
	copy_line(start, (size_t)(end - start), text, size);
}

/* Less is lost: firmware's tables, the kernel, its descriptors. */
#define MOST(bytes) ((bytes) / 5 * 4)
/* More is not left over by accident. */
#define MUCH(bytes) ((bytes) / 10)

/* Linux says so at its start. Another kernel may say nothing, but powers the machine off. */
static bool has_booted(const struct inspect_tried *tried, const char *console, bool pvh)
{
	return tried->seen_bytes || strstr(console, "Linux version") ||
	       (pvh && !strcmp(tried->ended, "powered-off"));
}

/* It may wait for ever, or have reset the machine as its last act. */
static bool may_have_booted(const struct inspect_tried *tried, bool pvh)
{
	return pvh && (!strcmp(tried->ended, "timed-out") || !strcmp(tried->ended, "reset"));
}

static enum inspect_outcome outcome_of(const struct inspect_tried *tried, const char *console,
				       bool pvh)
{
	uint64_t left = tried->unaccepted_bytes;

	if (tried->violations)
		return OUTCOME_IMPOSSIBLE;
	if (!tried->booted)
		return may_have_booted(tried, pvh) ? OUTCOME_UNKNOWN : OUTCOME_IMPOSSIBLE;
	if (tried->seen_bytes && tried->seen_bytes < MOST(tried->memory_bytes))
		return tried->firmware_bytes >= MOST(tried->memory_bytes) ? OUTCOME_LOST
									  : OUTCOME_LOW;
	unaccepted_at_start(console, &left);
	if (left > MUCH(tried->memory_bytes))
		return tried->seen_bytes ? OUTCOME_LAZY : OUTCOME_UNKNOWN;
	return tried->kernel_bytes > MUCH(tried->memory_bytes) ? OUTCOME_ASKED : OUTCOME_EAGER;
}

static void judge(const cJSON *report, const char *console, bool pvh, struct inspect_tried *tried)
{
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "runs"), 0);
	const cJSON *phases = cJSON_GetObjectItem(run, "accept_calls_by_phase");
	const cJSON *ended = cJSON_GetObjectItem(run, "ended");

	/* What the plugin has counted; without a machine the report has the verdict alone. */
	tried->ran = cJSON_GetObjectItem(run, "touch_before_accept");
	tried->memory_bytes = number_of(report, "memory_bytes");
	tried->firmware_bytes = bytes_of(cJSON_GetObjectItem(phases, "firmware"));
	tried->kernel_bytes = bytes_of(cJSON_GetObjectItem(phases, "stub")) +
			      bytes_of(cJSON_GetObjectItem(phases, "kernel"));
	tried->unaccepted_bytes = number_of(run, "unaccepted_bytes");
	tried->violations = number_of(run, "touch_before_accept");
	tried->double_accepts = number_of(run, "double_accepts");
	tried->negotiated = tried->kernel_bytes > 0;
	tried->seen_bytes = seen_bytes(console);
	if (cJSON_IsString(ended))
		snprintf(tried->ended, sizeof(tried->ended), "%s", ended->valuestring);
	tried->booted = has_booted(tried, console, pvh);
	tried->outcome = outcome_of(tried, console, pvh);
	if (tried->outcome == OUTCOME_IMPOSSIBLE || tried->outcome == OUTCOME_UNKNOWN)
		last_line(console, tried->why, sizeof(tried->why));
}

static void did_not_start(const struct inspect_image *images, const char *said,
			  struct inspect_tried *tried)
{
	const char *reason = refusal(images, said);

	tried->refused = reason;
	tried->outcome = reason ? OUTCOME_IMPOSSIBLE : OUTCOME_UNKNOWN;
	if (reason)
		copy_line(reason, strcspn(reason, "\n"), tried->why, sizeof(tried->why));
	else
		last_line(said, tried->why, sizeof(tried->why));
}

/* False: the command that boots it has not been run to its end. */
static bool try_one(const struct inspect_image *images, const struct inspect_try_options *options,
		    const char *platform, const char *folder, struct inspect_tried *tried)
{
	char *report = text_of("%s/report", folder), *console = text_of("%s/console", folder);
	struct words words = { 0 };
	cJSON *parsed;
	char *text, *said;
	size_t bytes;
	int status;
	bool done;

	make_command(images, options, platform, report, &words);
	done = subcommand_run("cvmem inspect", &words, console, &status);
	if (done) {
		text = file_read(report, &bytes);
		said = file_read(console, &bytes);
		parsed = text ? cJSON_Parse(text) : NULL;
		judge(parsed, said ? said : "", is_pvh(images), tried);
		if (!tried->ran)
			did_not_start(images, said ? said : "", tried);
		cJSON_Delete(parsed);
		free(text);
		free(said);
	}
	words_free(&words);
	unlink(report);
	unlink(console);
	free(report);
	free(console);
	return done;
}

bool inspect_try(const struct inspect_image *images, const struct inspect_try_options *options,
		 struct inspect_tried tried[2])
{
	static const char *const platforms[] = { "tdx", "snp" };
	const char *parent = getenv("TMPDIR");
	char folder[256];
	bool done = true;

	memset(tried, 0, 2 * sizeof(*tried));
	snprintf(folder, sizeof(folder), "%s/cvmem-inspect-XXXXXX",
		 parent && *parent ? parent : "/tmp");
	if (!mkdtemp(folder)) {
		fprintf(stderr, "cvmem inspect: %s: %s\n", folder, strerror(errno));
		return false;
	}
	if (is_own_firmware(images))
		fputs("cvmem inspect: its firmware is that of `cvmem vm --firmware shim'\n",
		      stderr);
	for (int i = 0; i < 2 && done; i++) {
		fprintf(stderr, "cvmem inspect: booting it as %s guest, for %u s at most\n",
			i ? "an SEV-SNP" : "a TDX", options->seconds);
		done = try_one(images, options, platforms[i], folder, &tried[i]);
		if (done && !tried[i].ran)
			inspect_put(stderr, "cvmem inspect: the machine did not start: %s\n",
				    tried[i].why);
	}
	rmdir(folder);
	subcommand_end();
	return (tried[0].ran || tried[0].refused) && (tried[1].ran || tried[1].refused);
}

int inspect_try_exit(const struct inspect_tried tried[2])
{
	if (tried[0].outcome == OUTCOME_LAZY || tried[1].outcome == OUTCOME_LAZY)
		return INSPECT_EXIT_YES;
	if (tried[0].outcome == OUTCOME_UNKNOWN || tried[1].outcome == OUTCOME_UNKNOWN)
		return INSPECT_EXIT_UNKNOWN;
	return INSPECT_EXIT_NO;
}
