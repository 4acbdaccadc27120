/* SPDX-License-Identifier: MIT */
#include "tools/boot/run.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cvmem/snp.h>
#include <cvmem/tdx.h>

#include "tools/boot/progress.h"

/* The stages of boot/ on a machine of hosted/. */

/* The GHCB pages start private; vCPU 0 shares them, then each vCPU registers its own. */
enum ghcb_state { GHCB_PRIVATE, GHCB_SHARED, GHCB_FAILED };

struct run {
	struct hosted_machine *hosted;
	struct boot boot;
	struct boot_machine machine;
	struct boot_config config;
	struct cvm_tdx tdx;
	struct cvm_snp snp;
	struct cvm_snp_ghcb *ghcb; /* one for each vCPU, in pages of their own */
	uint64_t ghcb_gpa;
	uint32_t ghcb_shared; /* enum ghcb_state */
	bool *ghcb_ready;     /* by vCPU: registered */
	bool is_snp;
	const struct boot_attack *attack;
	bool map_changed; /* by an attack */
	unsigned vcpus;	  /* idle ones included */
	struct cvm_events events;
	void *event_storage;
};

static uint64_t now_ns(void *ctx)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* With a limit, so that a vCPU notices that the machine has stopped. */
static void wait_word(void *ctx, const uint32_t *word, uint32_t value)
{
	const struct timespec limit = { .tv_nsec = 100000000 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit, NULL, 0);
	hosted_relax(NULL);
}

static void wake_word(void *ctx, uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static unsigned this_vcpu(void *ctx)
{
	return hosted_vcpu();
}

static const struct cvm_snp_ghcb *ghcb_get(void *ctx)
{
	struct run *run = ctx;

	return run->ghcb_ready[hosted_vcpu()] ? &run->ghcb[hosted_vcpu()] : NULL;
}

static void ghcb_put(void *ctx, const struct cvm_snp_ghcb *ghcb)
{
}

/* What the first code of a guest does: learn the platform, share the GHCB pages. */
static int start_platform(struct run *run)
{
	uint64_t bytes = 4096ull * run->vcpus, done;
	const struct cvm_snp_config config = {
		.direct_map = run->machine.direct_map,
		.coherency_sfw_no = true,
		.ghcb_get = ghcb_get,
		.ghcb_put = ghcb_put,
		.vmgexit = hosted_vmgexit,
		.ctx = run,
	};
	int error;

	switch (cvm_platform_detect(hosted_cpuid)) {
	case CVM_PLATFORM_TDX:
		return cvm_tdx_init(&run->tdx);
	case CVM_PLATFORM_SNP:
		error = cvm_snp_init(&run->snp, &config);
		if (!error)
			error = run->snp.platform.set_shared(&run->snp.platform, run->ghcb_gpa,
							     run->ghcb_gpa + bytes, &done);
		__atomic_store_n(&run->ghcb_shared, error ? GHCB_FAILED : GHCB_SHARED,
				 __ATOMIC_RELEASE);
		wake_word(NULL, &run->ghcb_shared);
		return error;
	default:
		return CVM_ENODEV;
	}
}

static int register_ghcb(struct run *run, unsigned vcpu)
{
	uint32_t state;
	int error;

	while (!(state = __atomic_load_n(&run->ghcb_shared, __ATOMIC_ACQUIRE)))
		wait_word(NULL, &run->ghcb_shared, GHCB_PRIVATE);
	if (state == GHCB_FAILED)
		return CVM_EIO;
	error = cvm_snp_register_ghcb(&run->snp, run->ghcb[vcpu].gpa);
	run->ghcb_ready[vcpu] = !error;
	return error;
}

static void change_map(void *ctx, struct handoff *handoff)
{
	struct run *run = ctx;

	run->map_changed = boot_attack_map(run->attack, handoff, run->machine.direct_map);
}

static void vcpu_main(unsigned vcpu, void *arg)
{
	struct run *run = arg;
	int error = vcpu ? 0 : start_platform(run);

	if (!error && run->is_snp)
		error = register_ghcb(run, vcpu);
	if (error && !vcpu)
		boot_abort(&run->boot, error, "the guest finds its platform");
	else
		boot_main(&run->boot, vcpu);
}

static bool make_machine(const struct boot_options *options, const struct boot_memory *memory,
			 struct run *run)
{
	uint64_t ghcb_bytes = run->is_snp ? 4096ull * run->vcpus : 0;
	uint64_t place = boot_memory_place(memory, BOOT_LAUNCH_BYTES + ghcb_bytes);
	const struct emu_ram launch = { place, place + BOOT_LAUNCH_BYTES + ghcb_bytes };
	const struct hosted_config config = {
		.kind = options->platform,
		.vcpus = run->vcpus,
		.ram = memory->ram,
		.ram_count = memory->ram_count,
		.launch = &launch,
		.launch_count = 1,
		.host_4k_only = options->host_4k_only,
		.accept_ns_per_4k = options->cost->ns_per_4k,
		.coherency_sfw_no = true,
		.attack = { options->attack.kind, options->attack.at, EMU_ATTACK_ANYWHERE },
	};
	char error[256];

	if (place == UINT64_MAX) {
		fprintf(stderr, "cvmem boot: %s: no usable range has room for firmware\n",
			memory->source);
		return false;
	}
	run->hosted = hosted_create(&config, error, sizeof(error));
	if (!run->hosted) {
		fprintf(stderr, "cvmem boot: %s\n", error);
		return false;
	}
	run->machine.launch = place;
	run->ghcb_gpa = place + BOOT_LAUNCH_BYTES;
	return true;
}

/* The GHCB pages are not the stages' to hand out. */
static bool make_map(const struct boot_options *options, const struct boot_memory *memory,
		     struct run *run, struct cvm_map *map, struct cvm_range *ranges)
{
	cvm_map_init(map, ranges, BOOT_MAX_RANGES);
	for (size_t i = 0; i < memory->map.count; i++)
		ranges[i] = memory->map.range[i];
	map->count = memory->map.count;
	if (!run->is_snp)
		return true;
	run->ghcb = calloc(run->vcpus, sizeof(*run->ghcb));
	run->ghcb_ready = calloc(run->vcpus, sizeof(*run->ghcb_ready));
	if (!run->ghcb || !run->ghcb_ready)
		return false;
	for (unsigned i = 0; i < run->vcpus; i++) {
		run->ghcb[i].gpa = run->ghcb_gpa + 4096ull * i;
		run->ghcb[i].va =
			(void *)(uintptr_t)(run->ghcb[i].gpa + hosted_shared_map(run->hosted));
	}
	return !cvm_map_set(map, run->ghcb_gpa, run->ghcb_gpa + 4096ull * run->vcpus,
			    CVM_MEM_RESERVED);
}

/* Room for an event for each unit, and then some; without it the run has no timeline. */
static void start_events(struct run *run, const struct boot_memory *memory)
{
	uint64_t units = memory->usable >> 21;
	size_t bytes = (4096 + 2 * units) * sizeof(struct cvm_event);

	run->event_storage = malloc(bytes);
	if (!run->event_storage)
		return;
	cvm_events_init(&run->events, run->event_storage, bytes);
	run->machine.events = &run->events;
}

static struct timeline *make_timeline(const struct run *run, const struct cvm_map *map)
{
	struct timeline *timeline = run->event_storage ? malloc(sizeof(*timeline)) : NULL;
	uint64_t end = run->boot.report.ns[BOOT_STAGE_SHELL];

	if (timeline)
		timeline_make(timeline, &run->events, map, run->boot.power_on,
			      end ? end : now_ns(NULL) - run->boot.power_on);
	return timeline;
}

static void collect(const struct run *run, bool completed, struct boot_result *result)
{
	hosted_stats(run->hosted, &result->stats);
	emu_attack_progress(hosted_emu(run->hosted), &result->struck);
	result->struck.injections += run->map_changed;
	result->is_snp = run->is_snp;
	result->report = run->boot.report;
	if (run->attack->name) {
		result->reaction = boot_attack_judge(run->attack, result);
		result->ok = boot_attack_as_documented(run->attack, result->reaction);
		return;
	}
	result->ok = completed && result->report.stage == BOOT_STAGE_SHELL &&
		     !result->report.error && !result->report.corrupted &&
		     !result->stats.violations && !result->stats.emu.already_accepted;
}

bool boot_run(const struct boot_options *options, const struct boot_memory *memory,
	      const struct trace *workload, enum boot_policy policy, struct boot_result *result)
{
	struct run run = {
		.is_snp = options->platform == HOSTED_SNP,
		.attack = &options->attack,
	};
	static struct cvm_range ranges[BOOT_MAX_RANGES];
	struct cvm_map map;
	struct progress *progress;
	bool ok = false;

	*result = (struct boot_result){ .policy = policy };
	run.machine.idle_vcpus = policy == BOOT_BACKGROUND;
	run.vcpus = options->vcpus + run.machine.idle_vcpus;
	if (!make_machine(options, memory, &run))
		return false;
	if (!make_map(options, memory, &run, &map, ranges)) {
		fprintf(stderr, "cvmem boot: no memory for %u vCPUs\n", run.vcpus);
		goto out;
	}
	run.machine.platform = run.is_snp ? &run.snp.platform : &run.tdx.platform;
	run.machine.direct_map = hosted_direct_map(run.hosted);
	run.machine.shared_map = hosted_shared_map(run.hosted);
	run.machine.vcpus = options->vcpus;
	run.machine.host =
		(struct cvm_host){ .relax = hosted_relax, .now_ns = now_ns, .cpu = this_vcpu };
	run.machine.wait = wait_word;
	run.machine.wake = wake_word;
	run.machine.ctx = &run;
	if (options->attack.map != MAP_ATTACK_NONE)
		run.machine.handed_over = change_map;
	start_events(&run, memory);
	run.config = (struct boot_config){
		.map = &map,
		.firmware_accepts = options->firmware_accepts,
		.policy = policy,
		.unit_size = options->unit_size,
		.workload = workload,
		.bounce_bytes = options->attack.bounce_bytes,
		.verify = options->attack.name,
	};
	if (boot_init(&run.boot, &run.machine, &run.config)) {
		fprintf(stderr, "cvmem boot: %s: more than %u ranges\n", memory->source,
			BOOT_MAX_RANGES / 2);
		goto out;
	}
	progress = progress_start(boot_policy_name(policy), run.hosted, &run.boot, memory->usable);
	ok = !hosted_run(run.hosted, run.vcpus, vcpu_main, &run, &result->machine);
	progress_stop(progress);

	result->timeline = make_timeline(&run, &memory->map);
	result->seconds = (double)run.boot.report.ns[BOOT_STAGE_SHELL] / 1e9;
	collect(&run, ok, result);
	ok = true;
out:
	free(run.ghcb);
	free(run.ghcb_ready);
	free(run.event_storage);
	hosted_destroy(run.hosted);
	return ok;
}

void boot_result_free(struct boot_result *result)
{
	free(result->timeline);
}

const char *boot_policy_name(enum boot_policy policy)
{
	static const char *const names[BOOT_POLICIES] = {
		[BOOT_LAZY] = "lazy",
		[BOOT_BACKGROUND] = "background",
		[BOOT_EAGER] = "eager",
	};

	return names[policy];
}
