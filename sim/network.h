/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: datagrams on their way, and all that can befall them.
 *
 * Loss, duplication, delay (and with it reordering), flipped bits and cut ends, by rate or by an
 * explicit mask that says which datagrams of the run die; a NAT box that maps, expires and rebinds;
 * holes that swallow. Every fault is counted against the exchange it hit. Stations are told apart
 * by address; ports 500 and 4500 are a host's own business.
 */
#ifndef ADIT_SIM_NETWORK_H
#define ADIT_SIM_NETWORK_H

#include "address.h"
#include "sniffer.h"
#include "world.h"

#define NETWORK_STATIONS_MAX 16
#define NETWORK_MASK_BITS 256
#define NAT_MAPS_MAX 32
#define IKE_PORT 500
#define NAT_T_PORT 4500

struct datagram {
	struct endpoint src, dst;
	bool encap;    /* came with the non-ESP marker, as on port 4500 */
	bool tampered;
	unsigned sender;
	struct sighting seen;
	size_t len;
	uint8_t data[];
};

struct station {
	struct ip ip;
	unsigned id;   /* whose keys the sniffer takes; an engine's is below NETWORK_STATIONS_MAX */
	bool engine;
	bool cut;      /* nothing gets in or out */
	void (*receive)(void *ctx, const struct datagram *d);
	void *ctx;
	struct datagram *last, *first; /* that arrived whole */
};

/* Rates are permille. */
struct network_faults {
	unsigned loss, duplicate, delay, flip, truncate;
	nanos latency, jitter, delay_max;
};

struct nat_map {
	struct endpoint inside, outside;
	nanos used;
};

struct nat {
	bool on;
	struct ip inside, outside;
	struct nat_map maps[NAT_MAPS_MAX];
	size_t maps_count;
	uint16_t next_port;
	nanos expiry; /* of an idle mapping */
};

struct network {
	struct world *world;
	struct sniffer *sniffer;
	struct coverage *coverage;
	struct station stations[NETWORK_STATIONS_MAX];
	unsigned stations_count;
	struct network_faults faults;
	/*
	 * What befalls datagram n of the run when bit n is set: FAULT_LOST unless told otherwise.
	 */
	uint64_t mask[NETWORK_MASK_BITS / 64];
	enum coverage_fault mask_fault;
	uint64_t sent, delivered;
	struct nat nat;
};

void network_init(struct network *n, struct world *world, struct sniffer *sniffer,
		  struct coverage *coverage);
/* The station's number. */
unsigned network_attach(struct network *n, const struct station *station);
void network_cut(struct network *n, const struct ip *ip, bool cut);
void network_mask(struct network *n, unsigned bit);
/* Puts a NAT box before a station. */
void network_nat(struct network *n, const struct ip *inside, const struct ip *outside,
		 nanos expiry);
/* Forgets all mappings, as a restarted box does; what comes next from inside gets other ports. */
void network_nat_rebind(struct network *n);
/* The last datagram that arrived at a station arrives again at once. False: there was none. */
bool network_repeat(struct network *n, unsigned station);
/* The first one, an SA_INIT, with another SPIi: a new handshake from the same address. */
bool network_repeat_renamed(struct network *n, unsigned station);
void network_clear(struct network *n);
/* Gives what a station sends; sender is its number. */
struct sighting network_send(struct network *n, unsigned sender, const struct path *path,
			     struct span bytes);
/* The same with any source address (a spoofer). */
struct sighting network_send_from(struct network *n, unsigned sender, const struct endpoint *src,
				  const struct endpoint *dst, bool encap, struct span bytes);

#endif
