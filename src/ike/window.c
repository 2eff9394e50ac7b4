/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include "require.h"

enum window_verdict window_judge(const struct window *w, uint32_t message_id, uint64_t hash)
{
	if (message_id == w->recv_next)
		return WINDOW_NEW;
	if (w->cached && message_id == w->recv_next - 1 && hash == w->request_hash)
		return WINDOW_REPEATED;
	return WINDOW_FOREIGN;
}

enum err window_answered(struct window *w, struct memory *m, uint64_t hash, struct span response)
{
	enum err err = bytes_set(&w->response, m, response);

	if (err)
		return err;
	w->cached = true;
	w->request_hash = hash;
	w->recv_next++;
	return ERR_OK;
}

void window_clear(struct window *w, struct memory *m)
{
	REQUIRE(!timer_is_set(&w->forget));
	bytes_clear(&w->response, m);
	w->cached = false;
}
