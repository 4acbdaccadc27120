/* SPDX-License-Identifier: MIT */
#include "tools/populate/measure.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* KVM_GET_STATS_FD: a header, descriptors, and the data: Documentation/virt/kvm/api.rst, 4.133. */

#define MAX_NAME 128

static bool read_at(int fd, void *to, size_t bytes, size_t at)
{
	return pread(fd, to, bytes, (off_t)at) == (ssize_t)bytes;
}

static bool find(int stats, const char *name, uint64_t *value)
{
	struct kvm_stats_header header;
	size_t size;

	if (!read_at(stats, &header, sizeof(header), 0) || header.name_size > MAX_NAME)
		return false;
	size = sizeof(struct kvm_stats_desc) + header.name_size;
	for (unsigned i = 0; i < header.num_desc; i++) {
		union {
			struct kvm_stats_desc desc;
			char bytes[sizeof(struct kvm_stats_desc) + MAX_NAME];
		} item;

		if (!read_at(stats, &item, size, header.desc_offset + i * size))
			return false;
		if (!strncmp(item.bytes + sizeof(struct kvm_stats_desc), name, header.name_size))
			return read_at(stats, value, sizeof(*value),
				       header.data_offset + item.desc.offset);
	}
	return false;
}

bool stats_read(int fd, const char *name, uint64_t *value)
{
	int stats = ioctl(fd, KVM_GET_STATS_FD, NULL);
	bool found;

	*value = 0;
	if (stats < 0)
		return false;
	found = find(stats, name, value);
	close(stats);
	return found;
}
