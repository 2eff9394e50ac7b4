/* SPDX-License-Identifier: Apache-2.0 */
#include "abilities.h"

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>
#include <time.h>

#include "algorithms.h"
#include "message.h"
#include "transform.h"

#define PROBE_SPI 0xad000000 /* and 24 bits of the clock: nobody else's */

/* A suite that holds the transform, and otherwise what every kernel has. */
static bool suite_around(struct child_spec *spec, const struct transform *t)
{
	const struct integ *integ;
	const struct cipher *cipher;

	spec->integ = (struct transform){ .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA2_256_128 };
	spec->encr = (struct transform){ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_bits = 128 };
	if (t->type == TRANSFORM_INTEG)
		spec->integ = *t;
	else
		spec->encr = *t;
	cipher = cipher_find(spec->encr.id, spec->encr.key_bits);
	if (!cipher || !xfrm_cipher(spec->encr.id))
		return false;
	if (cipher->icv_len > 0)
		spec->integ = (struct transform){ .type = TRANSFORM_INTEG, .id = INTEG_NONE };
	integ = spec->integ.id != INTEG_NONE ? integ_find(spec->integ.id) : NULL;
	if (spec->integ.id != INTEG_NONE && (!integ || !xfrm_integ(spec->integ.id)))
		return false;
	spec->encr_in.len = (uint8_t)(cipher->key_len + cipher->salt_len);
	spec->integ_in.len = integ ? integ->key_len : 0;
	for (size_t i = 0; i < spec->encr_in.len; i++) /* 3DES wants three keys that differ */
		spec->encr_in.bytes[i] = (uint8_t)(i * 37 + 1);
	return true;
}

static bool kernel_takes(struct kernel *k, uint8_t protocol, const struct transform *t)
{
	char buffer[XFRM_MESSAGE_MAX] __attribute__((aligned(KERNEL_ALIGN)));
	struct child_spec spec = {
		.protocol = protocol,
		.mode = CHILD_TUNNEL,
		.path = { .local.ip = ip_v4(127, 0, 0, 1), .remote.ip = ip_v4(127, 0, 0, 1) },
	};
	struct xfrm_name_of_sa name;
	struct timespec now = { 0 };
	enum err err;

	if (!suite_around(&spec, t))
		return false;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	spec.spi_in = PROBE_SPI | ((uint32_t)now.tv_nsec & 0xffffff);
	if (xfrm_sa_new(buffer, &spec, XFRM_IN) != ERR_OK)
		return false;
	name = xfrm_name_of(&spec, XFRM_IN);
	err = kernel_ask(k, buffer, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, NULL, NULL);
	if (err == ERR_EXISTS) /* it takes them */
		return true;
	if (err != ERR_OK)
		return false;
	xfrm_sa_named(buffer, XFRM_MSG_DELSA, &name);
	/* If it should stay, it is nobody's: the next start finds it among what was left behind. */
	return kernel_ask(k, buffer, NLM_F_ACK, NULL, NULL) == ERR_OK;
}

bool abilities_have(struct abilities *a, struct kernel *k, uint8_t protocol,
		    const struct transform *t)
{
	struct ability found = { protocol, t->type, t->id, t->key_bits, false };

	for (uint32_t i = 0; i < a->count; i++) {
		const struct ability *known = &a->items[i];

		if (known->protocol == protocol && known->type == t->type && known->id == t->id &&
		    known->key_bits == t->key_bits)
			return known->there;
	}
	found.there = kernel_takes(k, protocol, t);
	if (a->count < ABILITIES_MAX)
		a->items[a->count++] = found;
	return found.there;
}
