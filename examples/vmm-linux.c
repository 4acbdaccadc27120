/* SPDX-License-Identifier: MIT */
/*
 * A virtual machine monitor in one file, over KVM and cvmem/vmm.h: it boots a Linux bzImage with an
 * initrd and a serial console, and gives the guest its memory before it runs.
 *
 *   vmm-linux KERNEL INITRD [anonymous|memfd|guest-memfd] [nothing|stage2|plan] [MIB] [VCPUS]
 *
 * What concerns memory is in make_memory(), populate() and report(). The rest is what Linux needs
 * to boot: its boot protocol (Documentation/arch/x86/boot.rst), three ACPI tables, a 16450.
 */
#include <cvmem/vmm.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_VCPUS 16
#define MIB	  (UINT64_C(1) << 20)

/* Places in guest memory. */
#define BOOT_PARAMS 0x10000
#define COMMAND	    0x20000
#define LOW_END	    0x9fc00
#define ACPI	    0xf0000
#define KERNEL	    0x100000

static const char command_line[] =
	"console=ttyS0 quiet reboot=k panic=-1 pci=off nokaslr mitigations=off tsc=reliable "
	"no_timer_check nowatchdog initcall_blacklist=i8042_init";

struct vmm {
	int kvm, vm, vcpu[MAX_VCPUS], stats[MAX_VCPUS];
	unsigned vcpus;
	uint8_t *memory;
	struct cvm_vmm_caps caps;
	struct cvm_vmm_region region;
	struct cvm_vmm_machine machine;
	size_t run_bytes;
};

static void fail(const char *what)
{
	fprintf(stderr, "vmm-linux: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* An error of the library, which leaves errno alone. */
static void must_vmm(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "vmm-linux: %s: %s\n", what, cvm_vmm_strerror(error));
	exit(EXIT_FAILURE);
}

static int must(int result, const char *what)
{
	if (result < 0)
		fail(what);
	return result;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- Memory ---- */

static void make_memory(struct vmm *vmm, const char *backing, uint64_t bytes)
{
	int flags = MAP_SHARED, file = -1;

	vmm->region = (struct cvm_vmm_region){
		.size = bytes,
		.backing = CVM_VMM_SHARED_MAPPING,
		.memfd = -1,
		.node = CVM_VMM_ANY_NODE,
	};
	if (!strcmp(backing, "guest-memfd")) {
		must_vmm(cvm_vmm_create_memfd(&cvm_vmm_linux, vmm->vm, &vmm->caps, bytes,
					      CVM_VMM_MEMFD_MMAP | CVM_VMM_MEMFD_INIT_SHARED,
					      &file),
			 "guest_memfd");
		vmm->region.backing = CVM_VMM_GUEST_MEMFD;
		vmm->region.memfd = file;
	} else if (!strcmp(backing, "memfd")) {
		file = must(memfd_create("guest", MFD_CLOEXEC), "memfd");
		must(ftruncate(file, (off_t)bytes), "ftruncate");
	} else {
		vmm->region.backing = CVM_VMM_PRIVATE_MAPPING;
		flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	}
	vmm->memory = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, flags, file, 0);
	if (vmm->memory == MAP_FAILED)
		fail("mmap");
	/* 4 KiB pages: the figures of docs/populate.md are for these. */
	madvise(vmm->memory, (size_t)bytes, MADV_NOHUGEPAGE);
	vmm->region.host = (uintptr_t)vmm->memory;
	vmm->machine =
		(struct cvm_vmm_machine){ .vm_fd = vmm->vm, .region = &vmm->region, .regions = 1 };
	must_vmm(cvm_vmm_set_slot(&cvm_vmm_linux, vmm->vm, &vmm->caps, 0, 0, &vmm->region),
		 "memory slot");
}

struct worker {
	pthread_t thread;
	pthread_barrier_t *barrier;
	struct cvm_vmm_job *job;
	int vcpu, error;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct cvm_vmm_worker lent = { .vcpu_fd = worker->vcpu, .node = CVM_VMM_ANY_NODE };

	/* All threads exist before the first begins: making one waits for memory. */
	pthread_barrier_wait(worker->barrier);
	worker->error = cvm_vmm_job_run(worker->job, &lent);
	return NULL;
}

/* No vCPU runs yet: each lends itself to a thread. */
static void populate(struct vmm *vmm, const char *how)
{
	struct cvm_vmm_plan plan;
	struct cvm_vmm_job_config config = { .sys = &cvm_vmm_linux,
					     .machine = &vmm->machine,
					     .plan = &plan };
	struct worker worker[MAX_VCPUS];
	pthread_barrier_t barrier;
	struct cvm_vmm_job job;

	if (!strcmp(how, "nothing"))
		return;
	must_vmm(cvm_vmm_plan(&vmm->machine, &vmm->caps, &plan, NULL), "plan");
	if (!strcmp(how, "stage2"))
		plan.why[CVM_VMM_STEP_HOST] = CVM_VMM_NOT_THIS_KIND;
	for (enum cvm_vmm_step step = 0; step < CVM_VMM_STEPS; step++)
		printf("%s: %s\n", cvm_vmm_step_name(step), cvm_vmm_reason_text(plan.why[step]));
	config.storage_size = cvm_vmm_job_storage(&vmm->machine, 0);
	config.storage = malloc(config.storage_size);
	if (!config.storage)
		fail("malloc");
	must_vmm(cvm_vmm_job_init(&job, &config), "job");
	pthread_barrier_init(&barrier, NULL, vmm->vcpus);
	for (unsigned i = 0; i < vmm->vcpus; i++) {
		worker[i] =
			(struct worker){ .barrier = &barrier, .job = &job, .vcpu = vmm->vcpu[i] };
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			fail("thread");
	}
	for (unsigned i = 0; i < vmm->vcpus; i++) {
		pthread_join(worker[i].thread, NULL);
		/* Another thread has the error that has ended this one. */
		if (worker[i].error != CVM_VMM_ECANCELED)
			must_vmm(worker[i].error, "populate");
	}
	free(config.storage);
}

/* ---- What Linux's boot protocol asks for ---- */

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	memcpy(at, &value, bytes);
}

/* Into `room` bytes at `to`. */
static size_t read_file(const char *path, uint8_t *to, size_t room)
{
	int file = must(open(path, O_RDONLY), path);
	size_t done = 0;
	ssize_t part;

	while ((part = read(file, to + done, room - done)) > 0)
		done += (size_t)part;
	must((int)part, path);
	close(file);
	return done;
}

static void add_range(uint8_t *params, uint64_t start, uint64_t end, uint32_t type)
{
	uint8_t *range = params + 0x2d0 + 20 * params[0x1e8]++;

	put(range, start, 8);
	put(range + 8, end - start, 8);
	put(range + 16, type, 4);
}

static void load(struct vmm *vmm, const char *kernel, const char *initrd)
{
	uint8_t *params = vmm->memory + BOOT_PARAMS, *image = malloc(64 * MIB);
	size_t bytes, setup, room = 64 * MIB;
	uint64_t place;
	struct stat stat_;

	if (!image)
		fail("malloc");
	bytes = read_file(kernel, image, room);
	setup = (size_t)(image[0x1f1] + 1) * 512;
	if (bytes < setup || memcmp(image + 0x202, "HdrS", 4)) {
		errno = ENOEXEC;
		fail(kernel);
	}
	memcpy(params + 0x1f1, image + 0x1f1, 0x202 + image[0x201] - 0x1f1);
	memcpy(vmm->memory + KERNEL, image + setup, bytes - setup);
	free(image);

	must(stat(initrd, &stat_), initrd);
	place = (vmm->region.size - (uint64_t)stat_.st_size) & ~UINT64_C(0xfff);
	bytes = read_file(initrd, vmm->memory + place, (size_t)stat_.st_size);
	strcpy((char *)vmm->memory + COMMAND, command_line);
	params[0x210] = 0xff;		/* type_of_loader: none of the list */
	params[0x211] |= 0x80;		/* CAN_USE_HEAP */
	put(params + 0x224, 0xfe00, 2); /* heap_end_ptr */
	put(params + 0x218, place, 4);
	put(params + 0x21c, bytes, 4);
	put(params + 0x228, COMMAND, 4);
	add_range(params, 0, LOW_END, 1);
	add_range(params, ACPI, 0x100000, 2);
	add_range(params, 0x100000, vmm->region.size, 1);
}

static void finish_table(uint8_t *table, const char *signature, size_t bytes)
{
	uint8_t sum = 0;

	memcpy(table, signature, 4);
	put(table + 4, bytes, 4);
	memcpy(table + 10, "CVMEM VMM-LINX", 14);
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)-sum;
}

/*
 * ACPI specification, chapter 5: how Linux finds vCPUs and the I/O APIC. An RSDP, an XSDT and a
 * MADT are enough: without more tables Linux does not use ACPI for anything else.
 */
static void make_acpi(struct vmm *vmm)
{
	uint8_t *rsdp = vmm->memory + ACPI, *xsdt = rsdp + 64, *madt = rsdp + 128, *at = madt + 44;
	uint8_t sum = 0;

	put(madt + 36, 0xfee00000, 4);
	put(madt + 40, 1, 4); /* and two 8259 */
	for (unsigned i = 0; i < vmm->vcpus; i++, at += 8) {
		at[1] = 8;
		at[2] = at[3] = (uint8_t)i;
		put(at + 4, 1, 4);
	}
	at[0] = 1;
	at[1] = 12;
	at[2] = (uint8_t)vmm->vcpus;
	put(at + 4, 0xfec00000, 4);
	finish_table(madt, "APIC", (size_t)(at + 12 - madt));
	put(xsdt + 36, ACPI + 128, 8);
	finish_table(xsdt, "XSDT", 44);

	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = 2;
	put(rsdp + 20, 36, 4);
	put(rsdp + 24, ACPI + 64, 8);
	for (unsigned i = 0; i < 20; i++)
		sum = (uint8_t)(sum + rsdp[i]);
	rsdp[8] = (uint8_t)-sum;
	for (unsigned i = sum = 0; i < 36; i++)
		sum = (uint8_t)(sum + rsdp[i]);
	rsdp[32] = (uint8_t)-sum;
	put(vmm->memory + BOOT_PARAMS + 0x70, ACPI, 8);
}

/* ---- vCPUs ---- */

static void set_cpuid(struct vmm *vmm, unsigned number)
{
	struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + 256 * sizeof(cpuid->entries[0]));

	if (!cpuid)
		fail("calloc");
	cpuid->nent = 256;
	must(ioctl(vmm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid), "KVM_GET_SUPPORTED_CPUID");
	for (unsigned i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *entry = &cpuid->entries[i];

		if (entry->function == 1)
			entry->ebx = (entry->ebx & 0xffff) | number << 24 | vmm->vcpus << 16;
		if (entry->function == 0xb || entry->function == 0x1f)
			entry->edx = number;
	}
	must(ioctl(vmm->vcpu[number], KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
	free(cpuid);
}

/* The kernel's 32-bit entry: flat segments, no paging, ESI at the boot parameters. */
static void set_entry(int vcpu)
{
	struct kvm_regs regs = { .rip = KERNEL, .rsi = BOOT_PARAMS, .rflags = 2 };
	struct kvm_segment segment = { .limit = 0xffffffff,
				       .selector = 0x18,
				       .type = 3,
				       .present = 1,
				       .db = 1,
				       .s = 1,
				       .g = 1 };
	struct kvm_sregs sregs;

	must(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment;
	segment.type = 11;
	segment.selector = 0x10;
	sregs.cs = segment;
	sregs.cr0 |= 1;
	must(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void make_vm(struct vmm *vmm)
{
	struct kvm_pit_config pit = { .flags = 0 };
	uint64_t identity = 0xfffbc000;

	vmm->kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	vmm->vm = must(ioctl(vmm->kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	must(ioctl(vmm->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity), "KVM_SET_IDENTITY_MAP_ADDR");
	must(ioctl(vmm->vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	must(ioctl(vmm->vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	must(ioctl(vmm->vm, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
	vmm->run_bytes =
		(size_t)must(ioctl(vmm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	cvm_vmm_probe(&cvm_vmm_linux, vmm->vm, &vmm->caps);
	for (unsigned i = 0; i < vmm->vcpus; i++) {
		vmm->vcpu[i] = must(ioctl(vmm->vm, KVM_CREATE_VCPU, i), "KVM_CREATE_VCPU");
		set_cpuid(vmm, i);
		/* Now: a call of a vCPU waits while it is in KVM_RUN. Reading the counters does
		 * not. */
		vmm->stats[i] =
			must(ioctl(vmm->vcpu[i], KVM_GET_STATS_FD, NULL), "KVM_GET_STATS_FD");
	}
	set_entry(vmm->vcpu[0]);
}

/* ---- The serial console: a 16450 at port 0x3f8, interrupt 4 ---- */

static struct serial {
	pthread_mutex_t lock;
	uint8_t ier, lcr, mcr, scratch;
	bool empty; /* the interrupt for an empty transmitter is pending */
} serial = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void interrupt(const struct vmm *vmm)
{
	struct kvm_irq_level level = { .irq = 4, .level = 1 };

	ioctl(vmm->vm, KVM_IRQ_LINE, &level);
	level.level = 0;
	ioctl(vmm->vm, KVM_IRQ_LINE, &level);
}

static void serial_write(const struct vmm *vmm, unsigned reg, uint8_t value)
{
	bool latch = serial.lcr & 0x80;

	if (reg == 0 && !latch && !(serial.mcr & 0x10))
		putchar(value);
	else if (reg == 1 && !latch)
		serial.ier = value & 0xf;
	else if (reg == 3)
		serial.lcr = value;
	else if (reg == 4)
		serial.mcr = value;
	else if (reg == 7)
		serial.scratch = value;
	if (reg <= 1 && !latch && serial.ier & 2) {
		serial.empty = true;
		interrupt(vmm);
	}
}

static uint8_t serial_read(unsigned reg)
{
	uint8_t value;

	switch (reg) {
	case 1:
		return serial.ier;
	case 2:
		value = serial.empty ? 2 : 1;
		serial.empty = false;
		return value;
	case 3:
		return serial.lcr;
	case 4:
		return serial.mcr;
	case 5:
		return 0x60;
	case 6:
		return serial.mcr & 0x10 ? 0x90 : 0xb0;
	case 7:
		return serial.scratch;
	default:
		return 0;
	}
}

/* False: the guest has asked the keyboard controller for a reset. */
static bool handle_io(const struct vmm *vmm, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned reg = run->io.port - 0x3f8u;
	bool out = run->io.direction == KVM_EXIT_IO_OUT;

	if (out && run->io.port == 0x64 && *data == 0xfe)
		return false;
	for (unsigned i = 0; i < run->io.count * run->io.size; i++) {
		if (reg > 7) {
			if (!out)
				data[i] = run->io.port == 0x64 ? 0 : 0xff;
			continue;
		}
		pthread_mutex_lock(&serial.lock);
		if (out)
			serial_write(vmm, reg, data[i]);
		else
			data[i] = serial_read(reg);
		pthread_mutex_unlock(&serial.lock);
	}
	return true;
}

/* ---- Running ---- */

/* A counter of KVM_GET_STATS_FD: Documentation/virt/kvm/api.rst, 4.133. */
static uint64_t counter(int stats, const char *name)
{
	struct kvm_stats_header header;
	uint64_t value = 0;

	if (pread(stats, &header, sizeof(header), 0) != sizeof(header))
		fail("statistics");
	for (unsigned i = 0; i < header.num_desc; i++) {
		size_t size = sizeof(struct kvm_stats_desc) + header.name_size;
		uint8_t item[256] = { 0 };
		const struct kvm_stats_desc *desc = (const void *)item;

		if (size >= sizeof(item) ||
		    pread(stats, item, size, header.desc_offset + (off_t)(i * size)) < 0)
			fail("statistics");
		if (!strcmp((const char *)item + sizeof(*desc), name) &&
		    pread(stats, &value, sizeof(value), header.data_offset + (off_t)desc->offset) <
			    0)
			fail("statistics");
	}
	return value;
}

static void report(const struct vmm *vmm, const char *backing, const char *how,
		   const uint64_t *before, double seconds)
{
	uint64_t fixed = 0;

	for (unsigned i = 0; i < vmm->vcpus; i++)
		fixed += counter(vmm->stats[i], "pf_fixed") - before[i];
	printf("\n%s, %s: %llu violations, %.1f s\n", backing, how, (unsigned long long)fixed,
	       seconds);
	fflush(stdout);
}

struct running {
	const struct vmm *vmm;
	int vcpu;
	sem_t *ended; /* posted by the vCPU that ends the VM */
};

static void *run_vcpu(void *arg)
{
	const struct running *running = arg;
	struct kvm_run *run = mmap(NULL, running->vmm->run_bytes, PROT_READ | PROT_WRITE,
				   MAP_SHARED, running->vcpu, 0);
	bool goes_on = true;

	if (run == MAP_FAILED)
		fail("mmap of a vCPU");
	while (goes_on) {
		if (ioctl(running->vcpu, KVM_RUN, 0)) {
			/* A signal; or a vCPU that another one has just started. */
			if (errno == EINTR || errno == EAGAIN)
				continue;
			perror("vmm-linux: KVM_RUN");
			break;
		}
		if (run->exit_reason == KVM_EXIT_IO)
			goes_on = handle_io(running->vmm, run);
		else if (run->exit_reason == KVM_EXIT_MMIO)
			memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		else
			goes_on = false;
	}
	if (!goes_on && run->exit_reason != KVM_EXIT_IO)
		fprintf(stderr, "vmm-linux: KVM's exit reason %u ends the VM\n", run->exit_reason);
	sem_post(running->ended);
	return NULL;
}

int main(int argc, char **argv)
{
	const char *backing = argc > 3 ? argv[3] : "anonymous", *how = argc > 4 ? argv[4] : "plan";
	struct vmm vmm = { .vcpus = argc > 6 ? (unsigned)atoi(argv[6]) : 2 };
	struct running running[MAX_VCPUS];
	uint64_t before[MAX_VCPUS];
	pthread_t thread;
	double began;
	sem_t ended;

	if (argc < 3 || !vmm.vcpus || vmm.vcpus > MAX_VCPUS) {
		fputs("usage: vmm-linux KERNEL INITRD [anonymous|memfd|guest-memfd] "
		      "[nothing|stage2|plan] [MIB] [VCPUS]\n",
		      stderr);
		return 64;
	}
	/* The console is seen as it is written. */
	setvbuf(stdout, NULL, _IONBF, 0);
	make_vm(&vmm);
	make_memory(&vmm, backing, (argc > 5 ? (uint64_t)atoi(argv[5]) : 192) * MIB);
	load(&vmm, argv[1], argv[2]);
	make_acpi(&vmm);
	populate(&vmm, how);
	for (unsigned i = 0; i < vmm.vcpus; i++)
		before[i] = counter(vmm.stats[i], "pf_fixed");
	began = now();
	must(sem_init(&ended, 0, 0), "sem_init");
	for (unsigned i = 0; i < vmm.vcpus; i++) {
		running[i] = (struct running){ &vmm, vmm.vcpu[i], &ended };
		if (pthread_create(&thread, NULL, run_vcpu, &running[i]))
			fail("thread");
	}
	/* Until one vCPU has ended the VM; the others end with this process. */
	while (sem_wait(&ended))
		;
	report(&vmm, backing, how, before, now() - began);
	return EXIT_SUCCESS;
}
