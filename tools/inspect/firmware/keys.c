/* SPDX-License-Identifier: MIT */
#include "tools/inspect/firmware/keys.h"

#include "formats/guid.h"

/* EDK II's AuthenticatedVariableFormat.h: VARIABLE_STORE_HEADER, AUTHENTICATED_VARIABLE_HEADER. */
static const uint8_t store_guid[GUID_SIZE] =
	GUID(0xaaf32c78, 0x947b, 0x439a, 0xa180, 0x2e144ec37792);
enum {
	VOLUME_HEADER_LENGTH = 48,
	STORE_SIZE = 16,
	STORE_HEADER = 28,
	VARIABLE_ID = 0,
	VARIABLE_STATE = 2,
	VARIABLE_NAME_SIZE = 36,
	VARIABLE_DATA_SIZE = 40,
	VARIABLE_VENDOR = 44,
	VARIABLE_HEADER = 60,
};
#define VARIABLE_START 0x55aa
/* Bits are cleared: added, and at most in transition to a newer value, which was not written. */
#define STATE_ADDED	0x3f
#define STATE_IN_CHANGE 0x3e

/* UEFI specification, section 3.3 and 32.6.1, and EDK II's switch. */
static const uint8_t global[GUID_SIZE] = GUID(0x8be4df61, 0x93ca, 0x11d2, 0xaa0d, 0x00e098032b8c);
static const uint8_t security[GUID_SIZE] = GUID(0xd719b2cb, 0x3d3a, 0x4596, 0xa3bc, 0xdad00e67656f);
static const uint8_t enable[GUID_SIZE] = GUID(0xf0a30bc7, 0xaf08, 0x4556, 0x99c4, 0x001009c93a44);

/* EFI_SIGNATURE_LIST, section 32.4.1. */
static const uint8_t x509[GUID_SIZE] = GUID(0xa5c059a1, 0x94e4, 0x4aa7, 0x87b5, 0xab155c2bf072);
enum { LIST_SIZE = 16, LIST_HEADER_SIZE = 20, LIST_ITEM_SIZE = 24, LIST_HEADER = 28, OWNER = 16 };

/* X.690: a value, and what is behind it. */
struct der {
	uint8_t tag;
	struct bytes whole, content, rest;
};

#define DER_SEQUENCE 0x30
#define DER_VERSION  0xa0 /* [0] of a TBSCertificate */

static bool der_read(struct bytes bytes, struct der *der)
{
	uint64_t length = bytes_number(bytes, 1, 1);
	unsigned int header = 2;

	if (bytes.size < 2)
		return false;
	if (length & 0x80) {
		unsigned int digits = length & 0x7f;

		/* Without digits the length is indefinite, which DER does not have. */
		if (!digits || digits > 4)
			return false;
		header += digits;
		length = 0;
		for (unsigned int i = 2; i < header; i++)
			length = length << 8 | bytes_number(bytes, i, 1);
	}
	if (!bytes_have(bytes, header, length))
		return false;
	der->tag = bytes.data[0];
	der->whole = bytes_part(bytes, 0, header + length);
	der->content = bytes_part(bytes, header, length);
	der->rest = bytes_part(bytes, header + length, SIZE_MAX);
	return true;
}

/* RFC 5280, section 4.1: [version], serial number, algorithm, issuer, validity, subject. */
static bool read_subject(struct bytes certificate, struct bytes *subject)
{
	struct der der;

	if (!der_read(certificate, &der) || der.tag != DER_SEQUENCE ||
	    !der_read(der.content, &der) || der.tag != DER_SEQUENCE || !der_read(der.content, &der))
		return false;
	if (der.tag == DER_VERSION && !der_read(der.rest, &der))
		return false;
	for (int i = 0; i < 4; i++) {
		if (!der_read(der.rest, &der))
			return false;
	}
	*subject = der.whole;
	return der.tag == DER_SEQUENCE;
}

struct bytes fw_keys_common_name(struct bytes subject)
{
	/* RFC 5280, appendix A.1: id-at-commonName. */
	const uint8_t *found = bytes_find(subject, "\x06\x03\x55\x04\x03", 5);
	struct der der;

	if (!found ||
	    !der_read(bytes_part(subject, (size_t)(found - subject.data) + 5, SIZE_MAX), &der))
		return bytes_part(subject, 0, 0);
	return der.content;
}

static void read_list(struct fw_keys *keys, struct bytes list)
{
	uint64_t at = LIST_HEADER + (uint64_t)bytes_u32(list, LIST_HEADER_SIZE);
	uint32_t size = bytes_u32(list, LIST_ITEM_SIZE);

	if (!bytes_are(list, 0, x509, GUID_SIZE)) {
		keys->others = true;
		return;
	}
	for (; size > OWNER && bytes_have(list, at, size); at += size) {
		struct bytes certificate = bytes_part(list, at + OWNER, size - OWNER);

		if (keys->count < FW_KEYS_MAX &&
		    read_subject(certificate, &keys->subject[keys->count]))
			keys->count++;
		else
			keys->others = true;
	}
}

static void read_db(struct fw_keys *keys, struct bytes lists)
{
	while (lists.size) {
		uint32_t size = bytes_u32(lists, LIST_SIZE);

		if (size < LIST_HEADER || !bytes_have(lists, 0, size)) {
			keys->others = true;
			return;
		}
		read_list(keys, bytes_part(lists, 0, size));
		lists = bytes_part(lists, size, SIZE_MAX);
	}
}

/* A variable's data, if it is that one. `name` as UTF-16, with its end. */
#define IS(variable, vendor, name)                                                                 \
	(bytes_are(variable, VARIABLE_VENDOR, vendor, GUID_SIZE) &&                                \
	 bytes_u32(variable, VARIABLE_NAME_SIZE) == sizeof(name) &&                                \
	 bytes_are(variable, VARIABLE_HEADER, name, sizeof(name)))

void fw_keys_read(struct fw_keys *keys, struct bytes volume)
{
	struct bytes store = bytes_part(volume, bytes_u16(volume, VOLUME_HEADER_LENGTH), SIZE_MAX);
	bool platform_key = false, off = false;
	uint64_t at = STORE_HEADER;

	*keys = (struct fw_keys){ 0 };
	if (!bytes_are(store, 0, store_guid, GUID_SIZE))
		return;
	store = bytes_part(store, 0, bytes_u32(store, STORE_SIZE));
	while (bytes_u16(store, at + VARIABLE_ID) == VARIABLE_START) {
		uint64_t name = bytes_u32(store, at + VARIABLE_NAME_SIZE);
		uint64_t size = bytes_u32(store, at + VARIABLE_DATA_SIZE);
		uint8_t state = (uint8_t)bytes_number(store, at + VARIABLE_STATE, 1);
		struct bytes variable, data;

		if (!bytes_have(store, at, VARIABLE_HEADER + name + size))
			break;
		variable = bytes_part(store, at, VARIABLE_HEADER + name);
		data = bytes_part(store, at + VARIABLE_HEADER + name, size);
		at = (at + VARIABLE_HEADER + name + size + 3) & ~UINT64_C(3);
		if (state != STATE_ADDED && state != STATE_IN_CHANGE)
			continue;
		if (IS(variable, global, u"PK"))
			platform_key |= data.size != 0;
		else if (IS(variable, enable, u"SecureBootEnable"))
			off = !bytes_number(data, 0, 1);
		else if (IS(variable, security, u"db"))
			read_db(keys, data);
	}
	keys->enforced = platform_key && !off;
}
