/* SPDX-License-Identifier: MIT */
#include "hosted/machine.h"

void hosted_stats(const struct hosted_machine *machine, struct hosted_stats *out)
{
	*out = (struct hosted_stats){
		.violations = __atomic_load_n(&machine->violations, __ATOMIC_RELAXED),
	};
	if (machine->tdx) {
		struct emu_tdx_stats tdx;

		emu_tdx_stats(machine->tdx, &tdx);
		out->accepted[0] = tdx.accepted[0];
		out->accepted[1] = tdx.accepted[1];
		out->fell_back = tdx.size_mismatch;
		out->double_accepts = tdx.already;
		out->unaccepted_bytes = emu_tdx_unaccepted(machine->tdx);
	} else {
		struct emu_snp_stats snp;

		emu_snp_stats(machine->snp, &snp);
		out->accepted[0] = snp.validated[0];
		out->accepted[1] = snp.validated[1];
		out->fell_back = snp.size_mismatch;
		out->double_accepts = snp.unchanged;
		out->unaccepted_bytes = emu_snp_unvalidated(machine->snp);
	}
	for (unsigned i = 0; i < 3; i++)
		out->accepted_bytes += out->accepted[i] << (12 + 9 * i);
	for (unsigned i = 0; i < machine->config.vcpus; i++)
		out->traps += __atomic_load_n(&machine->vcpus[i].traps, __ATOMIC_RELAXED);
}
