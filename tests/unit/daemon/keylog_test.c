/* SPDX-License-Identifier: Apache-2.0 */
/* keylog: the lines of Wireshark's tables, and how the files come about. */
#include <setjmp.h>
#include <stdarg.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "crypto.h"
#include "keylog.h"

struct fixture {
	char folder[32], ike[64], esp[64];
	struct event ike_event, child_event;
};

static struct secret key(uint8_t first, uint8_t len)
{
	struct secret s = { .len = len };

	for (uint8_t i = 0; i < len; i++)
		s.bytes[i] = (uint8_t)(first + i);
	return s;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	memcpy(f->folder, "keylog-XXXXXX", 14);
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->ike, sizeof(f->ike), "%s/ikev2_decryption_table", f->folder);
	(void)snprintf(f->esp, sizeof(f->esp), "%s/esp_sa", f->folder);
	f->ike_event.kind = EVENT_IKE_KEYS;
	f->ike_event.ike_keys.spi_i = 0x0123456789abcdef;
	f->ike_event.ike_keys.spi_r = 0x1;
	f->child_event.kind = EVENT_CHILD_KEYS;
	f->child_event.path.remote.ip.family = IP_V4;
	f->child_event.child_keys.spi_in = 0xc0000001;
	f->child_event.child_keys.spi_out = 0x100;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->ike);
	(void)unlink(f->esp);
	assert_int_equal(rmdir(f->folder), 0);
	free(f);
	return 0;
}

static void aead(struct fixture *f)
{
	const struct transform gcm = { .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_bits = 128 };

	f->ike_event.ike_keys.encr = gcm;
	f->ike_event.ike_keys.ei = key(0x10, 20);
	f->ike_event.ike_keys.er = key(0x40, 20);
	f->child_event.child_keys.encr = gcm;
	f->child_event.child_keys.encr_in = key(0x70, 20);
	f->child_event.child_keys.encr_out = key(0xa0, 20);
}

static void cbc(struct fixture *f)
{
	const struct transform aes = { .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_bits = 128 };
	const struct transform sha = { .type = TRANSFORM_INTEG, .id = INTEG_HMAC_SHA2_256_128 };

	f->ike_event.ike_keys.encr = aes;
	f->ike_event.ike_keys.integ = sha;
	f->ike_event.ike_keys.ei = key(0x10, 16);
	f->ike_event.ike_keys.er = key(0x30, 16);
	f->ike_event.ike_keys.ai = key(0x50, 32);
	f->ike_event.ike_keys.ar = key(0x80, 32);
	f->child_event.child_keys.encr = aes;
	f->child_event.child_keys.integ = sha;
	f->child_event.child_keys.encr_in = key(0x10, 16);
	f->child_event.child_keys.integ_in = key(0x30, 32);
	f->child_event.child_keys.encr_out = key(0x60, 16);
	f->child_event.child_keys.integ_out = key(0x80, 32);
}

static void an_aead_is_written_with_its_salt_and_without_integrity(void **state)
{
	struct fixture *f = *state;
	char buffer[KEYLOG_LINE_MAX];
	struct text t = TEXT_ARRAY(buffer);

	aead(f);
	assert_int_equal(text_keylog_ike(&t, &f->ike_event), ERR_OK);
	assert_string_equal(buffer,
		"0123456789abcdef,0000000000000001,"
		"101112131415161718191a1b1c1d1e1f20212223,404142434445464748494a4b4c4d4e4f50515253,"
		"\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"");
	t = TEXT_ARRAY(buffer);
	assert_int_equal(text_keylog_child(&t, &f->child_event), ERR_OK);
	assert_string_equal(buffer,
		"\"IPv4\",\"*\",\"*\",\"0xc0000001\",\"AES-GCM with 16 octet ICV [RFC4106]\","
		"\"0x707172737475767778797a7b7c7d7e7f80818283\",\"NULL\",\"\"\n"
		"\"IPv4\",\"*\",\"*\",\"0x00000100\",\"AES-GCM with 16 octet ICV [RFC4106]\","
		"\"0xa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3\",\"NULL\",\"\"");
}

static void a_cipher_with_integrity_is_written_with_both_keys(void **state)
{
	struct fixture *f = *state;
	char buffer[KEYLOG_LINE_MAX];
	struct text t = TEXT_ARRAY(buffer);

	cbc(f);
	f->child_event.path.remote.ip.family = IP_V6;
	assert_int_equal(text_keylog_ike(&t, &f->ike_event), ERR_OK);
	assert_string_equal(buffer,
		"0123456789abcdef,0000000000000001,"
		"101112131415161718191a1b1c1d1e1f,303132333435363738393a3b3c3d3e3f,"
		"\"AES-CBC-128 [RFC3602]\","
		"505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f,"
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f,"
		"\"HMAC_SHA2_256_128 [RFC4868]\"");
	t = TEXT_ARRAY(buffer);
	assert_int_equal(text_keylog_child(&t, &f->child_event), ERR_OK);
	assert_string_equal(buffer,
		"\"IPv6\",\"*\",\"*\",\"0xc0000001\",\"AES-CBC [RFC3602]\","
		"\"0x101112131415161718191a1b1c1d1e1f\",\"HMAC-SHA-256-128 [RFC4868]\","
		"\"0x303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f\"\n"
		"\"IPv6\",\"*\",\"*\",\"0x00000100\",\"AES-CBC [RFC3602]\","
		"\"0x606162636465666768696a6b6c6d6e6f\",\"HMAC-SHA-256-128 [RFC4868]\","
		"\"0x808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f\"");
}

/* Wireshark 4.0 opens AES-CCM in IKE, and has no word for it in ESP. */
static void a_suite_that_wireshark_knows_in_ike_alone_is_written_there(void **state)
{
	struct fixture *f = *state;
	char buffer[KEYLOG_LINE_MAX];
	struct text t = TEXT_ARRAY(buffer);

	aead(f);
	f->ike_event.ike_keys.encr = (struct transform){ .type = TRANSFORM_ENCR, .id = ENCR_AES_CCM_12,
							 .key_bits = 192 };
	f->child_event.child_keys.encr = f->ike_event.ike_keys.encr;
	assert_int_equal(text_keylog_ike(&t, &f->ike_event), ERR_OK);
	assert_non_null(strstr(buffer, ",\"AES-CCM-192 with 12 octet ICV [RFC5282]\","));
	t = TEXT_ARRAY(buffer);
	assert_int_equal(text_keylog_child(&t, &f->child_event), ERR_UNSUPPORTED);
}

static void a_suite_without_a_name_writes_nothing(void **state)
{
	struct fixture *f = *state;

	aead(f);
	f->ike_event.ike_keys.encr.id = 0xfff0;
	f->child_event.child_keys.integ.id = 0xfff0;
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_UNSUPPORTED);
	assert_int_equal(keylog_write(f->folder, &f->child_event), ERR_UNSUPPORTED);
	assert_int_equal(access(f->ike, F_OK), -1);
	assert_int_equal(access(f->esp, F_OK), -1);
}

static unsigned lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned count = 0;
	int c;

	assert_non_null(file);
	while ((c = fgetc(file)) != EOF)
		count += c == '\n';
	(void)fclose(file);
	return count;
}

static void lines_are_appended_to_files_that_only_the_owner_reads(void **state)
{
	struct fixture *f = *state;
	mode_t mask = umask(0);
	struct stat st;

	aead(f);
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_OK);
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_OK);
	assert_int_equal(keylog_write(f->folder, &f->child_event), ERR_OK);
	(void)umask(mask);
	assert_int_equal(lines(f->ike), 2);
	assert_int_equal(lines(f->esp), 2);
	assert_int_equal(stat(f->ike, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(f->esp, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void keys_do_not_follow_a_link_somebody_laid(void **state)
{
	struct fixture *f = *state;

	aead(f);
	assert_int_equal(symlink("elsewhere", f->ike), 0);
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_SYSTEM);
	assert_int_equal(errno, ELOOP);
}

static void assert_refused(struct fixture *f)
{
	struct stat st;

	errno = 0;
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_SYSTEM);
	assert_int_equal(errno, EPERM);
	assert_int_equal(stat(f->ike, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void a_file_that_others_may_read_gets_no_keys(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->ike, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	aead(f);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_refused(f);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(link(f->ike, f->esp), 0);
	assert_refused(f);
	assert_int_equal(unlink(f->esp), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 65534, 65534), 0);
		assert_refused(f);
		assert_int_equal(fchown(fd, 0, 0), 0);
	}
	assert_int_equal(keylog_write(f->folder, &f->ike_event), ERR_OK);
	close(fd);
}

static void a_missing_folder_is_an_error_not_a_crash(void **state)
{
	struct fixture *f = *state;

	aead(f);
	assert_int_equal(keylog_write("no-such-folder", &f->ike_event), ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_aead_is_written_with_its_salt_and_without_integrity),
		TEST(a_cipher_with_integrity_is_written_with_both_keys),
		TEST(a_suite_that_wireshark_knows_in_ike_alone_is_written_there),
		TEST(a_suite_without_a_name_writes_nothing),
		TEST(lines_are_appended_to_files_that_only_the_owner_reads),
		TEST(keys_do_not_follow_a_link_somebody_laid),
		TEST(a_file_that_others_may_read_gets_no_keys),
		TEST(a_missing_folder_is_an_error_not_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
