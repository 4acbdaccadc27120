/* SPDX-License-Identifier: MIT */
#ifndef CVMEM_GUEST_VIRTIO_H
#define CVMEM_GUEST_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A device of VIRTIO 1.2 on PCI (section 4.1), with one queue that is polled. The queue, and all
 * that the device reads or writes, are in shared memory.
 */

/* Of the queue, in bytes of shared memory. */
#define VIRTIO_QUEUE_BYTES 1024

/* How often the driver asks the host for the device's status before it gives a request or a reset
 * up, and how often it looks at shared memory in between. Together a minute at least, on any
 * processor: a host may be slow, and may also never answer. */
#ifndef VIRTIO_STATUS_READS
#define VIRTIO_STATUS_READS (1u << 20)
#endif
#define VIRTIO_LOOKS (1u << 12)

struct virtio {
	uint64_t common, notify, config; /* guest-physical addresses of device memory */
	uint64_t queue;			 /* of the queue */
	uint16_t submitted;
};

struct virtio_part {
	uint64_t gpa;
	uint32_t bytes;
	bool device_writes;
};

/* The first device with that PCI device ID, reset, with the queue at a guest-physical address.
 * CVM_ENODEV: there is none. CVM_EIO: it is not one of VIRTIO 1, or does not keep to the memory
 * that the guest has shared (VIRTIO_F_ACCESS_PLATFORM). */
int virtio_start(struct virtio *virtio, uint16_t device_id, uint64_t queue);
/* One request of up to 4 parts; returns when the device has carried it out. CVM_EIO: it has failed,
 * or has not answered, which a line on the console says. */
int virtio_request(struct virtio *virtio, const struct virtio_part *parts, unsigned count);
/* From now on the device does not touch memory. CVM_EIO: it does not reset, which a line says. */
int virtio_stop(struct virtio *virtio);

#endif
