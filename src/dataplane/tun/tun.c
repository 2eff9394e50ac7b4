/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tun: userspace ESP over a TUN device, tunnel mode, IPv4 and IPv6 inside and outside.
 *
 * It moves packets between the device, room esp and the shell's sockets, and keeps the host's
 * routing in step with the SAs (capture.h). A killed process leaves device, routes and guards
 * standing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../dataplane.h"
#include "capture.h"
#include "esp.h"
#include "narrow.h"
#include "outer.h"
#include "registry.h"
#include "require.h"
#include "text.h"

#define DEVICE "adit0"
#define TCP_HEADER 20
#define NARROW_WAIT NANOS_SECOND /* before a way is asked again whether it is still as narrow */
#define TELL_MAX 64   /* ICMP messages a second (RFC 4443 2.4 f) */
#define BATCH_MAX 64  /* packets taken from the device in one call of ready() */
#define MOVED_WAIT NANOS_SECOND /* before the same news is told again */
#define VALID_MARK "/proc/sys/net/ipv4/conf/all/src_valid_mark"

/* enum log_level of room ike, which this room does not enter; the shell asserts that they are
 * alike. */
enum { LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO };

/* What this room adds to an SA of room esp; at the same slot. */
struct tun_sa {
	struct preferred preferred;
	nanos moved_at;
	bool exhausted; /* told */
	nanos measured_at;
};

struct dataplane {
	struct dataplane_env env;
	int fd;
	bool valid_mark_set; /* by us: to be set back */
	bool found;          /* what a run before this one left */
	bool used;           /* there was an SA */
	bool down;
	struct link_watch watch;
	uint32_t interface;
	struct esp esp;
	struct capture capture;
	struct tun_sa *sas;
	uint64_t failed;     /* packets that the device did not take */
	nanos told_since;    /* ICMP messages, of this second */
	unsigned told;
	uint8_t whole[PACKET_MAX]; /* a packet that is being cut */
	uint8_t buffer[TRANSMIT_HEADROOM + PACKET_MAX + ESP_TAILROOM];
};

static void say(const struct dataplane_env *env, int level, const char *what, const char *why,
		int error)
{
	char line[400];
	struct text t = TEXT_ARRAY(line);

	text_put(&t, "dataplane tun: ");
	text_put(&t, what);
	if (why && *why) {
		text_put(&t, ": ");
		text_put(&t, why);
	}
	if (error) {
		text_put(&t, ": ");
		text_put(&t, strerrordesc_np(error) ? strerrordesc_np(error) : "unknown error");
	}
	if (env->log)
		env->log(env->ctx, level, line);
}

/* The device */

static enum err device_open(struct dataplane *d, uint32_t *ret_interface)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	const char *what = "opening /dev/net/tun (is the tun module there, and CAP_NET_ADMIN?)";
	enum err err;

	memcpy(request.ifr_name, DEVICE, sizeof(DEVICE));
	d->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	TRY_THAT(d->fd >= 0, ERR_SYSTEM);
	what = "making the device " DEVICE " (CAP_NET_ADMIN? Is another one running here?)";
	TRY_THAT(ioctl(d->fd, TUNSETIFF, &request) == 0, ERR_SYSTEM);
	*ret_interface = if_nametoindex(DEVICE);
	TRY_THAT(*ret_interface != 0, ERR_SYSTEM);
	return ERR_OK;
out:
	say(&d->env, LOG_LEVEL_ERROR, what, NULL, errno);
	return err;
}

/*
 * With strict reverse path filtering the kernel would drop our peers' own packets when a tunnel
 * leads to the peer's address, unless it is told to heed the mark that the guard puts on them.
 */
static bool valid_mark_write(char value, char only_if)
{
	int fd = open(VALID_MARK, O_RDWR | O_CLOEXEC);
	char now = 0;
	bool written = false;

	if (fd < 0)
		return false;
	if (read(fd, &now, 1) == 1 && now == only_if)
		written = pwrite(fd, &value, 1, 0) == 1;
	(void)close(fd);
	return written;
}

static void tun_free(struct dataplane *d, bool orderly)
{
	struct memory *memory = d->env.memory;
	bool remove = orderly || (!d->found && !d->used);

	if (capture_close(&d->capture, remove) != ERR_OK)
		say(&d->env, LOG_LEVEL_ERROR, "some routes or rules stay", NULL, 0);
	if (!remove)
		say(&d->env, LOG_LEVEL_NOTICE,
		    "routes and guards stay, and protected traffic is dropped, until the next "
		    "orderly end",
		    NULL, 0);
	if (remove && d->valid_mark_set)
		(void)valid_mark_write('0', '1');
	if (remove && ioctl(d->fd, TUNSETPERSIST, 0UL) != 0)
		say(&d->env, LOG_LEVEL_ERROR, "the device " DEVICE " stays", NULL, errno);
	link_watch_close(&d->watch);
	(void)close(d->fd);
	esp_clear(&d->esp);
	memory_free(memory, d->sas, sizeof(*d->sas) * d->env.child_sas);
	memory_free(memory, d, sizeof(*d));
}

static enum err host_prepare(struct dataplane *d)
{
	struct capture_params params = { .device = DEVICE,
					 .mtu = d->env.mtu,
					 .table = d->env.routing_table,
					 .priority = d->env.routing_table_prio,
					 .mark = DATAPLANE_MARK,
					 .child_sas = d->env.child_sas };
	enum err err;

	TRY(crypto_random(d->env.crypto, (uint8_t *)params.salt, sizeof(params.salt)));
	d->found = if_nametoindex(DEVICE) != 0;
	TRY(device_open(d, &params.interface));
	d->interface = params.interface;
	err = capture_open(&d->capture, d->env.memory, &params);
	if (err != ERR_OK) {
		say(&d->env, LOG_LEVEL_ERROR, "preparing routing and guard", d->capture.guard.why,
		    d->capture.netlink.why);
		goto out;
	}
	if (ioctl(d->fd, TUNSETPERSIST, 1UL) != 0) {
		say(&d->env, LOG_LEVEL_ERROR, "keeping the device " DEVICE, NULL, errno);
		(void)(capture_close(&d->capture, !d->found) == ERR_OK);
		err = ERR_SYSTEM;
		goto out;
	}
	err = link_watch_open(&d->watch);
	if (err != ERR_OK) {
		say(&d->env, LOG_LEVEL_ERROR, "watching the device " DEVICE, NULL, errno);
		(void)(capture_close(&d->capture, !d->found) == ERR_OK);
		goto out;
	}
	d->found = d->found || d->capture.found_count > 0;
	/* The note outlives us, so that the next orderly end sets it back whoever set it. */
	if (valid_mark_write('1', '0'))
		guard_note_put(&d->capture.guard);
	d->valid_mark_set = guard_note_there(&d->capture.guard);
	if (d->found)
		say(&d->env, LOG_LEVEL_NOTICE,
		    "kept the routes and guards of a run that did not end in order, until their "
		    "SAs return or this run ends",
		    NULL, 0);
out:
	return err;
}

static enum err tun_new(struct dataplane **ret, const struct dataplane_env *env)
{
	struct dataplane *d = memory_alloc(env->memory, sizeof(*d));
	enum err err;

	if (!d)
		return ERR_MEMORY;
	d->env = *env;
	if (!d->env.mtu)
		d->env.mtu = DATAPLANE_MTU;
	d->fd = -1;
	TRY_THAT(env->routing_table > 0 && env->routing_table_prio > 0 &&
			 env->routing_table_prio + CAPTURE_RULES <= 32764,
		 ERR_CONFIG);
	TRY_THAT(env->routing_table < 253 || env->routing_table > 255, ERR_CONFIG);
	d->sas = memory_alloc(env->memory, sizeof(*d->sas) * env->child_sas);
	TRY_THAT(d->sas, ERR_MEMORY);
	TRY(esp_init(&d->esp, env->crypto, env->memory, env->child_sas));
	TRY(host_prepare(d));
	*ret = d;
	return ERR_OK;
out:
	if (d->fd >= 0)
		(void)close(d->fd);
	esp_clear(&d->esp);
	memory_free(env->memory, d->sas, sizeof(*d->sas) * env->child_sas);
	memory_free(env->memory, d, sizeof(*d));
	return err;
}

/* SAs */

static struct tun_sa *tun_sa_of(struct dataplane *d, const struct esp_sa *sa)
{
	return &d->sas[slab_slot(&d->esp.sad.sas, sa)];
}

static struct captured captured_of(struct dataplane *d, const struct esp_sa *sa)
{
	return (struct captured){ .local = sa_local(sa, 0), .local_count = sa->local_count,
				  .remote = sa_remote(sa, 0), .remote_count = sa->remote_count,
				  .preferred = tun_sa_of(d, sa)->preferred };
}

/*
 * What fits the SA's path. Without copy_df the outer header has no DF, and what does not fit is
 * fragmented after encryption, as whoever switched it off wants it.
 */
static void path_measure(struct dataplane *d, struct esp_sa *sa, nanos now)
{
	size_t mtu = d->env.path_mtu ? d->env.path_mtu(d->env.ctx, &sa->path) : 0;

	sa->inner_max = 0;
	tun_sa_of(d, sa)->measured_at = now;
	if (mtu == 0)
		return;
	if (sa->rules.copy_df)
		sa->inner_max = esp_inner_max(sa, mtu);
	sa_set_mtu(sa, mtu); /* padding is nothing to fragment for */
}

static void tun_narrow(struct dataplane *d, const struct path *path)
{
	uint32_t slot = 0;
	struct esp_sa *sa;

	for (; (sa = slab_next(&d->esp.sad.sas, &slot)) != NULL; slot++) {
		if (ip_equal(&sa->path.remote.ip, &path->remote.ip))
			path_measure(d, sa, tun_sa_of(d, sa)->measured_at);
	}
}

static enum err tun_install(struct dataplane *d, const struct child_spec *spec, nanos now)
{
	struct esp_sa *sa = NULL;
	struct captured captured;
	enum err err;

	if (spec->protocol == PROTOCOL_AH && !d->env.send_ip) {
		say(&d->env, LOG_LEVEL_ERROR, "there is no raw socket for AH (CAP_NET_RAW?)", NULL, 0);
		return ERR_UNSUPPORTED;
	}
	TRY(esp_install(&d->esp, spec, &sa));
	d->used = true;
	sa->path.encap = spec->encap;
	*tun_sa_of(d, sa) = (struct tun_sa){ 0 };
	path_measure(d, sa, now);
	d->capture.netlink.why = 0;
	d->capture.guard.why[0] = '\0';
	err = capture_preferred(&d->capture, spec->local_ts, spec->local_count,
				&tun_sa_of(d, sa)->preferred);
	captured = captured_of(d, sa);
	if (err == ERR_OK)
		err = guard_exempt(&d->capture.guard, spec->path.local.port);
	if (err == ERR_OK)
		err = capture_add(&d->capture, &captured);
	if (err != ERR_OK) {
		say(&d->env, LOG_LEVEL_ERROR, "routes and guards of an SA", d->capture.guard.why,
		    d->capture.netlink.why);
		goto out;
	}
	return ERR_OK;
out:
	if (sa)
		esp_remove(&d->esp, sa);
	return err;
}

static enum err tun_update(struct dataplane *d, uint32_t spi_in, const struct path *path)
{
	struct esp_sa *sa = sad_find(&d->esp.sad, spi_in);
	enum err err;

	TRY_THAT(sa, ERR_NOT_FOUND);
	TRY(guard_exempt(&d->capture.guard, path->local.port));
	sa->path = *path;
	sa->encap = path->encap;
	sa->moved = (struct endpoint){ 0 };
	path_measure(d, sa, tun_sa_of(d, sa)->measured_at);
	err = ERR_OK;
out:
	return err;
}

static enum err tun_remove(struct dataplane *d, uint32_t spi_in)
{
	struct esp_sa *sa = sad_find(&d->esp.sad, spi_in);
	struct captured captured;

	if (!sa)
		return ERR_NOT_FOUND;
	captured = captured_of(d, sa);
	d->capture.netlink.why = 0;
	d->capture.guard.why[0] = '\0';
	d->capture.failures = 0;
	capture_remove(&d->capture, &captured);
	if (d->capture.failures > 0)
		say(&d->env, LOG_LEVEL_ERROR,
		    "routes or guards of an SA stay, and may drop traffic, until this run ends",
		    d->capture.guard.why, d->capture.netlink.why);
	esp_remove(&d->esp, sa);
	return ERR_OK;
}

static struct dataplane_counters counters_of(const struct esp_counters *c)
{
	return (struct dataplane_counters){
		.bytes_in = c->bytes_in, .packets_in = c->packets_in,
		.bytes_out = c->bytes_out, .packets_out = c->packets_out,
		.last_in = c->last_in, .last_out = c->last_out,
		.integrity = c->integrity, .replay = c->replay, .selector = c->selector,
		.malformed = c->malformed, .too_big = c->too_big, .no_sa = c->no_sa,
		.exhausted = c->exhausted, .failed = c->failed, .dummies = c->dummies,
		.congestion = c->congestion,
	};
}

static enum err tun_query(struct dataplane *d, uint32_t spi_in, struct dataplane_counters *ret)
{
	struct esp_sa *sa = sad_find(&d->esp.sad, spi_in);

	if (!sa)
		return ERR_NOT_FOUND;
	*ret = counters_of(&sa->counters);
	return ERR_OK;
}

static void tun_totals(struct dataplane *d, struct dataplane_counters *ret)
{
	*ret = counters_of(&d->esp.totals);
	ret->failed += d->failed;
}

/* Packets */

/*
 * Only a packet that is newer than all others tells a new address: an old one that somebody held
 * back and replays from elsewhere does not (RFC 7296 2.23).
 */
static void endpoint_watch(struct dataplane *d, struct esp_sa *sa, const struct path *path,
			   nanos now)
{
	struct tun_sa *ts = tun_sa_of(d, sa);

	/* What comes bare has no ports, and where there is a NAT none does. */
	if (!path->encap || !sa->path.encap || endpoint_equal(&sa->path.remote, &path->remote))
		return;
	if (endpoint_equal(&sa->moved, &path->remote) &&
	    now < nanos_after(ts->moved_at, MOVED_WAIT))
		return;
	sa->moved = path->remote;
	ts->moved_at = now;
	if (d->env.moved)
		d->env.moved(d->env.ctx, sa->in.spi, &path->remote);
}

static void mss_lower(const struct dataplane *d, const struct esp_sa *sa, uint8_t *packet,
		      size_t len)
{
	size_t mss = d->env.mss, mtu = d->env.mtu;
	size_t fit = sa->inner_max && sa->inner_max < mtu ? sa->inner_max : mtu;
	size_t headers = ip_header_len(packet[0] >> 4) + TCP_HEADER;

	if (mss == DATAPLANE_MSS_FIT)
		mss = fit - headers;
	if (mss > 0)
		narrow_mss(packet, len, mss);
}

/* Of a dummy packet nothing is left. */
static void deliver(struct dataplane *d, struct esp_received *got)
{
	struct iovec parts[2] = { { .iov_base = got->head, .iov_len = got->head_len },
				  { .iov_base = got->packet, .iov_len = got->len } };
	size_t len = got->head_len + got->len;

	if (d->env.mss && got->sa->mode == CHILD_TUNNEL && len > 0)
		mss_lower(d, got->sa, got->packet, got->len);

	if (len > 0 && writev(d->fd, parts, 2) != (ssize_t)len) {
		d->failed++;
		got->sa->counters.failed++;
	}
}

static void tun_input_ip(struct dataplane *d, uint8_t *packet, size_t len, nanos now)
{
	struct esp_received got;

	if (esp_receive_ah(&d->esp, packet, len, now, &got) == ERR_OK)
		deliver(d, &got);
}

/* RFC7296 2.23: in UDP or not, whatever was agreed */
static void tun_input(struct dataplane *d, const struct path *path, const struct outer *outer,
		      uint8_t *data, size_t len, nanos now)
{
	struct esp_received got;

	if (esp_receive(&d->esp, data, len, outer->tos, now, &got) != ERR_OK)
		return; /* counted there */
	deliver(d, &got);
	if (got.newest)
		endpoint_watch(d, got.sa, path, now);
}

/* RFC4303 3.3.3: nothing more is sent; whoever reads the log is told why, once an SA. */
static void exhausted_tell(struct dataplane *d)
{
	struct esp_sa *sa = sad_find(&d->esp.sad, d->esp.exhausted);
	char words[32];
	struct text t = TEXT_ARRAY(words);

	if (!sa || tun_sa_of(d, sa)->exhausted)
		return;
	tun_sa_of(d, sa)->exhausted = true;
	text_put(&t, "inbound SPI ");
	text_hex64(&t, sa->in.spi, 8);
	say(&d->env, LOG_LEVEL_ERROR,
	    "an SA has used up its sequence numbers and sends nothing until it is rekeyed", words,
	    0);
}

static void link_ready(struct dataplane *d)
{
	switch (link_watch_read(&d->watch, d->interface)) {
	case LINK_DOWN:
		if (!d->down)
			say(&d->env, LOG_LEVEL_ERROR,
			    "somebody took the device " DEVICE
			    " down; protected traffic is dropped until it is up",
			    NULL, 0);
		d->down = true;
		break;
	case LINK_UP: /* or was down and up without our hearing of it */
		if (capture_replay(&d->capture) != ERR_OK)
			say(&d->env, LOG_LEVEL_ERROR, "routes to the device " DEVICE, NULL,
			    d->capture.netlink.why);
		else if (d->down)
			say(&d->env, LOG_LEVEL_NOTICE, "the device " DEVICE " is up again", NULL,
			    0);
		d->down = false;
		break;
	case LINK_NO_NEWS:
		break;
	}
}

/* Seals what the buffer holds and sends it. whole: however long it is. */
static enum err seal_and_send(struct dataplane *d, size_t len, bool whole, nanos now)
{
	struct esp_buffer b = { .data = d->buffer, .cap = sizeof(d->buffer),
				.start = TRANSMIT_HEADROOM, .len = len };
	struct esp_sa *sa, *narrow = sad_find(&d->esp.sad, d->esp.too_long);
	struct outer outer;
	size_t limit = 0;
	enum err err;

	if (whole && narrow) {
		limit = narrow->inner_max;
		narrow->inner_max = 0;
	}
	err = esp_transmit(&d->esp, &b, now, &sa, &outer);
	if (whole && narrow)
		narrow->inner_max = limit;
	if (err == ERR_LIMIT)
		exhausted_tell(d);
	if (err != ERR_OK)
		return err;
	if (whole) {
		outer.df = false;
		if (sa->protocol == PROTOCOL_AH) /* which lets DF change (RFC 4302 3.3.3.1.1.1) */
			packet_df_clear(&b.data[b.start], b.len);
	}
	if (sa->protocol == PROTOCOL_AH)
		d->env.send_ip(d->env.ctx, &sa->path, span_of(&b.data[b.start], b.len));
	else
		d->env.send(d->env.ctx, &sa->path, &outer, span_of(&b.data[b.start], b.len));
	return ERR_OK;
}

static void too_big_tell(struct dataplane *d, struct esp_sa *sa, struct span packet, nanos now)
{
	uint8_t message[NARROW_ICMP_MAX];
	size_t len;

	d->esp.totals.too_big++;
	sa->counters.too_big++;
	if (now >= nanos_after(d->told_since, NANOS_SECOND)) {
		d->told_since = now;
		d->told = 0;
	}
	if (d->told == TELL_MAX)
		return;
	len = narrow_tell(packet, sa->inner_max, message);
	if (len == 0)
		return;
	d->told++;
	if (write(d->fd, message, len) != (ssize_t)len)
		d->failed++;
}

/* RFC4301 7.1: later fragments have no ports, so an SA that wants some takes none of them */
static bool has_port_selectors(const struct esp_sa *sa)
{
	for (size_t i = 0; i < (size_t)sa->local_count + sa->remote_count; i++) {
		if (sa->selectors[i].port_first != 0 || sa->selectors[i].port_last != UINT16_MAX)
			return true;
	}
	return false;
}

/*
 * A packet that is longer than its SA's path takes. IPv4 without DF is cut before encryption: its
 * fragments are whole packets outside, which NATs and filters pass and the peer's host puts
 * together, not its gateway; where that cannot be, it is fragmented after encryption. So is what
 * is too short for its sender to be told to send less.
 */
static void too_long(struct dataplane *d, size_t len, nanos now)
{
	struct esp_sa *sa = sad_find(&d->esp.sad, d->esp.too_long);
	uint8_t *at = &d->buffer[TRANSMIT_HEADROOM];
	struct span packet = span_of(d->whole, len);
	struct narrow_cut cut;

	if (!sa)
		return;
	/* The kernel forgets in time what it learnt of a way, and so do we. */
	if (now >= nanos_after(tun_sa_of(d, sa)->measured_at, NARROW_WAIT)) {
		path_measure(d, sa, now);
		if (seal_and_send(d, len, false, now) != ERR_SPACE || d->esp.too_long == 0)
			return;
	}
	if (len <= (at[0] >> 4 == 6 ? NARROW_V6_MIN : NARROW_V4_MIN)) {
		(void)(seal_and_send(d, len, true, now) == ERR_OK);
		return;
	}
	if (packet_df(span_of(at, len))) {
		too_big_tell(d, sa, span_of(at, len), now);
		return;
	}
	memcpy(d->whole, at, len);
	if (sa->mode == CHILD_TRANSPORT || has_port_selectors(sa) ||
	    narrow_cut_begin(&cut, packet, sa->inner_max) != ERR_OK) {
		(void)(seal_and_send(d, len, true, now) == ERR_OK);
		return;
	}
	while ((len = narrow_cut_next(&cut, at)) > 0)
		(void)(seal_and_send(d, len, false, now) == ERR_OK);
}

static void mss_lower_out(struct dataplane *d, size_t len)
{
	struct inner inner;
	struct span packet = span_of(&d->buffer[TRANSMIT_HEADROOM], len);
	const struct esp_sa *sa = NULL;

	if (inner_parse(&inner, packet) == ERR_OK && inner.protocol == IP_PROTO_TCP)
		sa = spd_find(&d->esp.spd, &inner);
	if (sa)
		mss_lower(d, sa, &d->buffer[TRANSMIT_HEADROOM], len);
}

static enum err tun_ready(struct dataplane *d, int fd, nanos now)
{
	if (fd != d->fd) {
		link_ready(d);
		return ERR_OK;
	}
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		ssize_t len = read(fd, &d->buffer[TRANSMIT_HEADROOM], PACKET_MAX);

		if (len < 0 && errno == EBADFD) {
			say(&d->env, LOG_LEVEL_ERROR,
			    "somebody removed the device " DEVICE
			    "; protected traffic is dropped until a restart",
			    NULL, 0);
			return ERR_SYSTEM;
		}
		if (len <= 0)
			return ERR_OK;
		if (d->env.mss)
			mss_lower_out(d, (size_t)len);
		if (seal_and_send(d, (size_t)len, false, now) == ERR_SPACE && d->esp.too_long)
			too_long(d, (size_t)len, now);
	}
	return ERR_OK;
}

static size_t tun_descriptors(struct dataplane *d, int *ret_fds, size_t max)
{
	REQUIRE(max >= 2);
	ret_fds[0] = d->fd;
	ret_fds[1] = d->watch.fd;
	return 2;
}

const struct dataplane_ops dataplane_tun = {
	.name = "tun",
	.new = tun_new,
	.free = tun_free,
	.install = tun_install,
	.update = tun_update,
	.remove = tun_remove,
	.query = tun_query,
	.input = tun_input,
	.input_ip = tun_input_ip,
	.narrow = tun_narrow,
	.descriptors = tun_descriptors,
	.ready = tun_ready,
	.totals = tun_totals,
};
