/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab: network namespaces, dataplanes in them and packets between them, for the tests of this folder.
 *
 * A namespace lives as long as its descriptor: nothing has a name and nothing is left behind. Needs root and
 * says so by failing. Everything that can fail here ends the test.
 */
#ifndef ADIT_TESTS_DATAPLANE_LAB_H
#define ADIT_TESTS_DATAPLANE_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "dataplane.h"

#define LAB_PATIENCE_MS 2000

struct lab_plane {
	int netns;
	struct memory memory;
	struct crypto crypto;
	struct dataplane *plane;
	int fd, watch;             /* of the device */
	uint32_t table, priority;  /* 0: 220 */
	struct lab_plane *peer;    /* that send() reaches; NULL: packets are counted and lost */
	struct path from;          /* what the peer sees as the path of what we send */
	uint8_t queue[32][2048];   /* sent by us, waiting for the peer */
	size_t queue_len[32], queued;
	struct outer queue_outer[32];
	struct outer last_outer;   /* of the last packet sent */
	size_t last_len;
	struct path last_path;
	size_t mtu;                /* of the way; 0: not known */
	uint32_t mss;
	uint8_t outer_tos;         /* set on the way, when not 0 */
	nanos now;
	unsigned sent;
	uint32_t last_spi;         /* of the last packet sent */
	unsigned moves;
	struct endpoint moved;
	unsigned errors;           /* log lines of level 0 */
	char log[400];
};

int netns_new(void);
void netns_enter(int netns);
/* Runs a command line in the namespace and requires its success. */
void run_in(int netns, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Its first number of output. */
unsigned count_in(int netns, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A veth pair between two namespaces, both ends up, with addresses in CIDR form. */
void veth_between(int a, const char *name_a, const char *address_a, int b, const char *name_b,
		  const char *address_b);

enum err lab_plane_try(struct lab_plane *p, int netns);
/* In the namespace that the process is in. */
enum err lab_plane_try_here(struct lab_plane *p);
void lab_plane_open(struct lab_plane *p, int netns);
/* In order; or as a run that fails. */
void lab_plane_close(struct lab_plane *p);
void lab_plane_end(struct lab_plane *p, bool orderly);
void lab_plane_install(struct lab_plane *p, const struct child_spec *spec);
/* Carries packets from the device to the peer's and back until both are quiet. */
void lab_pump(struct lab_plane *p);

struct selector lab_selector(const char *prefix, uint8_t protocol, uint16_t port_first, uint16_t port_last);
/* An SA from a to b. AES-GCM-16 with keys made from the SPIs. */
struct child_spec lab_spec(uint32_t spi_in, uint32_t spi_out, const char *local, const char *remote);

/* A UDP socket; address NULL: unbound, IPv4. "::": the same for IPv6. */
int udp_socket(int netns, const char *address, uint16_t port);
/* True when the kernel took it. */
bool udp_send(int fd, const char *address, uint16_t port, const char *text);
/* True when that text arrives within the patience given; others are skipped. */
bool udp_arrives(int fd, const char *text, int patience_ms);

/* All packets that arrive on an interface. */
int sniffer(int netns, const char *interface);
/* Reads until a UDP packet with the text `until` has passed, and gives how many with `text` came before. */
unsigned sniffed_before(int fd, const char *text, const char *until);
/* A UDP packet with any source, sent as the namespace's routes say. */
void inject(int netns, const char *src, uint16_t src_port, const char *dst, uint16_t dst_port, const char *text);

#endif
