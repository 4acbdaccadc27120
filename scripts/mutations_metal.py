# SPDX-License-Identifier: MIT
"""Rows of mutations.py: what a kernel needs besides acceptance."""

ROWS = [
    ("platform/metal/ghcb_events.c", "a register that the host has not set counts as its answer",
     "if (!cvm_snp_ghcb_is_set(ghcb, offsets[i]))",
     "if (0)",
     ["platform-metal-ghcb-events"]),
    ("platform/metal/instruction.c", "an operand relative to RIP counts from the instruction's begin",
     "in->frame->rip + out->length;",
     "in->frame->rip;",
     ["platform-metal-instruction"]),
    ("platform/metal/ve.c", "#VE: a touch of private memory counts as device memory",
     "info.reason == VE_EPT_VIOLATION && !(info.gpa & tdx->shared_mask))",
     "false)",
     ["platform-metal-ve"]),
    ("platform/metal/vc.c", "#VC: the end of an operand is not looked at",
     "(i & 1 ? instruction.bytes - 1 : 0)",
     "0",
     ["platform-metal-vc"]),
    ("platform/metal/page_tables.c", "page tables: shared memory is private",
     "(shared ? tables->shared_bit : tables->private_bit)",
     "tables->private_bit",
     ["platform-metal-page-tables"]),
    ("platform/metal/tdvmcall.c", "a rejected TDVMCALL is a success",
     "return rax ? CVM_EIO : 0;",
     "return 0;",
     ["platform-metal-tdvmcall"]),
]
