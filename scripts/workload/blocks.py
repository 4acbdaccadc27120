# SPDX-License-Identifier: MIT
"""Turns page events into allocations that are each freed as a whole, or never."""

from collections import Counter

ALLOC, FREE = 0, 1
LATE_ORDER = 9


class Piece:
    """A block that is freed at once: a whole allocation, or a part of a split one."""

    def __init__(self, pfn, order, cpu):
        self.pfn, self.order, self.cpu, self.id = pfn, order, cpu, None


class Allocation:
    def __init__(self, event):
        self.cpu, self.order = event.cpu, event.order
        self.left = set(range(event.pfn, event.pfn + (1 << event.order)))
        self.pieces = []


def blocks(pages):
    """The fewest naturally aligned blocks that cover a set of pages."""
    pages, found = sorted(pages), []
    while pages:
        order = 0
        while True:
            size = 2 << order
            if pages[0] % size or len(pages) < size or pages[size - 1] != pages[0] + size - 1:
                break
            order += 1
        found.append((pages[0], order))
        pages = pages[1 << order :]
    return found


class Machine:
    """Follows every page. Frees decide into which pieces an allocation falls."""

    def __init__(self):
        self.owner = {}  # page frame -> Allocation
        self.steps = []  # Allocation or Piece (its free) or None (the mark), in order
        self.counts = Counter()

    def release(self, pages, cpu):
        """Frees live pages; one piece for each allocation and block. Counts the allocations."""
        owners = {}
        for pfn in pages:
            owners.setdefault(self.owner.pop(pfn), []).append(pfn)
        for owner, part in owners.items():
            owner.left.difference_update(part)
            for pfn, order in blocks(part):
                piece = Piece(pfn, order, cpu)
                owner.pieces.append(piece)
                self.steps.append(piece)
        return len(owners)

    def alloc(self, event):
        pages = range(event.pfn, event.pfn + (1 << event.order))
        live = [pfn for pfn in pages if pfn in self.owner]
        if live:
            self.counts["repair: allocated twice, free inserted"] += 1
            self.release(live, event.cpu)
        allocation = Allocation(event)
        self.owner.update(dict.fromkeys(pages, allocation))
        self.steps.append(allocation)

    def free(self, event):
        pages = range(event.pfn, event.pfn + (1 << event.order))
        live = [pfn for pfn in pages if pfn in self.owner]
        if not live:
            # Linux hands most memory to the page allocator late, in blocks of this order.
            late = event.order >= LATE_ORDER
            what = "handed over late" if late else "never seen allocated"
            self.counts[f"dropped: pages freed, {what}"] += len(pages)
            return
        if len(live) < len(pages):
            self.counts["repair: partly known free"] += 1
        if self.release(live, event.cpu) > 1:
            self.counts["repair: one free of several allocations"] += 1

    def batched(self, event):
        """Announced again when a list is freed: the page must be free by now."""
        if event.pfn not in self.owner:
            return
        self.counts["repair: freed in a batch only"] += 1
        self.release([event.pfn], event.cpu)


def is_recorder(event):
    """The trace buffer itself: pages and their list for each CPU that is brought up."""
    return event.kind == "alloc" and event.gfp in (
        "GFP_KERNEL|__GFP_RETRY_MAYFAIL",
        "GFP_KERNEL|__GFP_NOWARN|__GFP_RETRY_MAYFAIL|__GFP_NORETRY",
    )


def follow(events):
    machine = Machine()
    last_cpu = max(event.cpu for event in events)
    booting = True  # until the last CPU does something
    for event in events:
        if event.cpu == last_cpu:
            booting = False
        if event.kind == "mark":
            machine.steps.append(None)
        elif booting and is_recorder(event):
            machine.counts["dropped: pages of the trace buffer"] += 1 << event.order
        elif event.pfn > 1 << 40:
            machine.counts["dropped: failed allocations"] += 1
        else:
            getattr(machine, event.kind)(event)
    return machine


def operations(machine):
    """(kind, cpu, id, order) in global order, and how many of them precede the mark."""
    ops, ids, before_mark = [], 0, None
    for step in machine.steps:
        if step is None:
            before_mark = len(ops) if before_mark is None else before_mark
        elif isinstance(step, Piece):
            ops.append((FREE, step.cpu, step.id, step.order))
        else:
            rest = [Piece(pfn, order, None) for pfn, order in blocks(step.left)]
            pieces = sorted(step.pieces + rest, key=lambda piece: piece.pfn)
            machine.counts["split allocations"] += len(pieces) > 1
            for piece in pieces:
                piece.id = ids
                ops.append((ALLOC, step.cpu, ids, piece.order))
                ids += 1
    return ops, ids, before_mark
