/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/snp/launch/secrets.h"

#include <string.h>

#include "formats/le.h"

#define VERSION	      3
#define AT_FMS	      0x08
#define AT_VMPCK      0x20
#define AT_SVSM_BASE  0x140
#define AT_SVSM_SIZE  0x148
#define AT_SVSM_CAA   0x150
#define AT_SVSM_MAX   0x158
#define AT_GUEST_VMPL 0x15c

#define SVSM_MAX_VERSION 1

void secrets_build(const struct secrets *secrets, uint8_t page[SECRETS_SIZE])
{
	memset(page, 0, SECRETS_SIZE);
	le_put(page, VERSION, 4);
	le_put(page + AT_FMS, secrets->fms, 4);
	for (unsigned vmpl = secrets->vmpl; vmpl < SECRETS_VMPLS; vmpl++)
		memcpy(page + AT_VMPCK + vmpl * SECRETS_KEY_SIZE, secrets->vmpck[vmpl],
		       SECRETS_KEY_SIZE);
	if (!secrets->vmpl)
		return;
	le_put(page + AT_SVSM_BASE, secrets->svsm_base, 8);
	le_put(page + AT_SVSM_SIZE, secrets->svsm_size, 8);
	le_put(page + AT_SVSM_CAA, secrets->svsm_caa, 8);
	le_put(page + AT_SVSM_MAX, SVSM_MAX_VERSION, 4);
	page[AT_GUEST_VMPL] = (uint8_t)secrets->vmpl;
}
