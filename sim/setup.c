/* SPDX-License-Identifier: Apache-2.0 */
/* setup: writes and loads a host's configuration. */
#include "setup.h"

#include <stdio.h>

#include "certificates.h"
#include "config_in.h"
#include "require.h"

#define SETUP_MEMORY_MAX ((size_t)64 << 20)
#define SETUP_TEXT_MAX 4096
#define SETUPS_SHARED_MAX 16

struct setup setup_initiator(void)
{
	return (struct setup){
		.local = "10.0.0.1", .remote = "10.0.0.2",
		.id = "left.example.org", .peer_id = "right.example.org", .secret = "correct horse",
		.proposals = SETUP_SUITE, .esp_proposals = SETUP_ESP,
		.local_ts = "10.1.0.0/24", .remote_ts = "10.2.0.0/24",
		.auth = "psk", .peer_auth = "psk", .revocation = "relaxed",
		.send_cert = "ifasked", .fragmentation = "yes", .retransmit_tries = 5,
		.close_action = "none", .dpd_action = "clear",
		.keyingtries = 1, .ike_sas = 16, .half_open = 16, .cookie_threshold = 8,
		.half_open_timeout_s = 30,
	};
}

struct setup setup_responder(void)
{
	struct setup s = setup_initiator();

	s.local = "10.0.0.2";
	s.remote = "%any";
	s.id = "right.example.org";
	s.peer_id = "left.example.org";
	s.local_ts = "10.2.0.0/24";
	s.remote_ts = "10.1.0.0/24";
	return s;
}

static int child_write(char *to, size_t cap, const struct setup *s, const char *name)
{
	return snprintf(to, cap,
			"  %s {\n"
			"   local_ts = %s\n   remote_ts = %s\n   esp_proposals = %s\n"
			"   close_action = %s\n   dpd_action = %s\n  }\n",
			name, s->local_ts, s->remote_ts, s->esp_proposals, s->close_action,
			s->dpd_action);
}

#define ANCHORS " x509ca/root.pem"
#define FILES(side, kind, chain) \
	"x509/" side "-" kind ".pem private/" side "-" kind ".key x509/" chain ".pem" ANCHORS

void setup_certificates(struct setup *left, struct setup *right, const char *kind,
			enum setup_who who)
{
	static const struct {
		const char *kind, *left, *right;
	} rows[] = {
		{ "ed", FILES("left", "ed", "chain-lower"), FILES("right", "ed", "chain-lower") },
		{ "ec", FILES("left", "ec", "chain-upper"), FILES("right", "ec", "chain-upper") },
		{ "rsa", FILES("left", "rsa", "chain-broad"), FILES("right", "rsa", "chain-broad") },
	};
	size_t i = 0;

	while (strcmp(rows[i].kind, kind) != 0)
		REQUIRE(++i < ARRAY_LEN(rows));
	if (who != SETUP_RIGHT) {
		left->auth = right->peer_auth = "pubkey";
		left->files = rows[i].left;
	}
	if (who != SETUP_LEFT) {
		right->auth = left->peer_auth = "pubkey";
		right->files = rows[i].right;
	}
	if (who == SETUP_LEFT)
		right->files = ANCHORS;
	else if (who == SETUP_RIGHT)
		left->files = ANCHORS;
}

static void line_write(struct text *t, const char *key, const char *value)
{
	if (!value)
		return;
	text_put(t, "   ");
	text_put(t, key);
	text_put(t, " = ");
	text_put(t, value);
	text_put(t, "\n");
}

static void sides_write(struct text *t, const struct setup *s)
{
	text_put(t, "  local {\n");
	line_write(t, "auth", s->auth);
	line_write(t, "id", s->id);
	line_write(t, "certs", s->certs);
	text_put(t, "  }\n  remote {\n");
	line_write(t, "auth", s->peer_auth);
	line_write(t, "id", s->peer_id);
	if (strcmp(s->peer_auth, "psk") != 0) {
		line_write(t, "cacerts", s->cacerts);
		line_write(t, "revocation", s->revocation);
	}
	text_put(t, "  }\n");
}

static void text_write(char *to, size_t cap, const struct setup *s)
{
	char child[512], more[512] = "", sides[512];
	struct text sides_text = TEXT_ARRAY(sides);
	int len;

	child_write(child, sizeof(child), s, "net");
	if (s->two_children)
		child_write(more, sizeof(more), s, "more");
	sides_write(&sides_text, s);
	len = snprintf(to, cap,
		       "adit {\n ike_sas = %u\n child_sas = %u\n half_open = %u\n"
		       " cookie_threshold = %u\n half_open_timeout = %us\n retransmit_tries = %u\n%s}\n"
		       "connections {\n gw {\n"
		       "  local_addrs = %s\n  remote_addrs = %s\n  proposals = %s\n"
		       "  dpd_delay = %us\n  keyingtries = %u\n  encap = %s\n"
		       "  send_cert = %s\n  fragmentation = %s\n%s"
		       "  children {\n%s%s  }\n }\n}\n"
		       "secrets {\n ike-1 {\n  secret = \"%s\"\n }\n}\n",
		       s->ike_sas, s->ike_sas, s->half_open, s->cookie_threshold,
		       s->half_open_timeout_s, s->retransmit_tries,
		       s->files ? " credentials = " CERTIFICATES_FOLDER "\n" : "", s->local,
		       s->remote, s->proposals, s->dpd_s, s->keyingtries, s->encap ? "yes" : "no",
		       s->send_cert, s->fragmentation, sides, child, more, s->secret);
	REQUIRE(len > 0 && (size_t)len < cap && !sides_text.cut);
}

static struct config *text_load(const char *text, const char *const *files)
{
	const struct settings_access access = certificates_access(files);
	const struct memory memory = memory_system(SETUP_MEMORY_MAX);
	char errors[1024], warnings[1024];
	struct text errors_text = TEXT_ARRAY(errors), warnings_text = TEXT_ARRAY(warnings);
	struct config *config = NULL;
	enum err err;

	err = config_load_text_in(&config, &memory, *files ? &access : NULL, "sim",
				  span_text(text), &errors_text, &warnings_text);
	if (err != ERR_OK)
		fprintf(stderr, "%s\n%s", text, errors);
	REQUIRE(err == ERR_OK);
	return config;
}

/*
 * Reading certificates takes longer than a handshake. A configuration does not change, so that runs
 * of one text and one list of files may share it.
 */
struct config *setup_load(const struct setup *s)
{
	static struct {
		char text[SETUP_TEXT_MAX];
		const char *files;
		struct config *config;
	} shared[SETUPS_SHARED_MAX];
	static size_t turn;
	char text[SETUP_TEXT_MAX];
	size_t i = 0;

	text_write(text, sizeof(text), s);
	if (!s->files)
		return text_load(text, &s->files);
	while (i < SETUPS_SHARED_MAX &&
	       !(shared[i].config && shared[i].files == s->files && strcmp(shared[i].text, text) == 0))
		i++;
	if (i == SETUPS_SHARED_MAX) {
		i = turn++ % SETUPS_SHARED_MAX;
		config_unref(shared[i].config);
		memcpy(shared[i].text, text, sizeof(text));
		shared[i].files = s->files;
		shared[i].config = text_load(text, &s->files);
	}
	return config_ref(shared[i].config);
}
