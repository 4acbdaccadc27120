/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMON_KNOWN_H
#define TOOLS_COMMON_KNOWN_H

#include <stdbool.h>

/* Versions and options that are known to break unaccepted memory, with source. */

enum known_part {
	KNOWN_KERNEL,	/* by version */
	KNOWN_OPTION,	/* of a kernel's configuration, which is switched off */
	KNOWN_LOADER,	/* by version */
	KNOWN_REALM,	/* a kernel as an Arm CCA realm, by version */
	KNOWN_FIRMWARE, /* EDK II, by its release, as known_release() gives it */
};

enum {
	KNOWN_TDX = 1,
	KNOWN_SNP = 2,
};

struct known_bad {
	enum known_part part;
	const char *name;	   /* short, never changes */
	const char *from, *before; /* versions: from <= version < before; or the option, and NULL */
	unsigned int above_gib;	   /* only with more memory than this; 0: with any */
	unsigned int platforms;	   /* KNOWN_TDX | KNOWN_SNP */
	const char *flavour;	   /* only of versions with this in them; NULL: of any */
	bool hotplug;		   /* only where memory is added to a running guest */
	bool secure_boot;	   /* only of firmware with Secure Boot built in */
	bool no_guest;		   /* nothing boots on these platforms */
	const char *what, *cure, *source;
};

/* The first row after `last` (NULL: of all) for that part and version or option; NULL: no more. */
const struct known_bad *known_next(const struct known_bad *last, enum known_part part,
				   const char *version);

/* The row with that name; NULL: there is none. */
const struct known_bad *known_named(enum known_part part, const char *name);

/* "2025.02-8+deb13u1", "edk2-20241117-3.el9", "edk2-stable202411-debian": "2025.02", "2024.11",
 * which the caller frees. NULL: it is no release of EDK II. */
char *known_release(const char *version);

/* "6.12.43+deb13-amd64" against "6.12.107", number by number: below 0, 0, above 0. */
int known_compare(const char *version, const char *other);

#endif
