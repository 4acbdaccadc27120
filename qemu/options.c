/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/guest/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu/guest/platform.h"

bool guest_parse_number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && !*end && !errno && *value <= max;
}

bool guest_parse_switch(const char *text, bool *value)
{
	*value = !strcmp(text, "on");
	return *value || !strcmp(text, "off");
}

const char *guest_violation_policy_name(enum guest_violation_policy policy)
{
	switch (policy) {
	case GUEST_VIOLATION_STOP:
		return "stop";
	case GUEST_VIOLATION_RAISE:
		return platform->exception;
	case GUEST_VIOLATION_LOG:
		return "log";
	}
	return "?";
}

static bool parse_violation(const char *text, enum guest_violation_policy *policy)
{
	for (unsigned i = GUEST_VIOLATION_STOP; i <= GUEST_VIOLATION_LOG; i++) {
		if (strcmp(text, guest_violation_policy_name((enum guest_violation_policy)i)))
			continue;
		*policy = (enum guest_violation_policy)i;
		return true;
	}
	return false;
}

/* NAME or NAME@N, where N is the opportunity to strike at. */
static bool parse_attack(const char *text, struct emu_attack *attack)
{
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);

	*attack = (struct emu_attack){ .gpa = EMU_ATTACK_ANYWHERE };
	for (unsigned kind = 0; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info((enum emu_attack_kind)kind);

		if (!info || !platform->has_attack(info) || strlen(info->name) != length ||
		    strncmp(info->name, text, length))
			continue;
		attack->kind = (enum emu_attack_kind)kind;
		return !at || (guest_parse_number(at + 1, UINT64_MAX, &attack->at) && attack->at);
	}
	return false;
}

static bool parse_one(struct guest_options *options, const char *key, const char *value)
{
	/* No accept takes a second for 4 KiB. */
	const uint64_t max_ns = 1000000000;

	if (!strcmp(key, "platform"))
		return !strcmp(value, platform->name);
	if (!strcmp(key, "violation"))
		return parse_violation(value, &options->violation);
	if (!strcmp(key, "accept_ns_per_4k"))
		return guest_parse_number(value, max_ns, &options->accept_ns_per_4k);
	if (!strcmp(key, "forget_accept"))
		return guest_parse_number(value, UINT64_MAX, &options->forget_accept);
	if (!strcmp(key, "attack"))
		return parse_attack(value, &options->attack);
	if (!strcmp(key, "host_4k_only"))
		return guest_parse_switch(value, &options->host_4k_only);
	if (!strcmp(key, "report"))
		options->report = value;
	else if (!strcmp(key, "firmware"))
		options->firmware = value;
	else if (!strcmp(key, "symbols"))
		options->symbols = value;
	else if (!strcmp(key, "report_now"))
		options->report_now = value;
	else if (!strcmp(key, "trace"))
		options->trace = value;
	else
		return platform->option(key, value);
	return *value;
}

/* What the other arguments may be depends on it, so it is looked for first. */
static bool choose_platform(int argc, char **argv)
{
	static const char key[] = "platform=";

	for (int i = 0; i < argc && !platform; i++)
		if (!strncmp(argv[i], key, strlen(key)))
			platform = platform_find(argv[i] + strlen(key));
	if (!platform)
		fprintf(stderr, "cvmem.so: platform=tdx or platform=snp is missing\n");
	return platform;
}

bool guest_options_parse(struct guest_options *options, int argc, char **argv)
{
	*options = (struct guest_options){ 0 };
	if (!choose_platform(argc, argv))
		return false;
	platform->init();
	for (int i = 0; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		char key[32];

		if (!equals || (size_t)(equals - argv[i]) >= sizeof(key)) {
			fprintf(stderr, "cvmem.so: %s: not KEY=VALUE\n", argv[i]);
			return false;
		}
		memcpy(key, argv[i], (size_t)(equals - argv[i]));
		key[equals - argv[i]] = '\0';
		if (!parse_one(options, key, equals + 1)) {
			fprintf(stderr,
				"cvmem.so: %s: no such argument, or no such value, with "
				"platform=%s\n",
				argv[i], platform->name);
			return false;
		}
	}
	return true;
}
