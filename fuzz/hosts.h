/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts: two engines in conversation, for the fuzz targets: their configurations, their jobs, what goes
 * between them, and a cipher that is none, so that a target's bytes reach every handler.
 *
 * A conversation is led up to each stage once and taken back to it for each input (still.h). A run is
 * a function of the input. Nothing here is compared with real peers: that is the simulator's work.
 */
#ifndef ADIT_FUZZ_HOSTS_H
#define ADIT_FUZZ_HOSTS_H

#include "state.h"
#include "still.h"

/* Shared keys; certificates, in fragments; cookies, another key exchange and NAT traversal. */
enum pair_kind { PAIR_PSK, PAIR_CERT, PAIR_COOKIE, PAIR_KINDS };

#define STAGES 9 /* so many datagrams of a genuine conversation have come, the last: all of them */
#define HELD_MAX 16

enum side { INITIATOR, RESPONDER };

struct host {
	struct adit_engine *engine;
	struct crypto crypto;
	struct still still;
	struct config *config;
	unsigned refs;        /* of the configuration at the stage */
	struct path from, began_from; /* path of what comes from the peer; the same at the stage */
	job_id held[HELD_MAX]; /* jobs whose answers wait */
	const struct job *held_jobs[HELD_MAX];
	size_t held_count;
};

struct hosts {
	struct host host[2];
	nanos now, began;
	uint64_t seed;
	bool trusting;        /* any AUTH is good, once it has been looked at */
	bool holding;         /* answers of jobs wait */
	bool natted;          /* the initiator is behind a NAT */
	uint16_t failing;     /* 1 << kind: such jobs fail */
};

/* The two of a kind at a stage; until hosts_end(). */
struct hosts *hosts_begin(enum pair_kind kind, unsigned stage);
/* Frees both engines, looks for what was not given back. */
void hosts_end(struct hosts *hs);
/* Makes all stages. */
void hosts_init(void);

/* Does a host's jobs and takes its events until there are none. */
void host_work(struct hosts *hs, enum side side);
/* Does the jobs that were held, the last one first. */
void host_release(struct hosts *hs, enum side side);
/* The next datagram of a host. */
bool host_output(struct hosts *hs, enum side from, struct writer *ret);
/* As if it came from the other one. */
void host_input(struct hosts *hs, enum side to, struct span datagram);
/* What both say goes to the other, at most max datagrams; gives their number. */
unsigned hosts_carry(struct hosts *hs, unsigned max);
void hosts_pass(struct hosts *hs, nanos time);

/* A message as the cipher that is none has it. */
struct opened {
	struct ike_header header;
	uint8_t outer;         /* PAYLOAD_SK, PAYLOAD_SKF, or NONE: not protected */
	struct skf_header fragment;
	uint8_t first;
	struct span payloads;  /* the run, of first and what follows it */
};
MUST_USE enum err message_open(struct opened *ret, struct span datagram);
/* The mirror image; pads with nothing. */
void message_close(struct writer *w, const struct opened *m);

/* A header that fits the first SA of the receiver, as its peer would write it. */
void message_aim(const struct hosts *hs, enum side to, uint8_t exchange, bool response, struct ike_header *ret);

#endif
