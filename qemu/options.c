/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && !*end && !errno && *value <= max;
}

static bool parse_switch(const char *text, bool *value)
{
	*value = !strcmp(text, "on");
	return *value || !strcmp(text, "off");
}

static bool parse_violation(const char *text, enum td_violation_policy *policy)
{
	static const char *const names[] = {
		[TD_VIOLATION_STOP] = "stop",
		[TD_VIOLATION_VE] = "ve",
		[TD_VIOLATION_LOG] = "log",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]))
			continue;
		*policy = (enum td_violation_policy)i;
		return true;
	}
	return false;
}

static bool parse_width(const char *text, unsigned *width)
{
	uint64_t value;

	if (!parse_number(text, 64, &value) || (value != 48 && value != 52 && value != 53))
		return false;
	*width = (unsigned)value;
	return true;
}

/* NAME or NAME@N, where N is the opportunity to strike at. */
static bool parse_attack(const char *text, struct emu_attack *attack)
{
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);

	*attack = (struct emu_attack){ .gpa = EMU_ATTACK_ANYWHERE };
	for (unsigned kind = 0; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info((enum emu_attack_kind)kind);

		if (!info || !info->tdx_at || strlen(info->name) != length ||
		    strncmp(info->name, text, length))
			continue;
		attack->kind = (enum emu_attack_kind)kind;
		return !at || (parse_number(at + 1, UINT64_MAX, &attack->at) && attack->at);
	}
	return false;
}

static bool parse_one(struct td_options *options, const char *key, const char *value)
{
	/* No accept takes a second for 4 KiB. */
	const uint64_t max_ns = 1000000000;

	if (!strcmp(key, "gpa_width"))
		return parse_width(value, &options->gpa_width);
	if (!strcmp(key, "violation"))
		return parse_violation(value, &options->violation);
	if (!strcmp(key, "accept_ns_per_4k"))
		return parse_number(value, max_ns, &options->accept_ns_per_4k);
	if (!strcmp(key, "forget_accept"))
		return parse_number(value, UINT64_MAX, &options->forget_accept);
	if (!strcmp(key, "attack"))
		return parse_attack(value, &options->attack);
	if (!strcmp(key, "host_4k_only"))
		return parse_switch(value, &options->host_4k_only);
	if (!strcmp(key, "report"))
		options->report = value;
	else if (!strcmp(key, "firmware"))
		options->firmware = value;
	else
		return false;
	return *value;
}

bool td_options_parse(struct td_options *options, int argc, char **argv)
{
	*options = (struct td_options){ .gpa_width = 52 };
	for (int i = 0; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		char key[32];

		if (!equals || (size_t)(equals - argv[i]) >= sizeof(key)) {
			fprintf(stderr, "cvmem-tdx: %s: not KEY=VALUE\n", argv[i]);
			return false;
		}
		memcpy(key, argv[i], (size_t)(equals - argv[i]));
		key[equals - argv[i]] = '\0';
		if (!parse_one(options, key, equals + 1)) {
			fprintf(stderr, "cvmem-tdx: %s: no such argument, or no such value\n",
				argv[i]);
			return false;
		}
	}
	return true;
}
