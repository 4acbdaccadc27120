/* SPDX-License-Identifier: MIT */
#include "tools/boot/run.h"

#include <stdio.h>
#include <stdlib.h>

#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include "tools/boot/ghcb.h"
#include "tools/boot/host.h"
#include "tools/boot/kvm.h"
#include "tools/boot/progress.h"

/* Builds a machine of hosted/, and runs the stages of boot/ on it. */

struct run {
	const struct boot_options *options;
	const struct boot_memory *memory;
	bool is_snp;
	unsigned vcpus; /* idle ones included */
	uint64_t launch;
	struct hosted_machine *hosted;
	const struct boot_machine *machine;
	struct boot boot;
	enum boot_policy policy;
	struct cvm_fault *fault; /* BOOT_ON_FAULT: once it serves faults */
	struct cvm_tdx tdx;
	struct cvm_snp snp;
	struct boot_ghcbs ghcbs; /* SNP */
	bool map_changed;	 /* by an attack */
	struct boot_kvm *kvm;	 /* NULL: a cooperative host */
	struct cvm_events events;
	void *event_storage;
};

static unsigned this_vcpu(void *ctx)
{
	return hosted_vcpu();
}

/* CPUID 0x8000001f EBX[5:0]; 0 on TDX. */
static unsigned find_c_bit(void)
{
	struct cvm_cpuid sev;

	hosted_cpuid(0x8000001f, 0, &sev);
	return sev.ebx & 63;
}

/* The first code of a guest: detect the platform, share the GHCB pages. */
static int start_platform(struct run *run)
{
	const struct cvm_snp_config config = {
		.direct_map = run->machine->direct_map,
		.c_bit = find_c_bit(),
		.cpuid = hosted_cpuid,
		.ghcb_get = boot_ghcbs_get,
		.ghcb_put = boot_ghcbs_put,
		.vmgexit = hosted_vmgexit,
		.ctx = &run->ghcbs,
	};

	switch (cvm_platform_detect(hosted_cpuid)) {
	case CVM_PLATFORM_TDX:
		return cvm_tdx_init(&run->tdx);
	case CVM_PLATFORM_SNP:
		return boot_ghcbs_share(&run->ghcbs, &run->snp.platform,
					cvm_snp_init(&run->snp, &config));
	default:
		return CVM_ENODEV;
	}
}

static void vcpu_main(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	int error = vcpu ? 0 : start_platform(run);

	if (!error && run->is_snp)
		error = boot_ghcbs_register(&run->ghcbs, &run->snp, vcpu);
	if (error && !vcpu)
		boot_abort(&run->boot, error, "the guest finds its platform");
	else
		boot_main(&run->boot, vcpu);
}

static void change_map(void *ctx, struct handoff *handoff)
{
	struct run *run = ctx;

	run->map_changed =
		boot_attack_map(&run->options->attack, handoff, run->machine->direct_map);
}

static void start_faults(void *ctx, struct cvm_fault *fault)
{
	struct run *run = ctx;

	__atomic_store_n(&run->fault, fault, __ATOMIC_RELEASE);
}

/* As the handler in guest/: what another vCPU is accepting is touched again. */
static bool on_fault(void *ctx, unsigned vcpu, uint64_t gpa)
{
	const struct run *run = ctx;
	struct cvm_fault *fault = __atomic_load_n(&run->fault, __ATOMIC_ACQUIRE);
	int error = fault ? cvm_fault_handle(fault, vcpu, gpa, 0) : CVM_EINVAL;

	if (error == CVM_EBUSY)
		hosted_relax(NULL);
	return !error || error == CVM_EBUSY;
}

/* By the VMM; a cooperative host has done it. */
static bool launch(struct run *run, const struct emu_ram *content)
{
	const char *problem = NULL;

	if (run->kvm)
		problem = boot_kvm_start(run->kvm, run->hosted, content,
					 run->options->populate_bytes);
	if (problem)
		fprintf(stderr, "cvmem boot: --host-populates: %s\n", problem);
	return !problem;
}

static bool make_machine(struct run *run)
{
	const struct boot_options *options = run->options;
	uint64_t bytes = BOOT_LAUNCH_BYTES + (run->is_snp ? boot_ghcbs_bytes(run->vcpus) : 0);
	uint64_t place = boot_memory_place(run->memory, bytes);
	const struct emu_ram launched = { place, place + bytes };
	struct hosted_config config = {
		.kind = options->platform,
		.vcpus = run->vcpus,
		.ram = run->memory->ram,
		.ram_count = run->memory->ram_count,
		.launch = &launched,
		.launch_count = options->host_populates ? 0 : 1,
		.host_4k_only = options->host_4k_only,
		.accept_ns_per_4k = options->cost->ns_per_4k,
		.coherency_sfw_no = true,
		.on_fault = run->policy == BOOT_ON_FAULT ? on_fault : NULL,
		.on_fault_ctx = run,
		.attack = { options->attack.kind, options->attack.at, EMU_ATTACK_ANYWHERE },
	};
	char error[256];

	if (place == UINT64_MAX) {
		fprintf(stderr, "cvmem boot: %s: no usable range has room for firmware\n",
			run->memory->source);
		return false;
	}
	run->launch = place;
	if (run->kvm)
		boot_kvm_init(run->kvm, &config);
	run->hosted = hosted_create(&config, error, sizeof(error));
	if (!run->hosted)
		fprintf(stderr, "cvmem boot: %s\n", error);
	return run->hosted && launch(run, &launched);
}

/* A copy of the memory's map in which no stage can hand out the GHCB pages. */
static bool make_map(struct run *run, struct cvm_map *map, struct cvm_range *ranges)
{
	const struct cvm_map *from = &run->memory->map;
	uint64_t start = run->launch + BOOT_LAUNCH_BYTES;

	cvm_map_init(map, ranges, BOOT_MAX_RANGES);
	for (size_t i = 0; i < from->count; i++)
		ranges[i] = from->range[i];
	map->count = from->count;
	if (!run->is_snp)
		return true;
	return boot_ghcbs_init(&run->ghcbs, start, run->vcpus, hosted_shared_map(run->hosted)) &&
	       !cvm_map_set(map, start, start + boot_ghcbs_bytes(run->vcpus), CVM_MEM_RESERVED);
}

/* Two events for each unit, and some more. Without the storage the run has no timeline. */
static void start_events(struct run *run)
{
	uint64_t units = run->memory->usable >> 21;
	size_t bytes = (4096 + 2 * units) * sizeof(struct cvm_event);

	run->event_storage = malloc(bytes);
	if (run->event_storage)
		cvm_events_init(&run->events, run->event_storage, bytes);
}

static struct timeline *make_timeline(const struct run *run)
{
	struct timeline *timeline = run->event_storage ? malloc(sizeof(*timeline)) : NULL;
	uint64_t end = run->boot.report.ns[BOOT_STAGE_SHELL];

	if (timeline)
		boot_timeline_make(timeline, &run->events, &run->memory->map, run->boot.power_on,
				   end ? end : boot_host_now(NULL) - run->boot.power_on);
	return timeline;
}

static void collect(struct run *run, bool completed, struct boot_result *result)
{
	hosted_stats(run->hosted, &result->stats);
	emu_attack_progress(hosted_emu(run->hosted), &result->struck);
	result->struck.injections += run->map_changed;
	result->is_snp = run->is_snp;
	result->report = run->boot.report;
	boot_result_time(run->options->vcpus, result);
	result->timeline = make_timeline(run);
	if (run->kvm) {
		boot_kvm_finish(run->kvm);
		result->host = run->kvm->report;
	}
	boot_result_judge(run->options, completed, result);
}

/* Runs the stages on the machine that was created. False: a message was printed. */
static bool run_stages(struct run *run, const struct trace *workload, struct cvm_map *map,
		       struct boot_result *result)
{
	const struct boot_options *options = run->options;
	const struct boot_machine machine = {
		.platform = run->is_snp ? &run->snp.platform : &run->tdx.platform,
		.direct_map = hosted_direct_map(run->hosted),
		.shared_map = hosted_shared_map(run->hosted),
		.vcpus = options->vcpus,
		.idle_vcpus = run->vcpus - options->vcpus,
		.launch = run->launch,
		.hot = run->memory->hot,
		.host = { .relax = boot_host_relax, .now_ns = boot_host_now, .cpu = this_vcpu },
		.vcpu_ns = hosted_vcpu_ns,
		.wait = boot_host_wait,
		.wake = boot_host_wake,
		.ctx = run,
		.events = run->event_storage ? &run->events : NULL,
		.on_fault = start_faults,
		.handed_over = options->attack.map != MAP_ATTACK_NONE ? change_map : NULL,
	};
	const struct boot_config config = {
		.map = map,
		.firmware_accepts = options->firmware_accepts,
		.policy = result->policy,
		.unit_size = options->unit_size,
		.hot_add_at = options->hot_add_at,
		.remove = options->remove,
		.balloon = options->balloon,
		.workload = workload,
		.bounce_bytes = options->bounce_bytes,
		.verify = options->attack.name,
		.kexecs = options->kexecs,
		.crash = options->crash,
		.every_page = options->every_page,
	};
	struct progress *progress;
	bool completed;

	run->machine = &machine;
	if (boot_init(&run->boot, &machine, &config)) {
		fprintf(stderr, "cvmem boot: %s: more than %u ranges\n", run->memory->source,
			BOOT_MAX_RANGES / 2);
		return false;
	}
	progress = progress_start(boot_policy_name(result->policy), run->hosted, &run->boot,
				  run->memory->usable);
	completed = !hosted_run(run->hosted, run->vcpus, vcpu_main, run, &result->machine);
	progress_stop(progress);
	collect(run, completed, result);
	return true;
}

bool boot_run(const struct boot_options *options, const struct boot_memory *memory,
	      const struct trace *workload, enum boot_policy policy, struct boot_result *result)
{
	static struct cvm_range ranges[BOOT_MAX_RANGES];
	struct boot_kvm kvm = { .report = { 0 } };
	struct run run = {
		.options = options,
		.memory = memory,
		.policy = policy,
		.is_snp = options->platform == HOSTED_SNP,
		.vcpus = options->vcpus + (policy == BOOT_BACKGROUND),
		.kvm = options->host_populates ? &kvm : NULL,
	};
	struct cvm_map map;
	bool ok;

	*result = (struct boot_result){ .policy = policy };
	if (!make_machine(&run)) {
		hosted_destroy(run.hosted);
		return false;
	}
	ok = make_map(&run, &map, ranges);
	if (!ok)
		fprintf(stderr, "cvmem boot: no memory for %u vCPUs\n", run.vcpus);
	start_events(&run);
	ok = ok && run_stages(&run, workload, &map, result);
	boot_ghcbs_free(&run.ghcbs);
	free(run.event_storage);
	hosted_destroy(run.hosted);
	return ok;
}
