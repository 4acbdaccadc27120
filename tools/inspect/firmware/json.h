/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FIRMWARE_JSON_H
#define TOOLS_INSPECT_FIRMWARE_JSON_H

#include <cjson/cJSON.h>
#include "tools/inspect/firmware/firmware.h"

/* All findings, as an object; the caller deletes it. docs/inspect.md has the keys. */
cJSON *fw_json(const struct fw_firmware *firmware);

#endif
