/* SPDX-License-Identifier: MIT */
#include "boot/stages.h"

/*
 * Acceptance on fault: the page allocator takes all memory for accepted, and the handler of #VE or
 * #VC accepts what is touched. The boot allocator accepts as ever, so that what it has handed out,
 * the state of the handler included, never faults.
 */

#define MAX_BATCH 8

static bool is_on_fault(const struct kernel *kernel)
{
	return kernel->boot->config->policy == BOOT_ON_FAULT && kernel->acceptor.config.table;
}

static int declare(struct kernel *kernel, const struct handoff *handoff)
{
	int error = cvm_fault_declare(&kernel->fault, handoff->kernel,
				      handoff->kernel + sizeof(struct kernel));

	if (!error && handoff->image_bytes)
		error = cvm_fault_declare(&kernel->fault, handoff->image,
					  handoff->image + handoff->image_bytes);
	return error ? error
		     : cvm_fault_declare(&kernel->fault, handoff->e820,
					 handoff->e820 + handoff->e820_bytes);
}

static int alloc_cpus(struct kernel *kernel, struct cvm_fault_config *config)
{
	const struct cvm_early_request request = { .size = config->cpus * sizeof(*config->cpu),
						   .align = 64,
						   .flags = CVM_EARLY_PREFER_ACCEPTED };
	uint64_t gpa;
	int error = cvm_early_alloc(&kernel->early, &request, &gpa);

	if (!error)
		config->cpu = boot_va(kernel->boot, gpa);
	return error;
}

int on_fault_start(struct kernel *kernel, const struct handoff *handoff)
{
	const struct boot_machine *machine = kernel->boot->machine;
	const struct cvm_acceptor_config nothing = { .platform = machine->platform,
						     .host = &machine->host };
	struct cvm_fault_config config = {
		.acceptor = &kernel->acceptor,
		/* Which does not have the memory that is added later. */
		.map = machine->hot.start < machine->hot.end ? NULL : &kernel->map,
		.share = &kernel->share,
		.cpus = machine->vcpus + machine->idle_vcpus,
		.max_batch = MAX_BATCH,
		.declared = kernel->declared,
		.max_declared = BOOT_DECLARED,
	};
	int error;

	if (!is_on_fault(kernel))
		return 0;
	error = cvm_acceptor_init(&kernel->nothing, &nothing);
	if (!error)
		error = alloc_cpus(kernel, &config);
	if (!error)
		error = cvm_fault_init(&kernel->fault, &config);
	if (!error)
		error = declare(kernel, handoff);
	if (!error)
		error = cvm_fault_start(&kernel->fault);
	if (!error)
		machine->on_fault(machine->ctx, &kernel->fault);
	return error;
}

void on_fault_finish(struct kernel *kernel)
{
	const struct boot_machine *machine = kernel->boot->machine;
	struct cvm_fault_stats *sum = &kernel->boot->report.fault, stats;

	if (!is_on_fault(kernel))
		return;
	machine->on_fault(machine->ctx, NULL);
	cvm_fault_stop(&kernel->fault);
	cvm_fault_get_stats(&kernel->fault, &stats);
	sum->faults += stats.faults;
	sum->accepted += stats.accepted;
	sum->ahead += stats.ahead;
	sum->spurious += stats.spurious;
	sum->busy += stats.busy;
	sum->attacks += stats.attacks;
}

struct cvm_acceptor *on_fault_acceptor(struct kernel *kernel)
{
	return is_on_fault(kernel) ? &kernel->nothing : &kernel->acceptor;
}
