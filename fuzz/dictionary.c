/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary: prints the numbers of src/wire/registry.h, and the structures around them, as libFuzzer wants its words. */
#include <stdio.h>

#include "registry.h"

#define BYTE(kind, name, number) printf(kind "_%s=\"\\x%02x\"\n", name, (unsigned)(number))
#define WORD(kind, name, number) printf(kind "_%s=\"\\x%02x\\x%02x\"\n", name, (unsigned)(number) >> 8, (unsigned)(number)&255)

static const char structures[] =
	"proposal_last=\"\\x00\\x00\\x00\\x2c\\x01\\x01\\x00\\x04\"\n"
	"transform_more=\"\\x03\\x00\\x00\\x08\\x02\\x00\\x00\\x05\"\n"
	"transform_key_length=\"\\x03\\x00\\x00\\x0c\\x01\\x00\\x00\\x0c\\x80\\x0e\\x00\\x80\"\n"
	"payload_empty=\"\\x00\\x00\\x00\\x04\"\n"
	"ts_v4=\"\\x07\\x00\\x00\\x10\\x00\\x00\\xff\\xff\"\n"
	"ts_v6=\"\\x08\\x00\\x00\\x28\\x00\\x00\\xff\\xff\"\n"
	"header_tail=\"\\x21\\x20\\x22\\x08\\x00\\x00\\x00\\x00\"\n";

int main(void)
{
#define X(name, number) BYTE("exchange", #name, number);
	EXCHANGE_ROWS(X)
#undef X
#define X(name, number, short_name, least) BYTE("payload", #name, number);
	PAYLOAD_ROWS(X)
#undef X
#define X(name, number, least, most) WORD("notify", #name, number);
	NOTIFY_ROWS(X)
#undef X
#define X(name, number, least, most) BYTE("id", #name, number);
	ID_ROWS(X)
#undef X
#define X(name, number) BYTE("auth", #name, number);
	AUTH_ROWS(X)
#undef X
#define X(name, number) BYTE("cp", #name, number);
	CP_TYPE_ROWS(X)
#undef X
#define X(name, number) BYTE("ts", #name, number);
	TS_TYPE_ROWS(X)
#undef X
	fputs(structures, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
}
