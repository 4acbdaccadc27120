/* SPDX-License-Identifier: MIT */
#include "tools/boot/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cvmem/base.h>

#include "tools/boot/vm_trace.h"
#include "tools/common/trace_lines.h"

/* The assembler looks for it from the top of the source tree. */
__asm__(".pushsection .rodata\n"
	".balign 16\n"
	"builtin_workload:\n"
	".incbin \"boot/workloads/linux-boot.trace\"\n"
	"builtin_workload_end:\n"
	".popsection\n");

extern const char builtin_workload[], builtin_workload_end[];

/* The workload of a trace of `cvmem vm`; used until the program ends. */
static void *converted;

bool boot_workload_open(const char *path, struct trace *trace)
{
	const void *data = builtin_workload;
	size_t bytes = (size_t)(builtin_workload_end - builtin_workload);
	int error;

	if (path) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct stat status;

		if (fd < 0 || fstat(fd, &status)) {
			fprintf(stderr, "cvmem boot: %s: %s\n", path, strerror(errno));
			return false;
		}
		bytes = (size_t)status.st_size;
		data = bytes ? mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0) : "";
		if (data == MAP_FAILED) {
			fprintf(stderr, "cvmem boot: %s: %s\n", path, strerror(errno));
			close(fd);
			return false;
		}
		close(fd);
		if (trace_lines_are(data, bytes)) {
			free(converted);
			data = converted = vm_trace_convert(path, data, bytes, &bytes);
			if (!data)
				return false;
		}
	}
	error = trace_open(trace, data, bytes);
	if (!error)
		return true;
	fprintf(stderr,
		"cvmem boot: %s: not a workload that can be replayed (%s); scripts/record-workload "
		"and cvmem vm --trace make them\n",
		path ? path : "the built-in workload", cvm_strerror(error));
	return false;
}
