/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>

#include "tools/common/json.h"
#include "tools/status/output.h"

static cJSON *platform_json(const struct guest_state *guest)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *list;

	cJSON_AddStringToObject(object, "name", guest_kind_key(guest->kind));
	cJSON_AddBoolToObject(object, "paravisor", guest->paravisor);
	list = cJSON_AddArrayToObject(object, "evidence");
	for (size_t i = 0; i < guest->evidences; i++) {
		const struct guest_evidence *evidence = &guest->evidence[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "platform", guest_kind_key(evidence->kind));
		cJSON_AddStringToObject(item, "source", evidence->source);
		cJSON_AddStringToObject(item, "says", evidence->says);
		cJSON_AddStringToObject(item, "strength",
					evidence->strength == GUEST_CONCLUSIVE ? "conclusive"
									       : "hint");
		cJSON_AddItemToArray(list, item);
	}
	return object;
}

static cJSON *kernel_json(const struct status *status)
{
	const struct guest_state *guest = status->guest;
	cJSON *object = cJSON_CreateObject();
	cJSON *list;

	cJSON_AddStringToObject(object, "release", guest->release);
	cJSON_AddBoolToObject(object, "knows_unaccepted_memory", status->memory->counted);
	list = cJSON_AddObjectToObject(object, "by_version");
	for (size_t i = 0; i < guest_capability_count; i++)
		cJSON_AddBoolToObject(list, guest_capabilities[i].name,
				      guest_has(guest, &guest_capabilities[i]));
	if (*guest->parameter)
		cJSON_AddStringToObject(object, "accept_memory", guest->parameter);
	else
		cJSON_AddNullToObject(object, "accept_memory");
	cJSON_AddBoolToObject(object, "accept_memory_valid", guest->parameter_valid);
	cJSON_AddStringToObject(object, "policy", guest->policy == GUEST_EAGER ? "eager" : "lazy");
	return object;
}

static cJSON *memory_json(const struct memory_state *memory)
{
	cJSON *object = cJSON_CreateObject();

	json_add_number(object, "total_bytes", memory->total);
	json_add_number(object, "free_bytes", memory->free);
	json_add_number(object, "available_bytes", memory->available);
	json_add_number(object, "accepted_bytes", memory->total - memory->unaccepted);
	json_add_number(object, "unaccepted_bytes", memory->unaccepted);
	return object;
}

static cJSON *nodes_json(const struct memory_state *memory)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < memory->nodes; i++) {
		cJSON *item = cJSON_CreateObject();

		json_add_number(item, "node", memory->node[i].node);
		json_add_number(item, "total_bytes", memory->node[i].total);
		json_add_number(item, "unaccepted_bytes", memory->node[i].unaccepted);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static cJSON *zones_json(const struct memory_state *memory)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < memory->zones; i++) {
		const struct memory_zone *zone = &memory->zone[i];
		cJSON *item = cJSON_CreateObject();

		json_add_number(item, "node", zone->node);
		cJSON_AddStringToObject(item, "zone", zone->name);
		json_add_number(item, "managed_bytes", zone->managed);
		json_add_number(item, "free_bytes", zone->free);
		json_add_number(item, "unaccepted_bytes", zone->unaccepted);
		json_add_number(item, "low_bytes", zone->low);
		json_add_number(item, "promo_bytes", zone->promo);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static void add_known_number(cJSON *object, const char *name, uint64_t value)
{
	if (value)
		json_add_number(object, name, value);
	else
		cJSON_AddNullToObject(object, name);
}

static cJSON *machine_json(const struct status *status)
{
	const struct machine_state *machine = status->machine;
	cJSON *object = cJSON_CreateObject();
	struct machine_loss loss;

	add_known_number(object, "installed_bytes", machine->installed);
	add_known_number(object, "usable_bytes", machine->usable);
	json_add_number(object, "hot_added_bytes", machine->hot_added);
	json_add_number(object, "memory_devices", machine->plugged);
	machine_compare(machine, status->guest, status->memory, &loss);
	json_add_number(object, "lost_bytes", loss.bytes);
	if (loss.bytes) {
		cJSON_AddStringToObject(object, "cause", loss.cause);
		cJSON_AddStringToObject(object, "change", loss.cure);
	}
	return object;
}

static cJSON *known_json(const struct status *status)
{
	const struct known_bad *row = NULL;
	cJSON *list = cJSON_CreateArray();

	while ((row = status_known(status, row))) {
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "name", row->name);
		cJSON_AddStringToObject(item, "what", row->what);
		cJSON_AddStringToObject(item, "change", row->cure);
		cJSON_AddStringToObject(item, "source", row->source);
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static void add_rate(cJSON *object, const struct status *status)
{
	uint64_t span, seconds;
	uint64_t rate = history_rate(status->history, STATUS_RATE_WINDOW_NS, &span);

	if (!span) {
		cJSON_AddNullToObject(object, "rate");
	} else {
		cJSON *item = cJSON_AddObjectToObject(object, "rate");

		json_add_number(item, "bytes_per_second", rate);
		cJSON_AddNumberToObject(item, "seconds", (double)span / 1e9);
	}
	if (history_left(status->memory->unaccepted, rate, &seconds))
		json_add_number(object, "seconds_to_done", seconds);
	else
		cJSON_AddNullToObject(object, "seconds_to_done");
}

bool status_json(FILE *out, const struct status *status)
{
	cJSON *object = json_report();

	cJSON_AddItemToObject(object, "platform", platform_json(status->guest));
	cJSON_AddItemToObject(object, "kernel", kernel_json(status));
	cJSON_AddItemToObject(object, "memory", memory_json(status->memory));
	cJSON_AddItemToObject(object, "nodes", nodes_json(status->memory));
	cJSON_AddItemToObject(object, "zones", zones_json(status->memory));
	cJSON_AddItemToObject(object, "machine", machine_json(status));
	cJSON_AddItemToObject(object, "known_bad", known_json(status));
	add_rate(object, status);
	return json_print(out, object);
}
