/* SPDX-License-Identifier: MIT */
#include "tools/vm/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool vm_channel_open(struct vm_channel *channel, int out, struct vm_console *console)
{
	int ends[2];

	/* A pipe, not a socket: QEMU writes byte by byte, and a socket's room is used up by some
	 * 200 writes, whatever their size. What finds no room at QEMU's end is lost. */
	if (pipe2(ends, O_CLOEXEC)) {
		fprintf(stderr, "cvmem vm: pipe: %s\n", strerror(errno));
		return false;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*channel = (struct vm_channel){
		.fd = ends[0],
		.guest = ends[1],
		.out = out,
		.console = console,
	};
	return true;
}

void vm_channel_close(struct vm_channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	if (channel->guest >= 0)
		close(channel->guest);
	channel->fd = channel->guest = -1;
}

static bool has_to_write(const struct vm_channel *channel)
{
	return channel->out >= 0 && channel->begin < channel->end;
}

struct pollfd vm_channel_awaits(const struct vm_channel *channel)
{
	if (has_to_write(channel))
		return (struct pollfd){ .fd = channel->out, .events = POLLOUT };
	return (struct pollfd){ .fd = channel->fd, .events = POLLIN };
}

/* What cannot be written is dropped: the guest does not stop for it. */
static void write_some(struct vm_channel *channel)
{
	ssize_t written =
		write(channel->out, channel->data + channel->begin, channel->end - channel->begin);

	if (written < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (written < 0 && !channel->error)
		channel->error = errno;
	channel->begin = written < 0 ? channel->end : channel->begin + (size_t)written;
}

/* The older half of what is kept goes. */
static void make_room(struct vm_channel *channel)
{
	if (channel->out >= 0) {
		channel->begin = channel->end = 0;
	} else if (channel->end == sizeof(channel->data)) {
		channel->end /= 2;
		memmove(channel->data, channel->data + channel->end, channel->end);
	}
}

static bool read_some(struct vm_channel *channel)
{
	char *data;
	ssize_t got;

	make_room(channel);
	data = channel->data + channel->end;
	got = read(channel->fd, data, sizeof(channel->data) - channel->end);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got <= 0) {
		close(channel->fd);
		channel->fd = -1;
		return false;
	}
	if (channel->console)
		got = (ssize_t)vm_console_filter(channel->console, data, (size_t)got);
	channel->end += (size_t)got;
	return true;
}

bool vm_channel_move(struct vm_channel *channel)
{
	if (has_to_write(channel))
		write_some(channel);
	else if (channel->fd >= 0)
		return read_some(channel);
	return false;
}

void vm_channel_drain(struct vm_channel *channel)
{
	struct pollfd polled;

	while (has_to_write(channel) || channel->fd >= 0) {
		polled = vm_channel_awaits(channel);
		/* The end was inherited by something that QEMU has started: no more is awaited. */
		if (poll(&polled, 1, has_to_write(channel) ? -1 : 0) == 0)
			break;
		vm_channel_move(channel);
	}
}
