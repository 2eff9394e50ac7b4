/* SPDX-License-Identifier: Apache-2.0 */
/* Files of `adit pki`: read whole, written whole, keys for their owner's eyes; passphrases. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "pki.h"
#include "secret.h"

static bool complain_errno(const struct cli *cli, const char *path)
{
	fprintf(cli->err, "adit pki: %s: %s\n", path, strerror(errno));
	return false;
}

bool pki_file_read(struct pki_file *ret, const struct cli *cli, const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *data;
	size_t len;

	if (!file)
		return complain_errno(cli, path);
	setvbuf(file, NULL, _IONBF, 0); /* no copy of a key in a buffer */
	data = calloc(1, PKI_FILE_MAX + 1);
	len = data ? fread(data, 1, PKI_FILE_MAX + 1, file) : 0;
	if (!data || ferror(file) || len > PKI_FILE_MAX) {
		if (len > PKI_FILE_MAX)
			errno = EFBIG;
		complain_errno(cli, path);
		secret_wipe(data, data ? PKI_FILE_MAX + 1 : 0);
		free(data);
		fclose(file);
		return false;
	}
	fclose(file);
	*ret = (struct pki_file){ .data = data, .len = len };
	return true;
}

void pki_file_clear(struct pki_file *f)
{
	if (f->data)
		secret_wipe(f->data, f->len);
	free(f->data);
	*f = (struct pki_file){ 0 };
}

bool pki_file_free(const struct cli *cli, const char *path, bool force)
{
	struct stat there;

	if (force || lstat(path, &there) != 0)
		return true;
	fprintf(cli->err, "adit pki: %s is there already; --force overwrites it, --out and --key name other files\n", path);
	return false;
}

static bool bytes_write(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t done = write(fd, bytes.data, bytes.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes = span_tail(bytes, (size_t)done);
	}
	return true;
}

bool pki_file_write(const struct cli *cli, const char *path, struct span bytes, bool private, bool force)
{
	char beside[PKI_PATH_MAX];
	struct text t = TEXT_ARRAY(beside);
	bool done = false;
	int fd;

	text_put(&t, path);
	text_put(&t, ".XXXXXX");
	errno = ENAMETOOLONG;
	fd = t.cut ? -1 : mkostemp(beside, O_CLOEXEC); /* mode 0600 from the first moment */
	if (fd < 0)
		return complain_errno(cli, path);
	done = bytes_write(fd, bytes) && (private || fchmod(fd, 0644) == 0) && fsync(fd) == 0;
	if (done && force)
		done = rename(beside, path) == 0;
	else if (done)
		done = link(beside, path) == 0; /* fails where something is */
	if (!done)
		complain_errno(cli, path);
	if (!done || !force)
		unlink(beside);
	close(fd);
	return done;
}

bool pki_folder_make(const struct cli *cli, const char *path, bool private)
{
	if (mkdir(path, private ? 0700 : 0755) == 0 || errno == EEXIST)
		return true;
	return complain_errno(cli, path);
}

bool pki_passphrase_read(struct pki_passphrase *ret, const struct cli *cli, const char *path)
{
	struct pki_file file = { 0 };
	size_t len = 0;
	bool fits;

	if (!pki_file_read(&file, cli, path))
		return false;
	while (len < file.len && file.data[len] != '\n' && file.data[len] != '\r')
		len++;
	fits = len > 0 && len <= ISSUE_PASSPHRASE_MAX && !memchr(file.data, 0, len);
	if (fits) {
		memcpy(ret->words, file.data, len);
		ret->words[len] = '\0';
		ret->len = len;
	} else {
		fprintf(cli->err, "adit pki: the first line of %s is no passphrase of 1 to %d characters\n", path,
			ISSUE_PASSPHRASE_MAX);
	}
	pki_file_clear(&file);
	return fits;
}

bool pki_passphrase_ask(struct pki_passphrase *ret, const struct cli *cli, const char *prompt, bool twice)
{
	struct pki_passphrase again = { 0 };
	bool same = true;

	if (!cli->ask || !cli->ask(prompt, ret->words, sizeof(ret->words))) {
		fputs("adit pki: there is no terminal to ask for a passphrase; give --passphrase-file for a new one, "
		      "--key-passphrase-file for that of a key\n", cli->err);
		return false;
	}
	ret->len = strlen(ret->words);
	if (twice) {
		same = cli->ask("Once more: ", again.words, sizeof(again.words)) && strcmp(ret->words, again.words) == 0;
		secret_wipe(&again, sizeof(again));
	}
	if (same && ret->len > 0)
		return true;
	fputs(same ? "adit pki: the passphrase is empty\n" : "adit pki: the two passphrases differ\n", cli->err);
	secret_wipe(ret, sizeof(*ret));
	return false;
}

bool pki_terminal_ask(const char *prompt, char *ret, size_t max)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios before, silent;
	size_t len = 0;
	char c = 0;
	bool done;

	if (fd < 0)
		return false;
	if (tcgetattr(fd, &before) != 0) {
		close(fd);
		return false;
	}
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	done = bytes_write(fd, span_text(prompt)) && tcsetattr(fd, TCSAFLUSH, &silent) == 0;
	while (done && read(fd, &c, 1) == 1 && c != '\n') {
		if (len + 1 < max)
			ret[len++] = c;
		else
			done = false;
	}
	ret[len] = '\0';
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)bytes_write(fd, span_text("\n"));
	close(fd);
	return done && c == '\n';
}

bool pki_key_load(struct issue_key **ret, const struct cli *cli, const char *path, const char *passphrase_file)
{
	struct pki_file file = { 0 };
	struct pki_passphrase p = { 0 };
	char words[300], prompt[300];
	struct text why = TEXT_ARRAY(words), t = TEXT_ARRAY(prompt);
	enum err err;

	if (!pki_file_read(&file, cli, path))
		return false;
	err = issue_key_read(ret, pki_file_span(&file), SPAN_EMPTY, &why);
	if (err == ERR_MISSING) {
		text_put(&t, "Passphrase of ");
		text_put(&t, path);
		text_put(&t, ": ");
		why = TEXT_ARRAY(words);
		if (passphrase_file ? !pki_passphrase_read(&p, cli, passphrase_file) : !pki_passphrase_ask(&p, cli, prompt, false))
			goto out;
		err = issue_key_read(ret, pki_file_span(&file), span_of(p.words, p.len), &why);
	}
	if (err)
		fprintf(cli->err, "adit pki: %s: %s\n", path, words[0] ? words : err_words(err));
out:
	secret_wipe(&p, sizeof(p));
	pki_file_clear(&file);
	return err == ERR_OK;
}

bool pki_der_load(struct pki_file *ret, const struct cli *cli, const char *path, const char *kind)
{
	struct pki_file file = { 0 };
	uint8_t *der;
	size_t len = 0;
	enum err err;

	if (!pki_file_read(&file, cli, path))
		return false;
	der = malloc(file.len + 1);
	err = der ? issue_der(kind, pki_file_span(&file), der, file.len, &len) : ERR_MEMORY;
	pki_file_clear(&file);
	if (err) {
		fprintf(cli->err, err == ERR_NOT_FOUND ? "adit pki: %s holds no %s\n" : "adit pki: %s: no %s could be read\n", path,
			kind);
		free(der);
		return false;
	}
	*ret = (struct pki_file){ .data = der, .len = len };
	return true;
}
