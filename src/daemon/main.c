/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main: aditd's options, start, signals, turn and end.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "daemon.h"
#include "version.h"

#define DEFAULT_PATH "/etc/adit/adit.conf"
#define OWN_PAGES (64 * 1024) /* blocks from here on are pages of their own: what nobody has touched of a slab costs nothing */
#define STOP_TIME (5 * NANOS_SECOND) /* for the peers to answer our DELETEs */

static const char usage[] =
	"usage: aditd [-n] [-c FILE] [--check] [-d] [-V] [-h]\n"
	"\n"
	"The IKEv2 daemon. Runs in the foreground and logs to standard error; see aditd(8), adit.conf(5).\n"
	"\n"
	"  -n, --nofork       stay in the foreground (it always does)\n"
	"  -c, --config FILE  the configuration; " DEFAULT_PATH " by default\n"
	"      --check        judge the configuration and leave\n"
	"  -d, --debug        log dropped messages and the like, too\n"
	"  -V, --version      say the version and leave\n"
	"  -h, --help         this text\n"
	"\n"
	"SIGHUP reads the configuration again, SIGTERM and SIGINT delete all SAs and end the daemon;\n"
	"a second one does not wait for the peers' answers.\n";

struct options {
	const char *path;
	bool check, debug;
};

/* 0: go on; otherwise the exit status plus one. */
static int read_options(int argc, char **argv, struct options *ret)
{
	static const struct option longs[] = {
		{ "nofork", no_argument, NULL, 'n' },
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'C' },
		{ "debug", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	*ret = (struct options){ .path = DEFAULT_PATH };
	while ((option = getopt_long(argc, argv, "nc:dVh", longs, NULL)) != -1) {
		switch (option) {
		case 'n':
			break;
		case 'c':
			ret->path = optarg;
			break;
		case 'C':
			ret->check = true;
			break;
		case 'd':
			ret->debug = true;
			break;
		case 'V':
			puts("aditd " ADIT_VERSION);
			return 1;
		case 'h':
			fputs(usage, stdout);
			return 1;
		default:
			fputs("aditd --help lists the options\n", stderr);
			return 3;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "aditd: %s: aditd takes no arguments; aditd --help lists the options\n", argv[optind]);
		return 3;
	}
	return 0;
}

/* Words of ours, with quoted values escaped where they were made. */
static void log_lines(struct log *log, enum log_level level, const char *event, char *lines)
{
	for (char *line = lines, *next; *line; line = next) {
		struct log_entry e;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		else
			next = line + strlen(line);
		log_begin_always(&e, log, level, event);
		log_words(&e, line);
		log_end(&e);
	}
}

/* NULL when the file is not good; what is wrong is in ret_why, warnings are in the log. */
static struct config *load(struct log *log, const char *path, struct text *ret_why)
{
	char warnings[4096];
	struct text w = TEXT_ARRAY(warnings);
	struct config *config = NULL;

	if (config_load(&config, path, ret_why, &w))
		return NULL;
	log_lines(log, LOG_NOTICE, "config-warning", warnings);
	return config;
}

bool daemon_reload(struct daemon *d, struct text *ret_why)
{
	struct config *config;
	char copy[2048];
	struct text t = TEXT_ARRAY(copy);

	notify_reloading(&d->manager);
	config = load(&d->log, d->path, ret_why);
	if (config) {
		shard_reconfigure(&d->shard, config);
		config_unref(config);
		start_children(d);
		log_say(&d->log, LOG_NOTICE, "reloaded", d->path);
	} else {
		log_say(&d->log, LOG_ERROR, "reload-failed", "the configuration is as it was before");
		text_put(&t, ret_why->data);
		log_lines(&d->log, LOG_ERROR, "config-error", copy);
	}
	notify_send(&d->manager, "READY=1");
	return config != NULL;
}

static void stop(struct daemon *d)
{
	if (d->stopping) {
		d->stop_due = d->now;
		return;
	}
	d->stopping = true;
	d->stop_due = nanos_after(d->now, STOP_TIME);
	log_say(&d->log, LOG_NOTICE, "stopping", "deleting all SAs");
	notify_send(&d->manager, "STOPPING=1");
	adit_engine_shutdown(d->shard.engine, d->now);
}

static void on_signal(void *ctx, int fd, uint32_t events)
{
	struct daemon *d = ctx;
	struct signalfd_siginfo info;
	char why[2048];
	struct text t = TEXT_ARRAY(why);

	(void)events;
	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP)
		stop(d);
	else if (!d->stopping)
		(void)daemon_reload(d, &t);
}

static enum err open_signals(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return ERR_SYSTEM;
	d->signals = (struct loop_source){ .ready = on_signal, .ctx = d };
	d->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (d->signals.fd < 0)
		return ERR_SYSTEM;
	return loop_add(&d->loop, &d->signals, EPOLLIN);
}

static enum err open_control(struct daemon *d)
{
	const char *path = d->shard.config->daemon.vici_socket;
	struct control_params params = {
		.commands = daemon_commands,
		.commands_count = daemon_commands_count,
		.events = daemon_events,
		.events_count = daemon_events_count,
		.ctx = d,
	};
	enum err err = control_open(&d->control, &d->loop, path, &params);
	int code = errno;
	struct log_entry e;

	if (!err)
		return ERR_OK;
	log_begin_always(&e, &d->log, LOG_ERROR, "start-failed");
	if (err == ERR_EXISTS)
		log_put(&e, "message", "another daemon answers on the control socket; end it, or name another one in adit.vici_socket");
	else
		log_put(&e, "message", "the control socket cannot be made; adit.vici_socket names it, its folder must be there");
	log_put(&e, "socket", path);
	if (err == ERR_SYSTEM)
		log_put(&e, "why", strerrordesc_np(code) ? strerrordesc_np(code) : "unknown");
	else if (err != ERR_EXISTS)
		log_put(&e, "why", err_words(err));
	log_end(&e);
	return err;
}

/* What was reserved: decision 4 of docs/architecture.md. */
static void log_started(struct daemon *d)
{
	const struct engine_config *c = &d->shard.config->engine;
	struct log_entry e;

	log_begin_always(&e, &d->log, LOG_NOTICE, "started");
	log_put(&e, "version", ADIT_VERSION);
	log_put(&e, "dataplane", d->shard.ops->name);
	log_put_u64(&e, "ike_sas", c->ike_sas);
	log_put_u64(&e, "child_sas", c->child_sas);
	log_put_u64(&e, "half_open", c->half_open);
	log_put_u64(&e, "reserved_kib", d->shard.memory.used / 1024);
	log_end(&e);
}

static enum err start(struct daemon *d, struct config *config)
{
	enum err err;

	TRY(open_signals(d));
	TRY(shard_open(&d->shard, &d->loop, &d->log, config, daemon_event, d));
	TRY(open_control(d));
	start_children(d);
	shard_work(&d->shard, d->now);
	notify_open(&d->manager, d->now);
	notify_send(&d->manager, "READY=1");
	log_started(d);
out:
	return err;
}

static nanos earliest(nanos a, nanos b)
{
	return a < b ? a : b;
}

static bool finished(const struct daemon *d)
{
	return d->stopping && (adit_engine_idle(d->shard.engine) || d->now >= d->stop_due);
}

static enum err run(struct daemon *d)
{
	enum err err = ERR_OK;

	while (!finished(d)) {
		nanos due = earliest(shard_deadline(&d->shard), pending_deadline(d));

		due = earliest(due, notify_watchdog(&d->manager, d->now));
		if (d->stopping)
			due = earliest(due, d->stop_due);
		if (control_due(&d->control))
			due = 0;
		TRY(loop_wait(&d->loop, due, d->now));
		/* Before anybody is served: the turn may have slept for minutes. */
		d->now = clock_now();
		d->log.now = d->now;
		d->shard.now = d->now;
		loop_serve(&d->loop);
		shard_work(&d->shard, d->now);
		pending_expire(d, d->now);
		control_work(&d->control);
		TRY_THAT(!d->shard.lost, ERR_SYSTEM);
	}
out:
	return err;
}

static void end(struct daemon *d, bool orderly)
{
	if (d->control.server) {
		control_work(&d->control);
		control_close(&d->control);
	}
	if (d->shard.loop)
		shard_close(&d->shard, orderly);
	if (d->signals.fd > 0) {
		loop_remove(&d->loop, &d->signals);
		close(d->signals.fd);
	}
	notify_close(&d->manager);
	loop_clear(&d->loop);
	log_clear(&d->log);
}

static int serve(const struct options *o, struct config *config)
{
	struct daemon *d = calloc(1, sizeof(*d));
	enum err err;

	if (!d) {
		fputs("aditd: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	d->path = o->path;
	d->manager.fd = -1;
	d->start_due = NANOS_NEVER;
	d->started = d->now = clock_now();
	d->shard.now = d->now;
	TRY(log_init(&d->log, STDERR_FILENO, o->debug ? LOG_DEBUG : LOG_INFO));
	d->log.now = d->now;
	d->log.sink = daemon_log_sink;
	d->log.sink_ctx = d;
	TRY(loop_init(&d->loop));
	TRY(start(d, config));
	TRY(run(d));
	log_say(&d->log, LOG_NOTICE, "stopped",
		adit_engine_idle(d->shard.engine) ? "all is taken down" : "all is taken down; not all peers have answered");
out:
	end(d, err == ERR_OK);
	free(d);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char errors[8192], warnings[4096];
	struct text e = TEXT_ARRAY(errors), w = TEXT_ARRAY(warnings);
	struct config *config = NULL;
	struct options options;
	int status = read_options(argc, argv, &options);

	if (status)
		return status - 1;
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
	if (config_load(&config, options.path, &e, &w)) {
		fprintf(stderr, "%s\n", errors);
		fprintf(stderr, "aditd: %s is not good; nothing was started\n", options.path);
		return EXIT_FAILURE;
	}
	if (*warnings)
		fprintf(stderr, "%s\n", warnings);
	status = options.check ? EXIT_SUCCESS : serve(&options, config);
	config_unref(config);
	return status;
}
