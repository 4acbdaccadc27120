/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "qemu/guest/parse.h"
#include "qemu/guest/platform.h"
#include "qemu/report/symbols.h"

/* No accept takes a second for 4 KiB. */
#define MAX_NS 1000000000

/* An argument for all platforms: how to parse its value, and where to store it in struct
 * guest_options. */
struct argument {
	const char *key;
	bool (*parse)(const struct argument *argument, const char *text, void *place);
	size_t offset;
	uint64_t max;
};

static bool parse_text(const struct argument *argument, const char *text, void *place)
{
	*(const char **)place = text;
	return *text;
}

static bool parse_number(const struct argument *argument, const char *text, void *place)
{
	return guest_parse_number(text, argument->max, place);
}

static bool parse_switch(const struct argument *argument, const char *text, void *place)
{
	return guest_parse_switch(text, place);
}

static bool parse_violation(const struct argument *argument, const char *text, void *place)
{
	enum guest_violation_policy *policy = place;

	for (unsigned i = GUEST_VIOLATION_STOP; i <= GUEST_VIOLATION_LOG; i++) {
		if (strcmp(text, guest_violation_policy_name((enum guest_violation_policy)i)))
			continue;
		*policy = (enum guest_violation_policy)i;
		return true;
	}
	return false;
}

/* NAME or NAME@N: inject the attack at the N-th trigger. */
static bool parse_attack(const struct argument *argument, const char *text, void *place)
{
	struct emu_attack *attack = place;
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);

	*attack = (struct emu_attack){ .gpa = EMU_ATTACK_ANYWHERE };
	for (unsigned kind = 0; kind < EMU_ATTACKS; kind++) {
		const struct emu_attack_info *info = emu_attack_info((enum emu_attack_kind)kind);

		if (!info || !platform->has_attack || !platform->has_attack(info) ||
		    strlen(info->name) != length || strncmp(info->name, text, length))
			continue;
		attack->kind = (enum emu_attack_kind)kind;
		return !at || (guest_parse_number(at + 1, UINT64_MAX, &attack->at) && attack->at);
	}
	return false;
}

#define AT(member) offsetof(struct guest_options, member)

static const struct argument arguments[] = {
	{ "violation", parse_violation, AT(violation), 0 },
	{ "accept_ns_per_4k", parse_number, AT(accept_ns_per_4k), MAX_NS },
	{ "forget_accept", parse_number, AT(forget_accept), UINT64_MAX },
	{ "attack", parse_attack, AT(attack), 0 },
	{ "host_4k_only", parse_switch, AT(host_4k_only), 0 },
	{ "report", parse_text, AT(report), 0 },
	{ "report_now", parse_text, AT(report_now), 0 },
	{ "trace", parse_text, AT(trace), 0 },
	{ "firmware", parse_text, AT(firmware), 0 },
	{ "symbols", parse_text, AT(symbols), 0 },
};

static bool parse_one(struct guest_options *options, const char *key, const char *value)
{
	if (!strcmp(key, "platform"))
		return !strcmp(value, platform->name);
	if (platform->option(key, value))
		return true;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (!strcmp(key, arguments[i].key))
			return arguments[i].parse(&arguments[i], value,
						  (char *)options + arguments[i].offset);
	return false;
}

/* Chosen first, since it determines which other arguments and values there are. */
static bool choose_platform(const struct platform *const *platforms, int argc, char **argv)
{
	static const char key[] = "platform=";

	for (int i = 0; i < argc && !platform; i++)
		for (size_t j = 0; platforms[j] && !strncmp(argv[i], key, strlen(key)); j++)
			if (!strcmp(argv[i] + strlen(key), platforms[j]->name))
				platform = platforms[j];
	return platform;
}

/* NULL, or what is wrong with KEY=VALUE. */
static const char *take(struct guest_options *options, const char *argument)
{
	const char *equals = strchr(argument, '=');
	char key[32];

	if (!equals || (size_t)(equals - argument) >= sizeof(key))
		return "not KEY=VALUE";
	memcpy(key, argument, (size_t)(equals - argument));
	key[equals - argument] = '\0';
	return parse_one(options, key, equals + 1) ? NULL : "no such argument, or no such value";
}

const char *plugin_options_parse(struct guest_options *options,
				 const struct platform *const *platforms, int argc, char **argv)
{
	static char text[512];

	*options = (struct guest_options){ 0 };
	if (!choose_platform(platforms, argc, argv)) {
		snprintf(text, sizeof(text), "platform=%s%s%s is missing", platforms[0]->name,
			 platforms[1] ? " or platform=" : "",
			 platforms[1] ? platforms[1]->name : "");
		return text;
	}
	platform->init();
	for (int i = 0; i < argc; i++) {
		const char *error = take(options, argv[i]);

		if (!error)
			continue;
		snprintf(text, sizeof(text), "%s: %s (platform=%s)", argv[i], error,
			 platform->name);
		return text;
	}
	return NULL;
}
