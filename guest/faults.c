/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

/* Memory that is touched before it is accepted: from the exception to the library. */

static int not_accepted(void *ctx, uint64_t gpa)
{
	int error = cvm_fault_handle(ctx, bare_cpu(), gpa, 0);

	if (error != CVM_EBUSY)
		return error;
	/* It is touched again, until the other CPU has accepted it. */
	__asm__ volatile("pause");
	return 0;
}

static bool is_unaccepted(void *ctx, uint64_t gpa)
{
	const struct cvm_fault *fault = ctx;

	gpa &= -UINT64_C(4096);
	return cvm_is_unaccepted(fault->config.acceptor, gpa, gpa + 4096);
}

void guest_faults_start(void *ctx, struct cvm_fault *fault)
{
	static const struct cvm_exception_config none;
	const struct cvm_exception_config config = {
		.not_accepted = not_accepted,
		.is_unaccepted = is_unaccepted,
		.ctx = fault,
	};

	bare_exceptions_accept(fault ? &config : &none);
}
