/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include <nftables/libnftables.h>

#include "text.h"

#define COMMAND_MAX 4096
#define NAME_MAX_LENGTH 200 /* of a chain: four IPv6 addresses */

static enum err run(struct guard *g, const struct text *command)
{
	struct text why = TEXT_ARRAY(g->why);
	const char *said;

	if (command->cut) {
		text_put(&why, "command too long");
		return ERR_SPACE;
	}
	if (nft_run_cmd_from_buffer(g->nft, command->data) == 0)
		return ERR_OK;
	said = nft_ctx_get_error_buffer(g->nft);
	text_peer(&why, span_of(said, strcspn(said, "\n")));
	return ERR_SYSTEM;
}

static void put_from_device(struct text *t, const char *chain, const char *device)
{
	text_put(t, "add rule inet adit ");
	text_put(t, chain);
	text_put(t, " iifname { \"lo\", \"");
	text_put(t, device);
	text_put(t, "\" } accept\n");
}

/*
 * RFC4301 5.2: protected traffic that arrives unprotected is discarded. The mark of the question is
 * taken off again; a packet that somebody else has marked keeps that, and is asked about without.
 */
static void probe_put(struct text *t, const struct guard *g)
{
	static const char rule[] = "add rule inet adit guard meta mark ";
	/* What is not ours finds the probe's route: to lo, or, in IPv6, a prohibition. */
	static const char *const drops[] = {
		" fib saddr . mark oifname \"", "\" counter drop\n",
		" meta nfproto ipv4 fib saddr . mark oif missing counter drop\n",
		" meta nfproto ipv6 fib saddr . mark type unreachable counter drop\n"
	};
	uint32_t probe = GUARD_PROBE_MARK(g->mark);

	text_put(t, rule);
	text_put(t, "!= 0 fib saddr oifname \"");
	text_put(t, g->device);
	text_put(t, drops[1]);
	text_put(t, rule);
	text_put(t, "!= 0 accept\nadd rule inet adit guard meta mark set ");
	text_u64(t, probe);
	text_char(t, '\n');
	text_put(t, rule);
	text_u64(t, probe);
	text_put(t, drops[0]);
	text_put(t, g->device);
	text_put(t, drops[1]);
	text_put(t, rule);
	text_u64(t, probe);
	text_put(t, drops[2]);
	text_put(t, rule);
	text_u64(t, probe);
	text_put(t, drops[3]);
	text_put(t, "add rule inet adit guard meta mark set 0\n");
}

/*
 * Of the link and no farther: link-local and multicast addresses, and neighbour discovery, which is
 * to IPv6 what ARP is to IPv4. Its hop limit says that no router passed it on (RFC 4861 3.1).
 */
static void put_v6_exempt(struct text *t, const char *mark)
{
	static const char *const matches[] = {
		"ip6 daddr { ff00::/8, fe80::/10 }", "ip6 saddr { ::, fe80::/10 }",
		/* router and neighbour solicitations and advertisements */
		"ip6 hoplimit 255 icmpv6 type { 133, 134, 135, 136 }",
	};

	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		text_put(t, "add rule inet adit guard ");
		text_put(t, matches[i]);
		text_put(t, mark);
		text_put(t, " accept\n");
	}
}

/* One transaction; what is there already is kept, the chain's rules are replaced. */
static enum err main_chain_put(struct guard *g)
{
	char command[COMMAND_MAX], mark[64];
	struct text t = TEXT_ARRAY(command), m = TEXT_ARRAY(mark);

	text_put(&t, "add table inet adit\n"
		     "add set inet adit ports { type inet_service; }\n"
		     "add element inet adit ports { 500, 4500 }\n"
		     "add chain inet adit guard { type filter hook prerouting priority -300; }\n"
		     "flush chain inet adit guard\n");
	put_from_device(&t, "guard", g->device);
	/* The mark makes the kernel's reverse path check ask for the way that our sockets take. */
	text_put(&m, " meta mark set ");
	text_u64(&m, g->mark);
	/* Sent to everybody and to nobody's network; DHCP must go on. A network's own broadcast
	 * address is within its selector. */
	text_put(&t, "add rule inet adit guard ip daddr { 224.0.0.0/4, 255.255.255.255 }");
	text_put(&t, mark);
	text_put(&t, " accept\nadd rule inet adit guard ip saddr 0.0.0.0");
	text_put(&t, mark);
	text_put(&t, " accept\n");
	put_v6_exempt(&t, mark);
	text_put(&t, "add rule inet adit guard udp dport @ports fib daddr type local");
	text_put(&t, mark);
	text_put(&t, " accept\nadd rule inet adit guard meta l4proto { esp, ah } fib daddr type local");
	text_put(&t, mark);
	text_put(&t, " accept\n");
	probe_put(&t, g);
	return run(g, &t);
}

/*
 * With strict reverse path filtering the kernel answers no ARP from an address behind the tunnel,
 * which the peer itself may be. A kernel without the arp family refuses this; then that combination
 * does not work.
 */
static void arp_chain_put(struct guard *g)
{
	char command[256];
	struct text t = TEXT_ARRAY(command);

	text_put(&t, "add table arp adit\n"
		     "add chain arp adit guard { type filter hook input priority 0; }\n"
		     "flush chain arp adit guard\n"
		     "add rule arp adit guard meta mark set ");
	text_u64(&t, g->mark);
	text_char(&t, '\n');
	(void)(run(g, &t) == ERR_OK);
}

enum err guard_open(struct guard *g, const char *device, uint32_t mark)
{
	struct guard made = { .device = device, .mark = mark };
	struct text why = TEXT_ARRAY(g->why);
	enum err err;

	made.nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!made.nft) {
		text_put(&why, "libnftables failed to start");
		return ERR_MEMORY;
	}
	TRY_THAT(nft_ctx_buffer_output(made.nft) == 0 && nft_ctx_buffer_error(made.nft) == 0,
		 ERR_MEMORY);
	TRY(main_chain_put(&made));
	arp_chain_put(&made);
	*g = made;
	return ERR_OK;
out:
	memcpy(g->why, made.why, sizeof(g->why));
	nft_ctx_free(made.nft);
	return err;
}

void guard_close(struct guard *g, bool remove)
{
	char command[64];
	struct text t = TEXT_ARRAY(command);

	if (!g->nft)
		return;
	/* Adding first makes the removal succeed when somebody has flushed the rule set. */
	text_put(&t, "add table inet adit\ndelete table inet adit\n");
	if (remove) {
		(void)(run(g, &t) == ERR_OK);
		t.len = 0;
		text_put(&t, "add table arp adit\ndelete table arp adit\n");
		(void)(run(g, &t) == ERR_OK);
	}
	nft_ctx_free(g->nft);
	g->nft = NULL;
}

void guard_note_put(struct guard *g)
{
	static char words[] = "add chain inet adit note\n";

	(void)(run(g, &(struct text){ .data = words, .len = sizeof(words) - 1 }) == ERR_OK);
}

bool guard_note_there(struct guard *g)
{
	static char words[] = "list chain inet adit note\n";

	return run(g, &(struct text){ .data = words, .len = sizeof(words) - 1 }) == ERR_OK;
}

enum err guard_exempt(struct guard *g, uint16_t port)
{
	char command[128];
	struct text t = TEXT_ARRAY(command);
	enum err err;

	if (port == 0 || port == 500 || port == 4500)
		return ERR_OK;
	for (size_t i = 0; i < g->ports_count; i++) {
		if (g->ports[i] == port)
			return ERR_OK;
	}
	if (g->ports_count == GUARD_PORTS_MAX)
		return ERR_LIMIT;
	text_put(&t, "add element inet adit ports { ");
	text_u64(&t, port);
	text_put(&t, " }\n");
	err = run(g, &t);
	if (err == ERR_OK)
		g->ports[g->ports_count++] = port;
	return err;
}

/* Rules with a protocol: a chain each, so that a name is enough to find it again, also after a
 * restart. */

static void put_range(struct text *t, const struct ip *first, const struct ip *last, char between)
{
	text_ip(t, first);
	text_char(t, between);
	text_ip(t, last);
}

/* Matches as nftables takes them: it refuses a range of one. */
static void put_ip_match(struct text *t, const char *field, const struct ip *first,
			 const struct ip *last)
{
	text_put(t, first->family == IP_V6 ? " ip6 " : " ip ");
	text_put(t, field);
	if (ip_equal(first, last))
		text_ip(t, first);
	else
		put_range(t, first, last, '-');
}

static void put_name(struct text *t, const struct guarded *w)
{
	text_put(t, w->neighbours ? "guard_near_" : "guard_");
	text_u64(t, w->protocol);
	text_char(t, '_');
	put_range(t, &w->local_first, &w->local_last, '_');
	text_char(t, '_');
	put_range(t, &w->remote_first, &w->remote_last, '_');
	for (size_t i = 0; i < t->len; i++) { /* which no name may have */
		if (t->data[i] == ':')
			t->data[i] = '-';
	}
}

enum err guard_add(struct guard *g, const struct guarded *w)
{
	char command[COMMAND_MAX], name_text[NAME_MAX_LENGTH];
	struct text t = TEXT_ARRAY(command), name = TEXT_ARRAY(name_text);

	put_name(&name, w);
	text_put(&t, "add chain inet adit ");
	text_put(&t, name.data);
	/* After the main chain, whose mark says that a packet is exempt. */
	text_put(&t, " { type filter hook prerouting priority -299; }\nflush chain inet adit ");
	text_put(&t, name.data);
	text_char(&t, '\n');
	put_from_device(&t, name.data, g->device);
	text_put(&t, "add rule inet adit ");
	text_put(&t, name.data);
	text_put(&t, " meta mark ");
	text_u64(&t, g->mark);
	text_put(&t, " accept\nadd rule inet adit ");
	text_put(&t, name.data);
	put_ip_match(&t, "saddr ", &w->remote_first, &w->remote_last);
	put_ip_match(&t, "daddr ", &w->local_first, &w->local_last);
	text_put(&t, w->neighbours ? " fib saddr . iif oif missing" : " meta l4proto ");
	if (!w->neighbours)
		text_u64(&t, w->protocol);
	text_put(&t, " counter drop\n");
	return run(g, &t);
}

enum err guard_delete(struct guard *g, const struct guarded *w)
{
	char command[COMMAND_MAX], name_text[NAME_MAX_LENGTH];
	struct text t = TEXT_ARRAY(command), name = TEXT_ARRAY(name_text);

	put_name(&name, w);
	text_put(&t, "flush chain inet adit ");
	text_put(&t, name.data);
	text_put(&t, "\ndelete chain inet adit ");
	text_put(&t, name.data);
	text_char(&t, '\n');
	return run(g, &t);
}
