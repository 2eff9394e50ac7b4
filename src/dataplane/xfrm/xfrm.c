/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xfrm: the kernel's own IPsec, by NETLINK_XFRM.
 *
 * It keeps the kernel's SAs and policies in step with the engine's Child SAs, and hears of what the
 * kernel finds out: new addresses behind a NAT, expiries, traffic without an SA. Packets never come
 * here: the kernel takes them off the shell's sockets (UDP_ENCAP) and from the wire.
 *
 * Whose is what: reqids (message.h). A killed process leaves SAs and policies, and the kernel goes
 * on protecting. The next run removes the SAs, whose keys nobody has any more, and keeps the
 * policies, which then drop, until its own SAs take them over or it ends in order. Traffic for
 * which there is neither SA nor leftover goes as the host's routing has it. RFC 4301.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../dataplane.h"
#include "abilities.h"
#include "kernel.h"
#include "message.h"
#include "policies.h"
#include "registry.h"
#include "require.h"
#include "selectors.h"
#include "text.h"

#define POLICIES_PER_SA 2        /* on average; the slab is common */
#define NEWS_MAX 32              /* datagrams taken in one call of ready() */
#define NEWS_BYTES 8192
#define MOVED_WAIT NANOS_SECOND  /* before the same news is told again */
#define FOUND_MAX 64             /* leftovers a round */
#define ROUNDS_MAX 4096

/* enum log_level of room ike, which this room does not enter. */
enum { LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO };

struct xfrm_sa {
	uint32_t spi_in, spi_out, child_unique;
	struct path path;
	struct carrier carrier;
	struct hold *holds;
	uint32_t hold_count;
	struct dataplane_counters before; /* of kernel SAs that this one had at other addresses */
	struct endpoint moved;
	nanos moved_at;
};

struct dataplane {
	struct dataplane_env env;
	struct kernel kernel;
	struct abilities abilities;
	struct mnl_socket *news;
	struct slab sas;
	struct map by_spi;
	struct policies policies;
	struct dataplane_counters totals; /* of SAs that are gone, and packets nobody took */
	bool found, used;
	struct xfrm_selector pairs[XFRM_PAIRS_MAX];
};

static void say(const struct dataplane_env *env, int level, const char *what, int error)
{
	char line[400];
	struct text t = TEXT_ARRAY(line);

	text_put(&t, "dataplane xfrm: ");
	text_put(&t, what);
	if (error) {
		text_put(&t, ": ");
		text_put(&t, strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error");
	}
	if (env->log)
		env->log(env->ctx, level, line);
}

static nanos clock_of(clockid_t id)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(id, &ts);
	return (nanos)ts.tv_sec * NANOS_SECOND + (nanos)ts.tv_nsec;
}

/* What the kernel can do */

/* Whether it has the netlink family and ESP at all is known only once it has taken an SA. */
static const struct transform best_known = { .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16,
					     .key_bits = 128 };

bool dataplane_xfrm_there(void)
{
	struct abilities abilities = { .count = 0 };
	struct kernel k = { 0 };
	bool there = kernel_open(&k) == ERR_OK &&
		     abilities_have(&abilities, &k, PROTOCOL_ESP, &best_known);

	kernel_close(&k);
	return there;
}

static bool xfrm_has(struct dataplane *d, uint8_t protocol, const struct transform *t)
{
	return abilities_have(&d->abilities, &d->kernel, protocol, t);
}

/* What a run before this one left */

struct found {
	size_t count;
	struct {
		struct xfrm_name_of_sa sa;
		struct xfrm_policy_wanted wanted;
	} items[FOUND_MAX];
};

static struct mark mark_of(const struct nlmsghdr *h, size_t fixed)
{
	struct mark mark = { 0 };
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, (unsigned)fixed) {
		const struct xfrm_mark *m = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_MARK &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*m))
			mark = (struct mark){ .value = m->v, .mask = m->m };
	}
	return mark;
}

static int take_sa(const struct nlmsghdr *h, void *ctx)
{
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(h);
	struct found *f = ctx;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*sa) || !xfrm_reqid_ours(sa->reqid) ||
	    f->count == FOUND_MAX)
		return MNL_CB_OK;
	f->items[f->count++].sa = (struct xfrm_name_of_sa){
		.source = xfrm_ip(&sa->saddr, sa->family),
		.destination = xfrm_ip(&sa->id.daddr, sa->family),
		.spi = ntohl(sa->id.spi),
		.ip_protocol = sa->id.proto,
		.mark = mark_of(h, sizeof(*sa)),
	};
	return MNL_CB_OK;
}

static int take_policy(const struct nlmsghdr *h, void *ctx)
{
	const struct xfrm_userpolicy_info *p = mnl_nlmsg_get_payload(h);
	struct xfrm_policy_wanted wanted = { 0 };
	struct found *f = ctx;
	const struct nlattr *attr;
	bool ours = false;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*p) || f->count == FOUND_MAX)
		return MNL_CB_OK;
	wanted.direction = p->dir;
	wanted.selector = p->sel;
	wanted.mark = mark_of(h, sizeof(*p));
	mnl_attr_for_each(attr, h, sizeof(*p)) {
		const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_TMPL &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*t))
			ours = xfrm_reqid_ours(t->reqid);
		else if (mnl_attr_get_type(attr) == XFRMA_IF_ID &&
			 mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
			wanted.if_id = mnl_attr_get_u32(attr);
	}
	if (ours)
		f->items[f->count++].wanted = wanted;
	return MNL_CB_OK;
}

static enum err sa_delete(struct kernel *k, const struct xfrm_name_of_sa *name)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err;

	xfrm_sa_named(buffer, XFRM_MSG_DELSA, name);
	err = kernel_ask(k, buffer, NLM_F_ACK, NULL, NULL);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err policy_delete(struct kernel *k, const struct xfrm_policy_wanted *wanted)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err;

	xfrm_policy_named(buffer, XFRM_MSG_DELPOLICY, wanted);
	err = kernel_ask(k, buffer, NLM_F_ACK, NULL, NULL);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* All of ours of one kind; keep: only tells whether there are any. */
static enum err leftovers(struct kernel *k, uint16_t get, bool keep, bool *ret_any)
{
	static _Thread_local struct found f;
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	bool sas = get == XFRM_MSG_GETSA;
	enum err err = ERR_OK;

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		f.count = 0;
		xfrm_dump(buffer, get);
		TRY(kernel_ask(k, buffer, 0, sas ? take_sa : take_policy, &f));
		if (f.count == 0)
			return ERR_OK;
		*ret_any = true;
		if (keep)
			return ERR_OK;
		for (size_t i = 0; i < f.count; i++)
			TRY(sas ? sa_delete(k, &f.items[i].sa)
				: policy_delete(k, &f.items[i].wanted));
	}
	err = ERR_LIMIT;
out:
	return err;
}

/* Beginning and end */

static void release(struct dataplane *d)
{
	struct memory *memory = d->env.memory;
	struct xfrm_sa *sa;
	uint32_t slot = 0;

	while ((sa = slab_next(&d->sas, &slot)) != NULL) {
		memory_free(memory, sa->holds, sa->hold_count * sizeof(*sa->holds));
		slab_free(&d->sas, sa);
	}
	policies_clear(&d->policies);
	map_clear(&d->by_spi);
	slab_clear(&d->sas);
	if (d->news)
		(void)mnl_socket_close(d->news);
	kernel_close(&d->kernel);
	memory_free(memory, d, sizeof(*d));
}

static void xfrm_free(struct dataplane *d, bool orderly)
{
	bool any = false;

	if (orderly || (!d->found && !d->used)) {
		if (leftovers(&d->kernel, XFRM_MSG_GETPOLICY, false, &any) != ERR_OK ||
		    leftovers(&d->kernel, XFRM_MSG_GETSA, false, &any) != ERR_OK)
			say(&d->env, LOG_LEVEL_ERROR, "some SAs or policies stay", d->kernel.why);
	} else {
		say(&d->env, LOG_LEVEL_NOTICE,
		    "SAs and policies stay in the kernel until the next orderly end", 0);
	}
	release(d);
}

static enum err open_kernel(struct dataplane *d)
{
	bool sas = false;
	enum err err;

	err = kernel_open(&d->kernel);
	if (err == ERR_OK && !abilities_have(&d->abilities, &d->kernel, PROTOCOL_ESP, &best_known))
		err = ERR_SYSTEM;
	if (err) {
		say(&d->env, LOG_LEVEL_ERROR,
		    "this kernel does not take an ESP SA (needs CONFIG_XFRM_USER, CONFIG_INET_ESP "
		    "and CAP_NET_ADMIN; adit.dataplane = tun does without)",
		    d->kernel.why);
		goto out;
	}
	d->news = kernel_news_open();
	if (!d->news) {
		say(&d->env, LOG_LEVEL_ERROR, "listening to the kernel's news", errno);
		return ERR_SYSTEM;
	}
	err = leftovers(&d->kernel, XFRM_MSG_GETSA, false, &sas);
	if (err == ERR_OK)
		err = leftovers(&d->kernel, XFRM_MSG_GETPOLICY, true, &d->found);
	if (err) {
		say(&d->env, LOG_LEVEL_ERROR, "looking for what a run before left", d->kernel.why);
		goto out;
	}
	if (d->found)
		say(&d->env, LOG_LEVEL_NOTICE,
		    "kept the policies of a run that did not end in order, until their SAs return "
		    "or this run ends",
		    0);
out:
	return err;
}

static enum err xfrm_new(struct dataplane **ret, const struct dataplane_env *env)
{
	struct dataplane *d = memory_alloc(env->memory, sizeof(*d));
	uint64_t salt[2] = { 0 };
	enum err err;

	if (!d)
		return ERR_MEMORY;
	d->env = *env;
	TRY(crypto_random(env->crypto, (uint8_t *)salt, sizeof(salt)));
	TRY(slab_init(&d->sas, env->memory, sizeof(struct xfrm_sa), env->child_sas));
	TRY(map_init(&d->by_spi, env->memory, env->child_sas, salt));
	TRY(policies_init(&d->policies, &d->kernel, env->memory,
			  env->child_sas * POLICIES_PER_SA + XFRM_PAIRS_MAX, salt));
	TRY(open_kernel(d));
	*ret = d;
	return ERR_OK;
out:
	release(d);
	return err;
}

/* The shell's sockets: never themselves protected; those of NAT traversal leave ESP to the kernel.
 */
static enum err xfrm_socket(struct dataplane *d, int fd, bool v6, bool nat_t)
{
	struct xfrm_userpolicy_info allow = {
		.action = XFRM_POLICY_ALLOW,
		.sel.family = v6 ? AF_INET6 : AF_INET,
		.lft = { .soft_byte_limit = XFRM_INF, .hard_byte_limit = XFRM_INF,
			 .soft_packet_limit = XFRM_INF, .hard_packet_limit = XFRM_INF },
	};
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, encap = UDP_ENCAP_ESPINUDP, off = 0;
	const char *what = "the bypass of the IKE sockets";
	enum err err = ERR_OK;

	for (uint8_t dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++) {
		allow.dir = dir;
		TRY_THAT(setsockopt(fd, level, v6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY, &allow,
				    sizeof(allow)) == 0,
			 ERR_SYSTEM);
	}
	if (!nat_t)
		return ERR_OK;
	what = "UDP encapsulation";
	/* Packets that were put together would be taken for one. */
	(void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &off, sizeof(off));
	TRY_THAT(setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)) == 0, ERR_SYSTEM);
out:
	if (err)
		say(&d->env, LOG_LEVEL_ERROR, what, errno);
	return err;
}

/* SAs */

static struct xfrm_sa *find(const struct dataplane *d, uint32_t spi_in)
{
	uint32_t slot;

	return map_get(&d->by_spi, spi_in, &slot) ? slab_at(&d->sas, slot) : NULL;
}

static struct xfrm_name_of_sa name_of(const struct xfrm_sa *sa, const struct path *path,
				      enum xfrm_way way)
{
	bool in = way == XFRM_IN;

	return (struct xfrm_name_of_sa){
		.source = in ? path->remote.ip : path->local.ip,
		.destination = in ? path->local.ip : path->remote.ip,
		.spi = in ? sa->spi_in : sa->spi_out,
		.ip_protocol = sa->carrier.ip_protocol,
		.mark = !in ? sa->carrier.match.mark_out :
			sa->carrier.match.mark_in_sa ? sa->carrier.match.mark_in :
						       (struct mark){ 0 },
	};
}

static enum err sa_put(struct dataplane *d, const struct child_spec *spec, enum xfrm_way way)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err;

	d->kernel.why = 0;
	TRY(xfrm_sa_new(buffer, spec, way));
	err = kernel_ask(&d->kernel, buffer, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, NULL, NULL);
out:
	secret_wipe(buffer, sizeof(buffer));
	if (err)
		say(&d->env, LOG_LEVEL_ERROR,
		    err == ERR_EXISTS	     ? "somebody else has an SA of that SPI"
		    : err == ERR_UNSUPPORTED ? "the kernel does not have what this SA needs"
					     : "installing an SA",
		    d->kernel.why);
	return err;
}

static void policies_undo(struct dataplane *d, struct xfrm_sa *sa)
{
	for (uint32_t i = 0; i < sa->hold_count; i++) {
		if (sa->holds[i].policy && policies_drop(&d->policies, &sa->holds[i]) != ERR_OK)
			say(&d->env, LOG_LEVEL_ERROR, "removing a policy", d->kernel.why);
	}
	memory_free(d->env.memory, sa->holds, sa->hold_count * sizeof(*sa->holds));
	sa->holds = NULL;
	sa->hold_count = 0;
}

static enum err policies_do(struct dataplane *d, struct xfrm_sa *sa, const struct child_spec *spec)
{
	size_t count = 0;
	enum err err;

	d->kernel.why = 0;
	TRY(xfrm_pairs(spec, d->pairs, &count));
	sa->holds = memory_alloc(d->env.memory, count * sizeof(*sa->holds));
	TRY_THAT(sa->holds, ERR_MEMORY);
	sa->hold_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++)
		TRY(policies_take(&d->policies, &sa->holds[i], &sa->carrier, &d->pairs[i]));
	err = ERR_OK;
out:
	if (err)
		say(&d->env, LOG_LEVEL_ERROR,
		    err == ERR_EXISTS	     ? "somebody else has a policy for that traffic"
		    : err == ERR_UNSUPPORTED ? "these traffic selectors the kernel cannot tell"
		    : err == ERR_LIMIT	     ? "too many policies"
					     : "installing policies",
		    d->kernel.why);
	return err;
}

static enum err xfrm_install(struct dataplane *d, const struct child_spec *spec, nanos now)
{
	struct xfrm_sa *sa = NULL;
	struct xfrm_name_of_sa in = xfrm_name_of(spec, XFRM_IN), out = xfrm_name_of(spec, XFRM_OUT);
	enum { NOTHING, INBOUND, BOTH } done = NOTHING;
	enum err err;

	(void)now;
	if (find(d, spec->spi_in))
		return ERR_EXISTS;
	sa = slab_alloc(&d->sas);
	TRY_THAT(sa, ERR_LIMIT);
	*sa = (struct xfrm_sa){
		.spi_in = spec->spi_in,
		.spi_out = spec->spi_out,
		.child_unique = spec->child_unique,
		.path = spec->path,
		.carrier = { .local = spec->path.local.ip,
			     .remote = spec->path.remote.ip,
			     .spi_out = spec->spi_out,
			     .reqid = xfrm_reqid(spec->reqid),
			     .ip_protocol = out.ip_protocol,
			     .mode = spec->mode,
			     .icmp = spec->icmp,
			     .match = spec->match },
	};
	sa->path.encap = spec->encap; /* as xfrm_update() is told */
	d->used = true;
	TRY(sa_put(d, spec, XFRM_IN));
	done = INBOUND;
	TRY(sa_put(d, spec, XFRM_OUT));
	done = BOTH;
	TRY(policies_do(d, sa, spec));
	TRY(map_put(&d->by_spi, spec->spi_in, slab_slot(&d->sas, sa)));
	return ERR_OK;
out:
	if (sa) {
		policies_undo(d, sa);
		slab_free(&d->sas, sa);
	}
	if (done == BOTH)
		(void)(sa_delete(&d->kernel, &out) == ERR_OK);
	if (done != NOTHING)
		(void)(sa_delete(&d->kernel, &in) == ERR_OK);
	return err;
}

/* What the kernel says of one SA; holds its keys, so it is wiped. */
struct reply {
	bool got;
	char bytes[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
};

static int take_reply(const struct nlmsghdr *h, void *ctx)
{
	struct reply *r = ctx;

	if (h->nlmsg_type != XFRM_MSG_NEWSA || h->nlmsg_len > sizeof(r->bytes) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(struct xfrm_usersa_info))
		return MNL_CB_OK;
	memcpy(r->bytes, h, h->nlmsg_len);
	r->got = true;
	return MNL_CB_OK;
}

static enum err sa_ask(struct dataplane *d, const struct xfrm_name_of_sa *name, struct reply *ret)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	enum err err;

	ret->got = false;
	xfrm_sa_named(buffer, XFRM_MSG_GETSA, name);
	TRY(kernel_ask(&d->kernel, buffer, 0, take_reply, ret));
	TRY_THAT(ret->got, ERR_NOT_FOUND);
out:
	return err;
}

/* The kernel has wall time in seconds, we have the engine's clock. */
static nanos used_at(const struct nlmsghdr *h)
{
	nanos wall = clock_of(CLOCK_REALTIME), now = clock_of(CLOCK_BOOTTIME), at = 0, age;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct xfrm_usersa_info)) {
		if (mnl_attr_get_type(attr) == XFRMA_LASTUSED &&
		    mnl_attr_get_payload_len(attr) >= sizeof(uint64_t))
			at = mnl_attr_get_u64(attr) * NANOS_SECOND;
	}
	if (!at)
		return 0;
	age = wall > at ? wall - at : 0;
	return now > age ? now - age : 1;
}

static void count(struct dataplane_counters *c, const struct reply *r, enum xfrm_way way)
{
	const struct nlmsghdr *h = (const void *)r->bytes;
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(h);
	nanos used = used_at(h);

	if (way == XFRM_IN) {
		c->bytes_in += sa->curlft.bytes;
		c->packets_in += sa->curlft.packets;
		c->last_in = used > c->last_in ? used : c->last_in;
		c->replay += sa->stats.replay + sa->stats.replay_window;
		c->integrity += sa->stats.integrity_failed;
	} else {
		c->bytes_out += sa->curlft.bytes;
		c->packets_out += sa->curlft.packets;
		c->last_out = used > c->last_out ? used : c->last_out;
	}
}

static enum err xfrm_query(struct dataplane *d, uint32_t spi_in, struct dataplane_counters *ret)
{
	static const enum xfrm_way ways[] = { XFRM_IN, XFRM_OUT };
	struct xfrm_sa *sa = find(d, spi_in);
	struct dataplane_counters c;
	struct reply r;
	enum err err;

	TRY_THAT(sa, ERR_NOT_FOUND);
	c = sa->before;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct xfrm_name_of_sa name = name_of(sa, &sa->path, ways[i]);

		err = sa_ask(d, &name, &r);
		if (err == ERR_OK)
			count(&c, &r, ways[i]);
		secret_wipe(&r, sizeof(r));
		TRY_THAT(err == ERR_OK, err);
	}
	*ret = c;
out:
	return err;
}

static void reply_move(struct reply *r, const struct path *path, enum xfrm_way way)
{
	struct nlmsghdr *h = (void *)r->bytes;
	struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(h);
	const struct endpoint *from = way == XFRM_IN ? &path->remote : &path->local;
	const struct endpoint *to = way == XFRM_IN ? &path->local : &path->remote;
	struct nlattr *attr;

	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_pid = 0;
	xfrm_address(&sa->saddr, &from->ip);
	xfrm_address(&sa->id.daddr, &to->ip);
	sa->family = to->ip.family == IP_V6 ? AF_INET6 : AF_INET;
	sa->seq = 0;
	mnl_attr_for_each(attr, h, sizeof(*sa)) {
		struct xfrm_encap_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) != XFRMA_ENCAP ||
		    mnl_attr_get_payload_len(attr) < sizeof(*t))
			continue;
		t->encap_sport = htons(from->port);
		t->encap_dport = htons(to->port);
	}
}

/*
 * The kernel knows an SA by its addresses, so a moved one is another one with the same keys and
 * the same place in its sequence, which the kernel itself tells: nobody here keeps keys.
 */
static enum err sa_move(struct dataplane *d, struct xfrm_sa *sa, const struct path *path,
			enum xfrm_way way)
{
	struct xfrm_name_of_sa old = name_of(sa, &sa->path, way);
	struct reply r;
	enum err err;

	TRY(sa_ask(d, &old, &r));
	count(&sa->before, &r, way);
	reply_move(&r, path, way);
	TRY(sa_delete(&d->kernel, &old));
	err = kernel_ask(&d->kernel, r.bytes, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, NULL, NULL);
out:
	secret_wipe(&r, sizeof(r));
	return err;
}

static enum err xfrm_update(struct dataplane *d, uint32_t spi_in, const struct path *path)
{
	struct xfrm_sa *sa = find(d, spi_in);
	enum err err;

	TRY_THAT(sa, ERR_NOT_FOUND);
	if (path_equal(&sa->path, path))
		return ERR_OK;
	TRY(sa_move(d, sa, path, XFRM_IN));
	TRY(sa_move(d, sa, path, XFRM_OUT));
	sa->path = *path;
	sa->moved = (struct endpoint){ 0 };
	sa->carrier.local = path->local.ip;
	sa->carrier.remote = path->remote.ip;
	for (uint32_t i = 0; i < sa->hold_count; i++)
		TRY(policies_renew(&d->policies, &sa->holds[i]));
	err = ERR_OK;
out:
	if (err && err != ERR_NOT_FOUND)
		say(&d->env, LOG_LEVEL_ERROR, "moving an SA to other addresses", d->kernel.why);
	return err;
}

static void totals_add(struct dataplane_counters *t, const struct dataplane_counters *c)
{
	t->bytes_in += c->bytes_in;
	t->packets_in += c->packets_in;
	t->bytes_out += c->bytes_out;
	t->packets_out += c->packets_out;
	t->integrity += c->integrity;
	t->replay += c->replay;
}

static enum err xfrm_remove(struct dataplane *d, uint32_t spi_in)
{
	static const enum xfrm_way ways[] = { XFRM_OUT, XFRM_IN };
	struct xfrm_sa *sa = find(d, spi_in);
	struct dataplane_counters c;

	if (!sa)
		return ERR_NOT_FOUND;
	if (xfrm_query(d, spi_in, &c) == ERR_OK)
		totals_add(&d->totals, &c);
	policies_undo(d, sa);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct xfrm_name_of_sa name = name_of(sa, &sa->path, ways[i]);

		if (sa_delete(&d->kernel, &name) != ERR_OK)
			say(&d->env, LOG_LEVEL_ERROR, "removing an SA", d->kernel.why);
	}
	(void)map_remove(&d->by_spi, spi_in);
	slab_free(&d->sas, sa);
	return ERR_OK;
}

static void xfrm_totals(struct dataplane *d, struct dataplane_counters *ret)
{
	struct xfrm_sa *sa;
	uint32_t slot = 0;

	*ret = d->totals;
	while ((sa = slab_next(&d->sas, &slot)) != NULL) {
		struct dataplane_counters c;

		if (xfrm_query(d, sa->spi_in, &c) == ERR_OK)
			totals_add(ret, &c);
		slot++;
	}
}

/* Packets do not come here, but for ESP in UDP that the kernel did not want. */
static void xfrm_input(struct dataplane *d, const struct path *path, const struct outer *outer,
		       uint8_t *data, size_t len, nanos now)
{
	(void)path;
	(void)outer;
	(void)data;
	(void)len;
	(void)now;
	d->totals.no_sa++;
}

/* The kernel sees to path MTUs itself. */
static void xfrm_narrow(struct dataplane *d, const struct path *path)
{
	(void)d;
	(void)path;
}

/* The kernel's news */

/* RFC7296 2.23: told of an authentic packet that came from elsewhere. */
static void on_mapping(struct dataplane *d, const struct nlmsghdr *h, nanos now)
{
	const struct xfrm_user_mapping *m = mnl_nlmsg_get_payload(h);
	struct endpoint remote;
	struct xfrm_sa *sa;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return;
	sa = find(d, ntohl(m->id.spi));
	remote.ip = xfrm_ip(&m->new_saddr, m->id.family);
	remote.port = ntohs(m->new_sport);
	if (!sa || endpoint_equal(&sa->path.remote, &remote))
		return;
	if (endpoint_equal(&sa->moved, &remote) && now < nanos_after(sa->moved_at, MOVED_WAIT))
		return;
	sa->moved = remote;
	sa->moved_at = now;
	if (d->env.moved)
		d->env.moved(d->env.ctx, sa->spi_in, &remote);
}

static struct xfrm_sa *find_any(struct dataplane *d, uint32_t spi, const struct ip *destination)
{
	struct xfrm_sa *sa = find(d, spi);
	uint32_t slot = 0;

	if (sa && ip_equal(&sa->path.local.ip, destination))
		return sa;
	while ((sa = slab_next(&d->sas, &slot)) != NULL) {
		if (sa->spi_out == spi && ip_equal(&sa->path.remote.ip, destination))
			return sa;
		slot++;
	}
	return NULL;
}

/* Sequence numbers used up, or somebody gave our SA a lifetime. */
static void on_expire(struct dataplane *d, const struct nlmsghdr *h)
{
	const struct xfrm_user_expire *x = mnl_nlmsg_get_payload(h);
	struct xfrm_sa *sa;
	struct ip to;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*x) || !xfrm_reqid_ours(x->state.reqid) ||
	    !x->hard)
		return;
	to = xfrm_ip(&x->state.id.daddr, x->state.family);
	sa = find_any(d, ntohl(x->state.id.spi), &to);
	if (!sa)
		return;
	say(&d->env, LOG_LEVEL_NOTICE, "the kernel says that an SA has expired", 0);
	if (d->env.expired)
		d->env.expired(d->env.ctx, sa->child_unique);
}

/* Traffic that a policy of ours wants protected, and no SA for it. */
static void on_acquire(struct dataplane *d, const struct nlmsghdr *h)
{
	const struct xfrm_user_acquire *a = mnl_nlmsg_get_payload(h);
	const struct nlattr *attr;
	uint32_t reqid = 0;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*a))
		return;
	mnl_attr_for_each(attr, h, sizeof(*a)) {
		const struct xfrm_user_tmpl *t = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == XFRMA_TMPL &&
		    mnl_attr_get_payload_len(attr) >= sizeof(*t))
			reqid = t->reqid;
	}
	if (xfrm_reqid_ours(reqid) && d->env.acquire)
		d->env.acquire(d->env.ctx, reqid & ~XFRM_REQID_MASK);
}

struct hearing {
	struct dataplane *d;
	nanos now;
};

static int on_news(const struct nlmsghdr *h, void *ctx)
{
	const struct hearing *at = ctx;

	if (h->nlmsg_type == XFRM_MSG_MAPPING)
		on_mapping(at->d, h, at->now);
	else if (h->nlmsg_type == XFRM_MSG_EXPIRE)
		on_expire(at->d, h);
	else if (h->nlmsg_type == XFRM_MSG_ACQUIRE)
		on_acquire(at->d, h);
	return MNL_CB_OK;
}

static enum err xfrm_ready(struct dataplane *d, int fd, nanos now)
{
	static _Thread_local char bytes[NEWS_BYTES] __attribute__((aligned(KERNEL_ALIGN)));
	struct hearing at = { .d = d, .now = now };

	(void)fd;
	for (unsigned i = 0; i < NEWS_MAX; i++) {
		ssize_t len = mnl_socket_recvfrom(d->news, bytes, sizeof(bytes));

		if (len < 0 && errno == ENOBUFS) {
			say(&d->env, LOG_LEVEL_NOTICE, "some of the kernel's news were lost", 0);
			continue;
		}
		if (len <= 0)
			break;
		(void)mnl_cb_run(bytes, (size_t)len, 0, 0, on_news, &at);
	}
	secret_wipe(bytes, sizeof(bytes));
	return ERR_OK;
}

static size_t xfrm_descriptors(struct dataplane *d, int *ret_fds, size_t max)
{
	REQUIRE(max >= 1);
	ret_fds[0] = mnl_socket_get_fd(d->news);
	return 1;
}

const struct dataplane_ops dataplane_xfrm = {
	.name = "xfrm",
	.new = xfrm_new,
	.free = xfrm_free,
	.socket = xfrm_socket,
	.has = xfrm_has,
	.install = xfrm_install,
	.update = xfrm_update,
	.remove = xfrm_remove,
	.query = xfrm_query,
	.input = xfrm_input,
	.narrow = xfrm_narrow,
	.descriptors = xfrm_descriptors,
	.ready = xfrm_ready,
	.totals = xfrm_totals,
};
