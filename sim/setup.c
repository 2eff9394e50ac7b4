/* SPDX-License-Identifier: Apache-2.0 */
/* setup: writes and loads a host's configuration. */
#include "setup.h"

#include <stdio.h>

#include "require.h"

struct setup setup_initiator(void)
{
	return (struct setup){
		.local = "10.0.0.1", .remote = "10.0.0.2",
		.id = "left.example.org", .peer_id = "right.example.org", .secret = "correct horse",
		.proposals = SETUP_SUITE, .esp_proposals = SETUP_ESP,
		.local_ts = "10.1.0.0/24", .remote_ts = "10.2.0.0/24",
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

struct config *setup_load(const struct setup *s)
{
	char text[4096], child[512], more[512] = "", errors[1024], warnings[1024];
	struct text errors_text = TEXT_ARRAY(errors), warnings_text = TEXT_ARRAY(warnings);
	struct config *config = NULL;
	int len;
	enum err err;

	child_write(child, sizeof(child), s, "net");
	if (s->two_children)
		child_write(more, sizeof(more), s, "more");
	len = snprintf(text, sizeof(text),
		       "adit {\n ike_sas = %u\n child_sas = %u\n half_open = %u\n"
		       " cookie_threshold = %u\n half_open_timeout = %us\n}\n"
		       "connections {\n gw {\n"
		       "  local_addrs = %s\n  remote_addrs = %s\n  proposals = %s\n"
		       "  dpd_delay = %us\n  keyingtries = %u\n  encap = %s\n"
		       "  local {\n   auth = psk\n   id = %s\n  }\n"
		       "  remote {\n   auth = psk\n   id = %s\n  }\n"
		       "  children {\n%s%s  }\n }\n}\n"
		       "secrets {\n ike-1 {\n  secret = \"%s\"\n }\n}\n",
		       s->ike_sas, s->ike_sas, s->half_open, s->cookie_threshold,
		       s->half_open_timeout_s, s->local, s->remote, s->proposals, s->dpd_s,
		       s->keyingtries, s->encap ? "yes" : "no", s->id, s->peer_id, child, more,
		       s->secret);
	REQUIRE(len > 0 && (size_t)len < sizeof(text));
	err = config_load_text(&config, "sim", span_text(text), &errors_text, &warnings_text);
	if (err != ERR_OK)
		fprintf(stderr, "%s\n%s", text, errors);
	REQUIRE(err == ERR_OK);
	return config;
}
