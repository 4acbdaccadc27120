/* SPDX-License-Identifier: MIT */
#include "shim/shim.h"

/* start.S has these numbers. */
_Static_assert(CVM_PLATFORM_TDX == 1 && CVM_PLATFORM_SNP == 2, "");

#define POLICY_FILE "opt/org.cvmem/accept"

/* In MiB. */
static void put_mib(uint64_t bytes)
{
	char text[24];
	unsigned at = sizeof(text) - 1;
	uint64_t value = bytes >> 20;

	text[at] = 0;
	do
		text[--at] = (char)('0' + value % 10);
	while (value /= 10);
	bare_put(text + at);
	bare_put(" MiB");
}

/* The command line's word wins over the host's file. false: there is neither. */
static bool read_policy(const struct shim_kernel *kernel, struct policy *policy)
{
	char text[32] = "";
	const char *word = policy_find(kernel->cmdline);
	uint16_t selector;
	uint32_t bytes = bare_fw_cfg_find(POLICY_FILE, &selector);

	if (bytes && (bytes >= sizeof(text) || bare_fw_cfg_read(selector, text, bytes)))
		shim_refuse("fw_cfg's " POLICY_FILE, "it is neither min, all nor a size");
	if (bytes)
		shim_measure(SHIM_CONFIGURATION, POLICY_FILE, text, bytes);
	if (bytes && !policy_parse(text, policy))
		shim_refuse("fw_cfg's " POLICY_FILE, "it is neither min, all nor a size");
	if (word && !policy_parse(word, policy))
		shim_refuse("the command line's " POLICY_WORD, "it is neither min, all nor a size");
	return bytes || word;
}

/* A PVH kernel has no table of unaccepted memory: where it can accept, its owner says so. */
static void accept_by_policy(const struct shim_kernel *kernel)
{
	struct policy policy = { 0 };
	bool said = read_policy(kernel, &policy);

	if (kernel->is_pvh && !said) {
		bare_put("cvmem shim: a PVH kernel knows no unaccepted memory, so all is "
			 "accepted\n");
		policy.all = true;
	} else if (!kernel->is_pvh && !policy.all && !shim_linux_accepts(kernel)) {
		bare_put(
			"cvmem shim: this kernel takes no unaccepted memory, so all is accepted\n");
		policy.all = true;
	}
	shim_accept_more(policy.all ? UINT64_MAX : policy.bytes);
}

/* From here on the host is not asked for anything: no console, no fw_cfg. */
static void stop_devices(void)
{
	shim_check(bare_fw_cfg_stop(), "the buffer for DMA");
	shim_check(bare_ghcb_stop(), "the GHCB page");
}

static void announce(const struct shim_kernel *kernel)
{
	bare_put("cvmem shim: accepted ");
	put_mib(shim_accepted_bytes());
	bare_put(" (kernel ");
	put_mib(kernel->is_pvh ? pvh_image_memory(&kernel->pvh) : kernel->image.init_size);
	bare_put(", initrd ");
	put_mib(kernel->initrd_bytes);
	bare_put(")");
	if (bare_platform.svsm.size)
		bare_put(", which an SVSM validates");
	if (shim_hashes_there())
		bare_put(", all as measured");
	bare_put(kernel->is_pvh ? ", starting a PVH kernel\n" : ", starting Linux\n");
}

/* All of the area, so that nothing in it is left out; only the VMM's list is not zero. */
static void measure_memory_map(void)
{
	shim_measure(SHIM_CONFIGURATION, "td_hob", (const void *)BARE_PLATFORM,
		     BARE_PLATFORM_BYTES);
}

/* The SVSM has put its calling area where the metadata asks for it, in memory that the launch has
 * accepted. Elsewhere the first call would end the guest. */
static void check_svsm(const struct cvm_snp_svsm *svsm)
{
	if (svsm->size && svsm->caa != SHIM_CAA)
		shim_refuse("the SVSM", "its calling area is not where it must be");
}

static void load(struct shim_kernel *kernel)
{
	struct shim_file file;

	shim_hashes_read();
	kernel->is_pvh = shim_pvh_find(&file);
	if (kernel->is_pvh)
		shim_pvh_load(kernel, &file);
	else
		shim_linux_load(kernel);
}

static void __attribute__((noreturn)) start_linux(const struct shim_kernel *kernel, uint64_t rsdp)
{
	bool placed = shim_place_kernel(kernel);
	uint64_t cc_blob = shim_cc_blob(), unaccepted = shim_unaccepted_table(), params;
	uint64_t system_table = shim_efi_system_table(rsdp, cc_blob, unaccepted), efi_map;
	uint32_t efi_map_bytes;

	efi_map = shim_efi_map(&efi_map_bytes, placed);
	announce(kernel);
	params = shim_boot_params(kernel, rsdp, system_table, efi_map, efi_map_bytes, cc_blob);
	stop_devices();
	shim_jump(kernel->load + 0x200, params);
}

static void __attribute__((noreturn)) start_pvh(const struct shim_kernel *kernel, uint64_t rsdp)
{
	uint64_t start_info = shim_pvh_start_info(kernel, rsdp);

	announce(kernel);
	stop_devices();
	shim_jump_pvh(kernel->pvh.entry, (uint32_t)start_info,
		      bare_platform.kind == CVM_PLATFORM_SNP);
}

void shim_main(enum cvm_platform_kind kind)
{
	static struct shim_kernel kernel;
	uint64_t rsdp;

	shim_check(bare_platform_start(kind), "the platform");
	check_svsm(&bare_platform.svsm);
	shim_check(bare_memory_start(0), "page tables");
	shim_check(bare_ghcbs_share(1), "the GHCB page");
	shim_check(bare_ghcb_register(), "the GHCB page");
	bare_exceptions_start();
	shim_check(bare_fw_cfg_start(), "the buffer for DMA");
	shim_memory_read();
	shim_check(bare_memory_start(shim_end_of_memory()), "page tables");
	shim_measure_start();
	measure_memory_map();
	load(&kernel);
	shim_chipset_start();
	rsdp = shim_acpi_load();
	accept_by_policy(&kernel);
	shim_measure_end();
	if (kernel.is_pvh)
		start_pvh(&kernel, rsdp);
	start_linux(&kernel, rsdp);
}
