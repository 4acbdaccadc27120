/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include "tools/mapfile/foreign.h"

static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *what;
} files[] = {
	{ 0, "LPKSHHRH", 8,
	  "a file of the journal: print it first, with `journalctl --file=FILE -k'" },
	{ 257, "ustar\00000", 8, "a tar archive: extract the log first, with `tar -xf FILE'" },
	{ 257, "ustar  ", 8, "a tar archive: extract the log first, with `tar -xf FILE'" },
	{ 0, "PK\3\4", 4, "a ZIP archive: extract the log first, with `unzip FILE'" },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, "a 7z archive: extract the log first" },
	{ 0, "Rar!", 4, "a RAR archive: extract the log first" },
	{ 0, "!<arch>\n", 8, "an archive of ar or a Debian package: extract the log first" },
	{ 0, "070701", 6, "a cpio archive: extract the log first" },
	{ 0, "\x89LZO", 4, "packed with lzop: unpack it first, with `lzop -d FILE'" },
	{ 0, "%PDF", 4, "a PDF document: copy its text into a file first" },
	{ 0, "{\\rtf", 5, "a document in RTF: save it as plain text first" },
	{ 0, "\xd0\xcf\x11\xe0", 4,
	  "a document of an office program: save it as plain text first" },
	{ 0, "\x89PNG", 4, "a picture: the map is read from text only" },
	{ 0, "\xff\xd8\xff", 3, "a picture: the map is read from text only" },
	{ 0, "GIF8", 4, "a picture: the map is read from text only" },
	{ 0,
	  "\x7f"
	  "ELF",
	  4,
	  "a program or a core dump: take the log out first, with `crash' or `makedumpfile "
	  "--dump-dmesg'" },
	{ 0, "KDUMP   ", 8,
	  "a dump of kdump: take the log out first, with `makedumpfile "
	  "--dump-dmesg'" },
	{ 0, "\xff\xfe\0\0", 4,
	  "text in UTF-32: convert it first, with `iconv -f UTF-32 -t UTF-8'" },
	{ 0, "\0\0\xfe\xff", 4,
	  "text in UTF-32: convert it first, with `iconv -f UTF-32 -t UTF-8'" },
};

/* RFC 4648: a console's output in the answer of some APIs. */
static bool is_base64(const unsigned char *data, size_t size)
{
	size_t sample = size < 4096 ? size : 4096, digits = 0;
	bool lower = false, upper = false;

	while (size && isspace(data[size - 1]))
		size--;
	sample = size < sample ? size : sample;
	for (size_t i = 0; i < sample; i++) {
		if (data[i] == '\n' || data[i] == '\r')
			continue;
		if (!isalnum(data[i]) && data[i] != '+' && data[i] != '/' && data[i] != '=')
			return false;
		digits++;
		lower |= islower(data[i]) != 0;
		upper |= isupper(data[i]) != 0;
	}
	return digits >= 64 && lower && upper;
}

const char *foreign_name(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (size >= files[i].offset + files[i].length &&
		    !memcmp(data + files[i].offset, files[i].magic, files[i].length))
			return files[i].what;
	}
	if (is_base64(data, size))
		return "in base64: decode it first, with `base64 -d FILE'";
	return NULL;
}
