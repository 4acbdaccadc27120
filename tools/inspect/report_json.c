/* SPDX-License-Identifier: MIT */
#include <cjson/cJSON.h>
#include "tools/common/json.h"
#include "tools/inspect/answer.h"

static void add_answers(cJSON *object, const struct inspect_image *image)
{
	cJSON *answers = cJSON_AddObjectToObject(object, "answers");

	for (int i = 0; i < ASK_QUESTIONS; i++) {
		enum inspect_question question = (enum inspect_question)i;
		cJSON *answer = cJSON_AddObjectToObject(answers, inspect_question_word(question));
		cJSON *evidence;

		cJSON_AddStringToObject(answer, "answer",
					inspect_answer_word(inspect_answer(image, question)));
		evidence = cJSON_AddArrayToObject(answer, "evidence");
		for (const struct inspect_evidence *item = image->evidence; item;
		     item = item->next) {
			cJSON *one;

			if (item->question != question)
				continue;
			one = cJSON_CreateObject();
			cJSON_AddStringToObject(one, "answer", inspect_answer_word(item->answer));
			cJSON_AddStringToObject(one, "strength",
						inspect_strength_word(item->strength));
			cJSON_AddStringToObject(one, "text", item->text);
			cJSON_AddItemToArray(evidence, one);
		}
	}
}

static void add_notes(cJSON *object, const struct inspect_image *image)
{
	cJSON *notes = cJSON_AddArrayToObject(object, "notes");

	for (const struct inspect_note *note = image->notes; note; note = note->next) {
		cJSON *one = cJSON_CreateObject();

		cJSON_AddStringToObject(one, "level", inspect_level_word(note->level));
		if (note->name)
			cJSON_AddStringToObject(one, "name", note->name);
		cJSON_AddStringToObject(one, "text", note->text);
		cJSON_AddItemToArray(notes, one);
	}
}

static cJSON *image_object(const struct inspect_image *image)
{
	cJSON *object = cJSON_CreateObject(), *facts, *children;

	cJSON_AddStringToObject(object, "name", image->name);
	cJSON_AddStringToObject(object, "kind", inspect_kind_word(image->kind));
	cJSON_AddStringToObject(object, "format",
				image->format ? image->format : inspect_kind_name(image->kind));
	if (image->version)
		cJSON_AddStringToObject(object, "version", image->version);
	cJSON_AddBoolToObject(object, "readable", !image->unreadable);
	add_answers(object, image);
	facts = cJSON_AddObjectToObject(object, "facts");
	for (const struct inspect_fact *fact = image->facts; fact; fact = fact->next) {
		if (!cJSON_GetObjectItemCaseSensitive(facts, fact->name))
			cJSON_AddStringToObject(facts, fact->name, fact->value);
	}
	add_notes(object, image);
	if (image->details)
		cJSON_AddItemToObject(object, "details", cJSON_Duplicate(image->details, true));
	children = cJSON_AddArrayToObject(object, "contains");
	for (const struct inspect_image *child = image->children; child; child = child->next)
		cJSON_AddItemToArray(children, image_object(child));
	return object;
}

static void add_verdict(cJSON *object, const struct inspect_verdict *verdict)
{
	static const char *const words[] = { "yes", "no", "unknown", "not readable" };

	cJSON_AddStringToObject(object, "answer", words[verdict->exit]);
	cJSON_AddStringToObject(object, "verdict", verdict->text);
	if (*verdict->advice)
		cJSON_AddStringToObject(object, "advice", verdict->advice);
}

bool inspect_print_json(FILE *out, const struct inspect_image *images,
			enum inspect_secure_boot secure_boot, const struct inspect_verdict *verdict,
			cJSON *tried)
{
	cJSON *object = json_report(), *files = cJSON_AddArrayToObject(object, "files");
	bool good;
	char *text;

	for (const struct inspect_image *image = images; image; image = image->next) {
		cJSON *one = image_object(image);
		struct inspect_verdict own;

		inspect_judge_one(image, secure_boot, &own);
		add_verdict(one, &own);
		cJSON_AddItemToArray(files, one);
	}
	cJSON_AddBoolToObject(object, "together", inspect_combined(images));
	add_verdict(object, verdict);
	if (tried)
		cJSON_AddItemToObject(object, "try", tried);
	text = cJSON_Print(object);
	cJSON_Delete(object);
	good = text && fprintf(out, "%s\n", text) >= 0;
	cJSON_free(text);
	return good;
}
