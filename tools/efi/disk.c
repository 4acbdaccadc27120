/* SPDX-License-Identifier: MIT */
/*
 * A disk image: mtools change a copy of it, which takes its place as a whole, so that an error or
 * the end of this program leaves the old image.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "formats/esp.h"
#include "tools/common/words.h"
#include "tools/efi/esp.h"

extern char **environ;

static bool fail(const char *path)
{
	fprintf(stderr, "cvmem efi: %s: %s\n", path, strerror(errno));
	return false;
}

/* The beginning of what a command says on its standard error. */
struct said {
	char text[200];
};

/* To the end, so that the command does not wait for room. */
static void listen(int from, struct said *said)
{
	size_t length = 0;
	char part[256];
	ssize_t got;

	while ((got = read(from, part, sizeof(part))) > 0 || (got < 0 && errno == EINTR)) {
		for (ssize_t i = 0; i < got && length < sizeof(said->text) - 1; i++)
			said->text[length++] = part[i];
	}
	said->text[length] = '\0';
}

static int spawn(char *const *words, int errors, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	for (int stream = 0; stream <= 1; stream++)
		posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	error = posix_spawnp(child, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* An error that is none of the command's own. */
static int run_words(char *const *words, struct said *said, int *status)
{
	int ends[2], error;
	pid_t child;

	said->text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return errno;
	error = spawn(words, ends[1], &child);
	close(ends[1]);
	if (!error)
		listen(ends[0], said);
	close(ends[0]);
	while (!error && waitpid(child, status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	return error;
}

/*
 * Runs a command of mtools; false: it ended with an error, which may be expected. They look for a
 * disk's geometry in the partition table, and must not.
 */
static bool run(struct esp *esp, const char *const *argument, struct said *said)
{
	char *words[8] = { (char *)argument[0], "-i", NULL };
	int status = -1, error;

	words[2] = text_of("%s@@%llu", esp->work, esp->offset);
	for (size_t i = 1; argument[i]; i++)
		words[2 + i] = (char *)argument[i];
	error = run_words(words, said, &status);
	if (error) {
		esp->failed = true;
		fprintf(stderr, "cvmem efi: %s: %s%s\n", words[0], strerror(error),
			error == ENOENT ? "; disk images need mtools" : "");
	}
	free(words[2]);
	return !error && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool fail_command(struct esp *esp, const char *command, const struct said *said)
{
	if (!esp->failed)
		fprintf(stderr, "cvmem efi: %s: %s failed on its EFI system partition: %.*s\n",
			esp->path, command, (int)strcspn(said->text, "\n"), said->text);
	return false;
}

static bool must_run(struct esp *esp, const char *const *argument)
{
	struct said said;

	return run(esp, argument, &said) || fail_command(esp, argument[0], &said);
}

/* All of mtools have one status for every error. Of a damaged file system they say more before. */
static bool is_not_found(const struct said *said)
{
	static const char words[] = "\" not found";
	size_t line = strcspn(said->text, "\n"), length = sizeof(words) - 1;

	return line >= length && !memcmp(said->text + line - length, words, length);
}

/* The files that go in and come out. */
static char *exchange(const struct esp *esp)
{
	return text_of("%s.file", esp->work);
}

static struct esp_file disk_read(struct esp *esp, const char *path)
{
	char *inside = text_of("::/%s", path), *outside = exchange(esp);
	const char *const argument[] = { "mcopy", "-n", inside, outside, NULL };
	struct esp_file file = { 0 };
	struct said said;

	unlink(outside);
	if (run(esp, argument, &said)) {
		file = esp_file_of(outside);
		if (!file.data)
			esp->failed = !fail(outside);
	} else if (!is_not_found(&said)) {
		fail_command(esp, argument[0], &said);
		esp->failed = true;
	}
	unlink(outside);
	free(outside);
	free(inside);
	return file;
}

static bool disk_write(struct esp *esp, const char *path, struct esp_file file)
{
	char *inside = text_of("::/%s", path), *outside = exchange(esp);
	const char *const argument[] = { "mcopy", "-o", outside, inside, NULL };
	FILE *to = fopen(outside, "wb");
	bool good = to && fwrite(file.data, 1, file.size, to) == file.size;

	if (to && fclose(to))
		good = false;
	good = good ? must_run(esp, argument) : fail(outside);
	unlink(outside);
	free(outside);
	free(inside);
	return good;
}

static bool disk_remove(struct esp *esp, const char *path)
{
	char *inside = text_of("::/%s", path);
	const char *const argument[] = { "mdel", inside, NULL };
	struct esp_file file = disk_read(esp, path);
	bool good = !esp->failed && (!file.data || must_run(esp, argument));

	free(file.data);
	free(inside);
	return good;
}

static bool disk_make(struct esp *esp, const char *path)
{
	char *inside = text_of("::/%s", path);
	const char *const look[] = { "mdir", "-b", inside, NULL };
	const char *const argument[] = { "mmd", inside, NULL };
	struct said said;
	bool good = run(esp, look, &said) || (!esp->failed && must_run(esp, argument));

	free(inside);
	return good;
}

static void disk_remove_folder(struct esp *esp, const char *path)
{
	char *inside = text_of("::/%s", path);
	const char *const argument[] = { "mrd", inside, NULL };
	struct said said;

	run(esp, argument, &said);
	free(inside);
}

static bool put_in_place(const struct esp *esp)
{
	int work = open(esp->work, O_RDONLY);
	bool good = work >= 0 && !fsync(work);

	if (work >= 0)
		close(work);
	return (good && !rename(esp->work, esp->disk)) || fail(esp->path);
}

static bool disk_close(struct esp *esp, bool keep)
{
	bool good = !keep || put_in_place(esp);

	unlink(esp->work);
	free(esp->work);
	free(esp->disk);
	esp->work = esp->disk = NULL;
	return good;
}

static bool find_partition(struct esp *esp)
{
	int disk = open(esp->disk, O_RDONLY);
	uint64_t offset = 0, size;
	struct stat status;
	void *data = MAP_FAILED;
	bool found = false;

	if (disk >= 0 && !fstat(disk, &status) && status.st_size)
		data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, disk, 0);
	if (disk >= 0)
		close(disk);
	if (data != MAP_FAILED) {
		found = esp_find((struct bytes){ data, (size_t)status.st_size }, &offset, &size);
		munmap(data, (size_t)status.st_size);
	}
	esp->offset = offset;
	if (!found)
		fprintf(stderr,
			"cvmem efi: %s: no EFI system partition is found; of another format than "
			"raw, convert it first (qemu-img convert -O raw)\n",
			esp->path);
	return found;
}

/* With its holes, and its mode. */
static bool copy(struct esp *esp)
{
	char *words[] = { "cp", "--reflink=auto", "--sparse=always", "--preserve=mode,ownership",
			  "--", esp->disk,	  esp->work,	     NULL };
	int status = -1, error;
	pid_t child;

	error = posix_spawnp(&child, words[0], NULL, NULL, words, environ);
	while (!error && waitpid(child, &status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	return !error && WIFEXITED(status) && !WEXITSTATUS(status);
}

bool esp_open_disk(const char *path, struct esp *esp)
{
	static const struct esp_type type = { disk_read, disk_write,	     disk_remove,
					      disk_make, disk_remove_folder, disk_close };

	esp->type = &type;
	/* A link stays one: what it leads to is changed. */
	esp->disk = realpath(path, NULL);
	if (!esp->disk)
		return fail(path);
	if (!find_partition(esp)) {
		free(esp->disk);
		esp->disk = NULL;
		return false;
	}
	esp->work = text_of("%s.cvmem-new", esp->disk);
	if (copy(esp))
		return true;
	fprintf(stderr, "cvmem efi: %s: it cannot be copied\n", path);
	disk_close(esp, false);
	return false;
}
