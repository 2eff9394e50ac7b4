/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages that the xfrm dataplane sends, beside those that iproute2 sends for the same, and
 * traffic selectors as prefixes and masked ports. The kernel's own judgement is in tests/vm.
 */
#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "xfrm/algorithms.h"
#include "xfrm/message.h"
#include "xfrm/selectors.h"
#include "dataplane.h"
#include "registry.h"
#include "transform.h"

#define REQID 0x123456 /* of the vectors, 0xad123456 */

struct message {
	_Alignas(NLMSG_ALIGNTO) uint8_t bytes[XFRM_MESSAGE_MAX];
};

static size_t unhex(uint8_t *to, size_t max, const char *text)
{
	size_t count = 0;
	unsigned byte;

	for (; sscanf(text, "%2x", &byte) == 1; text += 2) {
		assert_true(count < max);
		to[count++] = (uint8_t)byte;
	}
	return count;
}

static void vector_read(struct message *ret, const char *name)
{
	static char line[16384];
	FILE *file = fopen(VECTORS "/xfrm/iproute2.txt", "r");
	size_t len = strlen(name);
	bool found = false;

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, name, len) != 0 || line[len] != ' ')
			continue;
		found = true;
		memset(ret, 0, sizeof(*ret));
		assert_true(unhex(ret->bytes, sizeof(ret->bytes), &line[len + 1]) > 16);
	}
	(void)fclose(file);
	assert_true(found);
}

static const struct nlattr *attr_find(const struct nlmsghdr *h, size_t fixed, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, (unsigned)fixed) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

/* Type, fixed part, and the same attributes in whatever order. */
static void assert_alike(const struct message *a, const struct message *b, size_t fixed)
{
	const struct nlmsghdr *ours = (const void *)a->bytes, *theirs = (const void *)b->bytes;
	const struct nlattr *attr, *other;

	assert_int_equal(ours->nlmsg_type, theirs->nlmsg_type);
	assert_int_equal(ours->nlmsg_len, theirs->nlmsg_len);
	assert_memory_equal(mnl_nlmsg_get_payload(ours), mnl_nlmsg_get_payload(theirs), fixed);
	mnl_attr_for_each(attr, theirs, (unsigned)fixed) {
		other = attr_find(ours, fixed, mnl_attr_get_type(attr));
		assert_non_null(other);
		assert_int_equal(other->nla_len, attr->nla_len);
		assert_memory_equal(mnl_attr_get_payload(other), mnl_attr_get_payload(attr),
				    mnl_attr_get_payload_len(attr));
	}
}

static void key(struct secret *s, uint8_t first, size_t len)
{
	s->len = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		s->bytes[i] = (uint8_t)(first + i);
}

static struct child_spec spec_of(const char *local, const char *remote)
{
	struct child_spec spec = {
		.reqid = REQID,
		.spi_in = 0xc1c2c3c4,
		.spi_out = 0x01020304,
		.protocol = PROTOCOL_ESP,
		.mode = CHILD_TUNNEL,
		.replay_window = 32,
		.path = { .local.port = 4500, .remote.port = 4501 },
		.copy_ecn = true,
		.copy_df = true,
		.copy_dscp = COPY_DSCP_OUT,
	};

	assert_int_equal(ip_parse(&spec.path.local.ip, local), ERR_OK);
	assert_int_equal(ip_parse(&spec.path.remote.ip, remote), ERR_OK);
	return spec;
}

static void gcm(struct child_spec *spec)
{
	spec->encr.id = ENCR_AES_GCM_16;
	key(&spec->encr_in, 0, 20);
	key(&spec->encr_out, 0, 20);
}

static void hmac(struct child_spec *spec)
{
	spec->integ.id = INTEG_HMAC_SHA2_256_128;
	key(&spec->integ_in, 0x20, 32);
	key(&spec->integ_out, 0x20, 32);
}

static void sa_is(const char *name, const struct child_spec *spec, enum xfrm_way way)
{
	struct message ours, theirs;

	assert_int_equal(xfrm_sa_new(ours.bytes, spec, way), ERR_OK);
	vector_read(&theirs, name);
	assert_alike(&ours, &theirs, sizeof(struct xfrm_usersa_info));
}

static void an_sa_of_aes_gcm_is_as_iproute2_makes_it(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	gcm(&spec);
	spec.copy_ecn = spec.copy_df = false;
	spec.copy_dscp = COPY_DSCP_NO;
	sa_is("esp-gcm-in", &spec, XFRM_IN);
}

static void udp_encapsulation_names_both_ports(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	gcm(&spec);
	spec.encap = true;
	sa_is("esp-gcm-encap", &spec, XFRM_IN);
}

/* RFC4303 3.4.3 */
static void extended_sequence_numbers_bring_a_bitmap_of_the_window(void **state)
{
	struct child_spec spec = spec_of("2001:db8::1", "2001:db8::2");

	(void)state;
	spec.encr.id = ENCR_AES_CBC;
	key(&spec.encr_in, 0, 16);
	hmac(&spec);
	spec.mode = CHILD_TRANSPORT;
	spec.esn = true;
	spec.replay_window = 4096;
	sa_is("esp-cbc-esn", &spec, XFRM_IN);
}

static void assert_key(const struct message *m, uint16_t type, size_t fixed, const struct secret *wanted)
{
	const struct nlattr *attr = attr_find((const void *)m->bytes, sizeof(struct xfrm_usersa_info), type);

	assert_non_null(attr);
	assert_int_equal(mnl_attr_get_payload_len(attr), fixed + wanted->len);
	assert_memory_equal((const uint8_t *)mnl_attr_get_payload(attr) + fixed, wanted->bytes, wanted->len);
}

static void each_direction_has_its_own_keys(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	for (unsigned aead = 0; aead < 2; aead++) {
		spec.encr.id = aead ? ENCR_CHACHA20_POLY1305 : ENCR_AES_CBC;
		spec.integ.id = aead ? INTEG_NONE : INTEG_HMAC_SHA2_256_128;
		key(&spec.encr_in, 0x10, aead ? 36 : 16);
		key(&spec.encr_out, 0x20, aead ? 36 : 16);
		key(&spec.integ_in, 0x30, aead ? 0 : 32);
		key(&spec.integ_out, 0x40, aead ? 0 : 32);
		for (enum xfrm_way way = XFRM_IN; way <= XFRM_OUT; way++) {
			struct message m = { 0 };

			assert_int_equal(xfrm_sa_new(m.bytes, &spec, way), ERR_OK);
			assert_key(&m, aead ? XFRMA_ALG_AEAD : XFRMA_ALG_CRYPT,
				   aead ? sizeof(struct xfrm_algo_aead) : sizeof(struct xfrm_algo),
				   way == XFRM_IN ? &spec.encr_in : &spec.encr_out);
			if (!aead)
				assert_key(&m, XFRMA_ALG_AUTH_TRUNC, sizeof(struct xfrm_algo_auth),
					   way == XFRM_IN ? &spec.integ_in : &spec.integ_out);
		}
	}
}

/* RFC4303 3.4.3: the size of the window and that of the numbers are two things */
static void a_long_window_of_plain_numbers_has_a_bitmap_too(void **state)
{
	static const struct {
		uint32_t window;
		bool esn, bitmap;
	} rows[] = { { 32, false, false }, { 33, false, true }, { 4096, false, true }, { 32, true, true }, { 4096, true, true } };
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	gcm(&spec);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct xfrm_usersa_info *sa;
		const struct nlattr *bitmap;
		struct message m = { 0 };

		spec.replay_window = rows[i].window;
		spec.esn = rows[i].esn;
		assert_int_equal(xfrm_sa_new(m.bytes, &spec, XFRM_IN), ERR_OK);
		sa = mnl_nlmsg_get_payload((struct nlmsghdr *)(void *)m.bytes);
		bitmap = attr_find((const void *)m.bytes, sizeof(*sa), XFRMA_REPLAY_ESN_VAL);
		assert_int_equal(!!(sa->flags & XFRM_STATE_ESN), rows[i].esn);
		assert_int_equal(bitmap != NULL, rows[i].bitmap);
		assert_int_equal(sa->replay_window, rows[i].bitmap ? 0 : rows[i].window);
	}
}

/* RFC4302 3.3.3.2.1 */
static void ah_is_aligned_as_ipv4_wants_it(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	spec.protocol = PROTOCOL_AH;
	hmac(&spec);
	spec.mode = CHILD_TRANSPORT;
	sa_is("ah-out", &spec, XFRM_OUT);
}

static void icmp_errors_are_the_sas_and_the_policys_affair(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct xfrm_policy_wanted wanted = { .mode = CHILD_TUNNEL };
	const struct xfrm_usersa_info *sa;
	const struct xfrm_userpolicy_info *policy;
	struct message m;

	(void)state;
	gcm(&spec);
	for (unsigned icmp = 0; icmp < 2; icmp++) {
		spec.icmp = wanted.icmp = icmp;
		memset(&m, 0, sizeof(m));
		assert_int_equal(xfrm_sa_new(m.bytes, &spec, XFRM_IN), ERR_OK);
		sa = mnl_nlmsg_get_payload((struct nlmsghdr *)(void *)m.bytes);
		assert_int_equal(!!(sa->flags & XFRM_STATE_ICMP), icmp);
		memset(&m, 0, sizeof(m));
		xfrm_policy_new(m.bytes, XFRM_MSG_NEWPOLICY, &wanted);
		policy = mnl_nlmsg_get_payload((struct nlmsghdr *)(void *)m.bytes);
		assert_int_equal(!!(policy->flags & XFRM_POLICY_ICMP), icmp);
	}
}

static void null_encryption_has_an_empty_key(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	spec.encr.id = ENCR_NULL;
	hmac(&spec);
	spec.mode = CHILD_TRANSPORT;
	sa_is("esp-null-out", &spec, XFRM_OUT);
}

static void what_the_kernel_does_not_have_is_refused(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct message m;

	(void)state;
	gcm(&spec);
	spec.encr.id = ENCR_AES_GCM_16_IIV;
	assert_int_equal(xfrm_sa_new(m.bytes, &spec, XFRM_IN), ERR_UNSUPPORTED);
	spec.protocol = PROTOCOL_AH;
	spec.integ.id = INTEG_AES_128_GMAC;
	assert_int_equal(xfrm_sa_new(m.bytes, &spec, XFRM_IN), ERR_UNSUPPORTED);
}

static void marks_and_the_interface_go_with_the_sa(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	gcm(&spec);
	spec.match = (struct kernel_match){ .mark_in = { 0x11, 0xff },
					    .mark_in_sa = true,
					    .set_mark_in = { 0x22, 0xf0 },
					    .if_id_in = 0x2a };
	sa_is("marked-in", &spec, XFRM_IN);
}

static uint32_t tfc_of(const struct child_spec *spec, enum xfrm_way way)
{
	struct message ours;
	const struct nlattr *attr;

	assert_int_equal(xfrm_sa_new(ours.bytes, spec, way), ERR_OK);
	attr = attr_find((const void *)ours.bytes, sizeof(struct xfrm_usersa_info), XFRMA_TFCPAD);
	return attr ? mnl_attr_get_u32(attr) : 0;
}

/* The kernel pads to what the path takes and no farther, whatever it is told (RFC 4303 2.7). */
static void padding_is_of_what_leaves_a_tunnel_as_long_as_the_path_takes_among_others(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");

	(void)state;
	gcm(&spec);
	assert_int_equal(tfc_of(&spec, XFRM_OUT), 0);
	spec.tfc_padding = 600;
	assert_int_equal(tfc_of(&spec, XFRM_OUT), 600);
	assert_int_equal(tfc_of(&spec, XFRM_IN), 0);
	spec.tfc_padding = TFC_PADDING_MTU;
	assert_int_equal(tfc_of(&spec, XFRM_OUT), UINT32_MAX);
	spec.mode = CHILD_TRANSPORT;
	assert_int_equal(tfc_of(&spec, XFRM_OUT), 0);
}

static void an_sa_is_named_as_iproute2_names_it(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct xfrm_name_of_sa name = xfrm_name_of(&spec, XFRM_IN);
	struct message ours, theirs;

	(void)state;
	xfrm_sa_named(ours.bytes, XFRM_MSG_DELSA, &name);
	vector_read(&theirs, "sa-delete");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_usersa_id));
	xfrm_sa_named(ours.bytes, XFRM_MSG_GETSA, &name);
	vector_read(&theirs, "sa-get");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_usersa_id));
}

static void ts(struct selector *s, uint8_t protocol, uint16_t first, uint16_t last, const char *a,
	       const char *b)
{
	*s = (struct selector){ .protocol = protocol, .port_first = first, .port_last = last };
	assert_int_equal(ip_parse(&s->first, a), ERR_OK);
	assert_int_equal(ip_parse(&s->last, b), ERR_OK);
}

static size_t pairs_of(struct child_spec *spec, struct xfrm_selector ret[XFRM_PAIRS_MAX])
{
	size_t count = 0;

	assert_int_equal(xfrm_pairs(spec, ret, &count), ERR_OK);
	return count;
}

static struct xfrm_policy_wanted wanted_of(const struct child_spec *spec, uint8_t direction,
					   const struct xfrm_selector *selector)
{
	enum xfrm_way way = direction == XFRM_POLICY_OUT ? XFRM_OUT : XFRM_IN;
	struct xfrm_name_of_sa name = xfrm_name_of(spec, way);

	return (struct xfrm_policy_wanted){
		.direction = direction,
		.selector = *selector,
		.source = name.source,
		.destination = name.destination,
		.spi = way == XFRM_OUT ? name.spi : 0,
		.reqid = xfrm_reqid(spec->reqid),
		.ip_protocol = name.ip_protocol,
		.mode = spec->mode,
	};
}

static void a_policy_is_as_iproute2_makes_it(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];
	struct xfrm_policy_wanted wanted;
	struct message ours, theirs;

	(void)state;
	spec.local_count = spec.remote_count = 1;
	ts(&spec.local_ts[0], 0, 0, 65535, "10.1.0.0", "10.1.0.255");
	ts(&spec.remote_ts[0], 0, 0, 65535, "10.2.0.0", "10.2.255.255");
	assert_int_equal(pairs_of(&spec, pairs), 1);
	wanted = wanted_of(&spec, XFRM_POLICY_OUT, &pairs[0]);
	xfrm_policy_new(ours.bytes, XFRM_MSG_NEWPOLICY, &wanted);
	vector_read(&theirs, "policy-out");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_userpolicy_info));
	xfrm_policy_named(ours.bytes, XFRM_MSG_DELPOLICY, &wanted);
	vector_read(&theirs, "policy-delete");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_userpolicy_id));
}

static void an_inbound_policy_of_the_other_family_has_the_ends_turned(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct xfrm_selector pairs[XFRM_PAIRS_MAX], turned;
	struct xfrm_policy_wanted wanted;
	struct message ours, theirs;

	(void)state;
	spec.local_count = spec.remote_count = 1;
	ts(&spec.local_ts[0], IPPROTO_TCP, 0, 65535, "2001:db8:1::1", "2001:db8:1::1");
	ts(&spec.remote_ts[0], 0, 80, 80, "2001:db8:2::", "2001:db8:2::ffff:ffff:ffff:ffff");
	assert_int_equal(pairs_of(&spec, pairs), 1);
	turned = xfrm_selector_turned(&pairs[0]);
	wanted = wanted_of(&spec, XFRM_POLICY_IN, &turned);
	xfrm_policy_new(ours.bytes, XFRM_MSG_UPDPOLICY, &wanted);
	vector_read(&theirs, "policy-update-in");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_userpolicy_info));
}

static void a_policy_of_transport_mode_has_marks_and_no_outer_addresses(void **state)
{
	struct child_spec spec = spec_of("192.0.2.1", "192.0.2.2");
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];
	struct xfrm_policy_wanted wanted;
	struct message ours, theirs;

	(void)state;
	spec.protocol = PROTOCOL_AH;
	spec.mode = CHILD_TRANSPORT;
	spec.local_count = spec.remote_count = 1;
	ts(&spec.local_ts[0], 0, 0, 65535, "192.0.2.1", "192.0.2.1");
	ts(&spec.remote_ts[0], 0, 0, 65535, "192.0.2.2", "192.0.2.2");
	assert_int_equal(pairs_of(&spec, pairs), 1);
	wanted = wanted_of(&spec, XFRM_POLICY_OUT, &pairs[0]);
	wanted.mark = (struct mark){ 0x11, 0xff };
	wanted.if_id = 0x2a;
	xfrm_policy_new(ours.bytes, XFRM_MSG_NEWPOLICY, &wanted);
	vector_read(&theirs, "policy-transport-marked");
	assert_alike(&ours, &theirs, sizeof(struct xfrm_userpolicy_info));
}

static void ranges_become_the_fewest_prefixes(void **state)
{
	static const struct {
		const char *net;
		uint8_t bits;
	} expected[] = { { "10.0.0.1", 32 }, { "10.0.0.2", 31 }, { "10.0.0.4", 30 }, { "10.0.0.8", 32 } };
	struct child_spec spec = { .local_count = 1, .remote_count = 1 };
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];
	char text[INET6_ADDRSTRLEN];

	(void)state;
	ts(&spec.local_ts[0], 0, 0, 65535, "10.0.0.1", "10.0.0.8");
	ts(&spec.remote_ts[0], 0, 0, 65535, "0.0.0.0", "255.255.255.255");
	assert_int_equal(pairs_of(&spec, pairs), ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_string_equal(inet_ntop(AF_INET, &pairs[i].saddr, text, sizeof(text)),
				    expected[i].net);
		assert_int_equal(pairs[i].prefixlen_s, expected[i].bits);
		assert_int_equal(pairs[i].prefixlen_d, 0);
	}
	ts(&spec.local_ts[0], 0, 0, 65535, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	ts(&spec.remote_ts[0], 0, 0, 65535, "2001:db8::ffff", "2001:db8::1:0");
	assert_int_equal(pairs_of(&spec, pairs), 2);
	assert_int_equal(pairs[0].prefixlen_s, 0);
	assert_int_equal(pairs[1].prefixlen_d, 128);
}

static void ranges_of_ports_become_masks(void **state)
{
	struct child_spec spec = { .local_count = 1, .remote_count = 1 };
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];

	(void)state;
	ts(&spec.local_ts[0], IPPROTO_UDP, 1024, 65535, "10.0.0.1", "10.0.0.1");
	ts(&spec.remote_ts[0], IPPROTO_UDP, 53, 53, "10.0.0.2", "10.0.0.2");
	assert_int_equal(pairs_of(&spec, pairs), 6);
	assert_int_equal(ntohs(pairs[0].sport), 1024);
	assert_int_equal(ntohs(pairs[0].sport_mask), 0xfc00);
	assert_int_equal(ntohs(pairs[5].sport), 32768);
	assert_int_equal(ntohs(pairs[5].sport_mask), 0x8000);
	assert_int_equal(ntohs(pairs[5].dport_mask), 0xffff);
}

static void icmp_type_and_code_stay_where_they_are_in_both_directions(void **state)
{
	struct child_spec spec = { .local_count = 1, .remote_count = 1 };
	struct xfrm_selector pairs[XFRM_PAIRS_MAX], turned;

	(void)state;
	ts(&spec.local_ts[0], IPPROTO_ICMP, 0x0800, 0x08ff, "10.0.0.1", "10.0.0.1");
	ts(&spec.remote_ts[0], IPPROTO_ICMP, 0, 65535, "10.0.0.2", "10.0.0.2");
	assert_int_equal(pairs_of(&spec, pairs), 1);
	assert_int_equal(ntohs(pairs[0].sport), 8);
	assert_int_equal(pairs[0].sport_mask, 0xffff);
	assert_int_equal(pairs[0].dport_mask, 0);
	turned = xfrm_selector_turned(&pairs[0]);
	assert_int_equal(ntohs(turned.sport), 8);
	assert_int_equal(turned.prefixlen_s, 32);
}

static void what_the_kernel_cannot_tell_is_refused(void **state)
{
	struct child_spec spec = { .local_count = 1, .remote_count = 1 };
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];
	size_t count;

	(void)state;
	ts(&spec.local_ts[0], IPPROTO_TCP, 65535, 0, "10.0.0.1", "10.0.0.1");
	ts(&spec.remote_ts[0], 0, 0, 65535, "10.0.0.2", "10.0.0.2");
	assert_int_equal(xfrm_pairs(&spec, pairs, &count), ERR_UNSUPPORTED);
	ts(&spec.local_ts[0], 0, 0, 65535, "::1", "::1"); /* no pair of one family */
	assert_int_equal(xfrm_pairs(&spec, pairs, &count), ERR_UNSUPPORTED);
	ts(&spec.local_ts[0], 17, 1, 65534, "10.0.0.1", "10.255.255.254");
	assert_int_equal(xfrm_pairs(&spec, pairs, &count), ERR_LIMIT);
}

static void the_narrower_selector_is_stronger(void **state)
{
	struct xfrm_selector wide = { .prefixlen_s = 24, .prefixlen_d = 24 };
	struct xfrm_selector narrow = { .prefixlen_s = 24, .prefixlen_d = 25 };
	struct xfrm_selector one = { .prefixlen_s = 24, .prefixlen_d = 24, .proto = 6 };
	struct xfrm_selector port = { .prefixlen_s = 24, .prefixlen_d = 24, .proto = 6, .dport_mask = 0xffff };

	(void)state;
	assert_true(xfrm_priority(&narrow) < xfrm_priority(&wide));
	assert_true(xfrm_priority(&one) < xfrm_priority(&wide));
	assert_true(xfrm_priority(&port) < xfrm_priority(&one));
	assert_true(xfrm_priority(&narrow) < xfrm_priority(&port));
}

static void every_cipher_of_the_house_has_a_row_or_a_reason(void **state)
{
	const struct transform_row *row;

	(void)state;
	for (size_t i = 0; (row = transform_at(i)) != NULL; i++) {
		bool there;

		if (row->type != TRANSFORM_ENCR)
			continue;
		there = row->id < ENCR_AES_CCM_8_IIV; /* RFC 8750: not in the kernel */
		assert_int_equal(xfrm_cipher(row->id) != NULL, there);
		if (there && row->cipher->icv_len)
			assert_int_equal(xfrm_cipher(row->id)->icv_bits, row->cipher->icv_len * 8);
	}
}

static void auto_is_whatever_the_kernel_can(void **state)
{
	(void)state;
	assert_ptr_equal(dataplane_find("auto"),
			 dataplane_xfrm_there() ? &dataplane_xfrm : &dataplane_tun);
	assert_ptr_equal(dataplane_find("xfrm"), &dataplane_xfrm);
	assert_null(dataplane_find("pfkey"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_of_aes_gcm_is_as_iproute2_makes_it),
		cmocka_unit_test(udp_encapsulation_names_both_ports),
		cmocka_unit_test(extended_sequence_numbers_bring_a_bitmap_of_the_window),
		cmocka_unit_test(each_direction_has_its_own_keys),
		cmocka_unit_test(a_long_window_of_plain_numbers_has_a_bitmap_too),
		cmocka_unit_test(ah_is_aligned_as_ipv4_wants_it),
		cmocka_unit_test(icmp_errors_are_the_sas_and_the_policys_affair),
		cmocka_unit_test(null_encryption_has_an_empty_key),
		cmocka_unit_test(what_the_kernel_does_not_have_is_refused),
		cmocka_unit_test(marks_and_the_interface_go_with_the_sa),
		cmocka_unit_test(
			padding_is_of_what_leaves_a_tunnel_as_long_as_the_path_takes_among_others),
		cmocka_unit_test(an_sa_is_named_as_iproute2_names_it),
		cmocka_unit_test(a_policy_is_as_iproute2_makes_it),
		cmocka_unit_test(an_inbound_policy_of_the_other_family_has_the_ends_turned),
		cmocka_unit_test(a_policy_of_transport_mode_has_marks_and_no_outer_addresses),
		cmocka_unit_test(ranges_become_the_fewest_prefixes),
		cmocka_unit_test(ranges_of_ports_become_masks),
		cmocka_unit_test(icmp_type_and_code_stay_where_they_are_in_both_directions),
		cmocka_unit_test(what_the_kernel_cannot_tell_is_refused),
		cmocka_unit_test(the_narrower_selector_is_stronger),
		cmocka_unit_test(every_cipher_of_the_house_has_a_row_or_a_reason),
		cmocka_unit_test(auto_is_whatever_the_kernel_can),
	};

	return cmocka_run_group_tests_name("xfrm", tests, NULL, NULL);
}
