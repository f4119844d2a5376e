/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-top-view.h"

#include "cli/culvert-cmd.h"

#include <math.h>
#include <string.h>

#define REVERSE "\033[7m"
#define PLAIN "\033[0m"

typedef struct
{
  guint64 in;
  guint64 out;
} CulvertTopBytes;

struct _CulvertTopView
{
  GHashTable *last; /* of a row's key -> CulvertTopBytes */
  GHashTable *next; /* of the picture being made */
  gint64 last_us;
};

/* One picture under way. */
typedef struct
{
  CulvertTopView *view;
  GString *out;
  guint width;
  guint n_left; /* lines */
  gboolean has_ansi;
  double seconds; /* since the last picture, 0: the first */
} CulvertTopFrame;

CulvertTopView *
culvert_top_view_new (void)
{
  CulvertTopView *view = g_new0 (CulvertTopView, 1);

  view->last = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return view;
}

void
culvert_top_view_free (CulvertTopView *view)
{
  g_hash_table_unref (view->last);
  g_free (view);
}

/* -- lines ------------------------------------------------------------------------------- */

/* Cuts to the width; what could move the cursor becomes a question mark. */
static void
culvert_top_add_line (CulvertTopFrame *frame, const char *text, gboolean is_heading)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  guint column = 0;

  if (frame->n_left == 0)
    return;
  frame->n_left--;
  if (is_heading && frame->has_ansi)
    g_string_append (frame->out, REVERSE);
  for (const char *p = valid; *p != '\0' && column < frame->width; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      guint n = g_unichar_iswide (c) ? 2 : g_unichar_iszerowidth (c) ? 0 : 1;

      if (column + n > frame->width)
        break;
      g_string_append_unichar (frame->out, g_unichar_isprint (c) ? c : '?');
      column += n;
    }
  if (is_heading && frame->has_ansi)
    g_string_append_printf (frame->out, "%*s" PLAIN, (int) (frame->width - column), "");
  g_string_append_c (frame->out, '\n');
}

static void
culvert_top_add (CulvertTopFrame *frame, gboolean is_heading, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
culvert_top_add (CulvertTopFrame *frame, gboolean is_heading, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  culvert_top_add_line (frame, text, is_heading);
}

/* Text of a dictionary, "" when it is not there; borrowed. */
static const char *
culvert_top_text (GVariant *dict, const char *key)
{
  const char *text = "";

  (void) g_variant_lookup (dict, key, "&s", &text);
  return text;
}

static double
culvert_top_double (GVariant *dict, const char *key)
{
  double value = NAN;

  (void) g_variant_lookup (dict, key, "d", &value);
  return value;
}

/* -- rates of rows --------------------------------------------------------------------------- */

typedef struct
{
  double down;
  double up;
} CulvertTopRates;

/* Since the last picture; NAN for a row that was not in it. Takes key. */
static CulvertTopRates
culvert_top_rates (CulvertTopFrame *frame, char *key, GVariant *row)
{
  const CulvertTopBytes *last = g_hash_table_lookup (frame->view->last, key);
  CulvertTopBytes *bytes = g_new0 (CulvertTopBytes, 1);
  CulvertTopRates rates = { NAN, NAN };

  (void) g_variant_lookup (row, "bytes-in", "t", &bytes->in);
  (void) g_variant_lookup (row, "bytes-out", "t", &bytes->out);
  if (last != NULL && frame->seconds > 0 && bytes->in >= last->in && bytes->out >= last->out)
    {
      rates.down = (double) (bytes->in - last->in) / frame->seconds;
      rates.up = (double) (bytes->out - last->out) / frame->seconds;
    }
  g_hash_table_replace (frame->view->next, key, bytes);
  return rates;
}

/* -- the three tables ------------------------------------------------------------------ */

static void
culvert_top_add_tunnel (CulvertTopFrame *frame, GVariant *status)
{
  g_autofree char *down = culvert_cmd_dup_rate (culvert_cmd_now (status, "goodput-down"));
  g_autofree char *up = culvert_cmd_dup_rate (culvert_cmd_now (status, "goodput-up"));
  g_autofree char *wire = culvert_cmd_dup_rate (culvert_cmd_now (status, "wire-up"));
  g_autofree char *rtt = culvert_cmd_dup_delay (culvert_cmd_now (status, "rtt"));
  g_autofree char *jitter = culvert_cmd_dup_delay (culvert_cmd_now (status, "jitter"));
  g_autofree char *loss = culvert_cmd_dup_share (culvert_cmd_now (status, "loss"));
  g_autofree char *fill = culvert_cmd_dup_share (culvert_cmd_now (status, "window-fill"));
  double sessions = culvert_cmd_now (status, "sessions");
  double streams = culvert_cmd_now (status, "streams");

  culvert_top_add (frame, FALSE, "%-16s %-7s %-11s %10s %10s %10s %8s %8s %7s %7s %5.0f %6.0f",
                   culvert_top_text (status, "name"), culvert_top_text (status, "role"),
                   culvert_top_text (status, "state"), down, up, wire, rtt, jitter, loss, fill,
                   isnan (sessions) ? 0 : sessions, isnan (streams) ? 0 : streams);
}

static void
culvert_top_add_session (CulvertTopFrame *frame, const char *tunnel, GVariant *row)
{
  g_autofree char *age = culvert_cmd_dup_age (culvert_top_double (row, "age"));
  g_autofree char *rtt = culvert_cmd_dup_delay (culvert_top_double (row, "rtt"));
  CulvertTopRates rates;
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;
  guint64 id = 0;
  guint32 streams = 0;
  guint32 mtu = 0;

  (void) g_variant_lookup (row, "id", "t", &id);
  (void) g_variant_lookup (row, "mtu", "u", &mtu);
  (void) g_variant_lookup (row, "streams", "u", &streams);
  rates = culvert_top_rates (frame, g_strdup_printf ("%s/%" G_GUINT64_FORMAT, tunnel, id), row);
  down = culvert_cmd_dup_rate (rates.down);
  up = culvert_cmd_dup_rate (rates.up);
  culvert_top_add (frame, FALSE,
                   "%-16s %8" G_GUINT64_FORMAT " %-28s %12s %10s %10s %8s %5u %6u", tunnel, id,
                   culvert_top_text (row, "peer"), age, down, up, rtt, mtu, streams);
}

typedef struct
{
  char *text;
  double rate;
} CulvertTopStream;

static void
culvert_top_stream_free (gpointer data)
{
  CulvertTopStream *stream = data;

  g_free (stream->text);
  g_free (stream);
}

static int
culvert_top_stream_compare (gconstpointer a, gconstpointer b)
{
  double first = (*(CulvertTopStream *const *) a)->rate;
  double second = (*(CulvertTopStream *const *) b)->rate;

  return (first < second) - (first > second);
}

static CulvertTopStream *
culvert_top_new_stream (CulvertTopFrame *frame, const char *tunnel, GVariant *row)
{
  CulvertTopStream *stream = g_new0 (CulvertTopStream, 1);
  g_autofree char *age = culvert_cmd_dup_age (culvert_top_double (row, "age"));
  g_autofree char *down = NULL;
  g_autofree char *up = NULL;
  CulvertTopRates rates;
  guint64 session = 0;
  guint64 in = 0;
  guint64 out = 0;
  guint32 id = 0;

  (void) g_variant_lookup (row, "session", "t", &session);
  (void) g_variant_lookup (row, "id", "u", &id);
  (void) g_variant_lookup (row, "bytes-in", "t", &in);
  (void) g_variant_lookup (row, "bytes-out", "t", &out);
  rates = culvert_top_rates (
      frame, g_strdup_printf ("%s/%" G_GUINT64_FORMAT "/%u", tunnel, session, id), row);
  down = culvert_cmd_dup_rate (rates.down);
  up = culvert_cmd_dup_rate (rates.up);
  stream->rate = isnan (rates.down) ? 0 : rates.down + rates.up;
  stream->text = g_strdup_printf ("%-16s %8" G_GUINT64_FORMAT " %6u %-28s %12s %10s %10s "
                                  "%12" G_GUINT64_FORMAT " %12" G_GUINT64_FORMAT,
                                  tunnel, session, id, culvert_top_text (row, "address"), age, down,
                                  up, in, out);
  return stream;
}

/* Calls func for every row of the tables. */
static void
culvert_top_for_each (GVariant *rows, void (*func) (GVariant *row, gpointer data), gpointer data)
{
  GVariantIter iter;
  GVariant *row;

  if (rows == NULL)
    return;
  g_variant_iter_init (&iter, rows);
  while ((row = g_variant_iter_next_value (&iter)) != NULL)
    {
      func (row, data);
      g_variant_unref (row);
    }
}

typedef struct
{
  CulvertTopFrame *frame;
  const char *tunnel;
  GPtrArray *streams;
} CulvertTopRow;

static void
culvert_top_session_cb (GVariant *row, gpointer data)
{
  CulvertTopRow *place = data;

  culvert_top_add_session (place->frame, place->tunnel, row);
}

static void
culvert_top_stream_cb (GVariant *row, gpointer data)
{
  CulvertTopRow *place = data;

  g_ptr_array_add (place->streams, culvert_top_new_stream (place->frame, place->tunnel, row));
}

static void
culvert_top_add_streams (CulvertTopFrame *frame, GPtrArray *tunnels)
{
  g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (culvert_top_stream_free);

  for (guint i = 0; i < tunnels->len; i++)
    {
      const CulvertTopTunnel *tunnel = tunnels->pdata[i];
      CulvertTopRow place = { frame, culvert_top_text (tunnel->status, "name"), streams };

      culvert_top_for_each (tunnel->streams, culvert_top_stream_cb, &place);
    }
  if (streams->len == 0)
    return;
  g_ptr_array_sort (streams, culvert_top_stream_compare);
  culvert_top_add_line (frame, "", FALSE);
  culvert_top_add (frame, TRUE, "%-16s %8s %6s %-28s %12s %10s %10s %12s %12s", "TUNNEL", "SESSION",
                   "STREAM", "ADDRESS", "AGE", "DOWN", "UP", "BYTES IN", "BYTES OUT");
  for (guint i = 0; i < streams->len; i++)
    culvert_top_add_line (frame, ((CulvertTopStream *) streams->pdata[i])->text, FALSE);
}

static gboolean
culvert_top_has_sessions (GPtrArray *tunnels)
{
  for (guint i = 0; i < tunnels->len; i++)
    {
      const CulvertTopTunnel *tunnel = tunnels->pdata[i];

      if (tunnel->sessions != NULL && g_variant_n_children (tunnel->sessions) > 0)
        return TRUE;
    }
  return FALSE;
}

static void
culvert_top_add_sessions (CulvertTopFrame *frame, GPtrArray *tunnels)
{
  if (!culvert_top_has_sessions (tunnels))
    return;
  culvert_top_add_line (frame, "", FALSE);
  culvert_top_add (frame, TRUE, "%-16s %8s %-28s %12s %10s %10s %8s %5s %6s", "TUNNEL",
                   "SESSION", "PEER", "AGE", "DOWN", "UP", "RTT", "MTU", "STREAM");
  for (guint i = 0; i < tunnels->len; i++)
    {
      const CulvertTopTunnel *tunnel = tunnels->pdata[i];
      CulvertTopRow place = { frame, culvert_top_text (tunnel->status, "name"), NULL };

      culvert_top_for_each (tunnel->sessions, culvert_top_session_cb, &place);
    }
}

char *
culvert_top_view_render (CulvertTopView *view,
                         GPtrArray *tunnels,
                         gint64 now_us,
                         guint width,
                         guint height,
                         gboolean has_ansi)
{
  CulvertTopFrame frame = {
    .view = view,
    .out = g_string_new (NULL),
    .width = width,
    .n_left = height,
    .has_ansi = has_ansi,
    .seconds = view->last_us != 0 ? (double) (now_us - view->last_us) / G_USEC_PER_SEC : 0,
  };

  view->next = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  culvert_top_add (&frame, TRUE, "%-16s %-7s %-11s %10s %10s %10s %8s %8s %7s %7s %5s %6s",
                   "TUNNEL", "ROLE", "STATE", "DOWN", "UP", "WIRE UP", "RTT", "JITTER", "RESENT",
                   "WINDOW", "SESS", "STREAM");
  for (guint i = 0; i < tunnels->len; i++)
    culvert_top_add_tunnel (&frame, ((CulvertTopTunnel *) tunnels->pdata[i])->status);
  if (tunnels->len == 0)
    culvert_top_add_line (&frame, "No running instance answers.", FALSE);
  culvert_top_add_sessions (&frame, tunnels);
  culvert_top_add_streams (&frame, tunnels);
  g_hash_table_unref (view->last);
  view->last = g_steal_pointer (&view->next);
  view->last_us = now_us;
  return g_string_free (frame.out, FALSE);
}
