/* SPDX-License-Identifier: Apache-2.0 */
/* The Delete payload, RFC 7296 3.11. */
#include "payloads.h"

#include "require.h"

#define CHILD_SPI_LEN 4

enum err delete_parse(struct delete_payload *ret, struct span body)
{
	struct reader r = reader_of(body);
	struct delete_payload d;
	enum err err;

	d.protocol = reader_u8(&r);
	d.spi_len = reader_u8(&r);
	d.count = reader_u16(&r);
	TRY_THAT(reader_ok(&r), ERR_TRUNCATED);
	if (d.protocol == PROTOCOL_IKE) /* RFC7296 3.11: no SPIs, the header has them */
		TRY_THAT(d.spi_len == 0 && d.count == 0, ERR_SYNTAX);
	else
		TRY_THAT((d.protocol == PROTOCOL_ESP || d.protocol == PROTOCOL_AH) &&
			 d.spi_len == CHILD_SPI_LEN, ERR_SYNTAX);
	d.spis = reader_take(&r, (size_t)d.count * d.spi_len);
	TRY(reader_end(&r));
	*ret = d;
out:
	return err;
}

uint32_t delete_spi(const struct delete_payload *d, size_t index)
{
	struct reader r = reader_of(d->spis);

	REQUIRE(d->spi_len == CHILD_SPI_LEN && index < d->count);
	reader_skip(&r, index * CHILD_SPI_LEN);
	return reader_u32(&r);
}

void delete_build_ike(struct chain *c)
{
	payload_begin(c, PAYLOAD_DELETE, false);
	writer_u8(c->w, PROTOCOL_IKE);
	writer_u8(c->w, 0);
	writer_u16(c->w, 0);
	payload_end(c);
}

void delete_build_child(struct chain *c, uint8_t protocol, const uint32_t *spis, size_t count)
{
	REQUIRE(protocol == PROTOCOL_ESP || protocol == PROTOCOL_AH);
	REQUIRE(count <= UINT16_MAX / CHILD_SPI_LEN);
	payload_begin(c, PAYLOAD_DELETE, false);
	writer_u8(c->w, protocol);
	writer_u8(c->w, CHILD_SPI_LEN);
	writer_u16(c->w, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		writer_u32(c->w, spis[i]);
	payload_end(c);
}
