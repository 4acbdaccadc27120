/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/json.h"

#include "tools/common/json.h"

static const char *fw_kind_name(enum fw_kind kind)
{
	static const char *const names[] = { "none", "image", "variables", "igvm" };

	return names[kind];
}

static void add_text(cJSON *object, const char *name, const char *text)
{
	cJSON_AddStringToObject(object, name, text);
}

static void add_table(cJSON *object, const struct fw_table *table)
{
	cJSON *list = cJSON_AddArrayToObject(object, "guid_table");
	char text[GUID_TEXT];

	for (size_t i = 0; i < table->count; i++) {
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "guid", guid_text(text, table->entry[i].guid));
		json_add_number(entry, "offset", table->entry[i].offset);
		json_add_number(entry, "bytes", table->entry[i].data.size);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_tdvf(cJSON *object, const struct metadata *tdvf, bool usable)
{
	cJSON *value, *list;

	if (!tdvf->present)
		return;
	value = cJSON_AddObjectToObject(object, "tdvf");
	json_add_number(value, "offset", tdvf->offset);
	cJSON_AddBoolToObject(value, "legacy_offset", tdvf->legacy);
	cJSON_AddBoolToObject(value, "usable", usable);
	list = cJSON_AddArrayToObject(value, "sections");
	for (size_t i = 0; i < tdvf->count; i++) {
		const struct metadata_section *section = &tdvf->section[i];
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "type", tdvf_type_name(section->type));
		json_add_number(entry, "type_number", section->type);
		json_add_number(entry, "address", section->gpa);
		json_add_number(entry, "size", section->size);
		json_add_number(entry, "file_offset", section->data_offset);
		json_add_number(entry, "file_size", section->raw_size);
		cJSON_AddBoolToObject(entry, "measured", section->attributes & TDVF_MR_EXTEND);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_list(cJSON *object, const char *name, const struct metadata *from)
{
	cJSON *list;

	if (!from->present)
		return;
	list = cJSON_AddArrayToObject(object, name);
	for (size_t i = 0; i < from->count; i++) {
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "type", sev_type_name(from->section[i].type));
		json_add_number(entry, "type_number", from->section[i].type);
		json_add_number(entry, "address", from->section[i].gpa);
		json_add_number(entry, "size", from->section[i].size);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_sev(cJSON *object, const struct sev *sev, bool usable)
{
	cJSON *value;

	if (!sev->metadata.present && !sev->hashes.present && !sev->es_reset.present)
		return;
	value = cJSON_AddObjectToObject(object, "sev");
	if (sev->metadata.present)
		cJSON_AddBoolToObject(value, "usable", usable);
	add_list(value, "sections", &sev->metadata);
	add_list(value, "igvm_parameters", &sev->igvm);
	if (sev->hashes.present) {
		json_add_number(value, "hashes_address", sev->hashes.address);
		json_add_number(value, "hashes_size", sev->hashes.size);
	}
	if (sev->es_reset.present)
		json_add_number(value, "es_reset", sev->es_reset.address);
}

static void add_shown(cJSON *module, uint32_t shows)
{
	static const char *const names[] = {
		"memory-accept-guid",
		"sev-acceptance-guid",
		"tdcall",
		"pvalidate",
		"type-15",
		"no-type-15",
		"4g-bound",
	};
	cJSON *list;

	if (!shows)
		return;
	list = cJSON_AddArrayToObject(module, "shows");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (shows >> i & 1)
			cJSON_AddItemToArray(list, cJSON_CreateString(names[i]));
}

static void add_volumes(cJSON *object, const struct fw_volumes *volumes)
{
	cJSON *value = cJSON_AddObjectToObject(object, "volumes"), *list;
	char text[GUID_TEXT];

	json_add_number(value, "count", volumes->count);
	json_add_number(value, "with_variables", volumes->stores);
	json_add_number(value, "not_looked_into", volumes->gaps);
	json_add_number(value, "unpacked_bytes", volumes->unpacked);
	list = cJSON_AddArrayToObject(value, "drivers");
	for (size_t i = 0; i < volumes->module_count; i++) {
		const struct fw_module *module = &volumes->module[i];
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "name", module->name);
		add_text(entry, "guid", guid_text(text, module->guid));
		json_add_number(entry, "file_type", module->type);
		json_add_number(entry, "machine", module->machine);
		json_add_number(entry, "size", module->size);
		add_shown(entry, module->shows);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_igvm(cJSON *object, const struct fw_igvm *igvm)
{
	cJSON *value = cJSON_AddObjectToObject(object, "igvm"), *list;

	json_add_number(value, "version", igvm->version);
	cJSON_AddBoolToObject(value, "usable", igvm->usable);
	json_add_number(value, "headers", igvm->headers);
	json_add_number(value, "parameter_areas", igvm->parameters);
	cJSON_AddBoolToObject(value, "memory_map", igvm->memory_map);
	list = cJSON_AddArrayToObject(value, "platforms");
	for (size_t i = 0; i < igvm->count; i++) {
		const struct fw_igvm_target *target = &igvm->target[i];
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "platform", fw_igvm_platform_name(target->platform));
		json_add_number(entry, "platform_number", target->platform);
		json_add_number(entry, "highest_vtl", target->highest_vtl);
		json_add_number(entry, "shared_boundary", target->shared_boundary);
		json_add_number(entry, "pages", target->pages);
		json_add_number(entry, "unmeasured_pages", target->unmeasured);
		json_add_number(entry, "cpuid_pages", target->cpuid);
		json_add_number(entry, "secrets_pages", target->secrets);
		json_add_number(entry, "vcpu_contexts", target->contexts);
		json_add_number(entry, "required_bytes", target->required_bytes);
		cJSON_AddItemToArray(list, entry);
	}
}

static void add_answer(cJSON *object, const char *name, const struct fw_answer *answer)
{
	cJSON *value = cJSON_AddObjectToObject(object, name);

	add_text(value, "accepts", fw_accept_name(answer->accept));
	add_text(value, "text", fw_accept_text(answer->accept));
	add_text(value, "evidence", answer->why);
}

static void add_acceptance(cJSON *object, const struct fw_acceptance *acceptance)
{
	static const char *const known[] = { "unknown", "no", "yes" };

	add_answer(object, "tdx", &acceptance->tdx);
	add_answer(object, "snp", &acceptance->snp);
	add_text(object, "memory_type_15", known[acceptance->type_15]);
	add_text(object, "memory_type_15_evidence", acceptance->type_15_why);
}

static void add_lints(cJSON *object, const struct fw_lints *lints)
{
	cJSON *list = cJSON_AddArrayToObject(object, "lint");

	for (size_t i = 0; i < lints->count; i++) {
		const struct fw_lint *lint = &lints->item[i];
		cJSON *entry = cJSON_CreateObject();

		add_text(entry, "level", fw_level_name(lint->level));
		add_text(entry, "name", lint->name);
		json_add_number(entry, "offset", lint->offset);
		add_text(entry, "text", lint->text);
		cJSON_AddItemToArray(list, entry);
	}
	json_add_number(object, "lint_left_out", lints->left_out);
}

cJSON *fw_json(const struct fw_firmware *firmware)
{
	const char *machine = fw_machine_name(firmware->machine);
	cJSON *object = cJSON_CreateObject();

	add_text(object, "kind", fw_kind_name(firmware->kind));
	if (machine)
		add_text(object, "machine", machine);
	if (firmware->kind == FW_KIND_IGVM) {
		add_igvm(object, &firmware->igvm);
	} else if (firmware->kind != FW_KIND_NONE) {
		add_table(object, &firmware->table);
		add_tdvf(object, &firmware->tdvf, firmware->tdvf_usable);
		add_sev(object, &firmware->sev, firmware->sev_usable);
		add_volumes(object, &firmware->volumes);
		if (firmware->kind == FW_KIND_IMAGE)
			add_acceptance(object, &firmware->acceptance);
	}
	add_lints(object, &firmware->lints);
	return object;
}
