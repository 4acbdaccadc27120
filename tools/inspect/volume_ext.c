/* SPDX-License-Identifier: MIT */
/* ext2, ext3 and ext4 by libext2fs, which reads blocks out of the bytes. */
#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include "tools/inspect/volume.h"

enum {
	SUPER_BLOCK = 1024,
	SUPER_MAGIC = 56,
};

static struct struct_io_manager manager;

/* The library opens a channel by a name: the address of the bytes is all that it has to say. */
static errcode_t channel_open(const char *name, int flags, io_channel *channel)
{
	io_channel made = calloc(1, sizeof(*made));
	void *bytes;

	(void)flags;
	if (!made || sscanf(name, "%p", &bytes) != 1) {
		free(made);
		return EXT2_ET_NO_MEMORY;
	}
	made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	made->manager = &manager;
	made->block_size = SUPER_BLOCK;
	made->refcount = 1;
	made->private_data = bytes;
	*channel = made;
	return 0;
}

static errcode_t channel_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel);
	return 0;
}

static errcode_t set_block_size(io_channel channel, int size)
{
	channel->block_size = size;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t read_blocks(io_channel channel, unsigned long long block, int count, void *data)
{
	const struct bytes *bytes = channel->private_data;
	uint64_t size = count < 0 ? (uint64_t) - (int64_t)count
				  : (uint64_t)count * (uint64_t)channel->block_size;

	if (block > bytes->size / (uint64_t)channel->block_size ||
	    !bytes_have(*bytes, block * (uint64_t)channel->block_size, size))
		return EXT2_ET_SHORT_READ;
	memcpy(data, bytes->data + block * (uint64_t)channel->block_size, size);
	return 0;
}

static errcode_t read_blocks_32(io_channel channel, unsigned long block, int count, void *data)
{
	return read_blocks(channel, block, count, data);
}

static errcode_t write_blocks(io_channel channel, unsigned long block, int count, const void *data)
{
	(void)channel;
	(void)block;
	(void)count;
	(void)data;
	return EXT2_ET_RO_FILSYS;
}

static errcode_t flush(io_channel channel)
{
	(void)channel;
	return 0;
}

static struct struct_io_manager manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "bytes of cvmem inspect",
	.open = channel_open,
	.close = channel_close,
	.set_blksize = set_block_size,
	.read_blk = read_blocks_32,
	.write_blk = write_blocks,
	.flush = flush,
	.read_blk64 = read_blocks,
};

/* What is behind the handle: the file system, and the bytes that its channel reads. */
struct ext {
	ext2_filsys system;
	struct bytes bytes;
};

static bool find(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const char *path, struct volume_entry *entry)
{
	ext2_filsys system = ((struct ext *)volume->handle)->system;
	struct ext2_inode inode;
	const char *name;
	char slashes[512];
	ext2_ino_t number;

	if (!inspect_work(limits, image, FAT_DIRECTORY))
		return false;
	snprintf(slashes, sizeof(slashes), "%s", path);
	for (char *c = slashes; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	/* It follows symbolic links, which kernels of some distributions are. */
	if (ext2fs_namei_follow(system, EXT2_ROOT_INO, EXT2_ROOT_INO, slashes, &number) ||
	    ext2fs_read_inode(system, number, &inode))
		return false;
	name = strrchr(slashes, '/');
	snprintf(entry->name, sizeof(entry->name), "%.255s", name ? name + 1 : slashes);
	entry->directory = LINUX_S_ISDIR(inode.i_mode);
	entry->id = number;
	entry->size = EXT2_I_SIZE(&inode);
	return entry->directory || LINUX_S_ISREG(inode.i_mode);
}

static bool read_file(ext2_filsys system, ext2_ino_t number, uint8_t *data, size_t size)
{
	ext2_file_t file;
	size_t done = 0;

	if (ext2fs_file_open(system, number, 0, &file))
		return false;
	while (done < size) {
		size_t left = size - done;
		unsigned int got = 0;

		if (ext2fs_file_read(file, data + done,
				     left > 1u << 30 ? 1u << 30 : (unsigned int)left, &got) ||
		    !got)
			break;
		done += got;
	}
	ext2fs_file_close(file);
	return done == size;
}

static bool read(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *entry, struct volume_content *content)
{
	ext2_filsys system = ((struct ext *)volume->handle)->system;

	if (!entry->size)
		return true;
	if (!inspect_work(limits, image, entry->size))
		return false;
	content->memory = inspect_alloc(limits, image, entry->size);
	if (!content->memory)
		return false;
	content->room = entry->size;
	content->bytes = (struct bytes){ content->memory, entry->size };
	if (read_file(system, (ext2_ino_t)entry->id, content->memory, entry->size))
		return true;
	inspect_unreadable(image, "file-damaged",
			   "%s cannot be read from its file system: blocks of it are missing",
			   entry->name);
	volume_release(limits, content);
	return false;
}

struct walk {
	void (*each)(void *context, const struct volume_entry *entry);
	void *context;
	ext2_filsys system;
};

static int take(struct ext2_dir_entry *found, int offset, int block_size, char *buffer,
		void *context)
{
	struct walk *walk = context;
	struct volume_entry entry = { 0 };
	struct ext2_inode inode;

	(void)offset;
	(void)block_size;
	(void)buffer;
	snprintf(entry.name, sizeof(entry.name), "%.*s", ext2fs_dirent_name_len(found),
		 found->name);
	if (ext2fs_read_inode(walk->system, found->inode, &inode))
		return 0;
	entry.directory = LINUX_S_ISDIR(inode.i_mode);
	entry.id = found->inode;
	entry.size = EXT2_I_SIZE(&inode);
	if (entry.directory || LINUX_S_ISREG(inode.i_mode))
		walk->each(walk->context, &entry);
	return 0;
}

static void list(struct inspect_limits *limits, struct inspect_image *image, struct volume *volume,
		 const struct volume_entry *directory,
		 void (*each)(void *context, const struct volume_entry *entry), void *context)
{
	struct walk walk = { each, context, ((struct ext *)volume->handle)->system };

	/* A directory is not larger than its file system says; a hostile one says anything. */
	if (directory->size <= FAT_DIRECTORY && inspect_work(limits, image, FAT_DIRECTORY))
		ext2fs_dir_iterate(walk.system, (ext2_ino_t)directory->id, 0, NULL, take, &walk);
}

static void close_ext(struct volume *volume)
{
	struct ext *ext = volume->handle;

	ext2fs_free(ext->system);
	free(ext);
}

bool volume_open_ext(struct bytes bytes, struct volume *volume)
{
	static const struct volume_type type = { find, read, list, close_ext };
	struct ext *ext;
	char name[32];

	*volume = (struct volume){ 0 };
	if (bytes_u16(bytes, SUPER_BLOCK + SUPER_MAGIC) != EXT2_SUPER_MAGIC)
		return false;
	ext = calloc(1, sizeof(*ext));
	if (!ext)
		return false;
	ext->bytes = bytes;
	snprintf(name, sizeof(name), "%p", (void *)&ext->bytes);
	/* A journal that was not replayed, and checksums, do not matter for reading kernels. */
	if (ext2fs_open(name,
			EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES |
				EXT2_FLAG_IGNORE_CSUM_ERRORS,
			0, 0, &manager, &ext->system)) {
		free(ext);
		return false;
	}
	volume->type = &type;
	volume->handle = ext;
	return true;
}
