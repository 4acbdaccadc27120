/* SPDX-License-Identifier: MIT */
#include "tools/vm/qmp.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static enum vm_end end_of(const char *reason)
{
	if (!strcmp(reason, "guest-shutdown"))
		return VM_END_POWEROFF;
	if (!strcmp(reason, "guest-reset") || !strcmp(reason, "subsystem-reset"))
		return VM_END_RESET;
	if (!strcmp(reason, "guest-panic"))
		return VM_END_PANIC;
	return !strncmp(reason, "host-", 5) ? VM_END_HOST : VM_END_UNKNOWN;
}

/* It need not wait for the greeting, which QEMU sends before it reads anything. */
void vm_qmp_start(struct vm_qmp *qmp)
{
	static const char command[] = "{\"execute\": \"qmp_capabilities\"}\n";

	(void)!send(qmp->fd, command, sizeof(command) - 1, MSG_NOSIGNAL);
}

static void take_line(struct vm_qmp *qmp, const char *line)
{
	cJSON *message = cJSON_Parse(line);
	const char *event = cJSON_GetStringValue(cJSON_GetObjectItem(message, "event"));
	const cJSON *data = cJSON_GetObjectItem(message, "data");
	const char *error = cJSON_GetStringValue(
		cJSON_GetObjectItem(cJSON_GetObjectItem(message, "error"), "desc"));
	const char *reason = cJSON_GetStringValue(cJSON_GetObjectItem(data, "reason"));

	if (cJSON_GetObjectItem(message, "QMP")) {
		qmp->is_ready = true;
	} else if (error) {
		fprintf(stderr, "cvmem vm: QEMU: %s\n", error);
	} else if (event && reason && !strcmp(event, "SHUTDOWN")) {
		qmp->end = end_of(reason);
	}
	cJSON_Delete(message);
}

void vm_qmp_plug(struct vm_qmp *qmp, uint64_t bytes)
{
	char commands[512];
	int length;

	/* The node matters where there are several, and is 0 anyway where there is one. */
	length = snprintf(commands, sizeof(commands),
			  "{\"execute\": \"object-add\", \"arguments\": {\"qom-type\": "
			  "\"memory-backend-ram\", \"id\": \"cvmem-plugged\", \"size\": %" PRIu64
			  ", \"reserve\": false}}\n"
			  "{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"pc-dimm\", "
			  "\"id\": \"cvmem-dimm\", \"memdev\": \"cvmem-plugged\", \"node\": 0}}\n",
			  bytes);
	(void)!send(qmp->fd, commands, (size_t)length, MSG_NOSIGNAL);
}

int vm_qmp_read(struct vm_qmp *qmp)
{
	ssize_t got = recv(qmp->fd, qmp->line + qmp->length, sizeof(qmp->line) - 1 - qmp->length,
			   MSG_DONTWAIT);
	char *end;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return -1;
	qmp->length += (size_t)got;
	qmp->line[qmp->length] = '\0';
	while ((end = strchr(qmp->line, '\n'))) {
		size_t used = (size_t)(end - qmp->line) + 1;

		*end = '\0';
		take_line(qmp, qmp->line);
		qmp->length -= used;
		memmove(qmp->line, end + 1, qmp->length + 1);
	}
	/* No relevant event is that long. */
	if (qmp->length == sizeof(qmp->line) - 1)
		qmp->length = 0;
	return 0;
}
