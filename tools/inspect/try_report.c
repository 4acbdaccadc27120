/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include <inttypes.h>

#include "tools/common/json.h"
#include "tools/inspect/try.h"

static const enum inspect_question platforms[] = { ASK_TDX, ASK_SNP };

static const char *outcome_word(enum inspect_outcome outcome)
{
	/* Without a default: the compiler names an outcome that has no word. */
	switch (outcome) {
	case OUTCOME_IMPOSSIBLE:
		return "does-not-boot";
	case OUTCOME_UNKNOWN:
		return "unknown";
	case OUTCOME_LAZY:
		return "lazy";
	case OUTCOME_EAGER:
		return "firmware-accepts-all";
	case OUTCOME_BEFORE:
		return "image-accepts-all";
	case OUTCOME_ASKED:
		return "kernel-accepts-all";
	case OUTCOME_LOW:
		return "memory-unaccepted";
	case OUTCOME_LOST:
		return "memory-reserved";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_RESET:
		return "resets";
	case OUTCOME_PVH:
		return "starts-by-pvh";
	}
	return "unknown";
}

/* A reset, a refusal and an entry that firmware does not know are ways not to boot; the two ways to
 * lose memory differ in who has it. An image before the loader accepts by the firmware. */
static bool agree(enum inspect_outcome read, enum inspect_outcome happened)
{
	if (read == OUTCOME_RESET || read == OUTCOME_REFUSED || read == OUTCOME_PVH)
		read = OUTCOME_IMPOSSIBLE;
	if (read == OUTCOME_BEFORE)
		read = OUTCOME_EAGER;
	return read == happened;
}

static bool can_compare(const struct inspect_tried *tried, enum inspect_outcome read)
{
	return (tried->ran || tried->refused) && tried->outcome != OUTCOME_UNKNOWN &&
	       read != OUTCOME_UNKNOWN;
}

#define MIB(bytes) ((bytes) >> 20)

static void print_boot(FILE *out, const struct inspect_tried *one)
{
	inspect_put(out,
		    "    accepted by the firmware %" PRIu64 " MiB, by the kernel %" PRIu64
		    " MiB, left %" PRIu64 " MiB",
		    MIB(one->firmware_bytes), MIB(one->kernel_bytes), MIB(one->unaccepted_bytes));
	if (one->seen_bytes)
		inspect_put(out, "; the OS has %" PRIu64 " of %" PRIu64 " MiB",
			    MIB(one->seen_bytes), MIB(one->memory_bytes));
	inspect_put(out,
		    "\n    ended: %s; touched too early %" PRIu64 ", accepted twice %" PRIu64 "\n",
		    one->ended, one->violations, one->double_accepts);
	if (*one->why)
		inspect_put(out, "    the last that it said: %s\n", one->why);
}

void inspect_try_print(FILE *out, const struct inspect_tried tried[2],
		       const struct inspect_verdict *read)
{
	fputs("tried\n", out);
	for (int i = 0; i < 2; i++) {
		const struct inspect_tried *one = &tried[i];
		char text[256];

		inspect_outcome_text(one->outcome, platforms[i], text, sizeof(text));
		inspect_put(out, "  %s\n", text);
		if (one->refused)
			inspect_put(out, "    the machine does not start: %s\n", one->why);
		else if (one->ran)
			print_boot(out, one);
		if (can_compare(one, read->on[i]) && !agree(read->on[i], one->outcome))
			inspect_put(out, "    this is not what the files say: %s\n",
				    outcome_word(read->on[i]));
	}
}

static cJSON *one_json(const struct inspect_tried *tried, enum inspect_outcome read, int i)
{
	cJSON *object = cJSON_CreateObject(), *accepted;

	cJSON_AddStringToObject(object, "platform", i ? "snp" : "tdx");
	cJSON_AddBoolToObject(object, "ran", tried->ran);
	cJSON_AddStringToObject(object, "outcome", outcome_word(tried->outcome));
	cJSON_AddStringToObject(object, "read", outcome_word(read));
	if (can_compare(tried, read))
		cJSON_AddBoolToObject(object, "agree", agree(read, tried->outcome));
	else
		cJSON_AddNullToObject(object, "agree");
	cJSON_AddBoolToObject(object, "booted", tried->booted);
	cJSON_AddBoolToObject(object, "negotiated", tried->negotiated);
	json_add_number(object, "memory_bytes", tried->memory_bytes);
	if (tried->seen_bytes)
		json_add_number(object, "seen_bytes", tried->seen_bytes);
	else
		cJSON_AddNullToObject(object, "seen_bytes");
	accepted = cJSON_AddObjectToObject(object, "accepted_bytes");
	json_add_number(accepted, "firmware", tried->firmware_bytes);
	json_add_number(accepted, "kernel", tried->kernel_bytes);
	json_add_number(object, "unaccepted_bytes", tried->unaccepted_bytes);
	json_add_number(object, "touch_before_accept", tried->violations);
	json_add_number(object, "double_accepts", tried->double_accepts);
	cJSON_AddStringToObject(object, "ended", tried->ended);
	if (*tried->why)
		cJSON_AddStringToObject(object, "last_line", tried->why);
	return object;
}

cJSON *inspect_try_json(const struct inspect_tried tried[2], const struct inspect_verdict *read)
{
	cJSON *array = cJSON_CreateArray();

	for (int i = 0; i < 2; i++)
		cJSON_AddItemToArray(array, one_json(&tried[i], read->on[i], i));
	return array;
}
