/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* KVM_SET_USER_MEMORY_REGION, ..._REGION2, KVM_CREATE_GUEST_MEMFD. */

enum { SLOT_LOG_DIRTY = 1, SLOT_READONLY = 2, SLOT_MEMFD = 4 };
enum { MEMFD_MMAP = 1, MEMFD_INIT_SHARED = 2 };

const struct kvm_slot *emu_kvm_slot_at(const struct emu_kvm *kvm, uint64_t gpa)
{
	for (unsigned i = 0; i < EMU_KVM_SLOTS; i++)
		if (kvm->slot[i].used && gpa - kvm->slot[i].gpa < kvm->slot[i].size)
			return &kvm->slot[i];
	return NULL;
}

static bool overlap(uint64_t a, uint64_t b, uint64_t size_a, uint64_t size_b)
{
	return a < b + size_b && b < a + size_a;
}

/* The new slot's memory is not another's, neither of the guest nor of a guest_memfd. */
static bool is_free(const struct emu_kvm *kvm, const struct kvm_slot *slot)
{
	for (unsigned i = 0; i < EMU_KVM_SLOTS; i++) {
		const struct kvm_slot *other = &kvm->slot[i];

		if (!other->used)
			continue;
		if (overlap(slot->gpa, other->gpa, slot->size, other->size))
			return false;
		if (slot->memfd >= 0 && slot->memfd == other->memfd &&
		    overlap(slot->offset, other->offset, slot->size, other->size))
			return false;
	}
	return true;
}

static long delete (struct emu_kvm *kvm, struct kvm_slot *slot)
{
	if (!slot->used)
		return -EINVAL;
	for (uint64_t gpa = slot->gpa; gpa < slot->gpa + slot->size; gpa += KVM_PAGE) {
		uint8_t *page = &kvm->page[gpa / KVM_PAGE];
		long result = 0;

		if (*page & PAGE_MAPPED && *page & PAGE_PRIVATE)
			result = emu_kvm_private_zap(kvm, gpa);
		if (result)
			return result;
		if (*page & PAGE_MAPPED)
			kvm->mapped--;
		*page &= PAGE_PRIVATE;
	}
	slot->used = false;
	return 0;
}

static bool is_memfd(const struct emu_kvm *kvm, const struct kvm_abi_slot *slot)
{
	unsigned index = slot->memfd - EMU_KVM_MEMFD;

	return index < kvm->memfds && slot->memfd_offset % KVM_PAGE == 0 &&
	       slot->memfd_offset <= kvm->memfd[index].size &&
	       slot->size <= kvm->memfd[index].size - slot->memfd_offset;
}

long emu_kvm_set_slot(struct emu_kvm *kvm, const struct kvm_abi_slot *slot, bool two)
{
	uint32_t known =
		SLOT_LOG_DIRTY | SLOT_READONLY | (two && kvm_has_private(kvm) ? SLOT_MEMFD : 0);
	struct kvm_slot new = {
		.used = true, .gpa = slot->gpa, .size = slot->size, .host = slot->host, .memfd = -1
	};

	if (slot->slot >= EMU_KVM_SLOTS)
		return -EINVAL;
	if (!slot->size)
		return delete (kvm, &kvm->slot[slot->slot]);
	if (slot->flags & ~known || !kvm_is_range(slot->gpa, slot->size) ||
	    slot->gpa + slot->size > kvm->end || slot->host % KVM_PAGE ||
	    kvm->slot[slot->slot].used)
		return -EINVAL;
	/* Memory that is private cannot be read-only or logged. */
	if (slot->flags & SLOT_MEMFD) {
		if (slot->flags != SLOT_MEMFD || !is_memfd(kvm, slot))
			return -EINVAL;
		new.memfd = (int)(slot->memfd - EMU_KVM_MEMFD);
		new.offset = slot->memfd_offset;
	}
	if (!is_free(kvm, &new))
		return -EEXIST;
	kvm->slot[slot->slot] = new;
	return 0;
}

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
