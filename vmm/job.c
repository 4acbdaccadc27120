/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

/* Enough pieces for many threads to end at about the same time, and to share a small VM's memory.
 */
#define PIECES 256

static uint64_t piece_size(const struct cvm_vmm_machine *machine, uint64_t wanted)
{
	uint64_t total = 0, piece = VMM_2M;

	if (wanted)
		return wanted;
	for (size_t i = 0; i < machine->regions; i++)
		total += machine->region[i].size;
	while (piece < CVM_VMM_PIECE && total > PIECES * piece)
		piece *= 2;
	return piece;
}

size_t cvm_vmm_job_storage(const struct cvm_vmm_machine *machine, uint64_t piece)
{
	size_t n = machine->regions * sizeof(struct vmm_queue);

	for (size_t i = 0; i < machine->regions; i++)
		n += (size_t)cvm_vmm_queue_pieces(&machine->region[i], piece_size(machine, piece));
	return n;
}

static bool needs_vcpu(const struct cvm_vmm_job *job, size_t region)
{
	return vmm_has_step(job, region, CVM_VMM_STEP_STAGE2);
}

static bool is_prepared_at_first(const struct cvm_vmm_job *job, size_t region)
{
	return !vmm_has_step(job, region, CVM_VMM_STEP_ATTRIBUTES) &&
	       !vmm_has_step(job, region, CVM_VMM_STEP_HOST);
}

static void copy_config(struct cvm_vmm_job_config *to, const struct cvm_vmm_job_config *from)
{
	to->sys = from->sys;
	to->machine = from->machine;
	to->plan = from->plan;
	to->piece = piece_size(from->machine, from->piece);
	to->first = from->first;
	to->storage = from->storage;
	to->storage_size = from->storage_size;
	to->progress = from->progress;
	to->ctx = from->ctx;
}

int cvm_vmm_job_init(struct cvm_vmm_job *job, const struct cvm_vmm_job_config *config)
{
	const struct cvm_vmm_machine *machine = config->machine;
	uint8_t *states = (uint8_t *)config->storage + machine->regions * sizeof(struct vmm_queue);

	if (config->piece % VMM_2M || (uintptr_t)config->storage % 8 ||
	    config->storage_size < cvm_vmm_job_storage(machine, config->piece))
		return CVM_VMM_EINVAL;
	copy_config(&job->config, config);
	job->total = job->done = job->prepared = job->error_at = 0;
	job->error = 0;
	job->cancelled = 0;
	for (unsigned i = 0; i < CVM_VMM_STEPS; i++)
		job->calls[i] = 0;
	for (size_t i = 0; i < machine->regions; i++) {
		const struct cvm_vmm_region *region = &machine->region[i];
		bool prepared = is_prepared_at_first(job, i), nothing = !needs_vcpu(job, i);

		cvm_vmm_queue_init(job, i, states,
				   !prepared ? VMM_TODO
				   : nothing ? VMM_FINISHED
					     : VMM_PREPARED);
		states += cvm_vmm_queue_pieces(region, job->config.piece);
		if (prepared && nothing)
			continue;
		job->total += region->size;
		job->prepared += prepared ? region->size : 0;
	}
	return CVM_VMM_OK;
}

static void count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* The steps that need no vCPU. */
static int prepare(struct cvm_vmm_job *job, const struct vmm_piece *piece, uint64_t *at)
{
	const struct cvm_vmm_machine *machine = job->config.machine;
	const struct cvm_vmm_region *region = &machine->region[piece->region];
	uint64_t calls = 0;
	int error = CVM_VMM_OK;

	*at = piece->gpa;
	if (vmm_has_step(job, piece->region, CVM_VMM_STEP_ATTRIBUTES)) {
		error = cvm_vmm_set_private(job->config.sys, machine->vm_fd, piece->gpa,
					    piece->size, region->is_private);
		count(&job->calls[CVM_VMM_STEP_ATTRIBUTES], 1);
	}
	if (!error && vmm_has_step(job, piece->region, CVM_VMM_STEP_HOST)) {
		error = cvm_vmm_back(job->config.sys, region, region->is_private,
				     piece->gpa - region->gpa, piece->size, &job->cancelled, at,
				     &calls);
		count(&job->calls[CVM_VMM_STEP_HOST], calls);
	}
	return error;
}

static int map(struct cvm_vmm_job *job, const struct vmm_piece *piece, int vcpu_fd, uint64_t *at)
{
	uint64_t calls = 0;
	int error = cvm_vmm_map(job->config.sys, vcpu_fd, piece->gpa, piece->size, &job->cancelled,
				at, &calls);

	count(&job->calls[CVM_VMM_STEP_STAGE2], calls);
	return error;
}

static void finish(struct cvm_vmm_job *job, const struct vmm_piece *piece)
{
	uint64_t done = __atomic_add_fetch(&job->done, piece->size, __ATOMIC_RELAXED);

	cvm_vmm_queue_put(job, piece, VMM_FINISHED);
	if (job->config.progress)
		job->config.progress(job->config.ctx, done, job->total);
}

static int work(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker,
		const struct vmm_piece *piece, uint64_t *at)
{
	int error;

	if (piece->before == VMM_TODO) {
		error = prepare(job, piece, at);
		if (error) {
			cvm_vmm_queue_put(job, piece, VMM_TODO);
			return error;
		}
		count(&job->prepared, piece->size);
		if (!needs_vcpu(job, piece->region)) {
			finish(job, piece);
			return CVM_VMM_OK;
		}
		if (worker->vcpu_fd < 0) {
			cvm_vmm_queue_put(job, piece, VMM_PREPARED);
			return CVM_VMM_OK;
		}
	}
	error = map(job, piece, worker->vcpu_fd, at);
	if (error)
		cvm_vmm_queue_put(job, piece, VMM_PREPARED);
	else
		finish(job, piece);
	return error;
}

/* The first error is kept, and ends the other calls. */
static void fail(struct cvm_vmm_job *job, int error, uint64_t at)
{
	int32_t none = 0;

	if (__atomic_compare_exchange_n(&job->error, &none, error, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		__atomic_store_n(&job->error_at, at, __ATOMIC_RELAXED);
	cvm_vmm_job_cancel(job);
}

int cvm_vmm_job_run(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker)
{
	uint64_t used = 0, at;

	for (;;) {
		struct vmm_piece piece;
		int result = cvm_vmm_queue_take(job, worker, &piece);

		if (result)
			return result > 0 ? CVM_VMM_OK : result;
		result = work(job, worker, &piece, &at);
		if (result) {
			if (result != CVM_VMM_ECANCELED)
				fail(job, result, at);
			return result;
		}
		used += piece.size;
		if (worker->budget && used >= worker->budget)
			return 1;
	}
}

void cvm_vmm_job_cancel(struct cvm_vmm_job *job)
{
	__atomic_store_n(&job->cancelled, 1, __ATOMIC_RELEASE);
}

void cvm_vmm_job_resume(struct cvm_vmm_job *job)
{
	__atomic_store_n(&job->error, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&job->cancelled, 0, __ATOMIC_RELEASE);
}

void cvm_vmm_job_progress(const struct cvm_vmm_job *job, struct cvm_vmm_progress *progress)
{
	progress->total = job->total;
	progress->done = __atomic_load_n(&job->done, __ATOMIC_RELAXED);
	progress->prepared = __atomic_load_n(&job->prepared, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < CVM_VMM_STEPS; i++)
		progress->calls[i] = __atomic_load_n(&job->calls[i], __ATOMIC_RELAXED);
	progress->error = __atomic_load_n(&job->error, __ATOMIC_RELAXED);
	progress->error_at = __atomic_load_n(&job->error_at, __ATOMIC_RELAXED);
}
