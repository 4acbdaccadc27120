/* SPDX-License-Identifier: MIT */
#include "tools/vm/qemu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vm/files.h"
#include "tools/vm/memory.h"

#define LIBRARIES "usr/lib/x86_64-linux-gnu"

/*
 * A TD's firmware expects GenuineIntel and leaf 0x21, an SNP guest's AuthenticAMD and leaf
 * 0x8000001f. The shared bit or C-bit must be an address bit. 5-level page tables would only make
 * the emulation slower. TCG executes "rep movsb" byte by byte: without ERMS and FSRM the guest
 * copies words.
 */
#define CPU	"max,la57=off,erms=off,fsrm=off,fsrs=off,fzrm=off,"
#define CPU_TDX CPU "vendor=GenuineIntel,level=0x21,phys-bits=52"
#define CPU_SNP                                                                                    \
	CPU "vendor=AuthenticAMD,family=25,model=17,stepping=1,xlevel=0x8000001f,phys-bits=%u"

/* A Realm that Linux uses the processor's features in: with the number of a Neoverse V3 it uses
 * BBML2, which QEMU has as well (Linux, arch/arm64/kernel/cpufeature.c). */
static const struct {
	const char *name, *cpu;
} presets[] = {
	{ "max", "max" },
	{ "neoverse-v3", "max,midr=0x410fd832" },
};

static const char *preset(const struct vm_options *options)
{
	for (size_t i = 0; options->cpu && i < sizeof(presets) / sizeof(presets[0]); i++)
		if (!strcmp(presets[i].name, options->cpu))
			return presets[i].cpu;
	return presets[0].cpu;
}

static const char *program(const struct vm_options *options)
{
	return options->platform == VM_CCA ? "qemu-system-aarch64" : "qemu-system-x86_64";
}

bool vm_qemu_installed(const struct vm_options *options)
{
	/* QEMU 11.1 is the first with version 7 of the plugin interface. */
	const unsigned want_major = 11, want_minor = 1;
	char *command = text_of("%s --version 2>/dev/null", program(options));
	FILE *pipe = popen(command, "r");
	unsigned major = 0, minor = 0;

	free(command);
	if (!pipe)
		return false;
	if (fscanf(pipe, "QEMU emulator version %u.%u", &major, &minor) != 2)
		major = 0;
	while (getc(pipe) != EOF)
		;
	if (pclose(pipe))
		return false;
	return major > want_major || (major == want_major && minor >= want_minor);
}

/* A value in one of QEMU's option lists, where commas are doubled. */
static char *escape(const char *text)
{
	char *escaped = text_of("%s%s", text, text), *to = escaped;

	for (; *text; text++) {
		*to++ = *text;
		if (*text == ',')
			*to++ = ',';
	}
	*to = '\0';
	return escaped;
}

/* Started through its dynamic linker, it would search for its modules beside the linker. */
static void set_module_folder(const char *root)
{
	char *folder = text_of("%s/" LIBRARIES "/qemu", root);

	setenv("QEMU_MODULE_DIR", folder, true);
	free(folder);
}

/* The unpacked QEMU needs its C library and the paths of its files. */
static void add_program(const struct vm_options *options, bool installed, struct words *words)
{
	static const char *const folders[] = { "share/qemu", "share/seabios", "lib/ipxe/qemu" };
	char *root;

	if (installed) {
		words_add(words, "%s", program(options));
		return;
	}
	root = vm_cache(options->platform == VM_CCA ? "qemu-arm" : "qemu");
	set_module_folder(root);
	words_add(words, "%s/" LIBRARIES "/ld-linux-x86-64.so.2", root);
	words_add(words, "--library-path");
	words_add(words, "%s/" LIBRARIES, root);
	words_add(words, "%s/usr/bin/%s", root, program(options));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		words_add(words, "-L");
		words_add(words, "%s/usr/%s", root, folders[i]);
	}
	free(root);
}

/* The default is that of all processors with SEV-SNP so far. */
static unsigned c_bit(const struct vm_options *options)
{
	return options->c_bit ? options->c_bit : 51;
}

static void add_machine(const struct vm_options *options, struct words *words)
{
	static const char *const fixed[] = {
		"-no-user-config", "-nodefaults", "-machine",	NULL, "-accel", "tcg",
		"-display",	   "none",	  "-no-reboot",
	};
	const char *machine =
		options->platform == VM_CCA ? "virt,gic-version=3" : "q35,smm=off,hpet=off";

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		words_add(words, "%s", fixed[i] ? fixed[i] : machine);
	words_add(words, "-cpu");
	if (options->platform == VM_CCA)
		words_add(words, "%s", preset(options));
	else if (options->platform == VM_SNP)
		words_add(words, CPU_SNP, c_bit(options) + 1);
	else
		words_add(words, CPU_TDX);
	vm_memory_words(options, words);
	words_add(words, "-serial");
	words_add(words, "mon:stdio");
}

/*
 * OVMF has a console on COM2 as well as on COM1, so what a command prints goes to others. Without a
 * command COM2 and COM3 are left to -serial behind "--".
 */
unsigned vm_port_number(const struct vm_options *options, enum vm_port port)
{
	static const unsigned number[VM_PORTS] = { 1, 2, 3 };

	/* The machine `virt` has two; those of a command are not serial ports there. */
	if (options->platform == VM_CCA)
		return 1;
	return options->exec ? number[port] : 3;
}

/*
 * A Realm's: Linux maps the I/O space of PCI, which other serial ports need, as protected memory
 * (7.2, pci_remap_iospace()). What is written to a virtconsole has reached the host when the write
 * is done, so that no output is lost at the end.
 */
static void add_virtual_port(unsigned i, struct words *words)
{
	if (i == VM_PORT_STATUS) {
		words_add(words, "-serial");
		words_add(words, "chardev:cvmem-port%u", i);
		return;
	}
	if (i == VM_PORT_OUT) {
		words_add(words, "-device");
		words_add(words, "virtio-serial-pci,disable-legacy=on,iommu_platform=on");
	}
	words_add(words, "-device");
	words_add(words, "virtconsole,chardev=cvmem-port%u", i);
}

/*
 * COM2 and COM4 have one interrupt on a PC, as COM1 and COM3, and a second device on an
 * edge-triggered line loses interrupts. ACPI tells the guest of any other.
 */
static void add_ports(const struct vm_options *options, const int *port, struct words *words)
{
	static const unsigned irq[] = { 4, 3, 5, 7 };

	for (unsigned i = 0; i < VM_PORTS; i++) {
		unsigned number = vm_port_number(options, i);

		if (!port[i])
			continue;
		words_add(words, "-chardev");
		words_add(words, "file,id=cvmem-port%u,path=/proc/self/fd/%d", i, port[i]);
		if (options->platform == VM_CCA) {
			add_virtual_port(i, words);
			continue;
		}
		words_add(words, "-device");
		words_add(words, "isa-serial,chardev=cvmem-port%u,index=%u,irq=%u", i, number,
			  irq[number]);
	}
}

static const char *image_format(const char *path)
{
	FILE *file = fopen(path, "rb");
	char magic[4] = "";
	size_t length = file ? fread(magic, 1, sizeof(magic), file) : 0;

	if (file)
		fclose(file);
	return length == 4 && !memcmp(magic, "QFI\xfb", 4) ? "qcow2" : "raw";
}

/*
 * A TD's devices can access shared memory only, and must offer VIRTIO_F_ACCESS_PLATFORM (VIRTIO
 * 1.3, section 6).
 */
static void add_disks(const struct vm_options *options, struct words *words)
{
	for (size_t i = 0; i < options->disks; i++) {
		char *file = escape(options->disk[i]);

		words_add(words, "-drive");
		words_add(words, "if=none,id=disk%zu,format=%s,file=%s", i,
			  image_format(options->disk[i]), file);
		words_add(words, "-device");
		words_add(words,
			  "virtio-blk-pci,drive=disk%zu,disable-legacy=on,iommu_platform=on,"
			  "bootindex=%zu",
			  i, i + 1);
		free(file);
	}
}

/* ",KEY=FILE", or nothing without a file; for the caller to free. */
static char *file_argument(const char *key, const char *file)
{
	char *escaped = file ? escape(file) : NULL;
	char *argument = file ? text_of(",%s=%s", key, escaped) : text_of("%s", "");

	free(escaped);
	return argument;
}

static void add_plugin(const struct vm_options *options, const struct vm_files *files,
		       struct words *words)
{
	char *plugin = escape(files->plugin);
	char *firmware = file_argument("firmware", files->firmware);
	char *report = file_argument("report", files->report);
	char *now = file_argument("report_now", options->json);
	char *symbols = file_argument("symbols", options->symbols);
	char *trace = file_argument("trace", files->trace);
	char *attack = options->attack ? text_of(",attack=%s", options->attack) : text_of("%s", "");
	char *forget = options->forget ? text_of(",forget_accept=%" PRIu64, options->forget)
				       : text_of("%s", "");
	char *platform;

	if (options->platform == VM_CCA)
		platform =
			text_of("platform=cca,ripas=%s", options->ripas ? options->ripas : "all");
	else if (options->platform == VM_SNP)
		platform = text_of("platform=snp,c_bit=%u,vc=%s,vmpl=%u", c_bit(options),
				   options->vc ? options->vc : "on", options->vmpl);
	else
		platform = text_of("platform=tdx,gpa_width=%u,ve=%s",
				   options->gpa_width ? options->gpa_width : 52,
				   options->ve ? options->ve : "on");
	words_add(words, "-plugin");
	words_add(words,
		  "%s,%s%s,violation=%s,accept_ns_per_4k=%" PRIu64 ",host_4k_only=%s%s%s%s%s%s%s",
		  plugin, platform, firmware, options->violation, options->cost->ns_per_4k,
		  options->host_4k_only ? "on" : "off", attack, forget, symbols, trace, now,
		  report);
	free(platform);
	free(plugin);
	free(firmware);
	free(report);
	free(now);
	free(symbols);
	free(trace);
	free(attack);
	free(forget);
}

/* A file of fw_cfg that shim/pvh.c reads. */
static void add_fw_cfg(const char *name, const char *kind, const char *value, struct words *words)
{
	char *escaped = escape(value);

	words_add(words, "-fw_cfg");
	words_add(words, "name=opt/org.cvmem/%s,%s=%s", name, kind, escaped);
	free(escaped);
}

/* Of an ELF file QEMU gives firmware the first bytes alone, and takes -append and -initrd with
 * -kernel only. */
static void add_elf_kernel(const struct vm_files *files, struct words *words)
{
	add_fw_cfg("kernel", "file", files->kernel, words);
	if (*files->append)
		add_fw_cfg("cmdline", "string", files->append, words);
	if (files->initrd)
		add_fw_cfg("initrd", "file", files->initrd, words);
}

static void add_kernel(const struct vm_files *files, struct words *words)
{
	if (files->kernel) {
		words_add(words, "-kernel");
		words_add(words, "%s", files->kernel);
		words_add(words, "-append");
		words_add(words, "%s", files->append);
	}
	if (files->initrd) {
		words_add(words, "-initrd");
		words_add(words, "%s", files->initrd);
	}
}

void vm_qemu_command(const struct vm_options *options, const struct vm_files *files, bool installed,
		     struct words *words)
{
	add_program(options, installed, words);
	add_machine(options, words);
	if (files->firmware) {
		words_add(words, "-bios");
		words_add(words, "%s", files->firmware);
	}
	if (files->kernel_by_fw_cfg)
		add_elf_kernel(files, words);
	else
		add_kernel(files, words);
	add_ports(options, files->port, words);
	add_disks(options, words);
	if (files->plugin)
		add_plugin(options, files, words);
	for (size_t i = 0; i < options->qemu_argument_count; i++)
		words_add(words, "%s", options->qemu_arguments[i]);
}
