/* SPDX-License-Identifier: Apache-2.0 */
#include "sas.h"

#include "print.h"

#define BOLD "\033[1m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

struct page {
	FILE *out;
	bool color;
};

static void paint(const struct page *p, const char *code)
{
	if (p->color)
		fputs(code, p->out);
}

/* Prints before, the value of key, after; false and nothing when the key is absent. */
static bool put(const struct page *p, struct span body, const char *before, const char *key,
		const char *after)
{
	struct span value;

	if (!vici_find(body, key, &value))
		return false;
	fputs(before, p->out);
	print_text(p->out, value);
	fputs(after, p->out);
	return true;
}

static bool is(struct span body, const char *key, const char *wanted)
{
	struct span value;

	return vici_find(body, key, &value) && span_equal(value, span_text(wanted));
}

/* "IKE gw #1: ESTABLISHED" and for how long. */
static void put_title(const struct page *p, const char *margin, struct span name, struct span body,
		      const char *since)
{
	struct span state = SPAN_EMPTY, seconds;
	bool good;

	fputs(margin, p->out);
	paint(p, BOLD);
	print_text(p->out, name);
	paint(p, PLAIN);
	put(p, body, " #", "uniqueid", "");
	if (vici_find(body, "state", &state)) {
		good = span_equal(state, span_text("ESTABLISHED")) ||
		       span_equal(state, span_text("INSTALLED"));
		fputs(", ", p->out);
		paint(p, good ? GREEN : YELLOW);
		print_text(p->out, state);
		paint(p, PLAIN);
	}
	if (vici_find(body, since, &seconds)) {
		fputs(" for ", p->out);
		print_duration(p->out, seconds);
	}
}

static void put_algorithm(const struct page *p, struct span body, const char *name,
			  const char *keysize, bool *first)
{
	struct span value;

	if (!vici_find(body, name, &value))
		return;
	fputs(*first ? "" : ", ", p->out);
	*first = false;
	print_text(p->out, value);
	if (keysize)
		put(p, body, "-", keysize, "");
}

static void put_suite(const struct page *p, const char *margin, struct span body)
{
	struct span value;
	bool first = true;

	if (!vici_find(body, "encr-alg", &value) && !vici_find(body, "integ-alg", &value))
		return;
	fprintf(p->out, "%ssuite    ", margin);
	put_algorithm(p, body, "encr-alg", "encr-keysize", &first);
	put_algorithm(p, body, "integ-alg", "integ-keysize", &first);
	put_algorithm(p, body, "prf-alg", NULL, &first);
	put_algorithm(p, body, "dh-group", NULL, &first);
	if (is(body, "esn", "1"))
		fputs(", ESN", p->out);
	fputc('\n', p->out);
}

static void put_end(const struct page *p, struct span body, const char *margin, const char *label,
		    const char *const keys[4])
{
	struct span value;

	if (!vici_find(body, keys[0], &value) && !vici_find(body, keys[2], &value))
		return;
	fprintf(p->out, "%s%s ", margin, label);
	put(p, body, " ", keys[0], "");
	put(p, body, "[", keys[1], "]");
	put(p, body, ", ", keys[2], "");
	if (is(body, keys[3], "yes"))
		fputs(is(body, "nat-fake", "yes") ? ", UDP encapsulation forced" : ", behind NAT", p->out);
	fputc('\n', p->out);
}

static void put_selectors(const struct page *p, struct span body, const char *margin)
{
	fprintf(p->out, "%straffic  ", margin);
	if (!print_list(p->out, body, "local-ts", " "))
		fputs("?", p->out);
	fputs(" <-> ", p->out);
	if (!print_list(p->out, body, "remote-ts", " "))
		fputs("?", p->out);
	fputc('\n', p->out);
}

static void put_count(const struct page *p, struct span body, const char *label,
		      const char *packets, const char *bytes)
{
	struct span value;

	if (!vici_find(body, bytes, &value))
		return;
	fprintf(p->out, "      %s", label);
	print_bytes(p->out, value);
	put(p, body, " in ", packets, is(body, packets, "1") ? " packet" : " packets");
	fputc('\n', p->out);
}

static void put_child(const struct page *p, struct span section, struct span body)
{
	struct span name = section;
	struct span value;

	(void)vici_find(body, "name", &name);
	put_title(p, "    ", name, body, "install-time");
	put(p, body, ", ", "mode", "");
	put(p, body, " ", "protocol", "");
	fputs(is(body, "encap", "yes") ? " in UDP\n" : "\n", p->out);
	put_selectors(p, body, "      ");
	if (vici_find(body, "spi-in", &value)) {
		put(p, body, "      SPIs     in ", "spi-in", "");
		put(p, body, ", out ", "spi-out", "");
		fputc('\n', p->out);
	}
	put_suite(p, "      ", body);
	put_count(p, body, "in       ", "packets-in", "bytes-in");
	put_count(p, body, "out      ", "packets-out", "bytes-out");
}

static void put_children(const struct page *p, struct span body)
{
	struct vici_reader r = vici_reader_of(body), inner;
	struct span section, children, name, child;

	while (vici_next_section(&r, &section, &children)) {
		if (!span_equal(section, span_text("child-sas")))
			continue;
		inner = vici_reader_of(children);
		while (vici_next_section(&inner, &name, &child))
			put_child(p, name, child);
	}
}

void print_sa(FILE *out, bool color, struct span message)
{
	static const char *const local[] = { "local-host", "local-port", "local-id", "nat-local" };
	static const char *const remote[] = { "remote-host", "remote-port", "remote-id",
					      "nat-remote" };
	struct vici_reader r = vici_reader_of(message);
	const struct page p = { .out = out, .color = color };
	struct span name, body;

	while (vici_next_section(&r, &name, &body)) {
		put_title(&p, "", name, body, "established");
		put(&p, body, ", IKEv", "version", "");
		fputs(is(body, "initiator", "yes") ? ", we began\n" : ", the peer began\n", out);
		put_end(&p, body, "    ", "peer   ", remote);
		put_end(&p, body, "    ", "local  ", local);
		put_suite(&p, "    ", body);
		put(&p, body, "    SPIs     ", "initiator-spi", "");
		put(&p, body, " ", "responder-spi", "\n");
		put_children(&p, body);
	}
}

static void put_auth(const struct page *p, struct span section, struct span body)
{
	bool local = span_equal(span_head(section, 5), span_text("local"));

	if (!local && !span_equal(span_head(section, 6), span_text("remote")))
		return;
	fputs(local ? "    we prove " : "    peer     ", p->out);
	if (!put(p, body, "", "id", ""))
		fputs("any identity", p->out);
	put(p, body, " by ", "class", "");
	fputc('\n', p->out);
}

void print_conn(FILE *out, bool color, struct span message)
{
	struct vici_reader r = vici_reader_of(message), inner, deeper;
	const struct page p = { .out = out, .color = color };
	struct span name, body, section, inside, child, child_body;

	while (vici_next_section(&r, &name, &body)) {
		paint(&p, BOLD);
		print_text(out, name);
		paint(&p, PLAIN);
		fputs(": ", out);
		if (!print_list(out, body, "local_addrs", " "))
			fputs("%any", out);
		fputs(" <-> ", out);
		if (!print_list(out, body, "remote_addrs", " "))
			fputs("%any", out);
		put(&p, body, ", ", "version", "");
		fputc('\n', out);
		inner = vici_reader_of(body);
		while (vici_next_section(&inner, &section, &inside)) {
			put_auth(&p, section, inside);
			if (!span_equal(section, span_text("children")))
				continue;
			deeper = vici_reader_of(inside);
			while (vici_next_section(&deeper, &child, &child_body)) {
				put_title(&p, "    ", child, child_body, "");
				put(&p, child_body, ", ", "mode", "");
				fputc('\n', out);
				put_selectors(&p, child_body, "      ");
			}
		}
	}
}
