/* SPDX-License-Identifier: MIT */
#include "tools/efi/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/words.h"

#define DRIVERS "EFI/systemd/drivers"
#define DRIVER	DRIVERS "/cvmem-acceptx64.efi"
#define NEXT	"cvmem-next.efi"
#define CONF	"cvmem-accept.conf"
#define SYSTEMD "EFI/systemd/systemd-bootx64.efi"

static bool has(struct esp_file file, const char *text)
{
	return file.data && memmem(file.data, file.size, text, strlen(text));
}

/* By the row of its SBAT section, which a signature leaves as it is. */
static bool is_ours(struct esp_file file)
{
	return has(file, "\ncvmem-accept,");
}

static bool is_same(struct esp_file one, struct esp_file other)
{
	return one.data && one.size == other.size && !memcmp(one.data, other.data, one.size);
}

/* Writes only what differs. */
static bool put(struct esp *esp, struct efi_place *place, const char *path, struct esp_file file)
{
	struct esp_file there = esp->type->read(esp, path);
	bool same = is_same(there, file), good = !esp->failed;

	free(there.data);
	if (!good || same)
		return good;
	place->changed = true;
	return esp->type->write(esp, path, file);
}

static bool drop(struct esp *esp, struct efi_place *place, const char *path)
{
	struct esp_file there = esp->type->read(esp, path);
	bool is_there = there.data;

	free(there.data);
	if (esp->failed || !is_there)
		return !esp->failed;
	place->changed = true;
	return esp->type->remove(esp, path);
}

static bool put_configuration(struct esp *esp, struct efi_place *place, const char *folder)
{
	char *path, *text;
	bool good;

	if (!place->accept)
		return true;
	path = text_of("%s/" CONF, folder);
	text = text_of("accept=%s\n", place->accept);
	good = put(esp, place, path, (struct esp_file){ text, strlen(text) });
	free(text);
	free(path);
	return good;
}

static bool has_systemd_boot(struct esp *esp, const char *path)
{
	struct esp_file file = esp->type->read(esp, path);
	bool yes = has(file, "#### LoaderInfo: systemd-boot");

	free(file.data);
	return yes;
}

static bool put_driver(struct esp *esp, struct efi_place *place)
{
	return esp->type->make_folder(esp, "EFI") && esp->type->make_folder(esp, "EFI/systemd") &&
	       esp->type->make_folder(esp, DRIVERS) && put_configuration(esp, place, DRIVERS) &&
	       put(esp, place, DRIVER, place->driver);
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return text_of("%.*s", slash ? (int)(slash - path) : 0, path);
}

/* The loader is copied before anything takes its place: at any time there is one that boots. */
static bool put_application(struct esp *esp, struct efi_place *place)
{
	char *folder = folder_of(place->loader), *next = text_of("%s/" NEXT, folder);
	struct esp_file loader = esp->type->read(esp, place->loader);
	bool good = !esp->failed;

	if (good && !loader.data) {
		fprintf(stderr, "cvmem efi: %s: there is no loader %s\n", esp->path, place->loader);
		good = false;
	} else if (good && !is_ours(loader)) {
		good = put(esp, place, next, loader);
	} else if (good) {
		struct esp_file other = esp->type->read(esp, next);

		if (!other.data && !esp->failed)
			fprintf(stderr, "cvmem efi: %s: %s is cvmem's, but %s is not there\n",
				esp->path, place->loader, next);
		good = other.data;
		free(other.data);
	}
	good = good && put_configuration(esp, place, folder) &&
	       put(esp, place, place->loader, place->application);
	free(loader.data);
	free(next);
	free(folder);
	return good;
}

bool efi_place_install(struct esp *esp, struct efi_place *place)
{
	if (place->mode == EFI_MODE_NONE) {
		bool systemd = has_systemd_boot(esp, place->loader) ||
			       (!esp->failed && has_systemd_boot(esp, SYSTEMD));

		place->mode = systemd ? EFI_MODE_DRIVER : EFI_MODE_CHAIN;
	}
	if (esp->failed)
		return false;
	return place->mode == EFI_MODE_DRIVER ? put_driver(esp, place)
					      : put_application(esp, place);
}

static bool remove_driver(struct esp *esp, struct efi_place *place)
{
	struct esp_file there = esp->type->read(esp, DRIVER);
	bool is_there = there.data;

	free(there.data);
	if (esp->failed || !is_there)
		return !esp->failed;
	if (!drop(esp, place, DRIVER) || !drop(esp, place, DRIVERS "/" CONF))
		return false;
	place->mode = EFI_MODE_DRIVER;
	esp->type->remove_folder(esp, DRIVERS);
	esp->type->remove_folder(esp, "EFI/systemd");
	return true;
}

static bool remove_application(struct esp *esp, struct efi_place *place)
{
	char *folder = folder_of(place->loader), *next = text_of("%s/" NEXT, folder);
	char *conf = text_of("%s/" CONF, folder);
	struct esp_file loader = esp->type->read(esp, place->loader);
	struct esp_file other = esp->type->read(esp, next);
	bool ours = is_ours(loader), good = !esp->failed;

	if (good && ours && !other.data) {
		fprintf(stderr, "cvmem efi: %s: %s is not there, so that %s would be no loader\n",
			esp->path, next, place->loader);
		good = false;
	} else if (good && other.data) {
		/* Another loader may have been put there by an update, and stays. */
		good = (!ours || put(esp, place, place->loader, other)) && drop(esp, place, next) &&
		       drop(esp, place, conf);
		place->mode = EFI_MODE_CHAIN;
	}
	free(other.data);
	free(loader.data);
	free(conf);
	free(next);
	free(folder);
	return good;
}

bool efi_place_remove(struct esp *esp, struct efi_place *place)
{
	return remove_driver(esp, place) && remove_application(esp, place);
}
