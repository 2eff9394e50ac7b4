/* SPDX-License-Identifier: Apache-2.0 */
/* version: the build's own number, from meson.build. */
#ifndef ADIT_DAEMON_VERSION_H
#define ADIT_DAEMON_VERSION_H

#ifndef ADIT_VERSION
#error "the build gives ADIT_VERSION"
#endif

#endif
