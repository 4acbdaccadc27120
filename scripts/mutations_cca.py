# SPDX-License-Identifier: MIT
"""Rows of mutations.py: Realms."""

ROWS = [
    ("emu/cca/ipa_state_set.c", "RIPAS: a page that the host took is RAM again in silence",
     """	case EMU_PAGE_PENDING:
		return CCA_NO_CHANGE;""",
     """	case EMU_PAGE_PENDING:
		break;""",
     ["emu_cca_ipa_state_set"]),
    ("emu/cca/ipa_state_set.c", "RIPAS: a rejection is reported of a change to EMPTY",
     "reject = reject && change->ripas == EMU_RIPAS_RAM && done != change->top;",
     "reject = reject && done != change->top;",
     ["emu_cca_ipa_state_set"]),
    ("emu/cca/host.c", "DATA_UNMAP: a page that was RAM is EMPTY",
     """	if (emu_cca_state_of(byte) == EMU_PAGE_MAPPED)
		return EMU_PAGE_PENDING;""",
     "",
     ["emu_cca_host"]),
    ("emu/cca/ripas.c", "a page that comes back has the content of the one that was taken",
     "return to & EMU_PAGE_USED ? MAP_KEPT : MAP_ZEROED;",
     "return MAP_KEPT;",
     ["emu_cca_host"]),
    ("emu/cca/attest_token.c", "token: bytes are written behind the granule",
     "room > EMU_PAGE_SIZE - offset", "0",
     ["emu_cca_attest_token"]),
    ("emu/cca/attest_token.c", "token: the rest of the last one goes on after another is asked for",
     """	token->size = 0;
	token->taken = 0;""",
     "",
     ["emu_cca_attest_token"]),
    ("qemu/cca/attestation/token.c", "token: the platform's is for any key of a Realm",
     "	hash(realm_key->bytes, realm_key->size, challenge);",
     "	memset(challenge, 0, sizeof(challenge));",
     ["qemu_cca_token"]),
]
