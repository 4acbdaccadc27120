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

/* So much of a file is looked at for an encoding. */
#define SAMPLE 65536

/* Digits of base64 in a row: fewer are a key, a digest or a word. */
#define MIN_BASE64 256

/* A shorter text may begin in the same way. */
#define MIN_ZLIB 32

/* Fewer are a digest or a word. */
#define MIN_DIGITS 256

/* RFC 4648: the longest piece of base64 at any place; line ends are no part of it. */
static size_t longest_base64(const unsigned char *data, size_t size)
{
	size_t digits = 0, longest = 0;
	bool lower = false, upper = false;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || data[i] == '\r')
			continue;
		if (!isalnum(data[i]) && data[i] != '+' && data[i] != '/' && data[i] != '=') {
			digits = 0;
			lower = upper = false;
			continue;
		}
		digits++;
		lower |= islower(data[i]) != 0;
		upper |= isupper(data[i]) != 0;
		if (lower && upper && digits > longest)
			longest = digits;
	}
	return longest;
}

/* RFC 3986, section 2.1: blanks and brackets of a log are escaped. */
static bool is_percent_encoded(const unsigned char *data, size_t size)
{
	size_t escapes = 0;

	for (size_t i = 0; i + 2 < size; i++) {
		if (data[i] == ' ')
			return false;
		escapes += data[i] == '%' && isxdigit(data[i + 1]) && isxdigit(data[i + 2]);
	}
	return escapes >= 16;
}

/* The first line of `xxd', `hexdump -C' or `od': an offset, and bytes in hexadecimal digits. */
static bool is_hex_dump(const unsigned char *data, size_t size)
{
	size_t i = 0, digits = 0;

	while (i < size && data[i] == '0')
		i++;
	if (i < 6 || i == size || (data[i] != ' ' && data[i] != ':'))
		return false;
	while (i < size && (data[i] == ' ' || data[i] == ':'))
		i++;
	for (; i < size && (isxdigit(data[i]) || data[i] == ' '); i++)
		digits += data[i] != ' ';
	return digits >= 32;
}

/* Every character of the sample, except for line ends, is in the set. */
static bool consists_of(const unsigned char *data, size_t size, const char *set)
{
	size_t found = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || data[i] == '\r')
			continue;
		if (!data[i] || !strchr(set, data[i]))
			return false;
		found++;
	}
	return found >= MIN_DIGITS;
}

/* RFC 1950, section 2.2: deflate with a window of 32 KiB, no dictionary, and a check of both. */
static bool is_zlib(const unsigned char *data, size_t size)
{
	return size >= MIN_ZLIB && data[0] == 0x78 && !(data[1] & 0x20) &&
	       (data[0] << 8 | data[1]) % 31 == 0;
}

/* Blanks and line ends of ASCII are in every text; those of EBCDIC are 0x40, 0x15 and 0x25. */
static bool is_ebcdic(const unsigned char *data, size_t size)
{
	size_t blanks = 0, high = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == ' ' || data[i] == '\n')
			return false;
		blanks += data[i] == 0x40;
		high += data[i] >= 0x81;
	}
	return size >= MIN_DIGITS && blanks >= size / 32 && high >= size / 2;
}

static bool has(const unsigned char *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text));
}

/* A log that was written as numbers or in pieces. */
static const char *pieces(const unsigned char *data, size_t size)
{
	if (has(data, size, "\"MESSAGE\":[") || has(data, size, "\"MESSAGE\" : ["))
		return "of the journal, with its messages as numbers: print it with `journalctl "
		       "-k -o short'";
	if (size > 11 && !memcmp(data, "{\"version\":", 11) && has(data, size, ", \"o\", "))
		return "a recording of asciinema: make a text of it first, with `asciinema cat "
		       "FILE'";
	return NULL;
}

static const char *encoding(const unsigned char *data, size_t size)
{
	size_t base64;

	while (size && isspace(data[size - 1]))
		size--;
	if (size > SAMPLE)
		size = SAMPLE;
	if (size > 9 && !memcmp(data, "begin ", 6) && isdigit(data[6]) && isdigit(data[8]))
		return "encoded by uuencode: decode it first, with `uudecode FILE'";
	if (consists_of(data, size, "0123456789abcdefABCDEF"))
		return "in hexadecimal digits: make bytes of it first, with `xxd -r -p FILE'";
	if (consists_of(data, size, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567="))
		return "in base32: decode it first, with `base32 -d FILE'";
	if (is_zlib(data, size))
		return "packed with zlib: unpack it first, with `zlib-flate -uncompress <FILE'";
	if (is_ebcdic(data, size))
		return "text in EBCDIC: convert it first, with `iconv -f CP500 -t UTF-8'";
	if (pieces(data, size))
		return pieces(data, size);
	base64 = longest_base64(data, size);
	/* A console's output in the answer of some APIs: nothing else, or a value of JSON or XML.
	 */
	if (base64 >= 64 && !memchr(data, ' ', size) && !memchr(data, '"', size) &&
	    !memchr(data, '<', size))
		return "in base64: decode it first, with `base64 -d FILE'";
	if (base64 >= MIN_BASE64)
		return "base64 within other text: take it out and decode it first, as with `jq -r "
		       ".Output FILE | base64 -d'";
	if (is_percent_encoded(data, size))
		return "encoded for a URL: decode it first, as with `python3 -c \"import sys, "
		       "urllib.parse as u; print(u.unquote_plus(sys.stdin.read()))\" <FILE'";
	if (is_hex_dump(data, size))
		return "a dump in hexadecimal digits: make bytes of it first, as with `xxd -r "
		       "FILE'";
	return NULL;
}

const char *foreign_name(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (size >= files[i].offset + files[i].length &&
		    !memcmp(data + files[i].offset, files[i].magic, files[i].length))
			return files[i].what;
	}
	return encoding(data, size);
}
