/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-recorder.h"

#include "culvert-tunnel-private.h"

/* To add up thousands of sessions that only say their heartbeats is most of what the main thread
 * does for them: so many, with less than a packet a second each, are looked at more seldom. */
#define CULVERT_RECORDER_MANY 256
#define CULVERT_RECORDER_CALM_SECONDS 5

struct _CulvertRecorder
{
  GSource *source;
  GPtrArray *tunnels;
  gboolean is_awake;
  gboolean is_calm;  /* the next tick is some seconds away */
  guint64 packets;   /* of all tunnels at the last tick */
  gint64 ticked_at;
};

static void
culvert_recorder_sample (CulvertTunnel *tunnel, CulvertStats *out_stats)
{
  CulvertConfig *config = culvert_tunnel_get_config (tunnel);

  culvert_tunnel_sample (tunnel, out_stats);
  (void) culvert_history_add (culvert_tunnel_get_history (tunnel), out_stats,
                              (guint) culvert_config_get_int (config, CULVERT_SETTING_SNDWND),
                              g_get_real_time ());
}

static void
culvert_recorder_arm (CulvertRecorder *recorder)
{
  gint64 rest = G_USEC_PER_SEC - g_get_real_time () % G_USEC_PER_SEC;

  recorder->is_awake = TRUE;
  if (recorder->is_calm)
    rest += (CULVERT_RECORDER_CALM_SECONDS - 1) * G_USEC_PER_SEC;
  g_source_set_ready_time (recorder->source, g_get_monotonic_time () + rest);
}

static void
culvert_recorder_judge (CulvertRecorder *recorder, guint64 sessions, guint64 packets)
{
  gint64 now = g_get_monotonic_time ();
  double seconds = (double) (now - recorder->ticked_at) / G_USEC_PER_SEC;

  recorder->is_calm = sessions >= CULVERT_RECORDER_MANY
                      && (double) (packets - MIN (packets, recorder->packets))
                           < (double) sessions * seconds;
  recorder->packets = packets;
  recorder->ticked_at = now;
}

static gboolean
culvert_recorder_tick_cb (gpointer user_data)
{
  CulvertRecorder *recorder = user_data;
  guint64 sessions = 0;
  guint64 packets = 0;

  for (guint i = 0; i < recorder->tunnels->len; i++)
    {
      CulvertStats stats;

      culvert_recorder_sample (recorder->tunnels->pdata[i], &stats);
      sessions += culvert_stats_lookup (&stats, "CurrEstab");
      packets += culvert_stats_lookup (&stats, "InPkts") + culvert_stats_lookup (&stats, "OutPkts");
    }
  culvert_recorder_judge (recorder, sessions, packets);
  if (sessions > 0)
    culvert_recorder_arm (recorder);
  else
    {
      recorder->is_awake = FALSE;
      g_source_set_ready_time (recorder->source, -1);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
culvert_recorder_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs culvert_recorder_source_funcs = {
  .dispatch = culvert_recorder_dispatch,
};

CulvertRecorder *
culvert_recorder_new (GMainContext *context)
{
  CulvertRecorder *recorder = g_new0 (CulvertRecorder, 1);

  recorder->tunnels = g_ptr_array_new ();
  recorder->source = g_source_new (&culvert_recorder_source_funcs, sizeof (GSource));
  g_source_set_static_name (recorder->source, "culvert-recorder");
  g_source_set_callback (recorder->source, culvert_recorder_tick_cb, recorder, NULL);
  g_source_attach (recorder->source, context);
  return recorder;
}

void
culvert_recorder_free (CulvertRecorder *recorder)
{
  g_assert (recorder->tunnels->len == 0);
  g_source_destroy (recorder->source);
  g_source_unref (recorder->source);
  g_ptr_array_unref (recorder->tunnels);
  g_free (recorder);
}

void
culvert_recorder_add (CulvertRecorder *recorder, CulvertTunnel *tunnel)
{
  CulvertStats stats;

  culvert_tunnel_sample (tunnel, &stats);
  culvert_history_begin (culvert_tunnel_get_history (tunnel), &stats, g_get_real_time ());
  g_ptr_array_add (recorder->tunnels, tunnel);
}

void
culvert_recorder_remove (CulvertRecorder *recorder, CulvertTunnel *tunnel)
{
  CulvertStats stats;

  if (!g_ptr_array_remove_fast (recorder->tunnels, tunnel))
    return;
  culvert_recorder_sample (tunnel, &stats);
}

void
culvert_recorder_wake (CulvertRecorder *recorder)
{
  CulvertStats stats;

  if (recorder->is_awake)
    return;
  /* The quiet time ends here; what the session does belongs to what follows. */
  for (guint i = 0; i < recorder->tunnels->len; i++)
    culvert_recorder_sample (recorder->tunnels->pdata[i], &stats);
  culvert_recorder_arm (recorder);
}

void
culvert_recorder_catch_up (CulvertRecorder *recorder, CulvertTunnel *tunnel)
{
  CulvertStats stats;

  if ((!recorder->is_awake || recorder->is_calm)
      && g_ptr_array_find (recorder->tunnels, tunnel, NULL))
    culvert_recorder_sample (tunnel, &stats);
}
