/* SPDX-License-Identifier: MIT */
#include "tools/inspect/guid.h"
#include "tools/inspect/linux.h"

/* LINUX_EFI_UNACCEPTED_MEM_TABLE_GUID, include/linux/efi.h */
static const uint8_t unaccepted_table[GUID_SIZE] =
	GUID(0xd5d1de3c, 0x105c, 0x44f9, 0x9ea9, 0xbcef98120031);

/* Found only in kernels with the feature, in every version since it was added. */
static const struct {
	int part;
	enum inspect_question question;
	const char *text;      /* a string, ... */
	const uint8_t *guid;   /* ... or a GUID, and */
	const char *guid_name; /* its meaning */
} signs[] = {
	{ LINUX_STUB, ASK_UNACCEPTED, "Unknown version of unaccepted memory table", NULL, NULL },
	{ LINUX_STUB, ASK_UNACCEPTED, NULL, unaccepted_table, "the table of unaccepted memory" },
	{ LINUX_KERNEL, ASK_UNACCEPTED, NULL, unaccepted_table, "the table of unaccepted memory" },
	{ LINUX_KERNEL, ASK_UNACCEPTED, "nr_unaccepted", NULL, NULL },
	{ LINUX_STUB, ASK_NEGOTIATES, "Memory acceptance protocol failed", NULL, NULL },
	{ LINUX_STUB, ASK_NEGOTIATES, NULL, guid_acceptance_protocol, "the acceptance protocol" },
	{ LINUX_STUB, ASK_TDX, "IntelTDX    ", NULL, NULL },
	{ LINUX_KERNEL, ASK_TDX, "tdx: Guest detected", NULL, NULL },
	{ LINUX_STUB, ASK_SNP, "SEV-SNP support indicated by CC blob", NULL, NULL },
	{ LINUX_KERNEL, ASK_SNP, "SNP: PSC failed", NULL, NULL },
};

static const char *part_name(int part)
{
	return part == LINUX_STUB ? "stub" : "kernel";
}

void linux_search(struct inspect_limits *limits, struct inspect_image *image, struct bytes bytes,
		  int part)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		enum guid_form form;

		if (signs[i].part != part)
			continue;
		if (!inspect_work(limits, image, bytes.size))
			return;
		if (signs[i].text) {
			if (bytes_find(bytes, signs[i].text, strlen(signs[i].text)))
				inspect_say(image, signs[i].question, ANSWER_YES, STRENGTH_STRING,
					    "\"%s\" in the %s", signs[i].text, part_name(part));
			continue;
		}
		form = guid_search(bytes, signs[i].guid);
		if (form == GUID_WHOLE)
			inspect_say(image, signs[i].question, ANSWER_YES, STRENGTH_GUID,
				    "GUID of %s in the %s", signs[i].guid_name, part_name(part));
		else if (form == GUID_PIECES)
			inspect_say(image, signs[i].question, ANSWER_YES, STRENGTH_IMMEDIATE,
				    "GUID of %s in the code of the %s", signs[i].guid_name,
				    part_name(part));
	}
}

static bool said(const struct inspect_image *image, enum inspect_question question)
{
	for (const struct inspect_evidence *item = image->evidence; item; item = item->next) {
		if (item->question == question)
			return true;
	}
	return false;
}

void linux_conclude(struct inspect_image *image, int parts)
{
	/* Stub and kernel are built with the same options; only the stub negotiates. */
	static const struct {
		enum inspect_question question;
		int enough;
		const char *what;
	} questions[] = {
		{ ASK_UNACCEPTED, LINUX_STUB | LINUX_KERNEL, "of the table of unaccepted memory" },
		{ ASK_NEGOTIATES, LINUX_STUB, "of the acceptance protocol" },
		{ ASK_TDX, LINUX_STUB | LINUX_KERNEL, "of a TDX guest" },
		{ ASK_SNP, LINUX_STUB | LINUX_KERNEL, "of an SEV-SNP guest" },
	};
	const char *where = parts == LINUX_STUB	    ? "the stub"
			    : parts == LINUX_KERNEL ? "the kernel"
						    : "stub and kernel";

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (said(image, questions[i].question))
			continue;
		if (parts & questions[i].enough)
			inspect_say(image, questions[i].question, ANSWER_NO, STRENGTH_ABSENCE,
				    "%s searched, and nothing %s found", where, questions[i].what);
		else
			inspect_say(image, questions[i].question, ANSWER_UNKNOWN, STRENGTH_ABSENCE,
				    "this file has no EFI stub, which would do it");
	}
}
