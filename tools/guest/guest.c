/* SPDX-License-Identifier: MIT */
#include "tools/guest/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/kernel_line.h"
#include "tools/guest/cpuid.h"
#include "tools/guest/tree.h"

const struct guest_capability guest_capabilities[] = {
	{ "contiguous_ranges", "contiguous ranges can be taken from unaccepted memory", 6, 12 },
	{ "kexec_accepts", "kexec accepts the memory that it loads into", 6, 15 },
	{ "dump_leaves_out", "crash dumps leave unaccepted memory out", 6, 16 },
	{ "unaligned_guard", "reads past an unaligned end are guarded", 7, 0 },
};
const size_t guest_capability_count = sizeof(guest_capabilities) / sizeof(guest_capabilities[0]);

bool guest_has(const struct guest_state *state, const struct guest_capability *capability)
{
	if (state->major != capability->major)
		return state->major > capability->major;
	return state->minor >= capability->minor;
}

const char *guest_kind_key(enum guest_kind kind)
{
	static const char *const keys[] = { "none", "tdx", "snp", "unknown" };

	return keys[kind];
}

const char *guest_kind_name(enum guest_kind kind)
{
	static const char *const names[] = { "none known", "Intel TDX", "AMD SEV-SNP", "unclear" };

	return names[kind];
}

static void add(struct guest_state *state, enum guest_kind kind, enum guest_strength strength,
		const char *source, const char *says)
{
	if (state->evidences == GUEST_EVIDENCE)
		return;
	state->evidence[state->evidences++] =
		(struct guest_evidence){ kind, strength, source, says };
}

/* The first line of /proc/cpuinfo that begins with "flags" has the word. */
static bool has_flag(const char *cpuinfo, const char *flag)
{
	const char *line = strstr(cpuinfo, "\nflags");
	const char *end = line ? strchrnul(line + 1, '\n') : NULL;
	size_t length = strlen(flag);

	while (line && (line = strstr(line, flag)) && line < end) {
		if (strchr(" \t", line[-1]) && strchr(" \n", line[length]))
			return true;
		line += length;
	}
	return false;
}

/* Linux sets tdx_guest in a TD only (arch/x86/coco/tdx). It shows sev_snp on a host as well. */
static void read_cpuinfo(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/proc/cpuinfo");

	if (!text)
		return;
	if (has_flag(text, "tdx_guest"))
		add(state, GUEST_TDX, GUEST_CONCLUSIVE, "/proc/cpuinfo", "flag tdx_guest");
	if (has_flag(text, "sev_snp") && has_flag(text, "hypervisor"))
		add(state, GUEST_SNP, GUEST_HINT, "/proc/cpuinfo", "flags sev_snp and hypervisor");
	free(text);
}

static void read_devices(const char *root, struct guest_state *state)
{
	static const struct {
		enum guest_kind kind;
		const char *path, *says;
	} devices[] = {
		{ GUEST_TDX, "/sys/class/misc/tdx_guest", "the attestation device of a TD" },
		/* Documentation/ABI/testing/sysfs-devices-system-cpu: SNP guests only. */
		{ GUEST_SNP, "/sys/devices/system/cpu/sev/vmpl", "the VMPL of an SNP guest" },
		{ GUEST_SNP, "/sys/class/misc/sev-guest",
		  "the attestation device of an SNP guest" },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (tree_has(root, devices[i].path))
			add(state, devices[i].kind, GUEST_CONCLUSIVE, devices[i].path,
			    devices[i].says);
	}
}

/* The kernel's log, where it may be read; one line is enough (arch/x86/mm/mem_encrypt.c). */
static void read_log(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/dev/kmsg");
	char *line = text ? strstr(text, "Memory Encryption Features active:") : NULL;

	if (line) {
		*strchrnul(line, '\n') = '\0';
		if (strstr(line, "Intel TDX"))
			add(state, GUEST_TDX, GUEST_CONCLUSIVE, "/dev/kmsg",
			    "Memory Encryption Features active: Intel TDX");
		if (strstr(line, "SEV-SNP"))
			add(state, GUEST_SNP, GUEST_CONCLUSIVE, "/dev/kmsg",
			    "Memory Encryption Features active: SEV-SNP");
	}
	free(text);
}

/* Intel TDX module ABI, CPUID virtualisation: only TDs have leaf 0x21. */
static void ask_processor(struct guest_state *state)
{
	struct guest_cpuid cpuid;

	if (guest_cpuid(0).eax < 0x21)
		return;
	cpuid = guest_cpuid(0x21);
	if (cpuid.ebx == 0x65746e49 && cpuid.edx == 0x5844546c && cpuid.ecx == 0x20202020)
		add(state, GUEST_TDX, GUEST_CONCLUSIVE, "CPUID 0x21", "\"IntelTDX    \"");
}

/*
 * Hypervisor Top-Level Functional Specification, 2.4.11, leaf 0x4000000C: bit 0 of group A (EAX) is
 * the paravisor, bits 0 to 3 of group B (EBX) are the kind of isolation. It hides the platform's
 * own leaves and devices.
 */
static void add_isolation(struct guest_state *state, unsigned group_a, unsigned group_b,
			  const char *source)
{
	unsigned type = group_b & 0xf;

	if (type != 2 && type != 3)
		return;
	add(state, type == 2 ? GUEST_SNP : GUEST_TDX, GUEST_CONCLUSIVE, source,
	    type == 2 ? "Hyper-V isolates it by SEV-SNP" : "Hyper-V isolates it by TDX");
	if (group_a & 1)
		state->paravisor = true;
}

/* "Hyper-V: Isolation Config: Group A 0x1, Group B 0xba2" */
static void read_isolation(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/dev/kmsg");
	char *line = text ? strstr(text, "Hyper-V: Isolation Config:") : NULL;
	unsigned group_a, group_b;

	if (line && sscanf(line, "Hyper-V: Isolation Config: Group A %x, Group B %x", &group_a,
			   &group_b) == 2)
		add_isolation(state, group_a, group_b, "/dev/kmsg");
	free(text);
}

static void ask_hypervisor(struct guest_state *state)
{
	struct guest_cpuid cpuid;

	if (!guest_cpuid(0).eax || !(guest_cpuid(1).ecx >> 31 & 1))
		return;
	cpuid = guest_cpuid(0x40000000);
	/* "Microsoft Hv" */
	if (cpuid.ebx != 0x7263694d || cpuid.ecx != 0x666f736f || cpuid.edx != 0x76482074 ||
	    cpuid.eax < 0x4000000c)
		return;
	/* The privilege Isolation: a partition without it has nothing in the other leaf. */
	if (!(guest_cpuid(0x40000003).ebx >> 22 & 1))
		return;
	cpuid = guest_cpuid(0x4000000c);
	add_isolation(state, cpuid.eax, cpuid.ebx, "CPUID 0x4000000C");
}

static void decide(struct guest_state *state)
{
	for (size_t i = 0; i < state->evidences; i++) {
		const struct guest_evidence *evidence = &state->evidence[i];

		if (evidence->strength != GUEST_CONCLUSIVE)
			continue;
		if (state->kind == GUEST_NONE)
			state->kind = evidence->kind;
		else if (state->kind != evidence->kind)
			state->kind = GUEST_UNKNOWN;
	}
	for (size_t i = 0; i < state->evidences && state->kind == GUEST_NONE; i++)
		state->kind = state->evidence[i].kind;
}

static void read_release(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/proc/sys/kernel/osrelease");

	if (!text)
		return;
	*strchrnul(text, '\n') = '\0';
	snprintf(state->release, sizeof(state->release), "%s", text);
	if (sscanf(text, "%u.%u", &state->major, &state->minor) != 2)
		state->major = state->minor = 0;
	free(text);
}

static void read_firmware(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/sys/class/dmi/id/bios_version");

	if (text)
		snprintf(state->firmware, sizeof(state->firmware), "%.*s", (int)strcspn(text, "\n"),
			 text);
	free(text);
}

/* Linux accepts two values; another one changes nothing. */
static void read_parameter(const char *root, struct guest_state *state)
{
	char *text = tree_read(root, "/proc/cmdline");
	const char *line = text ? text : "";

	state->parameter_valid = true;
	while (kernel_line_next(&line, "accept_memory", state->parameter,
				sizeof(state->parameter))) {
		state->parameter_valid = true;
		if (!strcmp(state->parameter, "eager"))
			state->policy = GUEST_EAGER;
		else if (!strcmp(state->parameter, "lazy"))
			state->policy = GUEST_LAZY;
		else
			state->parameter_valid = false;
	}
	free(text);
}

void guest_identify(const char *root, struct guest_state *state)
{
	*state = (struct guest_state){ 0 };
	if (!*root) {
		ask_processor(state);
		ask_hypervisor(state);
	}
	read_cpuinfo(root, state);
	read_devices(root, state);
	read_log(root, state);
	read_isolation(root, state);
	decide(state);
	read_release(root, state);
	read_firmware(root, state);
	read_parameter(root, state);
}
