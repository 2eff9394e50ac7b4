/* SPDX-License-Identifier: Apache-2.0 */
#include "spd.h"

#include "require.h"
#include "writer.h"

struct policy {
	struct esp_sa *sa;
	uint32_t older; /* next policy in the file */
	uint8_t local, remote; /* indexes of the selectors */
};

/* Where a policy is filed. */
struct spd_key {
	struct prefix remote, local;
};

enum err spd_init(struct spd *s, struct memory *m, uint32_t sas, const uint64_t salt[2])
{
	uint64_t count = (uint64_t)sas * SPD_POLICIES_PER_SA + SPD_POLICIES_SPARE;
	enum err err;

	*s = (struct spd){ .memory = m, .salt = { salt[0], salt[1] } };
	TRY_THAT(count <= UINT32_C(1) << 28, ERR_LIMIT);
	TRY(slab_init(&s->policies, m, sizeof(struct policy), (uint32_t)count));
	TRY(map_init(&s->files, m, (uint32_t)count, salt));
	return ERR_OK;
out:
	slab_clear(&s->policies);
	*s = (struct spd){ 0 };
	return err;
}

void spd_clear(struct spd *s)
{
	if (!s->memory)
		return;
	map_clear(&s->files);
	slab_clear(&s->policies);
	*s = (struct spd){ 0 };
}

/* Keys and masks */

static void ip_mask(struct ip *ip, uint8_t bits)
{
	for (size_t i = 0; i < sizeof(ip->bytes); i++) {
		size_t kept = bits > i * 8 ? bits - i * 8 : 0;

		if (kept < 8)
			ip->bytes[i] &= (uint8_t)~(0xff >> kept);
	}
}

/* The smallest prefix that holds first and last. */
static struct prefix prefix_around(const struct ip *first, const struct ip *last)
{
	struct prefix p = { .ip = *first, .bits = 0 };
	uint8_t bits_max = (uint8_t)(ip_len(first) * 8);

	while (p.bits < bits_max) {
		uint8_t byte = p.bits / 8, bit = 0x80 >> p.bits % 8;

		if ((first->bytes[byte] ^ last->bytes[byte]) & bit)
			break;
		p.bits++;
	}
	ip_mask(&p.ip, p.bits);
	return p;
}

static struct spd_key key_of_pair(const struct selector *local, const struct selector *remote)
{
	return (struct spd_key){ .remote = prefix_around(&remote->first, &remote->last),
				 .local = prefix_around(&local->first, &local->last) };
}

static struct spd_key key_of_packet(const struct spd_shape *shape, const struct inner *inner)
{
	struct spd_key key = { .remote = { inner->dst, shape->remote_bits },
			       .local = { inner->src, shape->local_bits } };

	ip_mask(&key.remote.ip, key.remote.bits);
	ip_mask(&key.local.ip, key.local.bits);
	return key;
}

static uint64_t key_hash(const struct spd *s, const struct spd_key *key)
{
	uint8_t bytes[3 + 32];
	struct writer w = writer_of(bytes, sizeof(bytes));

	writer_u8(&w, key->remote.ip.family);
	writer_u8(&w, key->remote.bits);
	writer_u8(&w, key->local.bits);
	writer_put(&w, ip_span(&key->remote.ip));
	writer_put(&w, ip_span(&key->local.ip));
	return hash_bytes(s->salt, writer_span(&w));
}

/* Shapes, the most specific first */

static int shape_order(const struct spd_shape *a, const struct spd_shape *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->remote_bits != b->remote_bits)
		return a->remote_bits > b->remote_bits ? -1 : 1;
	if (a->local_bits != b->local_bits)
		return a->local_bits > b->local_bits ? -1 : 1;
	return 0;
}

static struct spd_shape shape_of(const struct spd_key *key)
{
	return (struct spd_shape){ .family = key->remote.ip.family, .remote_bits = key->remote.bits,
				   .local_bits = key->local.bits };
}

/* The place of the shape, or where it would go. */
static uint32_t shape_place(const struct spd *s, const struct spd_shape *shape)
{
	uint32_t i = 0;

	while (i < s->shapes_count && shape_order(&s->shapes[i], shape) < 0)
		i++;
	return i;
}

static bool shape_take(struct spd *s, const struct spd_key *key)
{
	struct spd_shape shape = shape_of(key);
	uint32_t i = shape_place(s, &shape);

	if (i == s->shapes_count || shape_order(&s->shapes[i], &shape) != 0) {
		if (s->shapes_count == SPD_SHAPES_MAX)
			return false;
		memmove(&s->shapes[i + 1], &s->shapes[i], (s->shapes_count - i) * sizeof(shape));
		s->shapes[i] = shape;
		s->shapes_count++;
	}
	s->shapes[i].files++;
	return true;
}

static void shape_drop(struct spd *s, const struct spd_key *key)
{
	struct spd_shape shape = shape_of(key);
	uint32_t i = shape_place(s, &shape);

	REQUIRE(i < s->shapes_count && s->shapes[i].files > 0);
	if (--s->shapes[i].files > 0)
		return;
	s->shapes_count--;
	memmove(&s->shapes[i], &s->shapes[i + 1], (s->shapes_count - i) * sizeof(shape));
}

/* Policies */

static enum err policy_file(struct spd *s, struct esp_sa *sa, uint8_t local, uint8_t remote)
{
	struct spd_key key = key_of_pair(sa_local(sa, local), sa_remote(sa, remote));
	uint64_t hash = key_hash(s, &key);
	struct policy *p = slab_alloc(&s->policies);
	uint32_t newest = SLAB_NONE;
	enum err err;

	if (!p)
		return ERR_LIMIT;
	if (!shape_take(s, &key)) {
		slab_free(&s->policies, p);
		return ERR_LIMIT;
	}
	if (map_get(&s->files, hash, &newest))
		(void)map_remove(&s->files, hash);
	*p = (struct policy){ .sa = sa, .older = newest, .local = local, .remote = remote };
	err = map_put(&s->files, hash, slab_slot(&s->policies, p));
	REQUIRE(err == ERR_OK); /* as large as the slab */
	return ERR_OK;
}

static void policy_unfile(struct spd *s, struct esp_sa *sa, uint8_t local, uint8_t remote)
{
	struct spd_key key = key_of_pair(sa_local(sa, local), sa_remote(sa, remote));
	uint64_t hash = key_hash(s, &key);
	uint32_t slot;
	struct policy *p, *newer = NULL;
	enum err err;

	if (!map_get(&s->files, hash, &slot))
		return;
	for (p = slab_at(&s->policies, slot); p; p = slab_at(&s->policies, p->older)) {
		if (p->sa == sa && p->local == local && p->remote == remote)
			break;
		newer = p;
	}
	if (!p)
		return;
	if (newer) {
		newer->older = p->older;
	} else {
		(void)map_remove(&s->files, hash);
		if (p->older != SLAB_NONE) {
			err = map_put(&s->files, hash, p->older);
			REQUIRE(err == ERR_OK);
		}
	}
	slab_free(&s->policies, p);
	shape_drop(s, &key);
}

/* A pair whose halves can never both match is no policy. */
static bool pair_is_possible(const struct selector *local, const struct selector *remote)
{
	return local->first.family == remote->first.family &&
	       (local->protocol == remote->protocol || local->protocol == 0 ||
		remote->protocol == 0);
}

void spd_remove(struct spd *s, struct esp_sa *sa)
{
	for (uint8_t i = 0; i < sa->local_count; i++) {
		for (uint8_t j = 0; j < sa->remote_count; j++)
			policy_unfile(s, sa, i, j);
	}
}

enum err spd_add(struct spd *s, struct esp_sa *sa)
{
	enum err err;

	for (uint8_t i = 0; i < sa->local_count; i++) {
		for (uint8_t j = 0; j < sa->remote_count; j++) {
			if (pair_is_possible(sa_local(sa, i), sa_remote(sa, j)))
				TRY(policy_file(s, sa, i, j));
		}
	}
	return ERR_OK;
out:
	spd_remove(s, sa);
	return err;
}

/* RFC4301 4.4.1.1: ANY takes every packet, OPAQUE those whose ports are hidden, a range those it
 * holds */
static bool port_holds(const struct selector *sel, bool known, uint16_t port)
{
	if (sel->port_first == 0 && sel->port_last == UINT16_MAX)
		return true;
	if (sel->port_first > sel->port_last)
		return !known;
	return known && port >= sel->port_first && port <= sel->port_last;
}

static bool selector_holds(const struct selector *sel, const struct inner *inner,
			   const struct ip *ip, uint16_t port)
{
	if (sel->protocol != 0 && sel->protocol != inner->protocol)
		return false;
	if (ip->family != sel->first.family || ip_compare(ip, &sel->first) < 0 ||
	    ip_compare(ip, &sel->last) > 0)
		return false;
	return port_holds(sel, inner->has_ports, port);
}

static bool policy_holds(const struct policy *p, const struct inner *inner)
{
	return selector_holds(sa_remote(p->sa, p->remote), inner, &inner->dst, inner->dst_port) &&
	       selector_holds(sa_local(p->sa, p->local), inner, &inner->src, inner->src_port);
}

struct esp_sa *spd_find(const struct spd *s, const struct inner *inner)
{
	for (uint32_t i = 0; i < s->shapes_count; i++) {
		struct spd_key key;
		uint32_t slot;

		if (s->shapes[i].family != inner->dst.family)
			continue;
		key = key_of_packet(&s->shapes[i], inner);
		if (!map_get(&s->files, key_hash(s, &key), &slot))
			continue;
		for (struct policy *p = slab_at(&s->policies, slot); p;
		     p = slab_at(&s->policies, p->older)) {
			if (policy_holds(p, inner))
				return p->sa;
		}
	}
	return NULL;
}

/* RFC4301 6.2: the quoted packet, source and destination exchanged, is looked up in its place */
struct esp_sa *spd_find_quoted(const struct spd *s, const struct inner *inner, struct span packet)
{
	struct inner quoted, turned;
	struct esp_sa *sa;

	if (!inner_quoted(&quoted, inner, packet))
		return NULL;
	turned = quoted;
	turned.src = quoted.dst;
	turned.dst = quoted.src;
	turned.src_port = quoted.dst_port;
	turned.dst_port = quoted.src_port;
	sa = spd_find(s, &turned);
	return sa && sa->icmp && sa->mode == CHILD_TUNNEL ? sa : NULL;
}

static bool local_holds(const struct esp_sa *sa, const struct inner *inner, const struct ip *ip,
			uint16_t port)
{
	for (size_t i = 0; i < sa->local_count; i++) {
		if (selector_holds(sa_local(sa, i), inner, ip, port))
			return true;
	}
	return false;
}

static bool remote_holds(const struct esp_sa *sa, const struct inner *inner, const struct ip *ip,
			 uint16_t port)
{
	for (size_t i = 0; i < sa->remote_count; i++) {
		if (selector_holds(sa_remote(sa, i), inner, ip, port))
			return true;
	}
	return false;
}

bool sa_takes_outbound(const struct esp_sa *sa, const struct inner *inner)
{
	return local_holds(sa, inner, &inner->src, inner->src_port) &&
	       remote_holds(sa, inner, &inner->dst, inner->dst_port);
}

bool sa_takes_inbound(const struct esp_sa *sa, const struct inner *inner)
{
	return remote_holds(sa, inner, &inner->src, inner->src_port) &&
	       local_holds(sa, inner, &inner->dst, inner->dst_port);
}

/* RFC4301 6.2: an error about what this SA sent is as good as an answer to it */
bool sa_takes_quoted(const struct esp_sa *sa, const struct inner *inner, struct span packet)
{
	struct inner quoted;

	return sa->icmp && inner_quoted(&quoted, inner, packet) && sa_takes_outbound(sa, &quoted);
}
