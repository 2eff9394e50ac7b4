/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: one immutable, validated, reference-counted configuration.
 *
 * Made by config_load() (adit.conf) or config_from_tree() (a VICI message), never changed
 * afterwards: a reload makes another. The engine and the shell read it; names and defaults are
 * swanctl.conf's. All defaults live in config/defaults.h. Lists are arrays owned by the
 * configuration.
 */
#ifndef ADIT_CONFIG_CONFIG_H
#define ADIT_CONFIG_CONFIG_H

#include "address.h"
#include "child_spec.h"
#include "identity.h"
#include "bounds.h"
#include "payloads.h"
#include "schemes.h"
#include "secret.h"
#include "sign.h"
#include "timers.h"

/* Where an object was written, for messages; file is "" for what came over VICI. */
struct origin {
	const char *file;
	unsigned line;
};

enum auth_kind {
	AUTH_KIND_PSK = 1,  /* RFC 7296 2.15 */
	AUTH_KIND_PUBKEY,   /* a signature by a certificate's key; which kinds of keys and hashes: constraints */
};

/* When our certificates go into IKE_AUTH. */
enum send_cert {
	SEND_CERT_IFASKED = 0, /* when the peer sent a CERTREQ */
	SEND_CERT_ALWAYS,
	SEND_CERT_NEVER,       /* the peer has them already */
};

/* IKE fragmentation, RFC 7383. */
enum fragmentation {
	FRAGMENTATION_YES = 0, /* announced, and used for what is too large for the path */
	FRAGMENTATION_ACCEPT,  /* announced; only the peer's are put together */
	FRAGMENTATION_FORCE,   /* as YES: strongSwan 5.9.8 takes no message in one fragment */
	FRAGMENTATION_NO,      /* not announced */
};

enum action { ACTION_NONE, ACTION_CLEAR, ACTION_START, ACTION_TRAP };

/* One entry of local_ts or remote_ts. `dynamic` stands for the endpoint's own address. */
struct selector_config {
	bool dynamic;
	struct selector selector; /* addresses unset when dynamic */
};

#define INTERFACE_NAME_MAX 15 /* Linux's IFNAMSIZ less its NUL */

/* One entry of local_addrs or remote_addrs. */
struct host_pattern {
	bool any;
	struct prefix prefix;     /* a single address has all bits */
	char interface[INTERFACE_NAME_MAX + 1]; /* of a link-local address; empty: not named */
};

struct auth_config {
	enum auth_kind kind;
	struct identity id;       /* local: IDENTITY_ANY means the own address */
	/* Of AUTH_KIND_PUBKEY alone: */
	struct scheme_constraints constraints; /* all zero: the defaults */
	const uint32_t *certs;    /* handles; local: to choose from, none: any that carries id; remote: the only ones taken */
	size_t certs_count;
	const uint32_t *anchors;  /* remote: handles of the CAs that may vouch for the peer; none: all there are */
	size_t anchors_count;
	enum revocation revocation; /* remote */
};

struct child_config {
	char name[NAME_MAX_LEN + 1];
	struct origin origin;
	enum child_mode mode;
	const struct proposal *proposals; /* of ESP or AH, no SPI */
	size_t proposals_count;
	const struct selector_config *local_ts, *remote_ts;
	size_t local_ts_count, remote_ts_count;
	enum action start_action, close_action, dpd_action;
	uint32_t replay_window;
	uint16_t tfc_padding;             /* as in struct child_spec */
	bool sha256_96;                   /* HMAC-SHA-256 cut to 96 bits */
	bool icmp;                        /* ICMP errors about its traffic, too */
	bool copy_ecn, copy_df;
	enum copy_dscp copy_dscp;
	struct kernel_match match;
	/* Unique; the same after a reload as long as names and selectors are */
	uint32_t reqid;
};

struct conn_config {
	char name[NAME_MAX_LEN + 1];
	struct origin origin;
	const struct host_pattern *local_addrs, *remote_addrs;
	size_t local_addrs_count, remote_addrs_count;
	uint16_t local_port, remote_port;
	const struct proposal *proposals; /* protocol IKE, no SPI */
	size_t proposals_count;
	struct auth_config local, remote;
	const struct child_config *children;
	size_t children_count;
	enum send_cert send_cert;
	bool send_certreq;                /* and there is something to ask for when certreq_len is not 0 */
	const uint8_t *certreq;           /* hashes of the CAs of remote, as CERTREQ has them (RFC 7296 3.7) */
	size_t certreq_len;
	enum fragmentation fragmentation;
	bool encap;                       /* force UDP encapsulation */
	nanos dpd_delay;                  /* 0: no liveness checks */
	unsigned keyingtries;             /* 0: for ever */
};

/* A pre-shared key and whom it is for; no ids: for anybody. */
struct psk_config {
	struct origin origin;
	char name[NAME_MAX_LEN + 1];
	const struct identity *ids;
	size_t ids_count;
	uint16_t len;
	uint8_t data[PSK_MAX];
};

/* What an engine may hold and how it behaves; section `adit` of adit.conf. */
struct engine_config {
	uint32_t ike_sas, child_sas;      /* slab sizes */
	uint32_t half_open;               /* handshakes as responder at once */
	/* Half-open SAs from which cookies are asked for; 0: always */
	uint32_t cookie_threshold;
	nanos half_open_timeout;
	nanos retransmit_timeout;         /* first wait */
	unsigned retransmit_base_percent; /* each wait is the one before times this / 100 */
	unsigned retransmit_tries;        /* after the first sending */
	nanos keepalive;                  /* NAT keepalives; 0: none */
	nanos job_timeout;
	nanos response_keep;              /* how long a cached response is kept (RFC 7296 2.1) */
};

struct daemon_config {
	const char *vici_socket;
	const char *dataplane;            /* auto, tun, null */
	const char *keylog;               /* folder for Wireshark's key tables, or NULL */
	uint16_t port, port_nat_t;
	uint32_t routing_table, routing_table_prio;
	uint32_t mtu;                     /* of the device adit0 */
	uint32_t mss;                     /* of TCP in tunnels, at most; 0: as it is, 1: what fits */
};

struct config {
	unsigned refs;
	const struct conn_config *conns;
	size_t conns_count;
	const struct psk_config *psks;
	size_t psks_count;
	const struct psk_index *psk_index; /* what config_psk() finds them by; NULL: there are none */
	struct credentials *credentials;  /* what the handles are of; only read once the configuration is made; never NULL */
	struct engine_config engine;
	struct daemon_config daemon;
	struct config_store *store;       /* what owns the memory of all of it */
};

struct config *config_ref(struct config *c);
void config_unref(struct config *c);

/* Everything at its default: no connections, no secrets. NULL when out of memory. */
struct config *config_new_default(void);

/*
 * Reads a file and its includes. All errors of the file are collected, one a line, as
 * "file:line: key: what is wrong; the cure" in ret_errors (cut when too long). On failure *ret is untouched.
 * warnings go to ret_warnings in the same form. Certificates and keys are read from the file's folder (x509, x509ca, private …) or that
 * of adit.credentials, and those that have no key of the file are "path: …".
 */
MUST_USE enum err config_load(struct config **ret, const char *path, struct text *ret_errors,
			      struct text *ret_warnings);
/* The same from text in memory, name standing for the file. There is no folder of certificates then: they are named by absolute paths. */
MUST_USE enum err config_load_text(struct config **ret, const char *name, struct span text,
				   struct text *ret_errors, struct text *ret_warnings);

const struct conn_config *config_conn(const struct config *c, const char *name);
const struct child_config *conn_child(const struct conn_config *conn, const char *name);
/* The first connection that has such a child, with the child in *ret_child. */
const struct conn_config *config_child(const struct config *c, const char *child,
				       const struct child_config **ret_child);
/* The secret that fits best for the pair: both ids listed, then the remote one, then a secret that
 * lists the local one alone, then one for anybody. A secret that lists others than the local side
 * is for those alone. NULL when there is none. */
const struct psk_config *config_psk(const struct config *c, const struct identity *local,
				    const struct identity *remote);

/* Whether an address is in a list of patterns; closeness 0 no, 1 any, then 2 + prefix bits. */
int host_patterns_match(const struct host_pattern *patterns, size_t count, const struct ip *ip);

#endif
