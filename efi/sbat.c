/* SPDX-License-Identifier: MIT */
/*
 * SBAT (shim's SBAT.md): which generation of this program this is. shim refuses an image without
 * this section, and one whose generation was revoked.
 */
extern const char efi_sbat[];

__attribute__((used, section(".sbat"), aligned(512))) const char efi_sbat[] =
	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	"cvmem-accept,1,cvmem,cvmem-accept," EFI_VERSION ",https://cvmem.invalid/\n";
