/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

static bool is_giveback(const struct boot_giveback *what)
{
	return !what->bytes || (what->from && (!what->to || what->to > what->from));
}

int boot_init(struct boot *boot, const struct boot_machine *machine,
	      const struct boot_config *config)
{
	*boot = (struct boot){ .machine = machine, .config = config };
	if (!machine->platform || !machine->vcpus || !machine->host.now_ns ||
	    !machine->host.relax || !machine->host.cpu ||
	    (config->policy == BOOT_BACKGROUND && !machine->idle_vcpus) ||
	    (config->policy == BOOT_ON_FAULT && !machine->on_fault) ||
	    (config->kexecs &&
	     (config->policy == BOOT_BACKGROUND || machine->hot.start < machine->hot.end ||
	      giveback_is_configured(boot))) ||
	    !is_giveback(&config->remove) || !is_giveback(&config->balloon) || !config->workload ||
	    config->map->count > BOOT_MAX_RANGES / 2)
		return CVM_EINVAL;
	boot->power_on = machine->host.now_ns(machine->host.ctx);
	return 0;
}

static void enter(struct boot *boot, enum boot_stage stage)
{
	__atomic_store_n(&boot->report.stage, stage, __ATOMIC_RELAXED);
	boot->report.ns[stage] =
		boot->machine->host.now_ns(boot->machine->host.ctx) - boot->power_on;
	if (boot->machine->vcpu_ns)
		boot->report.vcpu_ns[stage] = boot->machine->vcpu_ns();
}

/* One kernel, up to its end. */
static int run_kernel(struct boot *boot, const struct handoff *handoff, struct kernel **kernel)
{
	int error = kernel_start(boot, handoff, kernel);

	if (error)
		return error;
	if (boot->report.stage < BOOT_STAGE_WORKLOAD)
		enter(boot, BOOT_STAGE_WORKLOAD);
	error = bounce_start(*kernel);
	if (!error)
		error = workload_run(*kernel);
	/* A kernel that crashes leaves it shared. */
	if (error || (boot->config->crash && boot->report.kexecs == boot->config->kexecs))
		return error;
	return bounce_finish(*kernel);
}

/* From one kernel to the next, up to the shell of the last one, or its crash. */
static int run_kernels(struct boot *boot, struct handoff *handoff)
{
	struct kernel *kernel;
	int error = run_kernel(boot, handoff, &kernel);

	while (!error && boot->report.kexecs < boot->config->kexecs) {
		error = kexec_run(kernel, handoff);
		if (!error)
			error = run_kernel(boot, handoff, &kernel);
	}
	if (error)
		return error;
	enter(boot, BOOT_STAGE_SHELL);
	if (boot->reserve)
		cvm_reserve_get_stats(boot->reserve, &boot->report.reserve);
	cvm_acceptor_get_stats(&kernel->acceptor, &boot->report.accept);
	cvm_pages_get_stats(&kernel->pages, &boot->report.pages);
	error = sweep_run(kernel);
	on_fault_finish(kernel);
	return error ? error : crash_run(kernel);
}

static int run_stages(struct boot *boot)
{
	struct firmware *firmware;
	struct handoff handoff = { 0 };
	int error;

	enter(boot, BOOT_STAGE_FIRMWARE);
	error = firmware_start(boot, &firmware);
	if (error)
		return error;
	enter(boot, BOOT_STAGE_LOADER);
	error = loader_run(firmware, &handoff);
	if (error)
		return error;
	if (boot->machine->handed_over)
		boot->machine->handed_over(boot->machine->ctx, &handoff);
	enter(boot, BOOT_STAGE_KERNEL);
	return run_kernels(boot, &handoff);
}

static void finish(struct boot *boot)
{
	acceptor_stop(boot);
	smp_finish(boot);
}

void boot_main(struct boot *boot, unsigned vcpu)
{
	if (vcpu >= boot->machine->vcpus) {
		acceptor_main(boot);
		return;
	}
	if (vcpu) {
		smp_serve(boot, vcpu);
		return;
	}
	run_stages(boot);
	finish(boot);
}

void boot_resume(struct boot *boot, const struct boot_start *start)
{
	struct handoff handoff = start->handoff;

	boot->report = start->report;
	boot->power_on = start->power_on;
	boot->report.jumps++;
	if (start->crash)
		crash_look(boot, start->crash);
	else
		run_kernels(boot, &handoff);
	finish(boot);
}

void boot_abort(struct boot *boot, int error, const char *what)
{
	boot_fail(boot, error, what);
	finish(boot);
}

const char *boot_stage_name(enum boot_stage stage)
{
	switch (stage) {
	case BOOT_STAGE_FIRMWARE:
		return "firmware";
	case BOOT_STAGE_LOADER:
		return "loader";
	case BOOT_STAGE_KERNEL:
		return "kernel";
	case BOOT_STAGE_WORKLOAD:
		return "workload";
	case BOOT_STAGE_SHELL:
		return "shell";
	default:
		return "unknown";
	}
}
