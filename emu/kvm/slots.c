/* SPDX-License-Identifier: MIT */
#include "emu/kvm/internal.h"

/* KVM_SET_USER_MEMORY_REGION, ..._REGION2. */

enum { SLOT_LOG_DIRTY = 1, SLOT_READONLY = 2, SLOT_MEMFD = 4 };

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

/* The new slot's memory is not another's, neither of the guest nor of a guest_memfd; old is the
 * slot that it takes the place of. */
static bool is_free(const struct emu_kvm *kvm, const struct kvm_slot *slot,
		    const struct kvm_slot *old)
{
	for (unsigned i = 0; i < EMU_KVM_SLOTS; i++) {
		const struct kvm_slot *other = &kvm->slot[i];

		if (!other->used || other == old)
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

/* 0, or what is wrong with the guest_memfd. */
static long check_memfd(const struct emu_kvm *kvm, const struct kvm_abi_slot *slot)
{
	unsigned index = slot->memfd - EMU_KVM_MEMFD, vcpu = slot->memfd - EMU_KVM_VCPU;

	if (index >= kvm->memfds)
		return slot->memfd == EMU_KVM_VM || vcpu < kvm->config.vcpus ? -EINVAL : -EBADF;
	return slot->memfd_offset <= kvm->memfd[index].size &&
			       slot->size <= kvm->memfd[index].size - slot->memfd_offset
		       ? 0
		       : -EINVAL;
}

/* Of a slot that exists: one with a guest_memfd can only be deleted, another one can move. */
static long change(struct emu_kvm *kvm, struct kvm_slot *old, const struct kvm_slot *new)
{
	long result;

	if (new->flags & SLOT_MEMFD || new->host != old->host || new->size != old->size ||
	    (new->flags ^ old->flags) & (SLOT_READONLY | SLOT_MEMFD))
		return -EINVAL;
	if (!is_free(kvm, new, old))
		return -EEXIST;
	result = new->gpa == old->gpa ? 0 : delete (kvm, old);
	if (!result)
		*old = *new;
	return result;
}

/* Memory that is private cannot be read-only or logged. */
static bool has_known_flags(const struct kvm_abi_slot *slot, bool two)
{
	if (two && slot->flags & SLOT_MEMFD)
		return slot->flags == SLOT_MEMFD;
	return !(slot->flags & ~(SLOT_LOG_DIRTY | SLOT_READONLY));
}

static long create(struct emu_kvm *kvm, const struct kvm_abi_slot *slot, struct kvm_slot *new)
{
	long result;

	if (!is_free(kvm, new, NULL))
		return -EEXIST;
	if (slot->flags & SLOT_MEMFD) {
		result = check_memfd(kvm, slot);
		if (result)
			return result;
		new->memfd = (int)(slot->memfd - EMU_KVM_MEMFD);
		new->offset = slot->memfd_offset;
		if (!is_free(kvm, new, NULL))
			return -EEXIST;
	}
	kvm->slot[slot->slot] = *new;
	return 0;
}

long emu_kvm_set_slot(struct emu_kvm *kvm, const struct kvm_abi_slot *slot, bool two)
{
	struct kvm_slot new = { .used = true,
				.flags = slot->flags,
				.gpa = slot->gpa,
				.size = slot->size,
				.host = slot->host,
				.memfd = -1 };

	if (slot->slot >= EMU_KVM_SLOTS || !has_known_flags(slot, two))
		return -EINVAL;
	/* Also of a slot that is deleted: kvm_set_memory_region() checks addresses first. */
	if (slot->gpa % KVM_PAGE || slot->host % KVM_PAGE ||
	    (slot->flags & SLOT_MEMFD && slot->memfd_offset % KVM_PAGE))
		return -EINVAL;
	if (!slot->size)
		return delete (kvm, &kvm->slot[slot->slot]);
	if (!kvm_is_range(slot->gpa, slot->size) || slot->gpa + slot->size > kvm->end)
		return -EINVAL;
	if (kvm->slot[slot->slot].used)
		return change(kvm, &kvm->slot[slot->slot], &new);
	return create(kvm, slot, &new);
}
