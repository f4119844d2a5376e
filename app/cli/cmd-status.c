/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"
#include "culvert-status.h"

#include <stdlib.h>

static void
culvert_cmd_status_print_head (GVariant *status)
{
  g_autofree char *age = NULL;
  const char *name = "";
  const char *role = "";
  const char *state = "";
  const char *reason;
  gint64 since = 0;

  (void) g_variant_lookup (status, "name", "&s", &name);
  (void) g_variant_lookup (status, "role", "&s", &role);
  (void) g_variant_lookup (status, "state", "&s", &state);
  (void) g_variant_lookup (status, "since", "x", &since);
  age = culvert_cmd_dup_age ((double) MAX (g_get_real_time () / G_USEC_PER_SEC - since, 0));
  g_print ("%s: %s, %s for %s\n", name, role, state, age);
  if (g_variant_lookup (status, "reason", "&s", &reason))
    g_print ("  %s\n", reason);
}

static void
culvert_cmd_status_print_addresses (GVariant *status)
{
  g_autofree const char **local = NULL;
  g_autofree char *text = NULL;
  const char *peer = "";

  (void) g_variant_lookup (status, "peer", "&s", &peer);
  (void) g_variant_lookup (status, "local", "^a&s", &local);
  text = local != NULL ? g_strjoinv (", ", (char **) local) : g_strdup ("");
  g_print ("  %s to %s\n", text[0] != '\0' ? text : "not listening", peer);
}

static void
culvert_cmd_status_print_now (GVariant *status)
{
  g_autofree char *down = culvert_cmd_dup_rate (culvert_cmd_now (status, "goodput-down"));
  g_autofree char *up = culvert_cmd_dup_rate (culvert_cmd_now (status, "goodput-up"));
  g_autofree char *rtt = culvert_cmd_dup_delay (culvert_cmd_now (status, "rtt"));
  g_autofree char *loss = culvert_cmd_dup_share (culvert_cmd_now (status, "loss"));
  g_autoptr (GVariant) counters = g_variant_lookup_value (status, "counters",
                                                          G_VARIANT_TYPE ("a{st}"));
  guint64 streams = 0;
  guint64 sessions = 0;

  if (counters != NULL)
    {
      (void) g_variant_lookup (counters, "Streams", "t", &streams);
      (void) g_variant_lookup (counters, "CurrEstab", "t", &sessions);
    }
  g_print ("  down %s, up %s, round trip %s, resent %s, %" G_GUINT64_FORMAT
           " streams in %" G_GUINT64_FORMAT " sessions\n",
           down, up, rtt, loss, streams, sessions);
}

static void
culvert_cmd_status_print (GVariant *status)
{
  g_autofree const char **pending = NULL;
  g_autofree char *keys = NULL;
  const char *error = NULL;

  culvert_cmd_status_print_head (status);
  culvert_cmd_status_print_addresses (status);
  culvert_cmd_status_print_now (status);
  if (g_variant_lookup (status, "error", "&s", &error))
    g_print ("  last error: %s\n", error);
  (void) g_variant_lookup (status, "pending", "^a&s", &pending);
  keys = pending != NULL ? g_strjoinv (", ", (char **) pending) : g_strdup ("");
  if (keys[0] != '\0')
    g_print ("  waits for a restart: %s\n", keys);
}

/* The status with the rows of its sessions; takes status (transfer full). */
static GVariant *
culvert_cmd_status_with_sessions (CulvertInstance *instance, const char *name, GVariant *status)
{
  g_autoptr (GVariant) whole = status;
  g_autoptr (GVariant) sessions = culvert_cmd_ask_rows (instance, "Sessions", name);
  GVariantDict dict;

  g_variant_dict_init (&dict, whole);
  if (sessions != NULL)
    g_variant_dict_insert_value (&dict, "sessions", sessions);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

/* Adds the instance's tunnels, all or those of the name; with everything known when is_full. */
static gboolean
culvert_cmd_status_collect (CulvertInstance *instance,
                            const char *name,
                            gboolean is_full,
                            GPtrArray *tunnels)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = culvert_cmd_call (instance, "Status", g_variant_new ("(s)", ""),
                                                 "(aa{sv})", &error);
  g_autoptr (GVariantIter) iter = NULL;
  GVariant *status;

  if (reply == NULL)
    {
      (void) culvert_cmd_complain (error);
      return FALSE;
    }
  g_variant_get (reply, "(aa{sv})", &iter);
  while ((status = g_variant_iter_next_value (iter)) != NULL)
    {
      const char *other = "";

      (void) g_variant_lookup (status, "name", "&s", &other);
      if (name != NULL && !g_str_equal (name, other))
        g_variant_unref (status);
      else if (is_full)
        g_ptr_array_add (tunnels, culvert_cmd_status_with_sessions (instance, other, status));
      else
        g_ptr_array_add (tunnels, status);
    }
  return TRUE;
}

static void
culvert_cmd_status_show (GPtrArray *tunnels, gboolean is_json)
{
  g_autoptr (GVariant) all = NULL;
  g_autofree char *json = NULL;

  if (!is_json)
    {
      for (guint i = 0; i < tunnels->len; i++)
        culvert_cmd_status_print (tunnels->pdata[i]);
      return;
    }
  all = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT,
                                                 (GVariant *const *) tunnels->pdata, tunnels->len));
  json = culvert_status_to_json (all, TRUE);
  g_print ("%s\n", json);
}

int
culvert_cmd_status (const char *const *args)
{
  g_autofree char *path = NULL;
  gboolean is_json = FALSE;
  const GOptionEntry entries[] = {
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &path, "Control socket of the instance", "PATH" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "A JSON array with everything known", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GPtrArray) tunnels =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr (GPtrArray) instances = NULL;
  g_auto (GStrv) rest = NULL;
  int status;

  if (!culvert_cmd_parse (args, "[NAME] [--json] [--control PATH]",
                          "What the tunnels of all running instances do, of the one at PATH, or "
                          "of the name NAME alone.\nExit code: 0; 1 an instance does not answer; "
                          "2 usage; 3 no running instance; 4 no tunnel NAME.",
                          entries, &rest, &status))
    return status;
  if (g_strv_length (rest) > 1)
    {
      g_printerr ("culvert status: name one tunnel or none\nTry: culvert status --help\n");
      return CULVERT_EXIT_USAGE;
    }
  instances = culvert_cmd_need_instances (path);
  if (instances == NULL)
    return CULVERT_EXIT_NO_INSTANCE;
  status = EXIT_SUCCESS;
  for (guint i = 0; i < instances->len; i++)
    if (!culvert_cmd_status_collect (instances->pdata[i], rest[0], is_json, tunnels))
      status = CULVERT_EXIT_FAILED;
  if (rest[0] != NULL && tunnels->len == 0)
    {
      g_printerr ("culvert: there is no tunnel \"%s\"\n", rest[0]);
      return CULVERT_EXIT_NO_TUNNEL;
    }
  culvert_cmd_status_show (tunnels, is_json);
  return status;
}
