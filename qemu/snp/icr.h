/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CVMEM_QEMU_SNP_ICR_H
#define CVMEM_QEMU_SNP_ICR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The APIC's interrupt command register, AMD APM volume 2, 16.5: message type in bits 10:8, logical
 * destination in 11, shorthand in 19:18, destination in 63:32 as x2APIC has it.
 */
enum icr_kind { ICR_OTHER, ICR_INIT, ICR_START_UP };

#define ICR_BROADCAST 0xffffffff

/* From the two halves of xAPIC, whose second one has the destination in bits 31:24. */
uint64_t icr_of_halves(uint32_t low, uint32_t high);

/* A message with a logical destination is ICR_OTHER: start-up does not use these. */
enum icr_kind icr_kind(uint64_t icr);
/* Whether a message from `sender` addresses the processor with this APIC ID. */
bool icr_names(uint64_t icr, uint32_t sender, uint32_t apic_id);

#endif
