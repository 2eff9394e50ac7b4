/* SPDX-License-Identifier: Apache-2.0 */
/* toy: a made-up signature scheme: Ed25519 of what SHA-512 makes of the octets and a word. */
#ifndef ADIT_PKI_TOY_H
#define ADIT_PKI_TOY_H

#include "schemes_in.h"

/* SEQUENCE of an OID of nobody, 1.3.6.1.4.1.99999.1 */
#define TOY_ALGID { (const uint8_t *)"\x30\x0b\x06\x09\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01", 13 }

enum err toy_make(EVP_PKEY *key, struct span octets, uint8_t *ret, size_t max, size_t *ret_len);
bool toy_check(EVP_PKEY *key, struct span octets, struct span signature);

#endif
