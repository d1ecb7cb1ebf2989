/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of the guest channel, for both sides: frames on one byte stream.
 *
 * A frame is a header of 24 bytes, every field little endian, then LENGTH bytes of payload:
 *
 *	offset	size	field
 *	0	4	magic "RIGP"
 *	4	2	protocol version (PROTO_VERSION)
 *	6	2	type (enum proto_type)
 *	8	4	seq: chosen by the host for a request and copied into each frame that
 *			answers it; 0 for frames that answer no request
 *	12	4	length of the payload in bytes, at most PROTO_MAX
 *	16	4	CRC-32 (IEEE 802.3, reflected) of the payload
 *	20	4	CRC-32 of bytes 0..19
 *
 * The payload is text without NUL: lines that end in '\n', of words that are separated by one
 * space. No word is empty; the first word of a line is its key. docs/guest-protocol.md lists the
 * lines of each type. A reader that finds no valid header skips one byte and searches for the next
 * magic, because firmware may have written to a second serial console before init.
 *
 * Both sides check both CRCs, the version and the length before they parse the payload.
 */
#ifndef RIG_PROTO_H
#define RIG_PROTO_H

#include <stddef.h>
#include <stdint.h>

#define PROTO_MAGIC "RIGP"
#define PROTO_VERSION 1
#define PROTO_HEADER 24
#define PROTO_MAX (256u * 1024)

/*
 * Maximum sizes: of an answer in parts, and of the bytes of a PART after its line "offset N". Parts
 * are small, so that they do not delay heartbeats much.
 */
#define PROTO_BULK_MAX (8u * 1024 * 1024)
#define PROTO_PART_MAX (24u * 1024)

/* The name of the virtio-serial port that carries the frames. */
#define PROTO_PORT "org.hotplug-rig.0"

enum proto_type {
	/* guest to host */
	PROTO_HELLO = 1, /* once, when init is ready: the features of the kernel */
	/* every 250 ms of guest time: uptime, and a line for each running agent */
	PROTO_HEARTBEAT = 2,
	PROTO_COUNTS = 3,  /* the counters of an agent by result, at its end and on request */
	PROTO_DONE = 4,	   /* answers a request: "ok" or "error ERRNO WHAT..." and further lines */
	PROTO_ACCOUNT = 5, /* answers SNAPSHOT: memory, blocks, lockdep */
	PROTO_TASKS = 6,   /* answers ASK_TASKS: the tasks and where they wait, as text */
	PROTO_VERDICT = 7, /* answers FINISH: the guest's own verdict */
	PROTO_NOTE = 8,	   /* a remark of init for the journal */
	PROTO_PART = 10,   /* bytes of an answer that is longer than a frame; the last frame has the
			    * answer's type */
	PROTO_LOCK_TEXT = 11, /* answers LOCKS: the text of a lockdep file */
	PROTO_OUTPUT = 12,    /* output of a program that an agent `run` executes */
	PROTO_LOGGED = 9, /* answers LOG: lines of the kernel's log, as its console prints them */

	/*
	 * host to guest: the guest answers each with exactly one frame with the same seq, in any
	 * order
	 */
	PROTO_START = 65,     /* start an agent */
	PROTO_STOP = 66,      /* stop an agent, or all; answered by DONE when they have ended */
	PROTO_SNAPSHOT = 67,  /* answered by ACCOUNT */
	PROTO_BLOCKS = 68,    /* write a state to the memory blocks of an address range */
	PROTO_ASK_TASKS = 69, /* answered by TASKS */
	PROTO_SYSRQ = 70,     /* write letters to /proc/sysrq-trigger */
	PROTO_FINISH = 71,    /* answered by VERDICT */
	PROTO_POWEROFF = 72,  /* answered by DONE, then the guest powers off */
	PROTO_CPU = 73,	      /* write 0 or 1 to a CPU's online attribute */
	PROTO_LOG = 74,	      /* answered by LOGGED */
	PROTO_LOCKS = 75,     /* answered by LOCK_TEXT */
};

/*
 * VERDICT: the word of the line `kind` after a line `reason`, if the host distinguishes the reason.
 * The text of the reason is for people.
 */
#define PROTO_REASON_ILLEGAL "illegal" /* the lines `agent ID` and `count N` (results) follow */
#define PROTO_REASON_DIED "agent-died" /* a signal has killed an agent */
#define PROTO_REASON_LOCKDEP "lockdep-off"

struct proto_header {
	uint16_t type;
	uint32_t seq;
	uint32_t length;
	uint32_t crc;
};

/*
 * Returns the CRC-32 of LEN bytes. Handles four bits at a time with a table of 16 words; a table of
 * 256 words would not be much faster.
 */
static inline uint32_t proto_crc32(const void *data, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *p = data;
	uint32_t crc = 0xffffffffu;

	while (len--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

static inline void proto_put32(uint8_t *p, uint32_t v)
{
	p[0] = v;
	p[1] = v >> 8;
	p[2] = v >> 16;
	p[3] = v >> 24;
}

static inline uint32_t proto_get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Writes the 24 bytes of the header for PAYLOAD (LEN bytes, at most PROTO_MAX) into OUT. */
static inline void proto_pack(uint8_t out[PROTO_HEADER], enum proto_type type, uint32_t seq,
			      const void *payload, uint32_t len)
{
	for (int i = 0; i < 4; i++)
		out[i] = PROTO_MAGIC[i];
	out[4] = PROTO_VERSION;
	out[5] = 0;
	out[6] = type & 0xff;
	out[7] = type >> 8;
	proto_put32(out + 8, seq);
	proto_put32(out + 12, len);
	proto_put32(out + 16, proto_crc32(payload, len));
	proto_put32(out + 20, proto_crc32(out, 20));
}

/*
 * Reads a header from 24 bytes. Returns 0, or -1 if the header is not valid (its magic or CRC is
 * wrong, or the length exceeds PROTO_MAX), or the version in the header if that is not
 * PROTO_VERSION.
 */
static inline int proto_unpack(const uint8_t in[PROTO_HEADER], struct proto_header *ret)
{
	for (int i = 0; i < 4; i++)
		if (in[i] != (uint8_t)PROTO_MAGIC[i])
			return -1;
	if (proto_get32(in + 20) != proto_crc32(in, 20))
		return -1;
	if ((in[4] | in[5] << 8) != PROTO_VERSION)
		return (in[4] | in[5] << 8) ? (in[4] | in[5] << 8) : -1;
	ret->type = in[6] | in[7] << 8;
	ret->seq = proto_get32(in + 8);
	ret->length = proto_get32(in + 12);
	ret->crc = proto_get32(in + 16);
	return ret->length > PROTO_MAX ? -1 : 0;
}

#endif
