# SPDX-License-Identifier: MIT
"""Rows of scripts/mutations.py for efi/ and the command that installs it."""

ROWS = [
    ("efi/accept.c", "EFI: memory is accepted that the firmware's map does not have as unaccepted",
     "descriptor.type == EFI_GCD_UNACCEPTED && ",
     "",
     ["efi-accept"]),
    ("efi/accept.c", "EFI: firmware is not told of memory that stays unaccepted",
     "\t\ttell_firmware(firmware);\n}",
     "\t\t(void)firmware;\n}",
     ["efi-accept"]),
    ("efi/memory_map.c", "EFI: memory above the limit is accepted",
     "range->end = limit;",
     "range->end += 0;",
     ["efi-memory_map", "efi-accept"]),
    ("efi/chain.c", "EFI: an image without a signature stays in memory",
     "if (status == EFI_SECURITY && next)",
     "if (0)",
     ["efi-chain"]),
    ("tools/efi/place.c", "efi: what is there is taken for a loader, and the loader is lost",
     "} else if (good && !is_ours(loader)) {",
     "} else if (good) {",
     ["tools-efi"]),
]
