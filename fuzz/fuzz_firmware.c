/* SPDX-License-Identifier: MIT */
#include "fuzz/check.h"
#include "tools/inspect/firmware/json.h"

/*
 * An input is a file. Whatever it is, what was read of it is within its bounds and can be printed;
 * an answer other than "unknown" has a reason; metadata with an error is not usable.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lints(const struct fw_lints *lints)
{
	CHECK(lints->count <= sizeof(lints->item) / sizeof(lints->item[0]));
	for (size_t i = 0; i < lints->count; i++)
		CHECK(lints->item[i].text[0] && lints->item[i].name[0]);
}

static void check_sections(const struct fw_firmware *firmware, size_t size)
{
	const struct metadata *tdvf = &firmware->tdvf;

	if (!firmware->tdvf_usable)
		return;
	CHECK(tdvf->present && tdvf->count);
	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];

		CHECK(section->size && !(section->gpa % 4096) && !(section->size % 4096));
		CHECK(section->gpa + section->size > section->gpa ||
		      !(section->gpa + section->size));
		CHECK(section->raw_size <= section->size);
		CHECK(!section->raw_size ||
		      (uint64_t)section->data_offset + section->raw_size <= size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_firmware firmware;
	struct bytes bytes = { data, size };
	cJSON *json;
	char *text;

	CHECK(fw_firmware_read(&firmware, bytes));
	CHECK(firmware.volumes.unpacked <= FW_UNPACKED_MAX);
	CHECK(firmware.volumes.module_count <= FW_MODULES_MAX);
	check_lints(&firmware.lints);
	check_sections(&firmware, size);
	if (firmware.kind == FW_KIND_IMAGE) {
		CHECK(firmware.acceptance.tdx.why[0] && firmware.acceptance.snp.why[0]);
		if (firmware.acceptance.tdx.accept > FW_ACCEPT_NO_GUEST)
			CHECK(firmware.tdvf.present);
		if (firmware.acceptance.snp.accept > FW_ACCEPT_NO_GUEST)
			CHECK(firmware.sev.metadata.present);
	}
	json = fw_json(&firmware);
	text = cJSON_PrintUnformatted(json);
	CHECK(text && json);
	free(text);
	cJSON_Delete(json);
	fw_firmware_free(&firmware);
	return 0;
}
