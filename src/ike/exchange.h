/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange: one request and its response, as an object (decision 2 of docs/architecture.md).
 *
 * Owns the message it is about, the jobs it waits for and their answers, the retransmission of a
 * request of ours. State of an exchange lives here, state of the SA in the SA. A handler is a step:
 * it runs when every job of its exchange is back, sets the next step with exchange_wait(), and
 * never runs again from the top. RFC 7296 1, 2.1, 2.21.
 */
#ifndef ADIT_IKE_EXCHANGE_H
#define ADIT_IKE_EXCHANGE_H

#include "engine.h"
#include "payloads.h"
#include "sa.h"

struct exchange;

/*
 * ERR_OK: the exchange is done. ERR_PENDING: jobs or an answer are awaited and the next step is
 * set. Anything else: it failed; the error is told to the peer as the notify it stands for
 * (exchange_notify_of), and ends the SA before it is up.
 */
typedef enum err exchange_step(struct adit_engine *e, struct ike_sa *sa, struct exchange *x);

struct answer {
	enum err err;
	uint8_t method;      /* sign */
	enum verify_fault fault; /* verify, on failure; VERIFY_NONE: of another kind */
	struct bytes a, b;   /* public and private key; shared secret; AUTH data and certificates;
				words on failure */
};

enum exchange_state { EXCHANGE_QUEUED, EXCHANGE_WORKING, EXCHANGE_SENT };

struct exchange {
	uint32_t sa, next;        /* slots */
	uint8_t type;             /* enum exchange_type */
	bool ours;                /* we send the request */
	enum exchange_state state;
	uint32_t message_id;
	exchange_step *step;
	uint8_t first_payload;
	struct bytes message;     /* what came: the payloads, decrypted */
	uint64_t hash;            /* of the datagram it came in */
	struct path path;         /* which it came by */
	struct bytes sent;        /* ours: the request, for retransmission */
	unsigned tries;
	nanos wait;
	struct timer timer;       /* retransmission, or the jobs' time */
	uint8_t jobs_out, answers_count;
	job_id jobs[JOBS_PER_EXCHANGE_MAX];
	struct answer answers[JOBS_PER_EXCHANGE_MAX];
	/* what the exchange's own file keeps between steps */
	union {
		struct {
			uint32_t child;       /* slot of the Child SA being made; SLAB_NONE */
			uint16_t child_error; /* notify that takes its place; 0: none */
			uint8_t proposal_number;
			/* Of transport mode through a NAT: the addresses that the peer's TSi and
			 * TSr named (RFC 7296 2.23.1); IP_NONE: as the Child SA has them. */
			struct ip named_i, named_r;
			struct bytes auth;    /* our AUTH data */
			struct bytes certs;   /* and certificates, as records of pki's sign.h */
			uint8_t auth_method;
			bool initial_contact;
		} auth;
		struct {
			bool delete_ike;
			uint32_t delete_child; /* unique; 0: none */
			uint32_t delete_spi;   /* its inbound SPI, should it be gone by the time we
						  say so */
			uint8_t delete_protocol;
			uint16_t notify;       /* 0: none */
		} info;
	};
};

/* A new object on the SA's list; NULL when the slab is full. A request of ours that is to wait for
 * the window gets the step that sends it. */
struct exchange *exchange_new(struct adit_engine *e, struct ike_sa *sa, uint8_t type, bool ours);
void exchange_free(struct adit_engine *e, struct exchange *x);
/* Every exchange of an SA that ends. */
void exchange_free_all(struct adit_engine *e, struct ike_sa *sa);
struct exchange *exchange_at(const struct adit_engine *e, uint32_t slot);
uint32_t exchange_slot(const struct adit_engine *e, const struct exchange *x);

/* The peer's request that is being worked on, or NULL. */
struct exchange *exchange_of_request(const struct adit_engine *e, const struct ike_sa *sa,
				     uint32_t message_id);
/* Our request that waits for this answer, or NULL. */
struct exchange *exchange_awaiting(const struct adit_engine *e, const struct ike_sa *sa,
				   uint32_t message_id, uint8_t type);

/* Runs a step and what follows from its outcome. The exchange and the SA may be gone afterwards. */
void exchange_run(struct adit_engine *e, struct exchange *x, exchange_step *step);
/* Sets the next step; jobs have been made, or an answer is awaited. Always gives ERR_PENDING. */
enum err exchange_wait(struct adit_engine *e, struct exchange *x, exchange_step *next);

/* A job whose answer goes into this exchange's answers; NULL when there is no room. */
struct job *exchange_job(struct adit_engine *e, struct exchange *x, enum job_kind kind);
/* The answer of the index-th job; it stays valid until the next jobs are made. */
const struct answer *exchange_answer(const struct exchange *x, unsigned index);
void exchange_answered(struct adit_engine *e, uint32_t slot, job_id id,
		       const struct job_result *result);

/* The payloads of the message the exchange is about; the message parsed once, when it came. */
void exchange_payloads(const struct exchange *x, struct payload_list *ret);

/* Sends our request (built by message_seal or plainly) and retransmits it until it is answered. */
MUST_USE enum err exchange_send(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				struct span datagram);
/* Sends the response to the peer's request and caches it. */
MUST_USE enum err exchange_respond(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				   struct span datagram);
/* A protected response that holds one error notify. */
MUST_USE enum err exchange_refuse(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				  uint16_t notify, struct span data);
/* The same with a notify that names an SPI. */
MUST_USE enum err exchange_refuse_with(struct adit_engine *e, struct ike_sa *sa, struct exchange *x,
				       const struct notify *n);
/* The notify an error stands for. */
uint16_t exchange_notify_of(enum err err);
void exchange_timer(struct adit_engine *e, uint32_t slot);
/* Lets the next queued request of ours go when the window is free. */
void exchange_pump(struct adit_engine *e, struct ike_sa *sa);

#endif
