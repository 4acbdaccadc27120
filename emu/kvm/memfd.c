/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* KVM_CREATE_GUEST_MEMFD, and what gives memory of one back. */

enum { MEMFD_MMAP = 1, MEMFD_INIT_SHARED = 2 };
enum { KEEP_SIZE = 1, PUNCH_HOLE = 2 }; /* FALLOC_FL_ */

long emu_kvm_create_memfd(struct emu_kvm *kvm, const struct kvm_abi_memfd *memfd)
{
	uint64_t known = MEMFD_MMAP | (kvm_has_private(kvm) ? 0 : MEMFD_INIT_SHARED);

	if (!memfd->size || memfd->size % KVM_PAGE || memfd->size >> 63 || memfd->flags & ~known)
		return -EINVAL;
	if (kvm->memfds == EMU_KVM_MEMFDS)
		return -EMFILE;
	kvm->memfd[kvm->memfds] = (struct kvm_memfd){ .size = memfd->size, .flags = memfd->flags };
	return EMU_KVM_MEMFD + (long)kvm->memfds++;
}

/* Of a VM without private memory, all of a slot with a guest_memfd comes from there. */
static bool is_from_memfd(const struct emu_kvm *kvm, uint64_t gpa)
{
	return kvm->page[gpa / KVM_PAGE] & PAGE_PRIVATE || !kvm_has_private(kvm);
}

static long unmap(struct emu_kvm *kvm, uint64_t gpa)
{
	uint8_t *page = &kvm->page[gpa / KVM_PAGE];
	long result = 0;

	if (!(*page & PAGE_MAPPED))
		return 0;
	if (*page & PAGE_PRIVATE)
		result = emu_kvm_private_zap(kvm, gpa);
	if (!result) {
		*page &= PAGE_PRIVATE;
		kvm->mapped--;
	}
	return result;
}

/* The part of [start, start + size) of the file that the slot has: the file can be much larger. */
static long unmap_slot(struct emu_kvm *kvm, const struct kvm_slot *slot, uint64_t start,
		       uint64_t size)
{
	uint64_t end = start + size;
	long result = 0;

	if (start < slot->offset)
		start = slot->offset;
	if (end > slot->offset + slot->size)
		end = slot->offset + slot->size;
	for (uint64_t at = start; at < end && !result; at += KVM_PAGE) {
		uint64_t gpa = slot->gpa + at - slot->offset;

		if (is_from_memfd(kvm, gpa))
			result = unmap(kvm, gpa);
	}
	return result;
}

static long allocate(struct emu_kvm *kvm, int index, int mode, uint64_t offset, uint64_t size)
{
	uint64_t bytes = kvm->memfd[index].size;
	long result = 0;

	if (!size || (offset | size | (offset + size)) >> 63)
		return -EINVAL;
	if (!(mode & KEEP_SIZE) || mode & ~(KEEP_SIZE | PUNCH_HOLE))
		return -EOPNOTSUPP;
	if ((offset | size) % KVM_PAGE)
		return -EINVAL;
	if (!(mode & PUNCH_HOLE))
		return offset + size > bytes ? -EINVAL : 0;
	if (offset >= bytes)
		return 0;
	if (size > bytes - offset)
		size = bytes - offset;
	for (unsigned i = 0; i < EMU_KVM_SLOTS && !result; i++)
		if (kvm->slot[i].used && kvm->slot[i].memfd == index)
			result = unmap_slot(kvm, &kvm->slot[i], offset, size);
	return result;
}

long emu_kvm_fallocate(struct emu_kvm *kvm, int fd, int mode, uint64_t offset, uint64_t size)
{
	int index = fd - EMU_KVM_MEMFD;
	long result = -EBADF;

	pthread_mutex_lock(&kvm->lock);
	if (index >= 0 && index < (int)kvm->memfds)
		result = allocate(kvm, index, mode, offset, size);
	pthread_mutex_unlock(&kvm->lock);
	return result;
}
