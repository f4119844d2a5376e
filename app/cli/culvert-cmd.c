/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"

#include "culvert-control-path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A start may resolve names, a restart flushes first. */
#define CALL_TIMEOUT_MS 60000
#define ERROR_PREFIX "io.github.culvert.Culvert.Error."

/* -- options ---------------------------------------------------------------------------- */

gboolean
culvert_cmd_parse (const char *const *args,
                   const char *usage,
                   const char *description,
                   const GOptionEntry *entries,
                   GStrv *out_rest,
                   int *out_status)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) words = g_strdupv ((char **) args);
  g_autofree char *help = NULL;
  g_autoptr (GError) error = NULL;
  const char *options;
  gboolean wants_help = FALSE;
  const GOptionEntry own[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &wants_help, "This text", NULL },
    G_OPTION_ENTRY_NULL
  };

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, own, NULL);
  if (!g_option_context_parse_strv (context, &words, &error))
    {
      g_printerr ("culvert %s: %s\nTry: culvert %s --help\n", args[0], error->message, args[0]);
      *out_status = CULVERT_EXIT_USAGE;
      return FALSE;
    }
  if (wants_help)
    {
      /* Its first paragraph would put the options in front of the command. */
      help = g_option_context_get_help (context, TRUE, NULL);
      options = strstr (help, "\n\n");
      g_print ("Usage: culvert %s %s%s", args[0], usage, options != NULL ? options : "\n");
      *out_status = EXIT_SUCCESS;
      return FALSE;
    }
  *out_rest = g_strdupv (words + 1);
  return TRUE;
}

/* -- instances ----------------------------------------------------------------------------- */

static void
culvert_instance_free (gpointer data)
{
  CulvertInstance *instance = data;

  g_clear_object (&instance->connection);
  g_free (instance->path);
  g_free (instance);
}

static gboolean
culvert_cmd_add_instance (GPtrArray *instances, const char *path, GError **error)
{
  g_autofree char *address = culvert_control_dup_address (path);
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL, error);
  CulvertInstance *instance;

  if (connection == NULL)
    return FALSE;
  instance = g_new0 (CulvertInstance, 1);
  instance->path = g_strdup (path);
  instance->connection = connection;
  g_ptr_array_add (instances, instance);
  return TRUE;
}

GPtrArray *
culvert_cmd_find_instances (const char *path)
{
  GPtrArray *instances = g_ptr_array_new_with_free_func (culvert_instance_free);
  g_auto (GStrv) paths = path != NULL ? NULL : culvert_control_discover ();

  if (path != NULL)
    (void) culvert_cmd_add_instance (instances, path, NULL);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    (void) culvert_cmd_add_instance (instances, paths[i], NULL);
  return instances;
}

GPtrArray *
culvert_cmd_need_instances (const char *path)
{
  g_autoptr (GPtrArray) instances = culvert_cmd_find_instances (path);
  g_autoptr (GError) error = NULL;

  if (instances->len > 0)
    return g_steal_pointer (&instances);
  if (path == NULL)
    g_printerr ("culvert: no running instance found\n");
  else if (!culvert_cmd_add_instance (instances, path, &error))
    g_printerr ("culvert: %s: %s\n", path, error->message);
  return instances->len > 0 ? g_steal_pointer (&instances) : NULL;
}

GVariant *
culvert_cmd_call (CulvertInstance *instance,
                  const char *method,
                  GVariant *arguments,
                  const char *reply_type,
                  GError **error)
{
  g_autoptr (GVariantType) type = g_variant_type_new (reply_type);

  return g_dbus_connection_call_sync (instance->connection, NULL, CULVERT_CONTROL_PATH,
                                      CULVERT_CONTROL_INTERFACE, method, arguments, type,
                                      G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT_MS, NULL, error);
}

GVariant *
culvert_cmd_ask_rows (CulvertInstance *instance, const char *method, const char *name)
{
  g_autoptr (GVariant) reply = culvert_cmd_call (instance, method, g_variant_new ("(s)", name),
                                                 "(aa{sv})", NULL);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

int
culvert_cmd_complain (const GError *error)
{
  g_autofree char *name = g_dbus_error_is_remote_error (error)
                              ? g_dbus_error_get_remote_error (error)
                              : NULL;
  g_autoptr (GError) plain = g_error_copy (error);

  (void) g_dbus_error_strip_remote_error (plain);
  g_printerr ("culvert: %s\n", plain->message);
  return g_strcmp0 (name, ERROR_PREFIX "UnknownTunnel") == 0 ? CULVERT_EXIT_NO_TUNNEL
                                                             : CULVERT_EXIT_FAILED;
}

static gboolean
culvert_cmd_has_tunnel (CulvertInstance *instance, const char *name)
{
  g_autoptr (GVariant) reply = culvert_cmd_call (instance, "List", NULL, "(a(sss))", NULL);
  g_autoptr (GVariantIter) iter = NULL;
  const char *other;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(a(sss))", &iter);
  while (g_variant_iter_next (iter, "(&s&s&s)", &other, NULL, NULL))
    if (g_str_equal (other, name))
      return TRUE;
  return FALSE;
}

/* The one instance with the tunnel, or NULL and a message. */
static CulvertInstance *
culvert_cmd_choose (GPtrArray *instances, const char *name)
{
  CulvertInstance *found = NULL;

  for (guint i = 0; i < instances->len; i++)
    {
      CulvertInstance *instance = instances->pdata[i];

      if (!culvert_cmd_has_tunnel (instance, name))
        continue;
      if (found != NULL)
        {
          g_printerr ("culvert: several instances have a tunnel \"%s\"; choose by --control, for "
                      "example %s or %s\n",
                      name, found->path, instance->path);
          return NULL;
        }
      found = instance;
    }
  if (found == NULL)
    g_printerr ("culvert: there is no tunnel \"%s\"\n", name);
  return found;
}

int
culvert_cmd_call_tunnel (const char *path,
                         const char *name,
                         const char *method,
                         const char *reply_type,
                         GVariant **out_reply)
{
  g_autoptr (GPtrArray) instances = culvert_cmd_need_instances (path);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  CulvertInstance *instance;

  if (instances == NULL)
    return CULVERT_EXIT_NO_INSTANCE;
  instance = culvert_cmd_choose (instances, name);
  if (instance == NULL)
    return CULVERT_EXIT_NO_TUNNEL;
  reply = culvert_cmd_call (instance, method, g_variant_new ("(s)", name), reply_type, &error);
  if (reply == NULL)
    return culvert_cmd_complain (error);
  if (out_reply != NULL)
    *out_reply = g_steal_pointer (&reply);
  return EXIT_SUCCESS;
}

int
culvert_cmd_switch (const char *const *args, const char *method, const char *description)
{
  g_autofree char *path = NULL;
  g_auto (GStrv) rest = NULL;
  const GOptionEntry entries[] = {
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &path, "Control socket of the instance", "PATH" },
    G_OPTION_ENTRY_NULL
  };
  gboolean is_toggle = g_str_equal (method, "Toggle");
  g_autoptr (GVariant) reply = NULL;
  gboolean on;
  int status;

  if (!culvert_cmd_parse (args, "NAME [--control PATH]", description, entries, &rest, &status))
    return status;
  if (g_strv_length (rest) != 1)
    {
      g_printerr ("culvert %s: name one tunnel\nTry: culvert %s --help\n", args[0], args[0]);
      return CULVERT_EXIT_USAGE;
    }
  status = culvert_cmd_call_tunnel (path, rest[0], method, is_toggle ? "(b)" : "()", &reply);
  if (status != EXIT_SUCCESS || !is_toggle)
    return status;
  g_variant_get (reply, "(b)", &on);
  g_print ("%s: %s\n", rest[0], on ? "on" : "off");
  return EXIT_SUCCESS;
}

/* -- words ------------------------------------------------------------------------------------ */

char *
culvert_cmd_dup_rate (double bytes_per_second)
{
  static const char *const units[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s" };
  guint unit = 0;

  if (isnan (bytes_per_second))
    return g_strdup ("-");
  while (bytes_per_second >= 999.5 && unit + 1 < G_N_ELEMENTS (units))
    {
      bytes_per_second /= 1000;
      unit++;
    }
  return g_strdup_printf (unit > 0 && bytes_per_second < 99.95 ? "%.1f %s" : "%.0f %s",
                          bytes_per_second, units[unit]);
}

char *
culvert_cmd_dup_delay (double seconds)
{
  double ms = seconds * 1000;

  if (isnan (seconds))
    return g_strdup ("-");
  return g_strdup_printf (ms < 99.95 ? "%.1f ms" : "%.0f ms", ms);
}

char *
culvert_cmd_dup_share (double share)
{
  return isnan (share) ? g_strdup ("-") : g_strdup_printf ("%.1f %%", share * 100);
}

char *
culvert_cmd_dup_age (double seconds)
{
  gint64 whole = isnan (seconds) ? 0 : (gint64) seconds;

  if (isnan (seconds))
    return g_strdup ("-");
  if (whole < 60)
    return g_strdup_printf ("%d s", (int) whole);
  if (whole < 3600)
    return g_strdup_printf ("%d min %d s", (int) (whole / 60), (int) (whole % 60));
  if (whole < 86400)
    return g_strdup_printf ("%d h %d min", (int) (whole / 3600), (int) (whole / 60 % 60));
  return g_strdup_printf ("%d d %d h", (int) (whole / 86400), (int) (whole / 3600 % 24));
}

double
culvert_cmd_now (GVariant *status, const char *series)
{
  g_autoptr (GVariant) now = g_variant_lookup_value (status, "now", G_VARIANT_TYPE ("a{sd}"));
  double value;

  return now != NULL && g_variant_lookup (now, series, "d", &value) ? value : NAN;
}
