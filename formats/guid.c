/* SPDX-License-Identifier: MIT */
#include "formats/guid.h"

#include <stdio.h>

#include "formats/le.h"

char *guid_text(char text[GUID_TEXT], const uint8_t *guid)
{
	snprintf(text, GUID_TEXT, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 le_get32(guid), le_get16(guid + 4), le_get16(guid + 6), guid[8], guid[9], guid[10],
		 guid[11], guid[12], guid[13], guid[14], guid[15]);
	return text;
}
