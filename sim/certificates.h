/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificates: the files that a host of the simulator finds in its folder of certificates, in
 * memory.
 *
 * The files are fixed (certificates.sh made them), good from 2020 to 2099, and few: root → upper →
 * lower, the last two long enough for several fragments; root → broad, of RSA; a stranger. Leaves:
 * left- and right-ed (by lower), -ec (by upper), -rsa (by broad), and those that must be refused:
 * -expired, -early, -revoked (by lower.crl), -foreign (by the stranger), -other (of
 * other.example.org). chain-lower.pem has lower and upper; chain-upper.pem and chain-broad.pem the
 * one.
 */
#ifndef ADIT_SIM_CERTIFICATES_H
#define ADIT_SIM_CERTIFICATES_H

#include "settings.h"

/* The wall clock of every world: 2030-01-01, and what the world's own clock adds. */
#define CERTIFICATES_NOW INT64_C(1893456000)
#define CERTIFICATES_FOLDER "/host"

struct certificate_file {
	const char *name, *text;
};

/* Up to one without a name. */
extern const struct certificate_file certificate_files[];

/*
 * What config_load_text_in() reads a folder of certificates by: files are words like
 * "x509/left-ed.pem", and have to live as long.
 */
struct settings_access certificates_access(const char *const *files);

#endif
