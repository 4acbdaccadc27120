/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/version.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/known.h"

/* A string of UTF-16 with printable ASCII alone, and its end; the number of its characters, or 0.
 */
static size_t read_text(struct bytes image, size_t at, char text[FW_VERSION_MAX])
{
	size_t length = 0;

	while (length < FW_VERSION_MAX - 1 && bytes_have(image, at + 2 * length, 2)) {
		uint16_t c = bytes_u16(image, at + 2 * length);

		if (!c)
			break;
		if (c <= ' ' || c >= 0x7f)
			return 0;
		text[length++] = (char)c;
	}
	text[length] = '\0';
	return length;
}

/* A build constant (PcdFirmwareVersionString), so that it is a string of its own in the image. */
void fw_version_find(char version[FW_VERSION_MAX], struct bytes image)
{
	char text[FW_VERSION_MAX], *release;

	version[0] = '\0';
	for (size_t at = 0; bytes_have(image, at, 2); at += 2) {
		uint8_t first = image.data[at];

		if ((first != '2' && first != 'e') || !read_text(image, at, text))
			continue;
		release = known_release(text);
		free(release);
		if (release) {
			memcpy(version, text, sizeof(text));
			return;
		}
	}
}
