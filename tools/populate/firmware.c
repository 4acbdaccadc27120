/* SPDX-License-Identifier: MIT */
#include "tools/populate/firmware.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/sev.h"
#include "formats/tdvf.h"
#include "tools/common/commands.h"
#include "tools/common/json.h"
#include "tools/populate/launch_vm.h"

#define PAGE	  UINT64_C(4096)
#define ROM_END	  (UINT64_C(1) << 32)
#define MAX_IMAGE (UINT64_C(64) << 20)

/* The launch of a firmware's image as QEMU with KVM does it: what its metadata says, in that order.
 * An SNP guest has the whole image first, and a VMSA for each vCPU at the end. */
struct firmware_launch {
	size_t sections;
	uint64_t bytes; /* that were added */
	uint8_t digest[SHA384_BYTES];
	char problem[160];
};

struct build {
	struct firmware_launch *out;
	const struct populate_options *options;
	struct bytes image;
	struct emu_ram ram[2]; /* low memory; the image, below 4 GiB */
	struct metadata metadata;
};

static const char *problem_at(struct build *build, uint64_t gpa, const char *what)
{
	snprintf(build->out->problem, sizeof(build->out->problem), "0x%" PRIx64 ": %s", gpa, what);
	return build->out->problem;
}

static bool is_ram(const struct build *build, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < 2; i++)
		if (gpa >= build->ram[i].start && gpa <= build->ram[i].end &&
		    size <= build->ram[i].end - gpa)
			return true;
	return false;
}

/* data: the beginning of its content; the rest is zeros. */
static const char *add(struct build *build, struct model *model, uint64_t gpa, uint64_t size,
		       struct bytes data, enum cvm_vmm_content_kind kind)
{
	uint64_t at = gpa;
	uint8_t *source;
	int error = 0;

	if ((gpa | size) % PAGE || !is_ram(build, gpa, size))
		return problem_at(build, gpa, "a section is not made of pages of the VM's memory");
	if (!size)
		return NULL;
	if (data.size > size)
		return problem_at(build, gpa, "a section has more content than memory");
	source = aligned_alloc(PAGE, (size_t)size);
	if (!source)
		return "out of memory";
	memset(source, 0, (size_t)size);
	memcpy(source, data.data, data.size);
	/* The seed adds no page that was not mapped. In Linux nothing can be mapped yet. */
	if (model->config.profile == EMU_KVM_SEED)
		error = model_map(model, gpa, size);
	if (!error)
		error = model_add(model, gpa, size, source, kind, &at);
	free(source);
	if (error)
		return problem_at(build, at, cvm_vmm_strerror(error));
	build->out->bytes += size;
	return NULL;
}

static const char *add_tdx(struct build *build, struct model *model,
			   const struct metadata_section *section)
{
	return add(build, model, section->gpa, section->size,
		   bytes_part(build->image, section->data_offset, section->raw_size),
		   section->attributes & TDVF_MR_EXTEND ? CVM_VMM_CONTENT
							: CVM_VMM_CONTENT_UNMEASURED);
}

/* Without a kernel its hashes' section is zeros. */
static const char *add_snp(struct build *build, struct model *model,
			   const struct metadata_section *section)
{
	enum cvm_vmm_content_kind kind = section->type == SEV_CPUID	? CVM_VMM_CONTENT_CPUID
					 : section->type == SEV_SECRETS ? CVM_VMM_CONTENT_SECRETS
									: CVM_VMM_CONTENT_ZERO;

	return add(build, model, section->gpa, section->size, bytes_part(build->image, 0, 0), kind);
}

static const char *use(void *ctx, struct model *model)
{
	struct build *build = ctx;
	bool snp = build->options->platform;
	const char *problem = NULL;
	int error;

	if (snp)
		problem = add(build, model, build->ram[1].start, build->image.size, build->image,
			      CVM_VMM_CONTENT);
	for (size_t i = 0; i < build->metadata.count && !problem; i++)
		problem = (snp ? add_snp : add_tdx)(build, model, &build->metadata.section[i]);
	if (problem)
		return problem;
	build->out->sections = build->metadata.count;
	error = model_finish(model, build->out->digest);
	return error ? cvm_vmm_strerror(error) : NULL;
}

static const char *launch_image(struct build *build)
{
	struct launch_vm vm = { .ram = build->ram,
				.ram_count = 2,
				.fms = build->options->vcpu_sig };
	struct sev sev = { 0 };

	if (build->options->platform) {
		sev_read(&sev, build->image);
		build->metadata = sev.metadata;
		vm.ap_ip = sev.es_reset.address;
	} else {
		tdvf_read(&build->metadata, build->image);
	}
	/* QEMU needs no GUID before the list. */
	if (!build->metadata.present || build->metadata.errors & ~(unsigned)METADATA_NO_GUID)
		return build->options->platform ? "the file has no valid SEV metadata"
						: "the file has no valid TDVF metadata";
	return launch_in_vm(build->options, &vm, use, build);
}

/* NULL: errno says why. */
static uint8_t *read_image(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data = NULL;
	struct stat info;
	ssize_t part = 1;

	*size = 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &info))
		goto out;
	if ((uint64_t)info.st_size > MAX_IMAGE || info.st_size % (off_t)PAGE || !info.st_size) {
		errno = EFBIG;
		goto out;
	}
	data = malloc((size_t)info.st_size);
	while (data && part > 0 && *size < (size_t)info.st_size) {
		part = read(fd, data + *size, (size_t)info.st_size - *size);
		*size += part > 0 ? (size_t)part : 0;
	}
	if (part <= 0) {
		errno = part ? errno : EIO;
		free(data);
		data = NULL;
	}
out:
	close(fd);
	return data;
}

/* NULL, or what was not possible. */
static const char *firmware_launch(const struct populate_options *options, uint64_t memory,
				   struct firmware_launch *launch)
{
	struct build build = { .out = launch, .options = options };
	const char *problem;
	uint8_t *data;

	memset(launch, 0, sizeof(*launch));
	data = read_image(options->firmware, &build.image.size);
	if (!data)
		return errno == EFBIG ? "a firmware's image is whole pages, and at most 64 MiB"
				      : strerror(errno);
	build.image.data = data;
	build.ram[0] = (struct emu_ram){ 0, memory };
	build.ram[1] = (struct emu_ram){ ROM_END - build.image.size, ROM_END };
	problem = launch_image(&build);
	free(data);
	return problem;
}

static void hex_of(const uint8_t *digest, char hex[2 * SHA384_BYTES + 1])
{
	for (unsigned i = 0; i < SHA384_BYTES; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
}

int populate_firmware(const struct populate_options *options, uint64_t memory)
{
	struct firmware_launch launch;
	char hex[2 * SHA384_BYTES + 1];
	const char *problem;

	/* All of it lies below the image, which ends at 4 GiB. */
	if (memory > ROM_END - MAX_IMAGE) {
		fputs("cvmem populate: --memory: with --firmware at most 4032M\n", stderr);
		return CMD_USAGE;
	}
	problem = firmware_launch(options, memory, &launch);
	if (problem) {
		fprintf(stderr, "cvmem populate: %s: %s\n", options->firmware, problem);
		return CMD_FAILED;
	}
	hex_of(launch.digest, hex);
	if (options->json) {
		cJSON *root = json_report();

		cJSON_AddStringToObject(root, "model", options->model);
		cJSON_AddStringToObject(root, "platform", options->platform ? "snp" : "tdx");
		cJSON_AddStringToObject(root, "firmware", options->firmware);
		json_add_number(root, "sections", launch.sections);
		json_add_number(root, "added_bytes", launch.bytes);
		cJSON_AddStringToObject(root, "measurement", hex);
		if (!json_write("cvmem populate", options->json, root))
			return CMD_FAILED;
	}
	if (!json_to_stdout(options->json))
		printf("%s: %zu sections, %" PRIu64 " KiB added\n%s %s\n", options->firmware,
		       launch.sections, launch.bytes >> 10,
		       options->platform ? "launch digest" : "MRTD", hex);
	return CMD_OK;
}
