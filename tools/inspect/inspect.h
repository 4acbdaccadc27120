/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_INSPECT_H
#define TOOLS_INSPECT_INSPECT_H

#include "formats/bytes.h"

/*
 * The findings of `cvmem inspect` about a file, and its limits. Every input is taken to be
 * hostile: an error in it becomes a note, never a crash.
 */

enum inspect_kind {
	INSPECT_UNKNOWN, /* no known format */
	INSPECT_BZIMAGE,
	INSPECT_VMLINUX,
	INSPECT_UKI,
	INSPECT_ZBOOT, /* a compressed EFI kernel of Arm and others */
	INSPECT_ARM64_IMAGE,
	INSPECT_GRUB,
	INSPECT_SYSTEMD_BOOT,
	INSPECT_SHIM,
	INSPECT_PE, /* an EFI program that is none of these */
	INSPECT_DISK,
	INSPECT_FAT,
	INSPECT_FIRMWARE,
	INSPECT_VARIABLES, /* a firmware's variable store, in its own file */
	INSPECT_ADDON,	   /* systemd-stub's: more command line for a unified kernel image */
	INSPECT_LINUX,	   /* Linux for another processor than x86-64 and arm64 */
	INSPECT_PROGRAM,   /* not Linux, but with its boot header: memtest86+, iPXE */
	INSPECT_ISO,
	INSPECT_FOLDER,	  /* such as /boot */
	INSPECT_ACCEPTOR, /* cvmem's driver, or the application in a loader's place */
	INSPECT_PVH,	  /* an ELF file with an entry for PVH, not Linux */
	INSPECT_KINDS,
};

/* The role in a boot. */
enum inspect_role {
	ROLE_NONE,
	ROLE_FIRMWARE,
	ROLE_VARIABLES, /* no answer depends on it */
	ROLE_LOADER,
	ROLE_KERNEL,
	ROLE_DISK,
	ROLE_ADDON,
	ROLE_ACCEPTOR, /* accepts memory, then something else boots */
};

/* The way in which a menu starts a kernel. */
enum inspect_command {
	COMMAND_NONE,	  /* not known */
	COMMAND_LINUX,	  /* `linux' of GRUB */
	COMMAND_LINUXEFI, /* `linuxefi' of GRUB: by the kernel's EFI stub */
	COMMAND_STUB,	  /* as an EFI program */
};

/* The way in which `linux' of a build of GRUB starts a kernel. */
enum inspect_grub {
	GRUB_NOT_KNOWN,
	GRUB_BY_STUB,	     /* as an EFI program: from 2.12 on */
	GRUB_BY_SECURE_BOOT, /* by the stub with Secure Boot, else by a map of its own */
	GRUB_BY_OWN_MAP,     /* it makes the map, in which unaccepted memory is reserved */
};

/* What cvmem's images accept, by the configuration beside them: efi/options.h. */
enum inspect_acceptance {
	ACCEPTS_AUTO, /* all, unless the next image does it */
	ACCEPTS_ALL,
	ACCEPTS_BELOW, /* a part, which does not change the answer */
	ACCEPTS_NONE,  /* it tells the firmware that the kernel does it */
};

enum inspect_question {
	/*
	 * Kernel: stub and kernel accept unaccepted memory. Firmware: it leaves memory unaccepted
	 * for what it boots. Loader: it preserves unaccepted memory in the memory map.
	 */
	ASK_UNACCEPTED,
	/*
	 * Kernel: it calls the acceptance protocol before ExitBootServices. Firmware: it installs
	 * that protocol. Loader: it calls it.
	 */
	ASK_NEGOTIATES,
	ASK_TDX, /* can be in a TDX guest */
	ASK_SNP, /* can be in an SEV-SNP guest */
	ASK_QUESTIONS,
};

enum inspect_answer {
	ANSWER_UNKNOWN,
	ANSWER_YES,
	ANSWER_NO,
};

/* How good a piece of evidence is, from weak to strong. The strongest decides. */
enum inspect_strength {
	STRENGTH_GUESS,	    /* by the version or by the kind */
	STRENGTH_ABSENCE,   /* all of it was searched, and what must be there is not */
	STRENGTH_STRING,    /* a message that only the code in question prints */
	STRENGTH_IMMEDIATE, /* a GUID, in pieces that are operands of instructions */
	STRENGTH_GUID,	    /* a GUID, 16 bytes in a row */
	STRENGTH_METADATA,  /* a structure that is defined for saying this */
	STRENGTH_CONFIG,    /* the configuration that the kernel was built with */
};

enum inspect_level {
	LEVEL_NOTE,    /* information */
	LEVEL_WARNING, /* works on some hosts only, or with a surprising result */
	LEVEL_ERROR,   /* corrupt, or it will not boot */
};

struct inspect_evidence {
	enum inspect_question question;
	enum inspect_answer answer;
	enum inspect_strength strength;
	char *text;
	struct inspect_evidence *next;
};

struct inspect_fact {
	char *name, *value;
	struct inspect_fact *next;
};

struct inspect_note {
	enum inspect_level level;
	char *name; /* short, never changes, for scripts: "section-outside-file"; or NULL */
	char *text;
	struct inspect_note *next;
};

/* Names, as X.509 has them, of those who sign what a firmware starts. */
#define INSPECT_KEYS 16
struct inspect_keys {
	size_t count;
	size_t size[INSPECT_KEYS];
	uint8_t *name[INSPECT_KEYS];
};

/* A file, or a part of one that is inspected separately. Lists are in the order of adding. */
struct inspect_image {
	char *path; /* of the file, or in it, such as "\EFI\BOOT\BOOTX64.EFI" */
	char *name; /* the same for people, cleaned */
	enum inspect_kind kind;
	char *format;	   /* more precise than the kind: "SEV-SNP and TDX firmware"; or NULL */
	char *version;	   /* or NULL */
	bool other;	   /* on a disk: not what boots by default */
	bool eager_kernel; /* its command line asks it to accept all memory at boot */
	/* Unified kernel images: the profiles that ask for it, as bits. */
	uint32_t eager_profiles;
	enum inspect_command command; /* kernels: what starts it */
	enum inspect_grub grub;
	enum inspect_acceptance acceptance; /* of an acceptor */
	bool driver;			    /* an acceptor: not the application */
	char *menu;			    /* GRUB: the grub.cfg that is in it; or NULL */
	bool unreadable;
	/* Firmware: it accepts all memory on this platform. */
	bool eager_tdx, eager_snp;
	bool judges_kernel;	   /* firmware: it accepts all for a kernel that shows no support */
	struct inspect_keys *keys; /* firmware: what it starts must be signed by them; or NULL */
	/* Programs: the certificates of their signatures, one table, at most so many bytes. */
	uint8_t *signature;
	size_t signature_size;
	bool signature_known; /* these are all: the absence of one is known as well */
	struct inspect_evidence *evidence;
	struct inspect_fact *facts;
	struct inspect_note *notes;
	size_t evidences, facts_count, notes_count;
	struct inspect_image *children; /* images that it contains */
	struct inspect_image *next;
	/* An object that --json prints as "details"; or NULL. Deleted with the image. */
	struct cJSON *details;
};

/*
 * The budget that is left for a file. Time is counted in bytes produced or searched, weighted by
 * the speed of the decoder, so that the same input always has the same result.
 */
struct inspect_limits {
	uint64_t memory;    /* bytes allocated for contents at the same time */
	uint64_t work;	    /* bytes that may be unpacked, copied and searched in total */
	unsigned int depth; /* images within images */
	/* Inspects an image within an image, so that no format depends on another. Set by
	 * inspect_look() to itself. */
	void (*look)(struct inspect_limits *limits, struct bytes bytes,
		     struct inspect_image *image);
};

#define INSPECT_MEMORY (1ull << 30)
#define INSPECT_WORK   (8ull << 30)
#define INSPECT_DEPTH  6
/* No image has more items in a list than this, with any content. */
#define INSPECT_ITEMS 64

/* Memory counted against the limits. NULL: limits or memory are exhausted; a note reports it. */
uint8_t *inspect_alloc(struct inspect_limits *limits, struct inspect_image *image, uint64_t size);
void inspect_free(struct inspect_limits *limits, uint8_t *data, uint64_t size);
/* False: the budget is exhausted, the image has a note, and the caller must give up. */
bool inspect_work(struct inspect_limits *limits, struct inspect_image *image, uint64_t bytes);

/*
 * Replaces what is no UTF-8, and control characters, by '?': no byte of a file or of a guest may
 * reach a terminal as a control sequence, and JSON is UTF-8. Returns the text.
 */
char *inspect_clean(char *text);

/*
 * These add to an image. Texts are copied and cleaned; items above INSPECT_ITEMS are dropped. The
 * program ends if there is no memory for the text.
 */
__attribute__((format(printf, 5, 6))) void
inspect_say(struct inspect_image *image, enum inspect_question question, enum inspect_answer answer,
	    enum inspect_strength strength, const char *format, ...);
/* Takes back what was said about a question with that strength. */
void inspect_forget(struct inspect_image *image, enum inspect_question question,
		    enum inspect_strength strength);
void inspect_version(struct inspect_image *image, const char *version);
__attribute__((format(printf, 3, 4))) void inspect_fact(struct inspect_image *image,
							const char *name, const char *format, ...);
__attribute__((format(printf, 4, 5))) void inspect_note(struct inspect_image *image,
							enum inspect_level level, const char *name,
							const char *format, ...);
/* The same as an error, and the image counts as not readable. */
__attribute__((format(printf, 3, 4))) void
inspect_unreadable(struct inspect_image *image, const char *name, const char *format, ...);

struct inspect_image *inspect_new(const char *path);
/* A new image in `parent`; NULL: INSPECT_ITEMS or the limit of depth is reached. */
struct inspect_image *inspect_child(struct inspect_image *parent, const char *path);
void inspect_delete(struct inspect_image *image);

/*
 * Inspects any bytes: sets the kind and adds all findings. The image keeps no pointer into the
 * bytes.
 */
void inspect_look(struct inspect_limits *limits, struct bytes bytes, struct inspect_image *image);

/* The answer with the strongest evidence; yes, if it is among equally strong ones. */
enum inspect_answer inspect_answer(const struct inspect_image *image,
				   enum inspect_question question);
enum inspect_role inspect_role(enum inspect_kind kind);

/* Words for people and for scripts. */
const char *inspect_kind_name(enum inspect_kind kind); /* "bzImage" */
const char *inspect_kind_word(enum inspect_kind kind); /* "bzimage" */
const char *inspect_question_word(enum inspect_question question);
const char *inspect_answer_word(enum inspect_answer answer);
const char *inspect_strength_word(enum inspect_strength strength);
const char *inspect_level_word(enum inspect_level level);

#endif
