/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/inspect/answer.h"
#include "tools/inspect/file.h"

static void on_bus_error(int signal_number)
{
	static const char text[] = "cvmem: a file was cut short, or could not be read any more, "
				   "while it was being looked at\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(INSPECT_EXIT_UNREADABLE);
}

static bool read_all(int fd, uint64_t limit, struct inspect_file *file, const char **error)
{
	size_t room = 1 << 20;
	uint8_t *data = malloc(room);
	size_t size = 0;

	while (data) {
		ssize_t got = read(fd, data + size, room - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			*error = strerror(errno);
			free(data);
			return false;
		}
		if (!got) {
			file->bytes = (struct bytes){ data, size };
			return true;
		}
		size += (size_t)got;
		if (size > limit) {
			*error = "it is too long to be read from a pipe; give it as a file";
			free(data);
			return false;
		}
		if (size == room) {
			uint8_t *more = realloc(data, room *= 2);

			if (!more)
				free(data);
			data = more;
		}
	}
	*error = "no memory";
	return false;
}

static bool map_all(int fd, size_t size, struct inspect_file *file, const char **error)
{
	struct sigaction action = { .sa_handler = on_bus_error };
	void *memory;

	if (!size) {
		file->bytes = (struct bytes){ NULL, 0 };
		return true;
	}
	memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED) {
		*error = strerror(errno);
		return false;
	}
	sigaction(SIGBUS, &action, NULL);
	file->bytes = (struct bytes){ memory, size };
	file->mapped = true;
	return true;
}

static bool read_descriptor(int fd, uint64_t limit, struct inspect_file *file, const char **error)
{
	struct stat status;
	off_t end;

	if (fstat(fd, &status)) {
		*error = strerror(errno);
		return false;
	}
	if (S_ISDIR(status.st_mode)) {
		*error = "it is a directory";
		return false;
	}
	end = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) ? lseek(fd, 0, SEEK_END) : -1;
	/* Files in /proc and /sys report 0 or a page as their size, with any content. */
	if (end > 4096)
		return map_all(fd, (size_t)end, file, error);
	if (end >= 0)
		lseek(fd, 0, SEEK_SET);
	return read_all(fd, limit, file, error);
}

bool inspect_open(const char *path, uint64_t limit, struct inspect_file *file, const char **error)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	bool good;

	*file = (struct inspect_file){ 0 };
	if (fd < 0) {
		*error = strerror(errno);
		return false;
	}
	good = read_descriptor(fd, limit, file, error);
	if (!standard)
		close(fd);
	return good;
}

void inspect_close(struct inspect_file *file)
{
	if (file->mapped)
		munmap((void *)(uintptr_t)file->bytes.data, file->bytes.size);
	else
		free((void *)(uintptr_t)file->bytes.data);
	*file = (struct inspect_file){ 0 };
}
