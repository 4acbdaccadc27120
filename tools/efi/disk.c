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

/*
 * Runs a command of mtools; false: it ended with an error, which may be expected. They look for a
 * disk's geometry in the partition table, and must not.
 */
static bool run(struct esp *esp, const char *const *argument)
{
	char *words[8] = { (char *)argument[0], "-i", NULL };
	posix_spawn_file_actions_t actions;
	int status = -1, error;
	pid_t child;

	words[2] = text_of("%s@@%llu", esp->work, esp->offset);
	for (size_t i = 1; argument[i]; i++)
		words[2 + i] = (char *)argument[i];
	posix_spawn_file_actions_init(&actions);
	for (int stream = 0; stream <= 2; stream++)
		posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
	setenv("MTOOLS_SKIP_CHECK", "1", 1);
	error = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	while (!error && waitpid(child, &status, 0) < 0)
		error = errno == EINTR ? 0 : errno;
	if (error) {
		esp->failed = true;
		fprintf(stderr, "cvmem efi: %s: %s%s\n", words[0], strerror(error),
			error == ENOENT ? "; disk images need mtools" : "");
	}
	free(words[2]);
	return !error && WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool must_run(struct esp *esp, const char *const *argument)
{
	bool good = run(esp, argument);

	if (!good && !esp->failed)
		fprintf(stderr, "cvmem efi: %s: %s failed on its EFI system partition\n", esp->path,
			argument[0]);
	return good;
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

	unlink(outside);
	if (run(esp, argument))
		file = esp_file_of(outside);
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
	bool good = run(esp, look) || (!esp->failed && must_run(esp, argument));

	free(inside);
	return good;
}

static void disk_remove_folder(struct esp *esp, const char *path)
{
	char *inside = text_of("::/%s", path);
	const char *const argument[] = { "mrd", inside, NULL };

	run(esp, argument);
	free(inside);
}

static bool put_in_place(const struct esp *esp)
{
	int work = open(esp->work, O_RDONLY);
	bool good = work >= 0 && !fsync(work);

	if (work >= 0)
		close(work);
	return (good && !rename(esp->work, esp->path)) || fail(esp->path);
}

static bool disk_close(struct esp *esp, bool keep)
{
	bool good = !keep || put_in_place(esp);

	unlink(esp->work);
	free(esp->work);
	esp->work = NULL;
	return good;
}

static bool find_partition(struct esp *esp)
{
	int disk = open(esp->path, O_RDONLY);
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
	char *words[] = { "cp", "--reflink=auto",  "--sparse=always", "--preserve=mode,ownership",
			  "--", (char *)esp->path, esp->work,	      NULL };
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
	if (!find_partition(esp))
		return false;
	esp->work = text_of("%s.cvmem-new", path);
	if (copy(esp))
		return true;
	fprintf(stderr, "cvmem efi: %s: it cannot be copied\n", path);
	disk_close(esp, false);
	return false;
}
