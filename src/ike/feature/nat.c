/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/nat.h"

#include "payloads.h"
#include "state.h"

#define HASH_LEN 20 /* SHA-1 */

/* SHA-1(SPIi | SPIr | address | port), RFC 7296 2.23. */
static enum err hash_endpoint(struct adit_engine *e, uint64_t spi_i, uint64_t spi_r,
			      const struct endpoint *endpoint, uint8_t ret[HASH_LEN])
{
	uint8_t bytes[8 + 8 + 16 + 2];
	struct writer w = writer_of(bytes, sizeof(bytes));
	struct span whole;

	writer_u64(&w, spi_i);
	writer_u64(&w, spi_r);
	writer_put(&w, ip_span(&endpoint->ip));
	writer_u16(&w, endpoint->port);
	whole = writer_span(&w);
	return crypto_sha1(e->crypto, &whole, 1, ret);
}

enum err nat_build(struct adit_engine *e, struct chain *c, const struct path *path, uint64_t spi_i,
		   uint64_t spi_r, bool forced)
{
	uint8_t source[HASH_LEN], destination[HASH_LEN];
	enum err err;

	if (forced) /* a source that cannot match: the peer takes us for one behind a NAT */
		TRY(crypto_random(e->crypto, source, HASH_LEN));
	else
		TRY(hash_endpoint(e, spi_i, spi_r, &path->local, source));
	TRY(hash_endpoint(e, spi_i, spi_r, &path->remote, destination));
	notify_build_data(c, NOTIFY_NAT_DETECTION_SOURCE_IP, SPAN_ARRAY(source));
	notify_build_data(c, NOTIFY_NAT_DETECTION_DESTINATION_IP, SPAN_ARRAY(destination));
out:
	return err;
}

enum err nat_detect(struct adit_engine *e, struct nat *ret, const struct payload_list *list,
		    const struct path *path, uint64_t spi_i, uint64_t spi_r)
{
	uint8_t source[HASH_LEN], destination[HASH_LEN];
	bool sources = false, source_fits = false, destinations = false, destination_fits = false;
	enum err err;

	TRY(hash_endpoint(e, spi_i, spi_r, &path->remote, source));
	TRY(hash_endpoint(e, spi_i, spi_r, &path->local, destination));
	/* RFC7296 2.23: several source hashes may come; one that fits is enough. */
	for (size_t i = 0; i < list->count; i++) {
		struct notify n;

		if (list->items[i].type != PAYLOAD_NOTIFY || notify_parse(&n, list->items[i].body))
			continue;
		if (n.type == NOTIFY_NAT_DETECTION_SOURCE_IP) {
			sources = true;
			source_fits |= span_equal(n.data, SPAN_ARRAY(source));
		} else if (n.type == NOTIFY_NAT_DETECTION_DESTINATION_IP) {
			destinations = true;
			destination_fits |= span_equal(n.data, SPAN_ARRAY(destination));
		}
	}
	ret->remote = sources && !source_fits;
	ret->local = destinations && !destination_fits;
out:
	return err;
}

bool nat_encap(const struct nat *n)
{
	return n->local || n->remote || n->forced;
}

void nat_float(struct adit_engine *e, struct ike_sa *sa)
{
	if (!nat_encap(&sa->nat) || sa->path.encap)
		return;
	/* RFC7296 2.23: from IKE_AUTH on, both ports are 4500. */
	sa->path.local.port = e->config->daemon.port_nat_t;
	sa->path.remote.port = 4500;
	sa->path.encap = true;
}

void nat_start_keepalives(struct adit_engine *e, struct ike_sa *sa)
{
	if (!sa->nat.local || e->limits.keepalive == 0)
		return;
	timers_set(&e->timers, &sa->nat.keepalive, nanos_after(e->now, e->limits.keepalive));
}

void nat_timer(struct adit_engine *e, struct ike_sa *sa)
{
	static const uint8_t keepalive = 0xff; /* RFC 3948 2.3 */

	count(e, COUNTER_KEEPALIVES);
	engine_send(e, &sa->path, span_of(&keepalive, 1));
	nat_start_keepalives(e, sa);
}

void nat_follow(struct adit_engine *e, struct ike_sa *sa, const struct path *path)
{
	struct endpoint before;
	struct event *event;

	/* RFC7296 2.23: only a peer behind a NAT moves without a word; behind one ourselves we
	 * follow its port alone. */
	if (!sa->nat.remote || !path->encap || endpoint_equal(&sa->path.remote, &path->remote))
		return;
	if (sa->nat.local && !ip_equal(&sa->path.remote.ip, &path->remote.ip))
		return;
	before = sa->path.remote;
	sa->path.remote = path->remote;
	if (!child_update_paths(e, sa)) { /* its next packet asks again */
		sa->path.remote = before;
		return;
	}
	event = report_new(e, EVENT_PATH, sa, NULL);
	if (event)
		report_send(e, event);
}

void adit_engine_peer_moved(struct adit_engine *e, uint32_t spi_in, const struct endpoint *remote,
			    nanos now)
{
	struct child_sa *child = child_find_in(e, spi_in);
	struct ike_sa *sa = child ? sa_at(e, child->sa) : NULL;
	struct path path;

	e->now = now;
	if (!sa || sa->phase != PHASE_UP || child->state != CHILD_UP)
		return;
	path = sa->path;
	path.remote = *remote;
	nat_follow(e, sa, &path);
}
