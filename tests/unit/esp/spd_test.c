/* SPDX-License-Identifier: Apache-2.0 */
/* Behaviour of src/esp/spd.c, against a model that walks every SA. */
#include "fixture.h"

#define SAS 60
#define LIMIT 64

static const uint64_t salt[2] = { 1, 2 };

/* SAs without keys: the SPD looks at selectors only. */
struct book {
	struct spd spd;
	struct esp_sa sas[SAS];
	struct selector selectors[SAS][2 * SELECTORS_MAX];
	uint64_t born[SAS]; /* 0: not filed */
	uint64_t clock;
};

static struct esp_sa *sa_make(struct book *b, unsigned i, const struct selector *local, uint8_t local_count,
			      const struct selector *remote, uint8_t remote_count)
{
	struct esp_sa *sa = &b->sas[i];

	memcpy(b->selectors[i], local, local_count * sizeof(*local));
	memcpy(&b->selectors[i][local_count], remote, remote_count * sizeof(*remote));
	*sa = (struct esp_sa){ .selectors = b->selectors[i], .local_count = local_count,
			       .remote_count = remote_count };
	return sa;
}

static struct esp_sa *sa_simple(struct book *b, unsigned i, const char *local, const char *remote)
{
	struct selector l = selector_v4(local, 0, 0, 65535), r = selector_v4(remote, 0, 0, 65535);

	return sa_make(b, i, &l, 1, &r, 1);
}

static struct inner packet(const char *src, const char *dst, uint8_t protocol, int src_port, int dst_port)
{
	struct inner in = { .protocol = protocol, .has_ports = src_port >= 0, .src_port = (uint16_t)src_port,
			    .dst_port = (uint16_t)dst_port };

	assert_int_equal(ip_parse(&in.src, src), ERR_OK);
	assert_int_equal(ip_parse(&in.dst, dst), ERR_OK);
	return in;
}

static struct book *book_open(struct fixture *f)
{
	struct book *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(spd_init(&b->spd, &f->memory, LIMIT, salt), ERR_OK);
	return b;
}

static void book_close(struct book *b)
{
	assert_int_equal(b->spd.policies.used, 0);
	assert_int_equal(b->spd.files.used, 0);
	assert_int_equal(b->spd.shapes_count, 0);
	spd_clear(&b->spd);
	free(b);
}

static void the_narrower_remote_network_wins(void **state)
{
	struct book *b = book_open(*state);
	struct esp_sa *wide = sa_simple(b, 0, "10.1.0.0/16", "10.0.0.0/8"),
		      *narrow = sa_simple(b, 1, "10.1.0.0/16", "10.2.0.0/16");
	struct inner in = packet("10.1.0.1", "10.2.0.1", 17, 1, 2), out = packet("10.1.0.1", "10.3.0.1", 17, 1, 2),
		     foreign = packet("10.9.0.1", "10.2.0.1", 17, 1, 2);

	assert_int_equal(spd_add(&b->spd, narrow), ERR_OK);
	assert_int_equal(spd_add(&b->spd, wide), ERR_OK);
	assert_ptr_equal(spd_find(&b->spd, &in), narrow);
	assert_ptr_equal(spd_find(&b->spd, &out), wide);
	assert_null(spd_find(&b->spd, &foreign));
	spd_remove(&b->spd, narrow);
	assert_ptr_equal(spd_find(&b->spd, &in), wide);
	spd_remove(&b->spd, wide);
	assert_null(spd_find(&b->spd, &in));
	book_close(b);
}

static void of_equal_ones_the_newer_wins_until_it_goes(void **state)
{
	struct book *b = book_open(*state);
	struct esp_sa *sa[3];
	struct inner in = packet("10.1.0.1", "10.2.0.1", 17, 1, 2);

	for (unsigned i = 0; i < 3; i++) {
		sa[i] = sa_simple(b, i, "10.1.0.0/16", "10.2.0.0/16");
		assert_int_equal(spd_add(&b->spd, sa[i]), ERR_OK);
		assert_ptr_equal(spd_find(&b->spd, &in), sa[i]);
	}
	spd_remove(&b->spd, sa[1]); /* from the middle */
	assert_ptr_equal(spd_find(&b->spd, &in), sa[2]);
	spd_remove(&b->spd, sa[2]);
	assert_ptr_equal(spd_find(&b->spd, &in), sa[0]);
	spd_remove(&b->spd, sa[0]);
	assert_null(spd_find(&b->spd, &in));
	book_close(b);
}

static void ports_and_protocols_are_compared(void **state)
{
	struct book *b = book_open(*state);
	struct selector local = selector_v4("10.1.0.0/16", 0, 0, 65535),
			remote = selector_v4("10.2.0.0/16", 6, 80, 90);
	struct esp_sa *sa = sa_make(b, 0, &local, 1, &remote, 1);
	struct inner in = packet("10.1.0.1", "10.2.0.1", 6, 1000, 80), back = packet("10.2.0.1", "10.1.0.1", 6, 80, 1000);

	assert_int_equal(spd_add(&b->spd, sa), ERR_OK);
	assert_ptr_equal(spd_find(&b->spd, &in), sa);
	in.dst_port = 90;
	assert_ptr_equal(spd_find(&b->spd, &in), sa);
	in.dst_port = 91;
	assert_null(spd_find(&b->spd, &in));
	in.dst_port = 79;
	assert_null(spd_find(&b->spd, &in));
	in = packet("10.1.0.1", "10.2.0.1", 17, 1000, 80);
	assert_null(spd_find(&b->spd, &in));
	assert_true(sa_takes_inbound(sa, &back));
	back.src_port = 91;
	assert_false(sa_takes_inbound(sa, &back));
	spd_remove(&b->spd, sa);
	book_close(b);
}

/* RFC4301 4.4.1.1 */
static void a_fragment_without_ports_fits_any_and_opaque_only(void **state)
{
	struct book *b = book_open(*state);
	struct selector local = selector_v4("10.1.0.0/16", 17, 0, 65535), remote = selector_v4("10.2.0.0/16", 17, 53, 53);
	struct inner fragment = packet("10.1.0.1", "10.2.0.1", 17, -1, -1), whole = packet("10.1.0.1", "10.2.0.1", 17, 1, 53);
	struct esp_sa *ports = sa_make(b, 0, &local, 1, &remote, 1), *opaque, *any;

	assert_int_equal(spd_add(&b->spd, ports), ERR_OK);
	assert_null(spd_find(&b->spd, &fragment));
	remote = selector_v4("10.2.0.0/16", 17, 65535, 0);
	opaque = sa_make(b, 1, &local, 1, &remote, 1);
	assert_int_equal(spd_add(&b->spd, opaque), ERR_OK);
	assert_ptr_equal(spd_find(&b->spd, &fragment), opaque);
	assert_ptr_equal(spd_find(&b->spd, &whole), ports);
	remote = selector_v4("10.2.0.0/16", 17, 0, 65535);
	any = sa_make(b, 2, &local, 1, &remote, 1);
	assert_int_equal(spd_add(&b->spd, any), ERR_OK);
	assert_ptr_equal(spd_find(&b->spd, &fragment), any);
	for (unsigned i = 0; i < 3; i++)
		spd_remove(&b->spd, &b->sas[i]);
	book_close(b);
}

static struct selector random_selector(uint64_t *stream)
{
	uint64_t roll = stream_next(stream);
	struct selector s = { .port_last = 65535 };

	/* A small world, so that much overlaps: 10.0.0.0/27 and its parts, ranges, everything. */
	s.first = ip_v4(10, 0, 0, (uint8_t)(roll & 31));
	s.last = s.first;
	switch (roll >> 8 & 3) {
	case 0:
		s.last.bytes[3] |= 7;
		s.first.bytes[3] &= 0xf8;
		break;
	case 1:
		s.last.bytes[3] = (uint8_t)(s.first.bytes[3] + (roll >> 16 & 7));
		break;
	case 2:
		if ((roll >> 20 & 3) == 0) {
			s.first = ip_v4(0, 0, 0, 0);
			s.last = ip_v4(255, 255, 255, 255);
		}
		break;
	default:
		break;
	}
	if (roll >> 24 & 1)
		s.protocol = roll >> 25 & 1 ? 6 : 17;
	if (roll >> 26 & 1) {
		s.port_first = (uint16_t)(roll >> 28 & 3);
		s.port_last = (uint16_t)(s.port_first + (roll >> 30 & 3));
	}
	return s;
}

static void sa_random(struct book *b, unsigned i, uint64_t *stream)
{
	struct selector local[3], remote[3];
	uint8_t locals = (uint8_t)(1 + stream_next(stream) % 3), remotes = (uint8_t)(1 + stream_next(stream) % 3);

	for (unsigned n = 0; n < 3; n++) {
		local[n] = random_selector(stream);
		remote[n] = random_selector(stream);
	}
	(void)sa_make(b, i, local, locals, remote, remotes);
}

static struct inner random_packet(uint64_t *stream)
{
	uint64_t roll = stream_next(stream);
	struct inner in = { .protocol = roll & 1 ? 6 : 17, .has_ports = (roll >> 1 & 7) != 0 };

	in.src = ip_v4(10, 0, 0, (uint8_t)(roll >> 8 & 31));
	in.dst = ip_v4(10, 0, 0, (uint8_t)(roll >> 16 & 31));
	in.src_port = roll >> 24 & 7;
	in.dst_port = roll >> 32 & 7;
	return in;
}

static bool model_port(const struct selector *s, const struct inner *in, uint16_t port)
{
	return (s->port_first == 0 && s->port_last == 65535) ||
	       (in->has_ports && port >= s->port_first && port <= s->port_last);
}

static unsigned shared_bits(const struct selector *s)
{
	unsigned bits = 0;

	while (bits < 32 && !((s->first.bytes[bits / 8] ^ s->last.bytes[bits / 8]) & 0x80 >> bits % 8))
		bits++;
	return bits;
}

/* The rank of the best pair of the SA for the packet; 0: none. */
static uint64_t model_rank(const struct book *b, unsigned i, const struct inner *in)
{
	const struct esp_sa *sa = &b->sas[i];
	uint64_t best = 0;

	for (unsigned l = 0; l < sa->local_count; l++) {
		for (unsigned r = 0; r < sa->remote_count; r++) {
			const struct selector *x = sa_local(sa, l), *y = sa_remote(sa, r);
			uint64_t rank = (uint64_t)(shared_bits(y) * 64 + shared_bits(x)) << 32 | b->born[i];

			if ((x->protocol && x->protocol != in->protocol) || (y->protocol && y->protocol != in->protocol) ||
			    memcmp(in->src.bytes, x->first.bytes, 4) < 0 || memcmp(in->src.bytes, x->last.bytes, 4) > 0 ||
			    memcmp(in->dst.bytes, y->first.bytes, 4) < 0 || memcmp(in->dst.bytes, y->last.bytes, 4) > 0 ||
			    !model_port(x, in, in->src_port) || !model_port(y, in, in->dst_port))
				continue;
			if (rank > best)
				best = rank;
		}
	}
	return best;
}

static const struct esp_sa *model_find(const struct book *b, const struct inner *in)
{
	const struct esp_sa *found = NULL;
	uint64_t best = 0;

	for (unsigned i = 0; i < SAS; i++) {
		uint64_t rank = b->born[i] ? model_rank(b, i, in) : 0;

		if (rank > best) {
			best = rank;
			found = &b->sas[i];
		}
	}
	return found;
}

static void it_agrees_with_a_model_that_walks_every_sa(void **state)
{
	struct book *b = book_open(*state);
	uint64_t stream = 4;
	unsigned found = 0, missed = 0;

	for (unsigned round = 0; round < 3000; round++) {
		unsigned i = (unsigned)(stream_next(&stream) % SAS);

		/* Now crowded, now nearly empty. */
		if (b->born[i]) {
			spd_remove(&b->spd, &b->sas[i]);
			b->born[i] = 0;
		} else if (round % 1000 < 400 || stream_next(&stream) % 8 == 0) {
			sa_random(b, i, &stream);
			assert_int_equal(spd_add(&b->spd, &b->sas[i]), ERR_OK);
			b->born[i] = ++b->clock;
		}
		for (unsigned n = 0; n < 30; n++) {
			struct inner in = random_packet(&stream);
			const struct esp_sa *want = model_find(b, &in);

			assert_ptr_equal(spd_find(&b->spd, &in), want);
			if (want) {
				struct inner back = { .protocol = in.protocol, .has_ports = in.has_ports, .src = in.dst,
						      .dst = in.src, .src_port = in.dst_port, .dst_port = in.src_port };

				assert_true(sa_takes_outbound(want, &in));
				assert_true(sa_takes_inbound(want, &back));
			}
			*(want ? &found : &missed) += 1;
		}
	}
	assert_true(found > 1000 && missed > 1000);
	for (unsigned i = 0; i < SAS; i++) {
		if (b->born[i])
			spd_remove(&b->spd, &b->sas[i]);
	}
	book_close(b);
}

static void a_full_database_takes_all_pairs_of_an_sa_or_none(void **state)
{
	struct book *b = book_open(*state);
	struct selector local[SELECTORS_MAX], remote[SELECTORS_MAX];
	struct inner in = packet("10.0.15.1", "10.0.15.1", 17, 1, 2);
	uint32_t used = 0;
	unsigned filed = 0;

	for (unsigned i = 0; i < SELECTORS_MAX; i++) {
		local[i] = remote[i] = selector_v4("10.0.0.0/24", 0, 0, 65535);
		local[i].first.bytes[2] = local[i].last.bytes[2] = (uint8_t)i;
		remote[i] = local[i];
	}
	for (; filed < SAS; filed++) {
		struct esp_sa *sa = sa_make(b, filed, local, SELECTORS_MAX, remote, SELECTORS_MAX);
		enum err err = spd_add(&b->spd, sa);

		if (err == ERR_LIMIT)
			break;
		assert_int_equal(err, ERR_OK);
		used = b->spd.policies.used;
	}
	assert_int_equal(filed, (LIMIT * SPD_POLICIES_PER_SA + SPD_POLICIES_SPARE) / (SELECTORS_MAX * SELECTORS_MAX));
	assert_int_equal(b->spd.policies.used, used);
	assert_ptr_equal(spd_find(&b->spd, &in), &b->sas[filed - 1]);
	while (filed-- > 0)
		spd_remove(&b->spd, &b->sas[filed]);
	book_close(b);
}

static void more_shapes_than_it_has_room_for_are_refused(void **state)
{
	struct book *b = book_open(*state);
	struct selector local[SELECTORS_MAX], remote[SELECTORS_MAX];
	enum err err;

	/* 16 × 16 shapes fill it to the last; */
	for (unsigned i = 0; i < SELECTORS_MAX; i++) {
		local[i] = remote[i] = selector_v4("0.0.0.0/0", 0, 0, 65535);
		for (unsigned bit = 0; bit < i; bit++)
			local[i].last.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
		remote[i] = local[i];
	}
	assert_int_equal(spd_add(&b->spd, sa_make(b, 0, local, SELECTORS_MAX, remote, SELECTORS_MAX)), ERR_OK);
	assert_int_equal(b->spd.shapes_count, SPD_SHAPES_MAX);
	err = spd_add(&b->spd, sa_simple(b, 1, "10.0.0.0/24", "10.0.0.0/24"));
	assert_int_equal(err, ERR_LIMIT);
	spd_remove(&b->spd, &b->sas[0]);
	assert_int_equal(spd_add(&b->spd, &b->sas[1]), ERR_OK);
	spd_remove(&b->spd, &b->sas[1]);
	book_close(b);
}

static void families_do_not_mix(void **state)
{
	struct book *b = book_open(*state);
	struct selector local[2] = { selector_v4("10.1.0.0/16", 0, 0, 65535), selector_v4("2001:db8:1::/48", 0, 0, 65535) };
	struct selector remote[2] = { selector_v4("0.0.0.0/0", 0, 0, 65535), selector_v4("::/0", 0, 0, 65535) };
	struct esp_sa *sa = sa_make(b, 0, local, 2, remote, 2);
	struct inner v4 = packet("10.1.0.1", "8.8.8.8", 17, 1, 2), v6 = packet("2001:db8:1::1", "2001:db8::1", 17, 1, 2),
		     other = packet("2001:db8:2::1", "2001:db8::1", 17, 1, 2);

	assert_int_equal(spd_add(&b->spd, sa), ERR_OK);
	assert_int_equal(b->spd.policies.used, 2);
	assert_ptr_equal(spd_find(&b->spd, &v4), sa);
	assert_ptr_equal(spd_find(&b->spd, &v6), sa);
	assert_null(spd_find(&b->spd, &other));
	spd_remove(&b->spd, sa);
	book_close(b);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_narrower_remote_network_wins),
		T(of_equal_ones_the_newer_wins_until_it_goes),
		T(ports_and_protocols_are_compared),
		T(a_fragment_without_ports_fits_any_and_opaque_only),
		T(it_agrees_with_a_model_that_walks_every_sa),
		T(a_full_database_takes_all_pairs_of_an_sa_or_none),
		T(more_shapes_than_it_has_room_for_are_refused),
		T(families_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
