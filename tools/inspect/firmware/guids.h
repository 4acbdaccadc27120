/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_INSPECT_FW_GUIDS_H
#define TOOLS_INSPECT_FW_GUIDS_H

#include <stdint.h>
#include "formats/bytes.h"

#define FW_GUID_SIZE 16

/* Room for fw_guid_text(). */
#define FW_GUID_TEXT 37

/* "96b582de-1fb2-45f7-baea-a366c55a082d" of the 16 bytes at `guid`; returns text. */
char *fw_guid_text(char *text, const uint8_t *guid);

/*
 * A GUID as it lies in memory: 32, 16 and 16 bits little-endian, then eight bytes in order (UEFI
 * specification, appendix A). Written as its text is: FW_GUID(0x96b582de, 0x1fb2, 0x45f7, 0xba,
 * ...).
 */
#define FW_GUID(a, b, c, ...)                                                                      \
	{                                                                                          \
		(a) & 0xff, (a) >> 8 & 0xff, (a) >> 16 & 0xff, (a) >> 24 & 0xff, (b)&0xff,         \
			(b) >> 8 & 0xff, (c)&0xff, (c) >> 8 & 0xff, __VA_ARGS__                    \
	}

/* The table at the end of an image, and what it names. OVMF: ResetVectorVtf0.asm. */
extern const uint8_t fw_guid_footer[FW_GUID_SIZE];	/* 96b582de-1fb2-45f7-baea-a366c55a082d */
extern const uint8_t fw_guid_tdvf_offset[FW_GUID_SIZE]; /* e47a6535-984a-4798-865e-4685a7bf8ec2 */
extern const uint8_t
	fw_guid_tdvf[FW_GUID_SIZE]; /* e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae, before it */
extern const uint8_t fw_guid_sev_offset[FW_GUID_SIZE];	 /* dc886566-984a-4798-a75e-5585a7bf67cc */
extern const uint8_t fw_guid_sev_hashes[FW_GUID_SIZE];	 /* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
extern const uint8_t fw_guid_sev_secret[FW_GUID_SIZE];	 /* 4c2eb361-7d9b-4cc3-8081-127c90d3d294 */
extern const uint8_t fw_guid_sev_es_reset[FW_GUID_SIZE]; /* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */
extern const uint8_t fw_guid_igvm_params[FW_GUID_SIZE];	 /* 784fa70e-3176-4677-8a20-04b68699e374 */
extern const uint8_t fw_guid_svsm_info[FW_GUID_SIZE];	 /* a789a612-0597-4c4b-a49f-cbb1fe9d1ddd */

/* Kinds of firmware volumes. PI specification, volume 3, section 3.2.2 and 3.2.3; the last is
 * EDK2's. */
extern const uint8_t fw_guid_ffs2[FW_GUID_SIZE]; /* 8c8ce578-8a3d-4f1c-9935-896185c32dd3 */
extern const uint8_t fw_guid_ffs3[FW_GUID_SIZE]; /* 5473c07a-3dcb-4dca-bd6f-1e9689e7349a */
extern const uint8_t
	fw_guid_nv_store[FW_GUID_SIZE]; /* fff12b8d-7696-4c8b-a985-2747075b4f50: variables */

/* GUIDed sections. EDK2: MdeModulePkg.dec; CRC32: PI specification, volume 3, section 3.2.5.7. */
extern const uint8_t fw_guid_lzma[FW_GUID_SIZE];     /* ee4e5898-3914-4259-9d6e-dc7bd79403cf */
extern const uint8_t fw_guid_lzma_x86[FW_GUID_SIZE]; /* d42ae6bd-1352-4bfb-909a-ca72a6eae889 */
extern const uint8_t fw_guid_brotli[FW_GUID_SIZE];   /* 3d532050-5cda-4fd0-879e-0f7f630d5afb */
extern const uint8_t fw_guid_tiano[FW_GUID_SIZE];    /* a31280ad-481e-41b6-95e8-127f4c984779 */

/* Protocols: a firmware's own way to accept memory, and the way of an OS to say that it will. */
extern const uint8_t fw_guid_memory_accept[FW_GUID_SIZE]; /* 38c74800-5590-4db4-a0f3-675d9b8e8026 */
extern const uint8_t
	fw_guid_sev_acceptance[FW_GUID_SIZE]; /* c5a010fe-38a7-4531-8a4a-0500d2fd1649 */

#endif
