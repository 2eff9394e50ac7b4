/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vici: the VICI protocol's codec, sans-I/O (shared by daemon and command).
 *
 * Transport segments of at most VICI_SEGMENT_MAX bytes, packets, and messages of sections, keys,
 * lists. A writer that does not balance its sections is a broken requirement; a message from a
 * client that does not is ERR_SYNTAX.
 */
#ifndef ADIT_CONTROL_VICI_H
#define ADIT_CONTROL_VICI_H

#include "error.h"
#include "reader.h"
#include "text.h"
#include "writer.h"

#define VICI_SEGMENT_MAX (512 * 1024)
#define VICI_LENGTH_LEN 4
#define VICI_DEPTH_MAX 16

enum vici_packet {
	VICI_CMD_REQUEST = 0,
	VICI_CMD_RESPONSE = 1,
	VICI_CMD_UNKNOWN = 2,
	VICI_EVENT_REGISTER = 3,
	VICI_EVENT_UNREGISTER = 4,
	VICI_EVENT_CONFIRM = 5,
	VICI_EVENT_UNKNOWN = 6,
	VICI_EVENT = 7,
};

enum vici_element {
	VICI_END = 0, /* of the message; not on the wire */
	VICI_SECTION_START = 1,
	VICI_SECTION_END = 2,
	VICI_KEY_VALUE = 3,
	VICI_LIST_START = 4,
	VICI_LIST_ITEM = 5,
	VICI_LIST_END = 6,
};

/* Splits a packet (a segment without its length): type, name where it has one, the message. */
MUST_USE enum err vici_packet_parse(struct span packet, uint8_t *ret_type, struct span *ret_name,
				    struct span *ret_message);

/* Reading a message, element by element. Nesting and lists are checked as they come. */
struct vici_reader {
	struct reader r;
	unsigned depth;
	bool in_list;
};
struct vici_item {
	enum vici_element element;
	struct span name, value;
};
struct vici_reader vici_reader_of(struct span message);
/* The next element; VICI_END at the end. ERR_SYNTAX or ERR_TRUNCATED for what is malformed. */
MUST_USE enum err vici_next(struct vici_reader *r, struct vici_item *ret);
/* A whole message is well-formed. */
MUST_USE enum err vici_check(struct span message);
/* The value of a top-level key, or of key in a section path "a.b.key"; false when absent. */
bool vici_find(struct span message, const char *path, struct span *ret);
/*
 * The next section of the top level, whose body is a message of its own; keys and lists before it
 * are passed by. False at the end, and where the message is malformed. The walk through the body is
 * the caller's, with another reader.
 */
bool vici_next_section(struct vici_reader *r, struct span *ret_name, struct span *ret_body);

/* Writing a packet, its segment length included. */
struct vici_writer {
	struct writer w;
	unsigned depth;
	bool in_list;
};
/* name is NULL for types without one. */
struct vici_writer vici_begin(void *buffer, size_t cap, enum vici_packet type, const char *name);
void vici_section(struct vici_writer *v, const char *name);
void vici_section_end(struct vici_writer *v);
void vici_put(struct vici_writer *v, const char *key, const char *value);
void vici_put_span(struct vici_writer *v, const char *key, struct span value);
void vici_put_u64(struct vici_writer *v, const char *key, uint64_t value);
void vici_put_hex(struct vici_writer *v, const char *key, uint64_t value, unsigned digits);
void vici_put_bool(struct vici_writer *v, const char *key, bool value);
void vici_list(struct vici_writer *v, const char *name);
void vici_list_item(struct vici_writer *v, const char *value);
void vici_list_end(struct vici_writer *v);
/* Patches the length; ERR_SPACE when it did not fit. */
MUST_USE enum err vici_finish(struct vici_writer *v, struct span *ret_segment);

#endif
