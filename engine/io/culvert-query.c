/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-query.h"

#include "culvert-link.h"
#include "culvert-relay.h"

/* Main thread's, but for what the parts only read. */
typedef struct
{
  void (*ask) (CulvertPart *part, const CulvertHotSettings *hot, GArray *rows, bool *out_is_cut);
  CulvertHotSettings hot;
  size_t row_size;
  unsigned n_left; /* answers to come */
  GArray *rows;
  bool is_cut;
  CulvertQueryFunc func;
  void *data;
} CulvertQuery;

typedef struct
{
  CulvertMessage message;
  CulvertQuery *query;
  GArray *rows;
  bool is_cut;
} CulvertAnswer;

/* What travels to a part. */
typedef struct
{
  CulvertQuery *query;
} CulvertQuestion;

/* -- on the worker --------------------------------------------------------------------- */

static void
culvert_query_add_session (CulvertLink *link, CulvertTime now, GArray *rows)
{
  CulvertSessionRow row = {
    .id = link->id,
    .age = now - link->created_at,
    .silent = -1,
    .srtt_us = (int64_t) culvert_counter_get (&link->counters->srtt_us),
    .rttvar_us = (int64_t) culvert_counter_get (&link->counters->rttvar_us),
    .n_streams = culvert_session_n_streams (link->session),
    .bytes_in = culvert_counter_get (&link->counters->payload_received),
    .bytes_out = culvert_counter_get (&link->counters->payload_sent),
  };
  CulvertTime heard = culvert_session_last_heard (link->session);
  CulvertSessionMtu mtu;

  culvert_session_get_mtu (link->session, &mtu);
  row.mtu = mtu.passes;
  if (heard != 0)
    row.silent = now - heard;
  culvert_address_format (&link->config.peer, row.peer);
  g_array_append_val (rows, row);
}

static void
culvert_query_sessions (CulvertPart *part,
                        const CulvertHotSettings *hot,
                        GArray *rows,
                        bool *out_is_cut)
{
  CulvertTime now = culvert_part_now (part);

  for (CulvertList *node = part->links.next; node != &part->links; node = node->next)
    {
      if (rows->len >= CULVERT_QUERY_MAX_ROWS)
        {
          *out_is_cut = true;
          return;
        }
      culvert_query_add_session (CULVERT_LIST_ENTRY (node, CulvertLink, node), now, rows);
    }
}

/* The socket knows whom it speaks to, so nobody has to remember it. */
static void
culvert_query_address (const CulvertRelay *relay, char text[CULVERT_STREAM_ADDRESS_TEXT])
{
  CulvertStreamAddress address;

  text[0] = '\0';
  if (relay == NULL)
    return;
  if (!relay->part->plan->is_client)
    culvert_endpoint_text (&relay->part->plan->target, text, CULVERT_STREAM_ADDRESS_TEXT);
  if (relay->fd >= 0 && relay->state == CULVERT_RELAY_OPEN
      && culvert_tcp_peer (relay->fd, &address)
      && (!address.is_unix || relay->part->plan->is_client))
    culvert_stream_address_text (&address, text);
}

static void
culvert_query_streams (CulvertPart *part,
                       const CulvertHotSettings *hot,
                       GArray *rows,
                       bool *out_is_cut)
{
  CulvertTime now = culvert_part_now (part);

  for (CulvertList *node = part->links.next; node != &part->links; node = node->next)
    {
      CulvertLink *link = CULVERT_LIST_ENTRY (node, CulvertLink, node);

      for (CulvertStream *stream = culvert_session_first_stream (link->session); stream != NULL;
           stream = culvert_session_next_stream (link->session, stream))
        {
          CulvertStreamRow row = {
            .session = link->id,
            .id = stream->id,
            .age = now - stream->opened_at,
            .bytes_in = stream->bytes_in,
            .bytes_out = stream->bytes_out,
          };

          if (rows->len >= CULVERT_QUERY_MAX_ROWS)
            {
              *out_is_cut = true;
              return;
            }
          culvert_query_address (stream->user, row.address);
          g_array_append_val (rows, row);
        }
    }
}

static void
culvert_query_apply (CulvertPart *part,
                     const CulvertHotSettings *hot,
                     GArray *rows,
                     bool *out_is_cut)
{
  CulvertTime now = culvert_part_now (part);

  part->hot = *hot;
  for (CulvertList *node = part->links.next; node != &part->links; node = node->next)
    culvert_link_apply (CULVERT_LIST_ENTRY (node, CulvertLink, node), now);
}

/* -- there and back ---------------------------------------------------------------------- */

static void
culvert_query_answered_cb (CulvertMessage *message, void *owner)
{
  CulvertAnswer *answer = (CulvertAnswer *) message;
  CulvertQuery *query = answer->query;

  g_array_append_vals (query->rows, answer->rows->data, answer->rows->len);
  query->is_cut |= answer->is_cut;
  g_array_unref (answer->rows);
  g_free (answer);
  if (--query->n_left > 0)
    return;
  query->func (query->rows, query->is_cut, query->data);
  g_array_unref (query->rows);
  g_free (query);
}

static void
culvert_query_asked_cb (CulvertPart *part, void *data)
{
  CulvertQuery *query = ((CulvertQuestion *) data)->query;
  CulvertAnswer *answer = g_new0 (CulvertAnswer, 1);

  answer->message.handle = culvert_query_answered_cb;
  answer->query = query;
  answer->rows = g_array_new (FALSE, FALSE, (guint) query->row_size);
  query->ask (part, &query->hot, answer->rows, &answer->is_cut);
  culvert_worker_report (part->worker, &answer->message);
}

static void
culvert_query_post (CulvertRun *run, CulvertQuery *query)
{
  query->rows = g_array_new (FALSE, FALSE, (guint) query->row_size);
  query->n_left = run->n_parts;
  for (unsigned i = 0; i < run->n_parts; i++)
    {
      CulvertQuestion *question = g_new (CulvertQuestion, 1);

      question->query = query;
      culvert_part_post (run->parts[i], culvert_query_asked_cb, question);
    }
}

static CulvertQuery *
culvert_query_new (size_t row_size, CulvertQueryFunc func, void *data)
{
  CulvertQuery *query = g_new0 (CulvertQuery, 1);

  query->row_size = row_size;
  query->func = func;
  query->data = data;
  return query;
}

void
culvert_run_list_sessions (CulvertRun *run, CulvertQueryFunc func, void *data)
{
  CulvertQuery *query = culvert_query_new (sizeof (CulvertSessionRow), func, data);

  query->ask = culvert_query_sessions;
  culvert_query_post (run, query);
}

void
culvert_run_list_streams (CulvertRun *run, CulvertQueryFunc func, void *data)
{
  CulvertQuery *query = culvert_query_new (sizeof (CulvertStreamRow), func, data);

  query->ask = culvert_query_streams;
  culvert_query_post (run, query);
}

void
culvert_run_apply (CulvertRun *run,
                   const CulvertHotSettings *hot,
                   CulvertQueryFunc func,
                   void *data)
{
  CulvertQuery *query = culvert_query_new (1, func, data);

  query->ask = culvert_query_apply;
  query->hot = *hot;
  culvert_query_post (run, query);
}
