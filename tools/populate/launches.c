/* SPDX-License-Identifier: MIT */
#include "tools/populate/model.h"

#include <string.h>

#include "tools/populate/launch_vm.h"

/* Launches over the model of KVM, of a guest that never runs: what is refused, and what the
 * measurement depends on. */

#define PAGE UINT64_C(4096)

static uint8_t content[LAUNCH_PAGES][4096] __attribute__((aligned(4096)));

static const char *error_text(int error)
{
	return error ? cvm_vmm_strerror(error) : NULL;
}

static const char *add(struct model *model, uint64_t gpa)
{
	return error_text(model_add(model, gpa, sizeof(content), content, CVM_VMM_CONTENT, NULL));
}

/* Both regions, and memory that holds no content, in that order or in the other one. */
static const char *populate(struct model *model, bool backwards)
{
	static const uint64_t gpas[] = { LAUNCH_GPA, LAUNCH_OTHER };
	int error = backwards ? model_map(model, UINT64_C(2) << 20, UINT64_C(1) << 20) : 0;

	for (unsigned i = 0; i < 2 && !error; i++)
		error = model_map(model, gpas[backwards ? 1 - i : i], sizeof(content));
	return error_text(error);
}

/* A VM that can be launched: whether it maps memory now, and what it says to content where it has
 * mapped none. */
static const char *try_refusals(struct model *model, struct launches *launches)
{
	uint64_t at;
	int error = model_map(model, LAUNCH_GPA, PAGE);

	if (error && error != CVM_VMM_ENOTSUP)
		return error_text(error);
	launches->maps_before = !error;
	error = model_add(model, LAUNCH_REFUSE, PAGE, content, CVM_VMM_CONTENT, &at);
	if (error && error != CVM_VMM_EHOLE)
		return error_text(error);
	launches->refused = error;
	launches->refused_at = at;
	return NULL;
}

static const char *launch(struct model *model, struct launches *launches, unsigned order)
{
	const char *problem = NULL;

	if (launches->maps_before)
		problem = populate(model, order == ORDER_POPULATED_OTHERWISE);
	if (!problem)
		problem = add(model, order == ORDER_ADDED_OTHERWISE ? LAUNCH_OTHER : LAUNCH_GPA);
	if (!problem)
		problem = add(model, order == ORDER_ADDED_OTHERWISE ? LAUNCH_GPA : LAUNCH_OTHER);
	if (!problem)
		problem = error_text(model_finish(model, launches->digest[order]));
	return problem;
}

struct order {
	struct launches *launches;
	unsigned order; /* ORDERS: what it refuses */
};

static const char *use(void *ctx, struct model *model)
{
	const struct order *order = ctx;

	return order->order == ORDERS ? try_refusals(model, order->launches)
				      : launch(model, order->launches, order->order);
}

const char *launches_make(const struct populate_options *options, uint64_t bytes,
			  struct launches *launches)
{
	const struct emu_ram ram = { 0, bytes };
	const struct launch_vm vm = { .ram = &ram, .ram_count = 1 };
	struct order order = { launches, ORDERS };
	const char *problem;

	for (unsigned i = 0; i < LAUNCH_PAGES; i++)
		memset(content[i], (int)i + 1, sizeof(content[i]));
	problem = launch_in_vm(options, &vm, use, &order);
	for (order.order = 0; order.order < ORDERS && !problem; order.order++)
		problem = launch_in_vm(options, &vm, use, &order);
	return problem;
}
