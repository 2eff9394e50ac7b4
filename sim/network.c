/* SPDX-License-Identifier: Apache-2.0 */
/* network: delivery, faults, and the NAT box. */
#include "network.h"

#include <inttypes.h>
#include <stdlib.h>

#include "require.h"

void network_init(struct network *n, struct world *world, struct sniffer *sniffer,
		  struct coverage *coverage)
{
	*n = (struct network){
		.world = world, .sniffer = sniffer, .coverage = coverage,
		.faults = { .latency = 10 * NANOS_MILLI, .delay_max = 5 * NANOS_SECOND },
		.mask_fault = FAULT_LOST,
	};
}

unsigned network_attach(struct network *n, const struct station *station)
{
	REQUIRE(n->stations_count < NETWORK_STATIONS_MAX);
	n->stations[n->stations_count] = *station;
	n->stations[n->stations_count].id = n->stations_count;
	return n->stations_count++;
}

static struct station *station_at(struct network *n, const struct ip *ip)
{
	for (unsigned i = 0; i < n->stations_count; i++) {
		if (ip_equal(&n->stations[i].ip, ip))
			return &n->stations[i];
	}
	return NULL;
}

void network_cut(struct network *n, const struct ip *ip, bool cut)
{
	struct station *station = station_at(n, ip);

	REQUIRE(station != NULL);
	station->cut = cut;
}

void network_mask(struct network *n, unsigned bit)
{
	REQUIRE(bit < NETWORK_MASK_BITS);
	n->mask[bit / 64] |= UINT64_C(1) << bit % 64;
}

void network_nat(struct network *n, const struct ip *inside, const struct ip *outside, nanos expiry)
{
	n->nat = (struct nat){ .on = true, .inside = *inside, .outside = *outside,
			       .next_port = 20000, .expiry = expiry };
}

void network_nat_rebind(struct network *n)
{
	n->nat.maps_count = 0;
}

static bool nat_map_alive(const struct network *n, const struct nat_map *map)
{
	return nanos_after(map->used, n->nat.expiry) > n->world->now;
}

/* The public endpoint of an inside one; a new mapping where there is none or it has expired. */
static struct endpoint nat_outward(struct network *n, const struct endpoint *inside)
{
	struct nat *nat = &n->nat;
	size_t at = 0;

	while (at < nat->maps_count && !endpoint_equal(&nat->maps[at].inside, inside))
		at++;
	if (at == nat->maps_count) {
		if (nat->maps_count == NAT_MAPS_MAX)
			at = random_below(&n->world->random, NAT_MAPS_MAX);
		else
			nat->maps_count++;
		nat->maps[at] = (struct nat_map){ .inside = *inside };
	}
	if (nat->maps[at].outside.port == 0 || !nat_map_alive(n, &nat->maps[at]))
		nat->maps[at].outside = (struct endpoint){ nat->outside, nat->next_port++ };
	nat->maps[at].used = n->world->now;
	return nat->maps[at].outside;
}

static bool nat_inward(struct network *n, struct endpoint *dst)
{
	for (size_t i = 0; i < n->nat.maps_count; i++) {
		struct nat_map *map = &n->nat.maps[i];

		if (endpoint_equal(&map->outside, dst) && nat_map_alive(n, map)) {
			*dst = map->inside;
			map->used = n->world->now;
			return true;
		}
	}
	return false;
}

static void datagram_drop(void *ctx)
{
	free(ctx);
}

static struct datagram *datagram_copy(const struct datagram *d)
{
	struct datagram *copy = malloc(sizeof(*d) + d->len);

	REQUIRE(copy != NULL);
	memcpy(copy, d, sizeof(*d) + d->len);
	return copy;
}

static void network_count(struct network *n, const struct datagram *d, enum coverage_fault fault)
{
	world_note(n->world, "  %s %u %s", coverage_row_name(d->seen.row), d->seen.message_id,
		   coverage_fault_name(fault));
	if (n->coverage && d->seen.ike && n->stations[d->sender].engine)
		coverage_exchange(n->coverage, d->seen.row, d->seen.sender, fault);
}

static void station_remember(struct station *station, const struct datagram *d)
{
	if (!station->first)
		station->first = datagram_copy(d);
	free(station->last);
	station->last = datagram_copy(d);
}

static void network_deliver(struct network *n, struct datagram *d)
{
	struct station *station;

	if (n->nat.on && ip_equal(&d->dst.ip, &n->nat.outside) && !nat_inward(n, &d->dst)) {
		world_note(n->world, "  no mapping at the NAT box for port %u", d->dst.port);
		return;
	}
	station = station_at(n, &d->dst.ip);
	if (!station || station->cut)
		return;
	n->delivered++;
	if (!d->tampered) {
		station_remember(station, d);
		sniffer_arrived(n->sniffer, &d->seen, station->engine);
		network_count(n, d, FAULT_DELIVERED);
	}
	station->receive(station->ctx, d);
}

struct delivery {
	struct network *network;
	struct datagram *datagram;
};

static void delivery_run(void *ctx, uint64_t arg)
{
	struct delivery *delivery = ctx;

	(void)arg;
	network_deliver(delivery->network, delivery->datagram);
	free(delivery->datagram);
	free(delivery);
}

static void delivery_drop(void *ctx)
{
	struct delivery *delivery = ctx;

	datagram_drop(delivery->datagram);
	free(delivery);
}

static void network_carry(struct network *n, const struct datagram *d, nanos extra)
{
	struct delivery *delivery = malloc(sizeof(*delivery));
	nanos wait = n->faults.latency + extra;

	REQUIRE(delivery != NULL);
	if (n->faults.jitter > 0)
		wait += random_below(&n->world->random, n->faults.jitter);
	*delivery = (struct delivery){ n, datagram_copy(d) };
	world_plan(n->world, n->world->now + wait, delivery_run, delivery_drop, delivery, 0);
}

static void network_flip(struct network *n, struct datagram *d)
{
	struct random *r = &n->world->random;

	if (d->len == 0)
		return;
	d->data[random_below(r, d->len)] ^= (uint8_t)(1u << random_below(r, 8));
	d->tampered = n->sniffer->tampering = true;
	network_count(n, d, FAULT_FLIPPED);
}

static void network_truncate(struct network *n, struct datagram *d)
{
	if (d->len == 0)
		return;
	d->len = random_below(&n->world->random, d->len);
	d->tampered = n->sniffer->tampering = true;
	network_count(n, d, FAULT_TRUNCATED);
}

/* One datagram meets the faults that are set in which, and goes on as far as they let it. */
static void network_suffer(struct network *n, struct datagram *d, unsigned which)
{
	struct random *r = &n->world->random;
	nanos delay_max = n->faults.delay_max > 0 ? n->faults.delay_max : 1;

	if (which & 1u << FAULT_LOST) {
		network_count(n, d, FAULT_LOST);
		return;
	}
	if (which & 1u << FAULT_DUPLICATED) {
		network_count(n, d, FAULT_DUPLICATED);
		network_carry(n, d, random_below(r, delay_max));
	}
	if (which & 1u << FAULT_DELAYED) {
		network_count(n, d, FAULT_DELAYED);
		network_carry(n, d, random_below(r, delay_max));
		return;
	}
	if (which & 1u << FAULT_FLIPPED)
		network_flip(n, d);
	if (which & 1u << FAULT_TRUNCATED)
		network_truncate(n, d);
	network_carry(n, d, 0);
}

static void network_take(struct network *n, struct datagram *d)
{
	const struct network_faults *f = &n->faults;
	struct random *r = &n->world->random;
	uint64_t number = n->sent++;
	unsigned which = 0;

	if (number < NETWORK_MASK_BITS && n->mask[number / 64] & UINT64_C(1) << number % 64)
		which |= 1u << n->mask_fault;
	which |= (unsigned)random_chance(r, f->loss) << FAULT_LOST;
	which |= (unsigned)random_chance(r, f->duplicate) << FAULT_DUPLICATED;
	which |= (unsigned)random_chance(r, f->delay) << FAULT_DELAYED;
	which |= (unsigned)random_chance(r, f->flip) << FAULT_FLIPPED;
	which |= (unsigned)random_chance(r, f->truncate) << FAULT_TRUNCATED;
	network_suffer(n, d, which);
}

struct sighting network_send_from(struct network *n, unsigned sender, const struct endpoint *src,
				  const struct endpoint *dst, bool encap, struct span bytes)
{
	struct datagram *d = calloc(1, sizeof(*d) + bytes.len);
	struct sighting seen;

	REQUIRE(d != NULL && sender < n->stations_count);
	d->src = *src;
	d->dst = *dst;
	d->encap = encap;
	d->sender = sender;
	d->len = bytes.len;
	if (bytes.len > 0)
		memcpy(d->data, bytes.data, bytes.len);
	if (bytes.len > 1) /* one byte is a NAT keepalive (RFC 3948 2.3) */
		d->seen = sniffer_see(n->sniffer, sender, bytes, n->stations[sender].engine);
	seen = d->seen;
	world_note(n->world, "#%" PRIu64 " station %u sends %s %s %u, %zu bytes to port %u",
		   n->sent, sender, seen.ike ? coverage_row_name(seen.row) : "KEEPALIVE",
		   coverage_sender_name(seen.sender), seen.message_id, bytes.len, dst->port);
	for (unsigned i = 0; i < seen.notifies_count; i++) {
		const char *name = notify_name(seen.notifies[i]);

		world_note(n->world, "    N(%s %u)", name ? name : "?", seen.notifies[i]);
	}
	world_note_bytes(n->world, bytes);
	if (n->coverage)
		n->coverage->datagrams++;
	if (n->nat.on && ip_equal(&d->src.ip, &n->nat.inside))
		d->src = nat_outward(n, &d->src);
	if (!n->stations[sender].cut)
		network_take(n, d);
	free(d);
	return seen;
}

struct sighting network_send(struct network *n, unsigned sender, const struct path *path,
			     struct span bytes)
{
	return network_send_from(n, sender, &path->local, &path->remote, path->encap, bytes);
}

bool network_repeat(struct network *n, unsigned station)
{
	struct station *s = &n->stations[station];

	if (!s->last)
		return false;
	world_note(n->world, "  the last datagram to station %u again", station);
	sniffer_arrived(n->sniffer, &s->last->seen, s->engine);
	s->receive(s->ctx, s->last);
	return true;
}

bool network_repeat_renamed(struct network *n, unsigned station)
{
	struct station *s = &n->stations[station];

	if (!s->first || s->first->seen.exchange != EXCHANGE_IKE_SA_INIT || s->first->seen.response)
		return false;
	world_note(n->world, "  the first datagram to station %u under another name", station);
	s->first->data[0] ^= 0x55;
	n->sniffer->tampering = true;
	s->receive(s->ctx, s->first);
	s->first->data[0] ^= 0x55;
	return true;
}

void network_clear(struct network *n)
{
	for (unsigned i = 0; i < n->stations_count; i++) {
		free(n->stations[i].first);
		free(n->stations[i].last);
		n->stations[i].first = n->stations[i].last = NULL;
	}
}
