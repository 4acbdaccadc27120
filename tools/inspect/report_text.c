/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/common/print.h"
#include "tools/inspect/answer.h"

void inspect_put(FILE *out, const char *format, ...)
{
	bool unicode = print_unicode();
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	for (char *at = text; !unicode && at && *at; at++) {
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	}
	fputs(text ? text : "cvmem: no memory\n", out);
	free(text);
}

static const char *question_name(enum inspect_role role, enum inspect_question question)
{
	static const char *const kernel[] = { "takes unaccepted memory", "tells the firmware so",
					      "TDX guest", "SEV-SNP guest" };
	static const char *const firmware[] = { "leaves memory unaccepted", "acceptance protocol",
						"TDX", "SEV-SNP" };
	static const char *const loader[] = { "leaves memory as it is", "calls the protocol", "TDX",
					      "SEV-SNP" };

	if (role == ROLE_FIRMWARE)
		return firmware[question];
	return role == ROLE_LOADER ? loader[question] : kernel[question];
}

static void print_answers(FILE *out, const struct inspect_image *image, int indent)
{
	for (int i = 0; i < ASK_QUESTIONS; i++) {
		enum inspect_question question = (enum inspect_question)i;
		bool first = true;

		for (const struct inspect_evidence *item = image->evidence; item;
		     item = item->next) {
			if (item->question != question)
				continue;
			if (first)
				inspect_put(out, "%*s%-24s %-8s", indent, "",
					    question_name(inspect_role(image->kind), question),
					    inspect_answer_word(inspect_answer(image, question)));
			else
				inspect_put(out, "%*s%-33s", indent, "", "");
			inspect_put(out, "%s: %s\n", inspect_strength_word(item->strength),
				    item->text);
			first = false;
		}
	}
}

static void print_image(FILE *out, const struct inspect_image *image, int indent)
{
	inspect_put(out, "%*s%s: %s", indent, "", image->name,
		    image->format ? image->format : inspect_kind_name(image->kind));
	if (image->version)
		inspect_put(out, ", version %s", image->version);
	fputc('\n', out);
	indent += 2;
	for (const struct inspect_fact *fact = image->facts; fact; fact = fact->next)
		inspect_put(out, "%*s%-24s %s\n", indent, "", fact->name, fact->value);
	print_answers(out, image, indent);
	for (const struct inspect_note *note = image->notes; note; note = note->next)
		inspect_put(out, "%*s%s: %s\n", indent, "", inspect_level_word(note->level),
			    note->text);
	for (const struct inspect_image *child = image->children; child; child = child->next)
		print_image(out, child, indent);
}

static void print_verdict(FILE *out, const struct inspect_verdict *verdict)
{
	inspect_put(out, "  => %s\n", verdict->text);
	if (*verdict->advice)
		inspect_put(out, "     change: %s\n", verdict->advice);
}

void inspect_print(FILE *out, const struct inspect_image *images,
		   enum inspect_secure_boot secure_boot, const struct inspect_verdict *verdict)
{
	for (const struct inspect_image *image = images; image; image = image->next) {
		struct inspect_verdict one;

		print_image(out, image, 0);
		inspect_judge_one(image, secure_boot, &one);
		print_verdict(out, &one);
	}
	if (inspect_combined(images)) {
		fputs("together\n", out);
		print_verdict(out, verdict);
	}
}
