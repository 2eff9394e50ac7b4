/* SPDX-License-Identifier: Apache-2.0 */
#include "certificates.h"

#define CONN "connections { a { local { certs = moon.pem }\nremote { } } }\n"

static bool has_cert(const struct config *c, const char *name)
{
	return credentials_cert(c->credentials, name) != 0;
}

static bool has_key(const struct config *c, const char *name)
{
	return credentials_has_key(c->credentials, credentials_cert(c->credentials, name));
}

static void everything_in_the_folders_is_loaded(void **state)
{
	struct config *c = good_here("");

	(void)state;
	assert_true(has_cert(c, "moon.pem"));
	assert_true(has_key(c, "moon.pem"));
	assert_true(has_cert(c, "sun.pem"));
	assert_false(has_key(c, "sun.pem"));
	assert_true(credentials_ca(c->credentials, "ca.pem") != 0);
	config_unref(c);
}

static void a_key_is_found_in_each_of_its_folders(void **state)
{
	static const char *const folders[] = { "private", "rsa", "ecdsa", "pkcs8" };

	(void)state;
	file_move("private/moon.key", "spare/moon.there");
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char name[64];
		struct config *c;

		snprintf(name, sizeof(name), "%s/moon.key", folders[i]);
		file_use("spare/moon.there", name);
		c = good_here(CONN);
		assert_true(has_key(c, "moon.pem"));
		config_unref(c);
		assert_int_equal(unlink(path_of(name)), 0);
	}
}

static void another_folder_may_be_named(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(mkdir(path_of("[odd] *"), 0700), 0);
	file_move("x509", "[odd] */x509");
	file_move("private", "[odd] */private");
	c = good_here("adit { credentials = \"@/[odd] */\" }");
	assert_true(has_key(c, "moon.pem"));
	assert_int_equal(credentials_ca(c->credentials, "ca.pem"), 0);
	config_unref(c);
	bad_here("adit { credentials = swanctl }",
		 "adit.conf:1: adit.credentials: is not an absolute path; begin it with \"/\"");
}

static void a_folder_that_is_named_and_missing_is_an_error(void **state)
{
	(void)state;
	bad_here("adit { credentials = @/none }", "adit.conf:1: adit.credentials: there is no such folder; correct the path");
}

static void a_missing_file_is_said_with_where_it_should_be(void **state)
{
	(void)state;
	bad_here("connections { a { local { certs = moon.pem, mars.pem }\nremote { cacerts = moon.pem\n"
		 "cert { file = @/nowhere.pem } } } }\nsecrets { private { file = mars.key } }",
		 "adit.conf:4: secrets.private.file: \"private/mars.key\": no such file; correct the name, or put it there\n"
		 "adit.conf:1: connections.a.local.certs: \"x509/mars.pem\": no such file; correct the name, or put it there\n"
		 "adit.conf:3: connections.a.remote.cert.file: \"nowhere.pem\": no such file; correct the name, or put it there\n"
		 "adit.conf:2: connections.a.remote.cacerts: \"x509ca/moon.pem\": no such file; correct the name, or put it there");
	bad_here("connections { a { local { certs = moon.pem }\nremote { certs = \"\" } } }",
		 "adit.conf:2: connections.a.remote.certs: is empty; name files, or remove it");
	bad_here("connections { a { local { certs = a-folder }\nremote { } } }",
		 "adit.conf:1: connections.a.local.certs: \"x509/a-folder\": not a regular file; name one");
}

static void a_file_that_is_no_certificate_is_refused_where_it_is_named(void **state)
{
	(void)state;
	bad_here("connections { a { local { certs = @/spare/moon.key }\nremote { cacerts = @/spare/moon.p7 } } }",
		 "adit.conf:1: connections.a.local.certs: \"spare/moon.key\": it holds no readable certificate; name a file in PEM or "
		 "DER\n"
		 "adit.conf:2: connections.a.remote.cacerts: \"spare/moon.p7\": it holds no readable certificate; name a file in PEM or "
		 "DER");
	bad_here("secrets { rsa { file = @/spare/moon.pem }\n pkcs12 { file = @/spare/moon.pem } }",
		 "adit.conf:1: secrets.rsa.file: \"spare/moon.pem\": it holds no readable private key; name a file in PEM or DER\n"
		 "adit.conf:2: secrets.pkcs12.file: \"spare/moon.pem\": it is no PKCS#12 file; name a PKCS#12 file");
}

/* A note or a broken CRL must not keep a gateway from starting; a connection that needs the file is refused all the same. */
static void what_nobody_names_and_is_not_good_is_left_out_with_a_warning(void **state)
{
	struct config *c;

	(void)state;
	file_write("x509/README", "notes");
	file_write("x509crl/ca.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
	file_write("private/empty.key", "");
	c = warned_here(CONN, "x509/README: it holds no readable certificate, so it is left out; replace or remove it\n"
			      "x509crl/ca.crl: it holds no readable CRL, so it is left out; replace or remove it\n"
			      "private/empty.key: it is empty, so it is left out; replace or remove it");
	assert_true(has_key(c, "moon.pem"));
	config_unref(c);
}

static void what_lies_in_the_wrong_folder_is_sent_to_the_right_one(void **state)
{
	(void)state;
	file_use("spare/sun.key", "x509/sun.key");
	file_use("spare/bare.locked", "x509/zz.key");
	file_use("spare/sun.pem", "private/sun.pem");
	file_use("spare/ca.crl", "x509ca/zz.crl");
	file_use("spare/sun.p12", "private/sun.p12");
	config_unref(warned_here(CONN, "x509ca/zz.crl: it holds a CRL, so it is left out; move it to x509crl/\n"
				       "x509/sun.key: it holds a private key, so it is left out; move it to private/\n"
				       "x509/zz.key: it holds a private key, so it is left out; move it to private/\n"
				       "private/sun.p12: it holds a PKCS#12 bundle, so it is left out; move it to pkcs12/\n"
				       "private/sun.pem: it holds a certificate, so it is left out; move it to x509/"));
}

static void what_stands_in_the_place_of_a_folder_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(rmdir(path_of("x509crl")), 0);
	config_unref(good_here(CONN)); /* nothing need be there */
	file_use("spare/ca.crl", "x509crl");
	assert_int_equal(rmdir(path_of("rsa")), 0);
	assert_int_equal(symlink("rsa", path_of("rsa")), 0);
	bad_here(CONN, "x509crl/: is a file; make a folder of that name, and put the file there\n"
		       "rsa/: symbolic links that lead to each other; mend them");
}

static void links_in_a_circle_are_said_to_be_such(void **state)
{
	static struct loaded l;

	(void)state;
	assert_int_equal(symlink("loop.pem", path_of("x509/loop.pem")), 0);
	config_unref(warned_here(CONN, "x509/loop.pem: symbolic links that lead to each other; mend them"));
	load_here(&l, "include x509/loop.pem"); /* whose path is cut where it is long */
	assert_string_equal(strrchr(l.errors, ':'), ": symbolic links that lead to each other; mend them");
	assert_null(l.config);
}

static void a_locked_key_opens_with_its_passphrase_alone(void **state)
{
	struct config *c;

	(void)state;
	file_use("spare/bare.pem", "x509/bare.pem");
	file_use("spare/bare.locked", "private/bare.key");
	c = good_here("secrets { private-x { file = bare.key\n secret = open } }");
	assert_true(has_key(c, "bare.pem"));
	config_unref(c);
	bad_here("secrets { private-x { file = bare.key\n secret = wr0ng } }",
		 "adit.conf:2: secrets.private-x.secret: \"private/bare.key\": its passphrase is wrong; correct secret");
	bad_here("secrets { private-x { file = bare.key } }",
		 "adit.conf:1: secrets.private-x.file: \"private/bare.key\": it needs a passphrase; add secret = \"…\"");
	c = warned_here("", "private/bare.key: it needs a passphrase, so it is left out; add to secrets a section private with file = "
			    "bare.key and secret = …, one key a line");
	assert_false(has_key(c, "bare.pem"));
	config_unref(c);
	bad_here("connections { a { local { certs = bare.pem }\nremote { } } }",
		 "adit.conf:1: connections.a.local.certs: \"bare.pem\" has no private key here; put its key into the folder private, or "
		 "name its file in secrets");
}

static void keys_may_be_named_by_absolute_paths(void **state)
{
	struct config *c;

	(void)state;
	assert_int_equal(unlink(path_of("private/moon.key")), 0);
	c = good_here(CONN "secrets { ecdsa-moon { file = @/spare/moon.key } ecdsa-again { file = @/spare/moon.key } }");
	assert_true(has_key(c, "moon.pem"));
	config_unref(c);
	bad_here("secrets { private-x { secret = a } }", "adit.conf:1: secrets.private-x.file: is missing; add file = …");
}

static void passphrases_are_bounded_and_never_shown(void **state)
{
	char text[PSK_MAX + 128];
	size_t len = (size_t)snprintf(text, sizeof(text), "secrets { private { file = moon.key\n secret = ");

	(void)state;
	memset(&text[len], 'k', PSK_MAX + 1);
	strcpy(&text[len + PSK_MAX + 1], "\n} }");
	bad_here(text, "adit.conf:2: secrets.private.secret: is longer than 512 bytes; shorten it");
}

static void pkcs12_brings_certificate_and_key(void **state)
{
	struct config *c;

	(void)state;
	file_use("spare/sun.p12", "pkcs12/sun.p12");
	c = good_here("connections { a { local { certs = sun.p12 }\nremote { } } }\n"
		      "secrets { pkcs12-sun { file = sun.p12\n secret = sesame } }");
	assert_true(has_key(c, "sun.p12"));
	assert_true(has_key(c, "sun.pem"));
	config_unref(c);
	bad_here("secrets { pkcs12-sun { file = sun.p12\n secret = wr0ng } }",
		 "adit.conf:2: secrets.pkcs12-sun.secret: \"pkcs12/sun.p12\": its passphrase is wrong; correct secret");
	c = warned_here("", "pkcs12/sun.p12: it needs a passphrase, so it is left out; add to secrets a section pkcs12 with file = "
			    "sun.p12 and secret = …, one key a line");
	config_unref(c);
}

static void our_own_certificate_that_has_expired_is_warned_about(void **state)
{
	static struct loaded l;
	static const char *const cure = "; get a new one", *const words = "x509/old.pem: this certificate of ours expired on 20";

	(void)state;
	file_use("spare/old.pem", "x509/old.pem");
	config_unref(good_here("")); /* a peer's: its key is not here */
	file_use("spare/old.key", "private/old.key");
	load_here(&l, "connections { a { local { certs = old.pem }\nremote { } } }");
	assert_string_equal(l.errors, "");
	assert_int_equal(strncmp(l.warnings, words, strlen(words)), 0);
	assert_int_equal(strlen(l.warnings), strlen(words) + strlen("26-11-20") + strlen(cure));
	assert_string_equal(strchr(l.warnings, ';'), cure);
	config_unref(l.config);
}

static int64_t long_ago(void *ctx)
{
	(void)ctx;
	return 951782400; /* 2000-02-29, before any of the certificates */
}

static void a_clock_that_is_wrong_is_noticed(void **state)
{
	struct settings_access access = settings_access_system;
	struct memory memory = memory_system(STORE_LIMIT);
	static struct loaded l;
	struct text errors = TEXT_ARRAY(l.errors), warnings = TEXT_ARRAY(l.warnings);

	(void)state;
	access.now = long_ago;
	file_write("adit.conf", CONN);
	assert_int_equal(config_load_in(&l.config, &memory, &access, path_of("adit.conf"), &errors, &warnings), ERR_OK);
	relative(l.warnings);
	assert_non_null(strstr(l.warnings, "x509/moon.pem: this certificate of ours is not valid before 20"));
	assert_non_null(strstr(l.warnings, "; check the clock"));
	config_unref(l.config);
}

static void a_key_that_everybody_can_read_is_warned_about(void **state)
{
	(void)state;
	assert_int_equal(chmod(path_of("private/moon.key"), 0644), 0);
	assert_int_equal(chmod(path_of("x509/moon.pem"), 0644), 0);
	config_unref(warned_here("", "private/moon.key: everybody on this machine can read this key; chmod o= private/moon.key"));
	config_unref(warned_here("secrets { private { file = moon.key } }",
				 "private/moon.key: everybody on this machine can read this key; chmod o= private/moon.key"));
}

static void text_without_a_file_has_no_folder(void **state)
{
	static struct loaded l;
	char text[1024];

	(void)state;
	load_bad("connections { a { local { certs = moon.pem }\nremote { } } }",
		 "t:1: connections.a.local.certs: \"moon.pem\": there is no folder that it could be in; write an absolute path\n"
		 "t:2: connections.a.remote.auth: there is no CA that could vouch for the peer; put its certificate into the folder x509ca, "
		 "or name cacerts or certs, or write auth = psk");
	snprintf(text, sizeof(text),
		 "connections { a { local { certs = %s/x509/moon.pem }\nremote { cacerts = %s/x509ca/ca.pem } } }\n"
		 "secrets { private { file = %s/private/moon.key } }", folder, folder, folder);
	load_text(&l, text);
	assert_string_equal(l.errors, "");
	config_unref(l.config);
	snprintf(text, sizeof(text), "adit { credentials = %s }\n" CONN, folder);
	load_text(&l, text);
	assert_string_equal(l.errors, "");
	config_unref(l.config);
}

static void a_file_that_cannot_be_read_is_said_so(void **state)
{
	(void)state;
	assert_int_equal(truncate(path_of("spare/moon.pem"), (64 << 20) + 1), 0);
	bad_here("connections { a { local { certs = @/spare/moon.pem }\nremote { } } }",
		 "adit.conf:1: connections.a.local.certs: \"spare/moon.pem\": longer than 64 MiB; split it up");
}

/* An allocator that counts what is out and refuses the allocation number `refuse`. */
struct meter {
	size_t out, calls, refuse;
};

static void *meter_alloc(void *ctx, size_t size)
{
	struct meter *m = ctx;

	if (++m->calls == m->refuse)
		return NULL;
	m->out += size;
	return calloc(1, size);
}

static void meter_free(void *ctx, void *block, size_t size)
{
	struct meter *m = ctx;

	m->out -= size;
	free(block);
}

static void every_allocation_may_fail_and_nothing_leaks(void **state)
{
	enum err err = ERR_MEMORY;

	(void)state;
	file_use("spare/bare.locked", "private/bare.key");
	file_write("adit.conf", CONN "secrets { private { file = bare.key\n secret = open } }");
	for (size_t refuse = 1; err; refuse++) {
		struct meter meter = { .refuse = refuse };
		struct memory memory = { .alloc = meter_alloc, .free = meter_free, .ctx = &meter, .limit = SIZE_MAX };
		struct config *c = NULL;
		char errors[1024];
		struct text e = TEXT_ARRAY(errors);

		err = config_load_in(&c, &memory, &settings_access_system, path_of("adit.conf"), &e, NULL);
		assert_int_equal(err == ERR_OK, c != NULL);
		assert_int_equal(err == ERR_OK, e.len == 0);
		config_unref(c);
		assert_int_equal(meter.out, 0);
		assert_true(refuse < 1000);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everything_in_the_folders_is_loaded, folder_make),
		cmocka_unit_test_setup(a_key_is_found_in_each_of_its_folders, folder_make),
		cmocka_unit_test_setup(another_folder_may_be_named, folder_make),
		cmocka_unit_test_setup(a_folder_that_is_named_and_missing_is_an_error, folder_make),
		cmocka_unit_test_setup(a_missing_file_is_said_with_where_it_should_be, folder_make),
		cmocka_unit_test_setup(a_file_that_is_no_certificate_is_refused_where_it_is_named, folder_make),
		cmocka_unit_test_setup(what_nobody_names_and_is_not_good_is_left_out_with_a_warning, folder_make),
		cmocka_unit_test_setup(what_lies_in_the_wrong_folder_is_sent_to_the_right_one, folder_make),
		cmocka_unit_test_setup(what_stands_in_the_place_of_a_folder_is_an_error, folder_make),
		cmocka_unit_test_setup(links_in_a_circle_are_said_to_be_such, folder_make),
		cmocka_unit_test_setup(a_locked_key_opens_with_its_passphrase_alone, folder_make),
		cmocka_unit_test_setup(keys_may_be_named_by_absolute_paths, folder_make),
		cmocka_unit_test_setup(passphrases_are_bounded_and_never_shown, folder_make),
		cmocka_unit_test_setup(pkcs12_brings_certificate_and_key, folder_make),
		cmocka_unit_test_setup(our_own_certificate_that_has_expired_is_warned_about, folder_make),
		cmocka_unit_test_setup(a_clock_that_is_wrong_is_noticed, folder_make),
		cmocka_unit_test_setup(a_key_that_everybody_can_read_is_warned_about, folder_make),
		cmocka_unit_test_setup(text_without_a_file_has_no_folder, folder_make),
		cmocka_unit_test_setup(a_file_that_cannot_be_read_is_said_so, folder_make),
		cmocka_unit_test_setup(every_allocation_may_fail_and_nothing_leaks, folder_make),
	};

	if (!arguments_take(argc, argv))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
