/* SPDX-License-Identifier: Apache-2.0 */
/* keylog: lines of Wireshark's ikev2_decryption_table and esp_sa. */
#include "keylog.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"

struct keylog_name {
	uint16_t id, key_bits;
	const char *ike, *esp;
};

/*
 * As Wireshark's tables print them; what it has no name for cannot be logged. Its plain "AES-GCM
 * [RFC4106]" takes the ICV for text.
 */
#define AES_CBC(bits) \
	{ ENCR_AES_CBC, bits, "AES-CBC-" #bits " [RFC3602]", "AES-CBC [RFC3602]" }
#define AES_CTR(bits) \
	{ ENCR_AES_CTR, bits, "AES-CTR-" #bits " [RFC5930]", "AES-CTR [RFC3686]" }
#define AES_GCM(icv, bits) \
	{ ENCR_AES_GCM_##icv, bits, "AES-GCM-" #bits " with " #icv " octet ICV [RFC5282]", \
	  "AES-GCM with " #icv " octet ICV [RFC4106]" }
#define AES_CCM(icv, bits) \
	{ ENCR_AES_CCM_##icv, bits, "AES-CCM-" #bits " with " #icv " octet ICV [RFC5282]", NULL }
#define EACH(row) row(128), row(192), row(256)
#define EACH_ICV(row, icv) row(icv, 128), row(icv, 192), row(icv, 256)
static const struct keylog_name encr_names[] = {
	{ ENCR_NULL, 0, "NULL [RFC2410]", "NULL" },
	{ ENCR_3DES, 0, "3DES [RFC2451]", "TripleDES-CBC [RFC2451]" },
	EACH(AES_CBC),
	EACH(AES_CTR),
	EACH_ICV(AES_GCM, 16),
	EACH_ICV(AES_GCM, 12),
	EACH_ICV(AES_GCM, 8),
	EACH_ICV(AES_CCM, 16),
	EACH_ICV(AES_CCM, 12),
	EACH_ICV(AES_CCM, 8),
};

static const struct keylog_name integ_names[] = {
	{ INTEG_NONE, 0, "NONE [RFC4306]", "NULL" },
	{ INTEG_HMAC_SHA1_96, 0, "HMAC_SHA1_96 [RFC2404]", "HMAC-SHA-1-96 [RFC2404]" },
	{ INTEG_HMAC_SHA1_160, 0, "HMAC_SHA1_160 [RFC4595]", NULL },
	{ INTEG_HMAC_SHA2_256_96, 0, "HMAC_SHA2_256_96 [draft-ietf-ipsec-ciph-sha-256-00]",
	  "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]" },
	{ INTEG_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]", "HMAC-SHA-256-128 [RFC4868]" },
	{ INTEG_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]", "HMAC-SHA-384-192 [RFC4868]" },
	{ INTEG_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]", "HMAC-SHA-512-256 [RFC4868]" },
};

static const struct keylog_name *name_find(const struct keylog_name *names, size_t count,
					   const struct transform *transform)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].id == transform->id && names[i].key_bits == transform->key_bits)
			return &names[i];
	return NULL;
}

static void put_quoted(struct text *t, const char *value)
{
	text_char(t, '"');
	text_put(t, value);
	text_char(t, '"');
}

enum err text_keylog_ike(struct text *t, const struct event *e)
{
	const struct transform integ = { .id = e->ike_keys.integ.id };
	const struct keylog_name *encr =
		name_find(encr_names, ARRAY_LEN(encr_names), &e->ike_keys.encr);
	const struct keylog_name *mac = name_find(integ_names, ARRAY_LEN(integ_names), &integ);

	if (!encr || !mac)
		return ERR_UNSUPPORTED;
	text_hex64(t, e->ike_keys.spi_i, 16);
	text_char(t, ',');
	text_hex64(t, e->ike_keys.spi_r, 16);
	text_char(t, ',');
	text_hex(t, secret_span(&e->ike_keys.ei));
	text_char(t, ',');
	text_hex(t, secret_span(&e->ike_keys.er));
	text_char(t, ',');
	put_quoted(t, encr->ike);
	text_char(t, ',');
	text_hex(t, secret_span(&e->ike_keys.ai));
	text_char(t, ',');
	text_hex(t, secret_span(&e->ike_keys.ar));
	text_char(t, ',');
	put_quoted(t, mac->ike);
	return ERR_OK;
}

static void put_key(struct text *t, const struct secret *key)
{
	text_char(t, '"');
	if (key->len) {
		text_put(t, "0x");
		text_hex(t, secret_span(key));
	}
	text_char(t, '"');
}

/* Addresses are wildcards: ports and addresses change under an SA (RFC 7296 2.23), the SPI does
 * not. */
static void put_child(struct text *t, uint8_t family, uint32_t spi, const struct keylog_name *encr,
		      const struct secret *encr_key, const struct keylog_name *mac,
		      const struct secret *mac_key)
{
	put_quoted(t, family == IP_V6 ? "IPv6" : "IPv4");
	text_put(t, ",\"*\",\"*\",\"0x");
	text_hex64(t, spi, 8);
	text_put(t, "\",");
	put_quoted(t, encr->esp);
	text_char(t, ',');
	put_key(t, encr_key);
	text_char(t, ',');
	put_quoted(t, mac->esp);
	text_char(t, ',');
	put_key(t, mac_key);
}

enum err text_keylog_child(struct text *t, const struct event *e)
{
	const struct transform integ = { .id = e->child_keys.integ.id };
	const struct keylog_name *encr =
		name_find(encr_names, ARRAY_LEN(encr_names), &e->child_keys.encr);
	const struct keylog_name *mac = name_find(integ_names, ARRAY_LEN(integ_names), &integ);
	uint8_t family = e->path.remote.ip.family;

	if (!encr || !mac || !encr->esp || !mac->esp)
		return ERR_UNSUPPORTED;
	put_child(t, family, e->child_keys.spi_in, encr, &e->child_keys.encr_in, mac,
		  &e->child_keys.integ_in);
	text_char(t, '\n');
	put_child(t, family, e->child_keys.spi_out, encr, &e->child_keys.encr_out, mac,
		  &e->child_keys.integ_out);
	return ERR_OK;
}

/* A file that was there before may be somebody's who reads it, or a name of it elsewhere. */
static bool is_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 07777) == 0600 &&
	    st.st_nlink == 1)
		return true;
	errno = EPERM;
	return false;
}

static enum err line_append(const char *folder, const char *file, const struct text *line)
{
	enum err err = ERR_OK;
	int dir = -1, fd = -1;

	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	TRY_THAT(dir >= 0, ERR_SYSTEM);
	/* Without O_NONBLOCK a FIFO would hold up the daemon until somebody reads it. */
	fd = openat(dir, file,
		    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	TRY_THAT(fd >= 0 && is_private(fd), ERR_SYSTEM);
	TRY_THAT(write(fd, line->data, line->len) == (ssize_t)line->len, ERR_SYSTEM);
out:
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return err;
}

enum err keylog_write(const char *folder, const struct event *e)
{
	enum err err = ERR_OK;
	char buffer[KEYLOG_LINE_MAX];
	struct text t = TEXT_ARRAY(buffer);
	bool ike = e->kind == EVENT_IKE_KEYS;

	TRY(ike ? text_keylog_ike(&t, e) : text_keylog_child(&t, e));
	text_char(&t, '\n');
	TRY_THAT(!t.cut, ERR_SPACE);
	TRY(line_append(folder, ike ? "ikev2_decryption_table" : "esp_sa", &t));
out:
	secret_wipe(buffer, sizeof(buffer));
	return err;
}
