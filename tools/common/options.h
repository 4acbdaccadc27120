/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_OPTIONS_H
#define TOOLS_COMMON_OPTIONS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The options of a subcommand as a table. It is the only source: --help, the parser, the shells'
 * completion and the lists in the manual pages follow from it. The tables hold data alone, so that
 * the program that writes completion and pages (tools/completion/dump.c) can be built for the
 * machine that builds.
 */

enum option_type {
	OPTION_FLAG,	    /* no argument; sets a bool */
	OPTION_TEXT,	    /* const char * */
	OPTION_WORD,	    /* const char *: one of the words of `argument` */
	OPTION_WORD_INDEX,  /* unsigned: the index of that word */
	OPTION_WORD_NUMBER, /* unsigned: the value of that word, all of which are numbers */
	OPTION_COUNT,	    /* unsigned, from min to max */
	OPTION_COUNT64,	    /* uint64_t, from min to max */
	OPTION_SIZE,	/* uint64_t: bytes, from min to max, a multiple of `multiple` if not 0 */
	OPTION_SECONDS, /* uint64_t: nanoseconds; min is in milliseconds */
	OPTION_COST,	/* const struct accept_cost * */
	OPTION_JSON,	/* const char *: the FILE to write, "-" where none is named */
	OPTION_OTHER,	/* parsed by the command */
};

struct option_spec {
	const char *name; /* without "--" */
	int letter;	  /* 0: none */
	/*
	 * NULL: takes none. Alternatives are separated by '|': a word is a literal when it begins
	 * with a small letter or a digit, else it stands for a value. FILE, IMAGE and DIR are
	 * completed as paths.
	 */
	const char *argument;
	/* The possible values of NAME in it, separated by '|'; NULL: unknown. Of an OPTION_WORD*
	 * whose argument is NAME because all of them are too long: the words. */
	const char *names;
	const char *help; /* a sentence without its full stop */
	enum option_type type;
	size_t offset; /* of the value in the command's structure */
	uint64_t min, max, multiple;
	int id; /* for OPTION_OTHER: identifies the option */
};

struct option_set {
	const struct option_spec *options; /* the last has the name NULL */
	const char *arguments;		   /* "FILE..."; NULL: none are accepted, and: */
	const char *where;		   /* for the message about an argument; or NULL */
	const char *doc;		   /* text before and, after '\v', after the options */
	/* state->input is the `values` of options_parse(). Errors: argp_error(). */
	void (*other)(const struct option_spec *option, char *text, struct argp_state *state);
	void (*take)(char **arguments, size_t count, void *values); /* if arguments */
	void (*check)(struct argp_state *state);		    /* after all options; or NULL */
};

/*
 * Exits on --help, --usage and --version, and with CMD_USAGE on wrong usage, with a message that
 * names the correct usage.
 *
 * The argument of an OPTION_JSON is optional, --json[=FILE]. Where a command takes no other words,
 * "--json FILE" is the same. Its letter takes none, so that "-jq" are two letters.
 */
void options_parse(const struct option_set *set, int argc, char **argv, void *values);

/* The n-th literal word of an argument, of *length characters; NULL: there are fewer. */
const char *option_word(const char *argument, size_t n, size_t *length);

#endif
