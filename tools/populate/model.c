/* SPDX-License-Identifier: MIT */
#include "tools/populate/model.h"

#include <inttypes.h>
#include <string.h>

#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/common/print.h"
#include "tools/populate/firmware.h"
#include "tools/populate/measure.h"

enum { BOOT_NOTHING, BOOT_POPULATED, BOOTS };

static void hex_of(const uint8_t *digest, char hex[2 * SHA384_BYTES + 1])
{
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
}

static bool is_same(const struct launches *launches, unsigned order)
{
	return !memcmp(launches->digest[ORDER_ASCENDING], launches->digest[order], SHA384_BYTES);
}

static void print_launches(FILE *out, const struct populate_options *options,
			   const struct launches *launches)
{
	char hex[2 * SHA384_BYTES + 1];

	hex_of(launches->digest[ORDER_ASCENDING], hex);
	fprintf(out, "before the launch is finished, KVM maps %s\n",
		launches->maps_before ? "memory" : "nothing: it would be after it");
	if (launches->refused)
		fprintf(out,
			"content for memory that was not populated: refused, at 0x%" PRIx64 "\n",
			launches->refused_at);
	else
		fputs("content needs no population before it\n", out);
	fprintf(out, "%s %s\n", options->platform ? "launch digest" : "MRTD", hex);
	if (launches->maps_before)
		fprintf(out, "  memory populated in another order: %s\n",
			is_same(launches, ORDER_POPULATED_OTHERWISE) ? "the same" : "ANOTHER");
	fprintf(out, "  content added in another order: %s\n",
		is_same(launches, ORDER_ADDED_OTHERWISE) ? "THE SAME" : "another");
}

static void print_boots(FILE *out, const struct boot_counts *boots)
{
	static const char *const names[BOOTS] = { "nothing", "all" };
	char size[16];

	fprintf(out, "\n%-10s %22s %12s %12s %6s\n", "populated", "exits for absent pages",
		"conversions", "accepted", "twice");
	for (unsigned i = 0; i < BOOTS; i++)
		fprintf(out, "%-10s %22" PRIu64 " %12" PRIu64 " %12s %6" PRIu64 "%s\n", names[i],
			boots[i].faults, boots[i].conversions, print_size(size, boots[i].accepted),
			boots[i].double_accepts, boots[i].ok ? "" : "  DID NOT BOOT");
}

static bool write_json(const struct populate_options *options, uint64_t memory,
		       const struct launches *launches, const struct boot_counts *boots)
{
	cJSON *root = json_report(), *list;
	char hex[2 * SHA384_BYTES + 1];

	hex_of(launches->digest[ORDER_ASCENDING], hex);
	cJSON_AddStringToObject(root, "model", options->model);
	cJSON_AddStringToObject(root, "platform", options->platform ? "snp" : "tdx");
	json_add_number(root, "memory_bytes", memory);
	cJSON_AddBoolToObject(root, "maps_before_launch", launches->maps_before);
	if (launches->refused)
		json_add_number(root, "refused_at", launches->refused_at);
	else
		cJSON_AddNullToObject(root, "refused_at");
	cJSON_AddStringToObject(root, "measurement", hex);
	cJSON_AddBoolToObject(root, "same_if_populated_otherwise",
			      is_same(launches, ORDER_POPULATED_OTHERWISE));
	cJSON_AddBoolToObject(root, "same_if_added_otherwise",
			      is_same(launches, ORDER_ADDED_OTHERWISE));
	list = cJSON_AddArrayToObject(root, "boots");
	for (unsigned i = 0; i < BOOTS; i++) {
		cJSON *boot = cJSON_CreateObject();

		cJSON_AddBoolToObject(boot, "ok", boots[i].ok);
		json_add_number(boot, "populated_bytes", boots[i].populated);
		json_add_number(boot, "fault_exits", boots[i].faults);
		json_add_number(boot, "conversion_exits", boots[i].conversions);
		json_add_number(boot, "accepted_bytes", boots[i].accepted);
		json_add_number(boot, "double_accepts", boots[i].double_accepts);
		cJSON_AddItemToArray(list, boot);
	}
	return json_write("cvmem populate", options->json, root);
}

/* As the specifications have it, and a guest that is fine. */
static bool is_fine(const struct launches *launches, const struct boot_counts *boots)
{
	return is_same(launches, ORDER_POPULATED_OTHERWISE) &&
	       !is_same(launches, ORDER_ADDED_OTHERWISE) && boots[BOOT_NOTHING].ok &&
	       boots[BOOT_POPULATED].ok;
}

int populate_model(const struct populate_options *options)
{
	uint64_t memory = options->memory ? options->memory : UINT64_C(1) << 30;
	struct boot_counts boots[BOOTS];
	struct launches launches = { 0 };
	const char *problem;

	if (memory < UINT64_C(256) << 20) {
		fputs("cvmem populate: --memory: the boot of --model needs 256M\n", stderr);
		return CMD_USAGE;
	}
	if (options->firmware)
		return populate_firmware(options, memory);
	problem = launches_make(options, memory, &launches);
	if (problem) {
		fprintf(stderr, "cvmem populate: the launch: %s\n", problem);
		return CMD_FAILED;
	}
	if (!boots_run(options, memory, "0", &boots[BOOT_NOTHING]) ||
	    !boots_run(options, memory, "all", &boots[BOOT_POPULATED]))
		return CMD_FAILED;
	if (options->json && !write_json(options, memory, &launches, boots))
		return CMD_FAILED;
	if (!json_to_stdout(options->json)) {
		print_launches(stdout, options, &launches);
		print_boots(stdout, boots);
	}
	return is_fine(&launches, boots) ? CMD_OK : CMD_FAILED;
}
