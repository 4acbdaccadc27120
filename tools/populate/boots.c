/* SPDX-License-Identifier: MIT */
#include "tools/populate/model.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/common/subcommand.h"

/* The guest's boot is `cvmem boot`, in a process of its own. */

static uint64_t number(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItem(object, name);

	return cJSON_IsNumber(item) ? (uint64_t)item->valuedouble : 0;
}

static bool read_counts(const char *text, struct boot_counts *counts)
{
	cJSON *root = cJSON_Parse(text);
	const cJSON *run = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "runs"), 0);
	const cJSON *host = cJSON_GetObjectItem(run, "host");
	bool good = host;

	counts->ok = cJSON_IsTrue(cJSON_GetObjectItem(run, "ok"));
	counts->accepted = number(run, "accepted_bytes_at_shell");
	counts->double_accepts = number(run, "double_accepts");
	counts->populated = number(host, "populated_bytes");
	counts->faults = number(host, "fault_exits");
	counts->conversions = number(host, "conversion_exits");
	cJSON_Delete(root);
	return good;
}

bool boots_run(const struct populate_options *options, uint64_t memory, const char *populate,
	       struct boot_counts *counts)
{
	int file = memfd_create("cvmem-populate", 0), status;
	struct words words = { 0 };
	char *path = text_of("/proc/self/fd/%d", file), *text = NULL;
	size_t bytes;
	bool good;

	words_add(&words, "cvmem");
	words_add(&words, "boot");
	words_add(&words, "--json");
	words_add(&words, "--platform=%s", options->platform ? "snp" : "tdx");
	words_add(&words, "--memory=%llu", (unsigned long long)memory);
	words_add(&words, "--vcpus=%u", options->vcpus);
	words_add(&words, "--host-populates=%s", populate);
	good = file >= 0 && subcommand_run("cvmem populate", &words, path, &status);
	if (good) {
		text = file_read(path, &bytes);
		good = text && read_counts(text, counts);
		if (!good)
			fprintf(stderr, "cvmem populate: the guest did not boot: %s\n",
				text ? text : "no report");
	}
	free(text);
	free(path);
	words_free(&words);
	if (file >= 0)
		close(file);
	subcommand_end();
	return good;
}
