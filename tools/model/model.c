/* SPDX-License-Identifier: MIT */
#include "tools/model/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* KVM's numbers, include/uapi/linux/kvm.h: distributions have older headers. */
#define ENCRYPT_OP 0xc008aebaUL
enum { TDX_INIT_VM = 1, TDX_INIT_VCPU = 2, TDX_FINALIZE_VM = 4 };
enum { SEV_INIT2 = 22, SNP_LAUNCH_START = 100, SNP_LAUNCH_FINISH = 102 };

struct tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

struct sev_cmd {
	uint32_t id, pad0;
	uint64_t data;
	uint32_t error, sev_fd;
};

/* What QEMU asks for by default; SMT allowed. */
#define SNP_POLICY UINT64_C(0x30000)
/* Any number is a file descriptor of the model's /dev/sev. */
#define SEV_FD 0

/* Memory of this process is where the VMM says that it has mapped the guest's: nowhere, since the
 * model holds content itself. */
#define HOST_MAPPING UINT64_C(0x600000000000)

static long sys_ioctl(void *ctx, int fd, unsigned long request, void *argument)
{
	const struct model *model = ctx;

	return emu_kvm_ioctl(model->kvm, fd, request, argument);
}

static long sys_madvise(void *ctx, uintptr_t address, size_t size, int advice)
{
	(void)ctx;
	(void)address;
	(void)size;
	(void)advice;
	return 0;
}

static long sys_fallocate(void *ctx, int fd, int mode, uint64_t offset, uint64_t size)
{
	(void)ctx;
	(void)fd;
	(void)mode;
	(void)offset;
	(void)size;
	return 0;
}

static bool read_user(void *ctx, uint64_t address, void *buffer, size_t size)
{
	(void)ctx;
	if (!address)
		return false;
	memcpy(buffer, (const void *)(uintptr_t)address, size);
	return true;
}

static int this_vcpu(const struct model *model)
{
	return EMU_KVM_VCPU + (model->vcpu ? (int)model->vcpu() : 0);
}

/* KVM_EXIT_HYPERCALL: of a VMM that does not populate the attributes alone. */
static bool convert(void *ctx, uint64_t gpa, uint64_t size, bool to_private)
{
	struct model *model = ctx;
	uint64_t at = gpa;
	int error;

	__atomic_fetch_add(&model->conversions, 1, __ATOMIC_RELAXED);
	if (model->populates)
		error = cvm_vmm_convert(&model->sys, &model->machine, &model->caps,
					this_vcpu(model), gpa, size, to_private, false, &at);
	else
		error = cvm_vmm_set_private(&model->sys, EMU_KVM_VM, gpa, size, to_private);
	return !error;
}

void model_init(struct model *model, enum emu_kvm_profile profile, enum emu_kvm_type type,
		unsigned vcpus, const struct emu_ram *ram, size_t ram_count)
{
	memset(model, 0, sizeof(*model));
	model->config = (struct emu_kvm_config){
		.profile = profile,
		.type = type,
		.vcpus = vcpus,
		.ram = ram,
		.ram_count = ram_count,
		.read_user = read_user,
		.convert = convert,
		.ap_ip = 0xfffffff0,
		.ctx = model,
	};
	model->sys = (struct cvm_vmm_sys){
		.ioctl = sys_ioctl, .madvise = sys_madvise, .fallocate = sys_fallocate, .ctx = model
	};
	model->machine = (struct cvm_vmm_machine){
		.type = type == EMU_KVM_TDX ? CVM_VMM_TDX : CVM_VMM_SNP,
		.vm_fd = EMU_KVM_VM,
		.region = model->region,
	};
}

static long tdx_command(struct model *model, int fd, unsigned id)
{
	struct tdx_cmd command = { .id = id };

	return emu_kvm_ioctl(model->kvm, fd, ENCRYPT_OP, &command);
}

static long sev_command(struct model *model, unsigned id, void *data)
{
	struct sev_cmd command = { .id = id, .data = (uintptr_t)data, .sev_fd = SEV_FD };

	return emu_kvm_ioctl(model->kvm, EMU_KVM_VM, ENCRYPT_OP, &command);
}

static const char *start_launch(struct model *model)
{
	uint64_t start[8] = { SNP_POLICY };

	if (model->machine.type == CVM_VMM_SNP) {
		if (sev_command(model, SEV_INIT2, NULL) ||
		    sev_command(model, SNP_LAUNCH_START, start))
			return "the firmware refuses to start a launch";
		return NULL;
	}
	if (tdx_command(model, EMU_KVM_VM, TDX_INIT_VM))
		return "the module refuses to create a TD";
	for (unsigned i = 0; i < model->config.vcpus; i++)
		if (tdx_command(model, EMU_KVM_VCPU + (int)i, TDX_INIT_VCPU))
			return "the module refuses to create a vCPU";
	return NULL;
}

static const char *make_slot(struct model *model, size_t i, const struct emu_ram *ram, int memfd,
			     uint64_t offset)
{
	struct cvm_vmm_region *region = &model->region[i];
	uint64_t size = ram->end - ram->start;

	*region = (struct cvm_vmm_region){
		.gpa = ram->start,
		.size = size,
		.backing = CVM_VMM_SHARED_MAPPING,
		.host = (uintptr_t)(HOST_MAPPING + ram->start),
		.memfd = memfd,
		.memfd_offset = offset,
		.is_private = true,
		.is_set = true,
		.node = CVM_VMM_ANY_NODE,
	};
	if (cvm_vmm_set_slot(&model->sys, EMU_KVM_VM, &model->caps, (uint32_t)i, 0, region))
		return "a memory slot is not possible";
	if (cvm_vmm_set_private(&model->sys, EMU_KVM_VM, ram->start, size, true))
		return "memory cannot be made private";
	return NULL;
}

const char *model_create(struct model *model, struct emu_kvm *kvm)
{
	const struct emu_ram *ram = model->config.ram;
	size_t count = model->config.ram_count;
	const char *problem = NULL;
	uint64_t size = 0;
	int memfd;

	model->kvm = kvm;
	if (count > MODEL_REGIONS)
		return "the map has more ranges of RAM than there are memory slots";
	for (size_t i = 0; i < count; i++)
		size += ram[i].end - ram[i].start;
	cvm_vmm_probe(&model->sys, EMU_KVM_VM, &model->caps);
	if (cvm_vmm_create_memfd(&model->sys, EMU_KVM_VM, &model->caps, size, 0, &memfd))
		return "a guest_memfd is not possible";
	size = 0;
	for (size_t i = 0; i < count && !problem; i++) {
		problem = make_slot(model, i, &ram[i], memfd, size);
		size += ram[i].end - ram[i].start;
	}
	model->machine.regions = count;
	return problem ? problem : start_launch(model);
}

int model_map(struct model *model, uint64_t gpa, uint64_t size)
{
	uint64_t at;

	return cvm_vmm_pre_fault(&model->sys, EMU_KVM_VCPU, gpa, size, NULL, &at);
}

int model_add(struct model *model, uint64_t gpa, uint64_t size, const void *source,
	      enum cvm_vmm_content_kind kind, uint64_t *at)
{
	struct cvm_vmm_content content = { gpa, size, (uintptr_t)source, kind };
	int error = cvm_vmm_launch_add(&model->sys, &model->machine, EMU_KVM_VCPU, SEV_FD, &content,
				       NULL);

	if (at)
		*at = content.gpa;
	return error;
}

int model_finish(struct model *model, uint8_t digest[SHA384_BYTES])
{
	uint64_t finish[16] = { 0 };
	struct emu_seam_info seam;
	struct emu_psp_info psp;

	if (model->machine.type == CVM_VMM_SNP) {
		if (sev_command(model, SNP_LAUNCH_FINISH, finish))
			return CVM_VMM_EIO;
		emu_psp_info(emu_snp_psp(emu_kvm_snp(model->kvm)), &psp);
		memcpy(digest, psp.digest, SHA384_BYTES);
	} else {
		if (tdx_command(model, EMU_KVM_VM, TDX_FINALIZE_VM))
			return CVM_VMM_EIO;
		emu_seam_info(emu_tdx_seam(emu_kvm_tdx(model->kvm)), &seam);
		memcpy(digest, seam.mrtd, SHA384_BYTES);
	}
	model->machine.launched = true;
	return CVM_VMM_OK;
}

int model_populate(struct model *model, uint64_t bytes, struct cvm_vmm_progress *done,
		   void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx)
{
	/* Pieces of the least size, so that `bytes` are met. */
	const uint64_t piece = UINT64_C(2) << 20;
	size_t storage = cvm_vmm_job_storage(&model->machine, piece);
	struct cvm_vmm_plan plan[MODEL_REGIONS];
	struct cvm_vmm_worker worker = { .vcpu_fd = EMU_KVM_VCPU,
					 .node = CVM_VMM_ANY_NODE,
					 .budget = bytes == UINT64_MAX ? 0 : bytes };
	struct cvm_vmm_job_config config = {
		.sys = &model->sys,
		.machine = &model->machine,
		.plan = plan,
		.piece = piece,
		.first = UINT64_MAX,
		.storage = malloc(storage),
		.storage_size = storage,
		.progress = progress,
		.ctx = ctx,
	};
	struct cvm_vmm_job job;
	int error = CVM_VMM_ENOMEM;

	memset(done, 0, sizeof(*done));
	if (!config.storage)
		return error;
	error = cvm_vmm_plan(&model->machine, &model->caps, plan, NULL);
	if (!error)
		error = cvm_vmm_job_init(&job, &config);
	if (!error && bytes)
		error = cvm_vmm_job_run(&job, &worker);
	/* The budget is used up. */
	error = error > 0 ? CVM_VMM_OK : error;
	if (!error)
		cvm_vmm_job_progress(&job, done);
	model->populates = bytes != 0;
	free(config.storage);
	return error;
}
