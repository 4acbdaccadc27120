/* SPDX-License-Identifier: MIT */
#include "vmm/internal.h"

uint64_t cvm_vmm_queue_pieces(const struct cvm_vmm_region *region, uint64_t piece)
{
	/* Pieces end where the guest's addresses are multiples of their size. */
	return (region->gpa + region->size - 1) / piece - region->gpa / piece + 1;
}

static struct vmm_queue *queue_of(const struct cvm_vmm_job *job, size_t region)
{
	return (struct vmm_queue *)job->config.storage + region;
}

/* A thread that sees a count sees the counts that were changed before it as well. */
static uint64_t load(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

static void add(uint64_t *value, uint64_t n)
{
	__atomic_fetch_add(value, n, __ATOMIC_ACQ_REL);
}

void cvm_vmm_queue_init(struct cvm_vmm_job *job, size_t region, uint8_t *states,
			enum vmm_state state)
{
	const struct cvm_vmm_region *memory = &job->config.machine->region[region];
	struct vmm_queue *queue = queue_of(job, region);

	queue->pieces = cvm_vmm_queue_pieces(memory, job->config.piece);
	queue->preparing = 0;
	queue->state = states;
	for (unsigned i = 0; i < 2; i++) {
		queue->bytes[i] = i == state ? memory->size : 0;
		queue->cursor[i] = 0;
	}
	for (uint64_t i = 0; i < queue->pieces; i++)
		states[i] = (uint8_t)state;
}

static uint64_t start_of(const struct cvm_vmm_job *job, size_t region, uint64_t index)
{
	uint64_t gpa = job->config.machine->region[region].gpa, piece = job->config.piece;

	return index ? (gpa / piece + index) * piece : gpa;
}

static uint64_t end_of(const struct cvm_vmm_job *job, size_t region, uint64_t index)
{
	const struct cvm_vmm_region *memory = &job->config.machine->region[region];
	uint64_t start = start_of(job, region, index), piece = job->config.piece;

	/* The end of a piece may be behind the last address; that of the region is not. */
	return start + vmm_min(memory->gpa + memory->size - start, piece - start % piece);
}

/* The first piece in a state; queue->pieces: there is none, or it has been taken just now. */
static uint64_t find(struct vmm_queue *queue, enum vmm_state state)
{
	uint64_t from = load(&queue->cursor[state]), at = from;

	while (at < queue->pieces &&
	       __atomic_load_n(&queue->state[at], __ATOMIC_RELAXED) != (uint8_t)state)
		at++;
	/* A piece that was put back behind the search would be overlooked: look from the beginning
	 * next time. */
	if (at != from)
		__atomic_compare_exchange_n(&queue->cursor[state], &from,
					    at == queue->pieces ? 0 : at, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	return at;
}

/*
 * Bytes of a region that are left for a worker. *preparing: pieces that will be.
 * A piece is counted as VMM_TODO, then in preparing, then as VMM_PREPARED, each before it leaves
 * the count before. They are read in this order, so that no piece is overlooked that moves on
 * meanwhile.
 */
static uint64_t left_of(const struct vmm_queue *queue, bool vcpu, uint64_t *preparing)
{
	uint64_t todo = load(&queue->bytes[VMM_TODO]);

	*preparing = load(&queue->preparing);
	return todo + (vcpu ? load(&queue->bytes[VMM_PREPARED]) : 0);
}

static uint64_t left_on_node(const struct cvm_vmm_job *job, int node, bool vcpu)
{
	uint64_t sum = 0, preparing;

	for (size_t i = 0; i < job->config.machine->regions; i++)
		if (job->config.machine->region[i].node == node)
			sum += left_of(queue_of(job, i), vcpu, &preparing);
	return sum;
}

/* Preferred is memory that is wanted first; then that of the worker's node; then the node with most
 * left, and of its regions the one with most left. */
struct choice {
	bool found, first, own;
	uint64_t on_node, bytes;
	size_t region;
	uint64_t index;
	enum vmm_state state;
};

static bool is_better(const struct choice *a, const struct choice *than)
{
	if (!than->found)
		return true;
	if (a->first || than->first)
		return a->first && !than->first; /* the lower address came before */
	if (a->own != than->own)
		return a->own;
	if (a->on_node != than->on_node)
		return a->on_node > than->on_node;
	return a->bytes > than->bytes;
}

/* A worker with a vCPU completes what others have prepared first. */
static bool find_any(struct vmm_queue *queue, bool vcpu, struct choice *choice)
{
	choice->state = VMM_PREPARED;
	choice->index = queue->pieces;
	if (vcpu && load(&queue->bytes[VMM_PREPARED]))
		choice->index = find(queue, VMM_PREPARED);
	if (choice->index == queue->pieces) {
		choice->state = VMM_TODO;
		choice->index = find(queue, VMM_TODO);
	}
	return choice->index < queue->pieces;
}

/* True: something is left, which may have been taken just now. */
static bool choose(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker,
		   struct choice *best)
{
	const struct cvm_vmm_machine *machine = job->config.machine;
	bool vcpu = worker->vcpu_fd >= 0, more = false;
	uint64_t before = 0, preparing;

	best->found = best->first = best->own = false;
	best->on_node = best->bytes = best->index = 0;
	best->region = 0;
	best->state = VMM_TODO;
	for (size_t i = 0; i < machine->regions; before += machine->region[i].size, i++) {
		struct vmm_queue *queue = queue_of(job, i);
		int node = machine->region[i].node;
		struct choice this;

		this.bytes = left_of(queue, vcpu, &preparing);
		/* A piece of a thread without a vCPU, which this one may have to complete. */
		if (vcpu && preparing && vmm_has_step(job, i, CVM_VMM_STEP_STAGE2))
			more = true;
		if (!this.bytes)
			continue;
		more = true;
		if (!find_any(queue, vcpu, &this))
			continue;
		this.found = true;
		this.region = i;
		this.first = before + start_of(job, i, this.index) - machine->region[i].gpa <
			     job->config.first;
		this.own = worker->node != CVM_VMM_ANY_NODE && node == worker->node;
		this.on_node = left_on_node(job, node, vcpu);
		if (is_better(&this, best)) {
			best->found = true;
			best->first = this.first;
			best->own = this.own;
			best->on_node = this.on_node;
			best->bytes = this.bytes;
			best->region = i;
			best->index = this.index;
			best->state = this.state;
		}
	}
	return more;
}

int cvm_vmm_queue_take(struct cvm_vmm_job *job, const struct cvm_vmm_worker *worker,
		       struct vmm_piece *piece)
{
	const struct cvm_vmm_sys *sys = job->config.sys;
	struct vmm_queue *queue;
	struct choice choice;
	bool leaves;
	uint8_t before;

	for (;;) {
		if (__atomic_load_n(&job->cancelled, __ATOMIC_ACQUIRE))
			return CVM_VMM_ECANCELED;
		if (!choose(job, worker, &choice))
			return 1;
		if (!choice.found) {
			if (sys->relax)
				sys->relax(sys->ctx);
			continue;
		}
		queue = queue_of(job, choice.region);
		/*
		 * A thread with a vCPU maps the piece by itself, so that no other one waits for it.
		 * Counted before it is taken: at no time nothing seems to be left of it.
		 */
		leaves = choice.state == VMM_TODO && worker->vcpu_fd < 0;
		if (leaves)
			add(&queue->preparing, 1);
		before = (uint8_t)choice.state;
		if (__atomic_compare_exchange_n(&queue->state[choice.index], &before,
						choice.state == VMM_TODO ? VMM_PREPARING
									 : VMM_MAPPING,
						false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
		if (leaves)
			add(&queue->preparing, -UINT64_C(1));
	}
	piece->region = choice.region;
	piece->index = (size_t)choice.index;
	piece->before = choice.state;
	piece->left_to_others = leaves;
	piece->gpa = start_of(job, choice.region, choice.index);
	piece->size = end_of(job, choice.region, choice.index) - piece->gpa;
	add(&queue->bytes[choice.state], -piece->size);
	return 0;
}

void cvm_vmm_queue_put(struct cvm_vmm_job *job, const struct vmm_piece *piece, enum vmm_state state)
{
	struct vmm_queue *queue = queue_of(job, piece->region);
	uint64_t cursor;

	__atomic_store_n(&queue->state[piece->index], (uint8_t)state, __ATOMIC_RELEASE);
	if (state != VMM_FINISHED) {
		add(&queue->bytes[state], piece->size);
		cursor = load(&queue->cursor[state]);
		while (piece->index < cursor &&
		       !__atomic_compare_exchange_n(&queue->cursor[state], &cursor, piece->index,
						    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			;
	}
	if (piece->left_to_others)
		add(&queue->preparing, -UINT64_C(1));
}
