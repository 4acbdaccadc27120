/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_STATUS_OPTIONS_H
#define TOOLS_STATUS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/options.h"

/* The command line of `cvmem status`. */
struct status_options {
	const char *root;   /* "": this machine */
	const char *output; /* NULL: standard output */
	const char *json;   /* in the place of text: "-"; beside it: a file; NULL: none */
	bool prometheus;    /* in the place of text */
	bool watch;
	uint64_t interval_ns; /* of watching */
	uint64_t sample_ns; /* without watching: how long to measure the rate; UINT64_MAX: not given
			     */
	uint64_t count;	    /* of samples; 0: no end */
};

extern const struct option_spec status_option_table[];

#endif
