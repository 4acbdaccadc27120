/* SPDX-License-Identifier: MIT */
#include "formats/tiano.h"

/* UEFI 2.10, 19.4, with its names for the three alphabets. */
enum {
	CODE_LENGTH = 16, /* the longest code */
	LITERALS = 256,
	SHORTEST = 3, /* match */
	CHARS = 510,  /* literals, and lengths of matches from 3 to 256 */
	CHAR_BITS = 9,
	CODES = 19, /* lengths of codes, and three kinds of runs */
	CODE_BITS = 5,
	CODE_RUN_AT = 3, /* a run of zeros may follow the first three */
	CLASSES = 31,
};

/* Canonical codes: how many of each length, and the symbols in their order. */
struct codes {
	uint16_t count[CODE_LENGTH + 1];
	uint16_t symbol[CHARS];
	bool constant; /* one symbol alone, with no bit */
};

struct stream {
	struct bytes bytes;
	uint64_t at; /* in bits */
	bool failed;
};

struct decoder {
	struct stream stream;
	struct codes codes, chars, classes;
	unsigned int class_bits, left; /* characters of the block */
};

static unsigned int next_bit(struct stream *stream)
{
	uint64_t at = stream->at++;

	/* The encoder may leave out zeros at the end, but no more than a code needs. */
	if (at / 8 >= stream->bytes.size) {
		stream->failed |= at / 8 >= stream->bytes.size + 4;
		return 0;
	}
	return stream->bytes.data[at / 8] >> (7 - at % 8) & 1;
}

static unsigned int next_bits(struct stream *stream, unsigned int count)
{
	unsigned int value = 0;

	while (count--)
		value = value << 1 | next_bit(stream);
	return value;
}

/* False: the lengths are no whole set of codes. */
static bool make_codes(struct codes *codes, const uint8_t *length, unsigned int symbols)
{
	uint16_t place[CODE_LENGTH + 2] = { 0 };
	uint32_t space = 0;

	memset(codes, 0, sizeof(*codes));
	for (unsigned int i = 0; i < symbols; i++)
		codes->count[length[i]]++;
	codes->count[0] = 0;
	for (unsigned int i = 1; i <= CODE_LENGTH; i++) {
		space += (uint32_t)codes->count[i] << (CODE_LENGTH - i);
		place[i + 1] = (uint16_t)(place[i] + codes->count[i]);
	}
	for (unsigned int i = 0; i < symbols; i++) {
		if (length[i])
			codes->symbol[place[length[i]]++] = (uint16_t)i;
	}
	return space == 1u << CODE_LENGTH;
}

static void make_constant(struct codes *codes, unsigned int symbol)
{
	memset(codes, 0, sizeof(*codes));
	codes->constant = true;
	codes->symbol[0] = (uint16_t)symbol;
}

static unsigned int next_symbol(struct stream *stream, const struct codes *codes)
{
	unsigned int code = 0, first = 0, index = 0;

	if (codes->constant)
		return codes->symbol[0];
	for (unsigned int length = 1; length <= CODE_LENGTH; length++) {
		code |= next_bit(stream);
		if (code - first < codes->count[length])
			return codes->symbol[index + code - first];
		index += codes->count[length];
		first = (first + codes->count[length]) << 1;
		code <<= 1;
	}
	stream->failed = true;
	return 0;
}

/* Three bits, and from 7 on a bit more for each, up to a zero. */
static uint8_t next_length(struct stream *stream)
{
	unsigned int length = next_bits(stream, 3);

	while (length >= 7 && length <= CODE_LENGTH && next_bit(stream))
		length++;
	stream->failed |= length > CODE_LENGTH;
	return (uint8_t)(length > CODE_LENGTH ? 0 : length);
}

static bool read_codes(struct stream *stream, struct codes *codes, unsigned int symbols,
		       unsigned int bits, unsigned int run_at)
{
	uint8_t length[CLASSES] = { 0 };
	unsigned int number = next_bits(stream, bits);

	if (!number) {
		number = next_bits(stream, bits);
		make_constant(codes, number);
		return number < symbols;
	}
	if (number > symbols)
		return false;
	for (unsigned int i = 0; i < number && !stream->failed;) {
		length[i++] = next_length(stream);
		if (i == run_at)
			i += next_bits(stream, 2);
	}
	return !stream->failed && make_codes(codes, length, symbols);
}

static bool read_chars(struct decoder *decoder)
{
	struct stream *stream = &decoder->stream;
	uint8_t length[CHARS] = { 0 };
	unsigned int number = next_bits(stream, CHAR_BITS);

	if (!number) {
		number = next_bits(stream, CHAR_BITS);
		make_constant(&decoder->chars, number);
		return number < CHARS;
	}
	if (number > CHARS)
		return false;
	for (unsigned int i = 0; i < number && !stream->failed;) {
		unsigned int symbol = next_symbol(stream, &decoder->codes);

		if (symbol > 2)
			length[i++] = (uint8_t)(symbol - 2);
		else if (symbol == 2)
			i += next_bits(stream, CHAR_BITS) + 20;
		else
			i += symbol ? next_bits(stream, 4) + 3 : 1;
	}
	return !stream->failed && make_codes(&decoder->chars, length, CHARS);
}

static bool start_block(struct decoder *decoder)
{
	struct stream *stream = &decoder->stream;

	decoder->left = next_bits(stream, 16);
	return decoder->left &&
	       read_codes(stream, &decoder->codes, CODES, CODE_BITS, CODE_RUN_AT) &&
	       read_chars(decoder) &&
	       read_codes(stream, &decoder->classes, CLASSES, decoder->class_bits, CLASSES + 1) &&
	       !stream->failed;
}

static uint32_t next_distance(struct decoder *decoder)
{
	unsigned int class = next_symbol(&decoder->stream, &decoder->classes);

	if (class <= 1)
		return class + 1;
	return (1u << (class - 1)) + next_bits(&decoder->stream, class - 1) + 1;
}

uint32_t tiano_size(struct bytes packed)
{
	if (packed.size < TIANO_HEADER || bytes_u32(packed, 0) > packed.size - TIANO_HEADER)
		return 0;
	return bytes_u32(packed, 4);
}

bool tiano_unpack(struct bytes packed, unsigned int class_bits, uint8_t *out, uint32_t size)
{
	struct decoder decoder = {
		.stream.bytes = bytes_part(packed, TIANO_HEADER, bytes_u32(packed, 0)),
		.class_bits = class_bits,
	};

	for (uint32_t done = 0; done < size;) {
		unsigned int symbol;
		uint32_t distance, length;

		if (!decoder.left && !start_block(&decoder))
			return false;
		decoder.left--;
		symbol = next_symbol(&decoder.stream, &decoder.chars);
		if (decoder.stream.failed)
			return false;
		if (symbol < LITERALS) {
			out[done++] = (uint8_t)symbol;
			continue;
		}
		length = symbol - LITERALS + SHORTEST;
		distance = next_distance(&decoder);
		if (decoder.stream.failed || distance > done || length > size - done)
			return false;
		/* It may overlap itself: a distance of 1 repeats a byte. */
		for (; length; length--, done++)
			out[done] = out[done - distance];
	}
	return true;
}
