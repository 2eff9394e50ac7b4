/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <arpa/inet.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "algorithms.h"
#include "registry.h"
#include "require.h"
#include "selectors.h"

#define WINDOW_PLAIN_MAX 32 /* a longer one needs the bitmap of XFRMA_REPLAY_ESN_VAL */
#define WORD_BITS 32 /* of the bitmap */
#define KEY_MAX 64 /* SECRET_MAX */

uint32_t xfrm_reqid(uint32_t reqid)
{
	return XFRM_REQID_OURS | (reqid & ~XFRM_REQID_MASK);
}

bool xfrm_reqid_ours(uint32_t reqid)
{
	return (reqid & XFRM_REQID_MASK) == XFRM_REQID_OURS;
}

static uint16_t family_of(const struct ip *ip)
{
	return ip->family == IP_V6 ? AF_INET6 : AF_INET;
}

void xfrm_address(xfrm_address_t *ret, const struct ip *ip)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, ip->bytes, ip_len(ip));
}

struct ip xfrm_ip(const xfrm_address_t *address, uint16_t family)
{
	struct ip ip = { .family = family == AF_INET6 ? IP_V6 : IP_V4 };

	memcpy(ip.bytes, address, ip_len(&ip));
	return ip;
}

static struct nlmsghdr *begin(void *buffer, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	return h;
}

static void put(struct nlmsghdr *h, uint16_t type, const void *data, size_t len)
{
	bool fits = mnl_attr_put_check(h, XFRM_MESSAGE_MAX, type, len, data);

	REQUIRE(fits);
}

struct xfrm_name_of_sa xfrm_name_of(const struct child_spec *spec, enum xfrm_way way)
{
	bool in = way == XFRM_IN;

	return (struct xfrm_name_of_sa){
		.source = in ? spec->path.remote.ip : spec->path.local.ip,
		.destination = in ? spec->path.local.ip : spec->path.remote.ip,
		.spi = in ? spec->spi_in : spec->spi_out,
		.ip_protocol = spec->protocol == PROTOCOL_AH ? IPPROTO_AH : IPPROTO_ESP,
		.mark = !in ? spec->match.mark_out :
			spec->match.mark_in_sa ? spec->match.mark_in : (struct mark){ 0 },
	};
}

static void put_mark(struct nlmsghdr *h, struct mark mark)
{
	struct xfrm_mark m = { .v = mark.value, .m = mark.mask };

	if (m.m)
		put(h, XFRMA_MARK, &m, sizeof(m));
}

static void put_if_id(struct nlmsghdr *h, uint32_t if_id)
{
	if (if_id)
		put(h, XFRMA_IF_ID, &if_id, sizeof(if_id));
}

/* Algorithms */

static void put_aead(struct nlmsghdr *h, const struct xfrm_name *name, struct span key)
{
	_Alignas(struct xfrm_algo_aead) char bytes[sizeof(struct xfrm_algo_aead) + KEY_MAX] = { 0 };
	struct xfrm_algo_aead *a = (void *)bytes;

	REQUIRE(key.len <= KEY_MAX);
	a->alg_key_len = (uint32_t)key.len * 8;
	a->alg_icv_len = name->icv_bits;
	memcpy(a->alg_name, name->name, strlen(name->name));
	memcpy(a->alg_key, key.data, key.len);
	put(h, XFRMA_ALG_AEAD, a, sizeof(*a) + key.len);
	secret_wipe(bytes, sizeof(bytes));
}

static void put_cipher(struct nlmsghdr *h, const struct xfrm_name *name, struct span key)
{
	_Alignas(struct xfrm_algo) char bytes[sizeof(struct xfrm_algo) + KEY_MAX] = { 0 };
	struct xfrm_algo *a = (void *)bytes;

	REQUIRE(key.len <= KEY_MAX);
	a->alg_key_len = (uint32_t)key.len * 8;
	memcpy(a->alg_name, name->name, strlen(name->name));
	if (key.len)
		memcpy(a->alg_key, key.data, key.len);
	put(h, XFRMA_ALG_CRYPT, a, sizeof(*a) + key.len);
	secret_wipe(bytes, sizeof(bytes));
}

static void put_integ(struct nlmsghdr *h, const struct xfrm_name *name, struct span key)
{
	_Alignas(struct xfrm_algo_auth) char bytes[sizeof(struct xfrm_algo_auth) + KEY_MAX] = { 0 };
	struct xfrm_algo_auth *a = (void *)bytes;

	REQUIRE(key.len <= KEY_MAX);
	a->alg_key_len = (uint32_t)key.len * 8;
	a->alg_trunc_len = name->icv_bits;
	memcpy(a->alg_name, name->name, strlen(name->name));
	memcpy(a->alg_key, key.data, key.len);
	put(h, XFRMA_ALG_AUTH_TRUNC, a, sizeof(*a) + key.len);
	secret_wipe(bytes, sizeof(bytes));
}

static enum err put_algorithms(struct nlmsghdr *h, const struct child_spec *spec, enum xfrm_way way)
{
	const struct secret *encr = way == XFRM_IN ? &spec->encr_in : &spec->encr_out;
	const struct secret *integ = way == XFRM_IN ? &spec->integ_in : &spec->integ_out;
	const struct xfrm_name *name;

	if (spec->protocol != PROTOCOL_AH) {
		name = xfrm_cipher(spec->encr.id);
		if (!name)
			return ERR_UNSUPPORTED;
		if (name->icv_bits) {
			put_aead(h, name, secret_span(encr));
			return ERR_OK;
		}
		put_cipher(h, name, secret_span(encr));
	}
	name = xfrm_integ(spec->integ.id);
	if (!name)
		return ERR_UNSUPPORTED;
	put_integ(h, name, secret_span(integ));
	return ERR_OK;
}

/* SAs */

/* RFC4303 3.4.3, appendix A2. The kernel wants a window with ESN in both directions. */
static void put_window(struct nlmsghdr *h, struct xfrm_usersa_info *sa,
		       const struct child_spec *spec, enum xfrm_way way)
{
	struct xfrm_replay_state_esn r = { 0 }; /* the kernel makes the bitmap itself */
	uint32_t window = way == XFRM_IN ? spec->replay_window : 0;

	if (spec->esn && window == 0)
		window = WINDOW_PLAIN_MAX;
	if (!spec->esn && window <= WINDOW_PLAIN_MAX) {
		sa->replay_window = (uint8_t)window;
		return;
	}
	if (window > REPLAY_WINDOW_MAX)
		window = REPLAY_WINDOW_MAX;
	if (spec->esn)
		sa->flags |= XFRM_STATE_ESN;
	r.replay_window = window;
	r.bmp_len = (window + WORD_BITS - 1) / WORD_BITS;
	put(h, XFRMA_REPLAY_ESN_VAL, &r, sizeof(r));
}

static void put_encap(struct nlmsghdr *h, const struct child_spec *spec, enum xfrm_way way)
{
	bool in = way == XFRM_IN;
	struct xfrm_encap_tmpl t = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(in ? spec->path.remote.port : spec->path.local.port),
		.encap_dport = htons(in ? spec->path.local.port : spec->path.remote.port),
	};

	put(h, XFRMA_ENCAP, &t, sizeof(t));
}

/* RFC 4301 5.1.2, RFC 6040: what crosses between the headers. */
static uint32_t put_header_flags(struct xfrm_usersa_info *sa, const struct child_spec *spec)
{
	if (!spec->copy_ecn)
		sa->flags |= XFRM_STATE_NOECN;
	if (!spec->copy_df)
		sa->flags |= XFRM_STATE_NOPMTUDISC;
	if (spec->copy_dscp & COPY_DSCP_IN)
		sa->flags |= XFRM_STATE_DECAP_DSCP;
	if (spec->icmp)
		sa->flags |= XFRM_STATE_ICMP;
	return spec->copy_dscp & COPY_DSCP_OUT ? 0 : XFRM_SA_XFLAG_DONT_ENCAP_DSCP;
}

/* RFC4303 2.7. The kernel pads no farther than the path's MTU. */
static void put_padding(struct nlmsghdr *h, const struct child_spec *spec)
{
	uint32_t tfc = spec->tfc_padding == TFC_PADDING_MTU ? UINT32_MAX : spec->tfc_padding;

	if (tfc && spec->mode == CHILD_TUNNEL)
		put(h, XFRMA_TFCPAD, &tfc, sizeof(tfc));
}

static void put_set_mark(struct nlmsghdr *h, struct mark mark)
{
	if (!mark.mask)
		return;
	put(h, XFRMA_SET_MARK, &mark.value, sizeof(mark.value));
	put(h, XFRMA_SET_MARK_MASK, &mark.mask, sizeof(mark.mask));
}

static void no_limits(struct xfrm_lifetime_cfg *lft)
{
	lft->soft_byte_limit = lft->hard_byte_limit = XFRM_INF;
	lft->soft_packet_limit = lft->hard_packet_limit = XFRM_INF;
}

enum err xfrm_sa_new(void *buffer, const struct child_spec *spec, enum xfrm_way way)
{
	struct nlmsghdr *h = begin(buffer, XFRM_MSG_NEWSA);
	struct xfrm_usersa_info *sa = mnl_nlmsg_put_extra_header(h, sizeof(*sa));
	struct xfrm_name_of_sa name = xfrm_name_of(spec, way);
	uint32_t extra = 0;
	enum err err;

	xfrm_address(&sa->saddr, &name.source);
	xfrm_address(&sa->id.daddr, &name.destination);
	sa->id.spi = htonl(name.spi);
	sa->id.proto = name.ip_protocol;
	sa->family = family_of(&name.destination);
	sa->reqid = xfrm_reqid(spec->reqid);
	no_limits(&sa->lft);
	if (spec->mode == CHILD_TUNNEL) {
		sa->mode = XFRM_MODE_TUNNEL;
		sa->flags |= XFRM_STATE_AF_UNSPEC; /* either family inside */
		extra = put_header_flags(sa, spec);
	}
	/* RFC4302 3.3.3.2.1: in IPv4 the header is a multiple of 32 bits, not the kernel's 64. */
	if (name.ip_protocol == IPPROTO_AH && sa->family == AF_INET)
		sa->flags |= XFRM_STATE_ALIGN4;
	TRY(put_algorithms(h, spec, way));
	put_window(h, sa, spec, way);
	if (spec->encap && name.ip_protocol == IPPROTO_ESP)
		put_encap(h, spec, way);
	if (extra)
		put(h, XFRMA_SA_EXTRA_FLAGS, &extra, sizeof(extra));
	if (way == XFRM_OUT)
		put_padding(h, spec);
	put_mark(h, name.mark);
	put_set_mark(h, way == XFRM_IN ? spec->match.set_mark_in : spec->match.set_mark_out);
	put_if_id(h, way == XFRM_IN ? spec->match.if_id_in : spec->match.if_id_out);
	err = ERR_OK;
out:
	return err;
}

void xfrm_sa_named(void *buffer, uint16_t type, const struct xfrm_name_of_sa *name)
{
	struct nlmsghdr *h = begin(buffer, type);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof(*id));
	xfrm_address_t source;

	xfrm_address(&id->daddr, &name->destination);
	id->spi = htonl(name->spi);
	id->family = family_of(&name->destination);
	id->proto = name->ip_protocol;
	xfrm_address(&source, &name->source);
	put(h, XFRMA_SRCADDR, &source, sizeof(source));
	put_mark(h, name->mark);
}

/* Policies */

void xfrm_policy_new(void *buffer, uint16_t type, const struct xfrm_policy_wanted *wanted)
{
	struct nlmsghdr *h = begin(buffer, type);
	struct xfrm_userpolicy_info *p = mnl_nlmsg_put_extra_header(h, sizeof(*p));
	struct xfrm_user_tmpl t;

	memset(&t, 0, sizeof(t)); /* its unions too */
	t.id.spi = htonl(wanted->spi);
	t.id.proto = wanted->ip_protocol;
	t.reqid = wanted->reqid;
	t.mode = wanted->mode == CHILD_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	t.family = family_of(&wanted->destination);
	t.share = XFRM_SHARE_ANY;
	t.aalgos = t.ealgos = t.calgos = UINT32_MAX;
	p->sel = wanted->selector;
	p->dir = wanted->direction;
	p->priority = xfrm_priority(&wanted->selector);
	p->action = XFRM_POLICY_ALLOW;
	p->flags = wanted->icmp ? XFRM_POLICY_ICMP : 0;
	p->share = XFRM_SHARE_ANY;
	no_limits(&p->lft);
	/* In transport mode the packet's own addresses are the SA's. */
	if (wanted->mode == CHILD_TUNNEL) {
		xfrm_address(&t.saddr, &wanted->source);
		xfrm_address(&t.id.daddr, &wanted->destination);
	}
	put(h, XFRMA_TMPL, &t, sizeof(t));
	put_mark(h, wanted->mark);
	put_if_id(h, wanted->if_id);
}

void xfrm_policy_named(void *buffer, uint16_t type, const struct xfrm_policy_wanted *wanted)
{
	struct nlmsghdr *h = begin(buffer, type);
	struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(h, sizeof(*id));

	id->sel = wanted->selector;
	id->dir = wanted->direction;
	put_mark(h, wanted->mark);
	put_if_id(h, wanted->if_id);
}

void xfrm_dump(void *buffer, uint16_t type)
{
	struct nlmsghdr *h = begin(buffer, type);

	/* What iproute2 gives for "any" */
	if (type == XFRM_MSG_GETSA)
		(void)mnl_nlmsg_put_extra_header(h, sizeof(struct xfrm_usersa_id));
	else
		(void)mnl_nlmsg_put_extra_header(h, sizeof(struct xfrm_userpolicy_id));
	h->nlmsg_flags |= NLM_F_DUMP;
}
