/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "cli/cmd-check.h"

#include "cli/culvert-cli.h"
#include "culvert-launch.h"
#include "culvert-options.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT 1000
#define MAX_TIMEOUT_S 600

static const char check_help[] =
    "Usage: culvert check HOST:PORT [options of the client] [-c FILE]\n"
    "\n"
    "Tells in one sentence whether a server, kcptun or culvert, works with these settings and, if\n"
    "not, why. HOST:PORT may be left out when -remoteaddr or the file names the server. It sends\n"
    "probes that open no stream, then opens one connection to the target. A target that says\n"
    "nothing for a second is sent \"HEAD / HTTP/1.0\".\n"
    "\n"
    "  --count N      probes for round trip and loss (1 to 1000, default: 10)\n"
    "  --timeout S    time for all of it (1 to 600 s, default: 14)\n"
    "  --no-ask       send nothing to the target; QPP can then be judged only if it speaks first\n"
    "  --json         the result as a JSON object\n"
    "  --help         this text; culvert --headless client --help lists the options of the client\n"
    "\n"
    "Exit code:\n"
    "   0  the tunnel works\n"
    "   1  the check could not be done\n"
    "   2  wrong option or setting\n"
    "   3  the name does not resolve\n"
    "   4  port closed, host or network unreachable (ICMP, or this machine says so)\n"
    "   5  no answer: packets are lost on the way, or key or cipher differ (servers drop in\n"
    "      silence what they cannot read, so these cannot be told apart)\n"
    "   6  the cipher differs, or the key: it answers to another cipher or to the default key\n"
    "   7  compression differs (nocomp)\n"
    "   8  the smux version differs (smuxver)\n"
    "   9  QPP or QPPCount differs, seen in what the target says\n"
    "  10  the target refuses the connection\n"
    "  11  the path drops large packets; the size that passes is named\n"
    "  12  compression or smux version differs, it could not be told which\n"
    "  13  it answers, but the time was over before the rest was known\n";

typedef struct
{
  CulvertCheckOptions options;
  gboolean json;
  gboolean help;
  GPtrArray *rest;     /* words for the client's own parser, NULL-terminated; borrowed */
  const char *server;  /* HOST:PORT, or NULL */
} CulvertCheckArgs;

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  CulvertCheckResult *result;
  GError *error;
} CulvertCheckRun;

/* -- command line --------------------------------------------------------------------- */

static gboolean
culvert_cmd_check_read_number (const char *name,
                               const char *text,
                               gint64 max,
                               guint scale,
                               guint *out_number,
                               GError **error)
{
  gint64 number;

  if (text != NULL && culvert_options_read_int (text, &number) && number >= 1 && number <= max)
    {
      *out_number = (guint) number * scale;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--%s: \"%s\" is not an integer from 1 to %" G_GINT64_FORMAT, name,
               text != NULL ? text : "", max);
  return FALSE;
}

/* How many words the client's option of this name is; 0: it has none of this name. */
static guint
culvert_cmd_check_n_words (const char *name)
{
  const CulvertSetting *setting = culvert_settings_find_flag (CULVERT_ROLE_CLIENT, name);

  if (strcmp (name, "c") == 0)
    return 2;
  if (setting == NULL)
    return 0;
  return setting->type == CULVERT_SETTING_TYPE_BOOL ? 1 : 2;
}

/* One of our own options; 0: it is none. Returns the words taken, -1 on error. */
static int
culvert_cmd_check_own (CulvertCheckArgs *out,
                       const char *name,
                       const char *value,
                       const char *next,
                       GError **error)
{
  gboolean is_count = strcmp (name, "count") == 0;
  const char *number = value != NULL ? value : next;
  gboolean ok;

  if (strcmp (name, "json") == 0 && value == NULL)
    out->json = TRUE;
  else if (strcmp (name, "no-ask") == 0 && value == NULL)
    out->options.no_ask = TRUE;
  else if ((strcmp (name, "help") == 0 || strcmp (name, "h") == 0) && value == NULL)
    out->help = TRUE;
  else if (!is_count && strcmp (name, "timeout") != 0)
    return 0;
  else
    {
      if (is_count)
        ok = culvert_cmd_check_read_number (name, number, MAX_COUNT, 1, &out->options.count, error);
      else
        ok = culvert_cmd_check_read_number (name, number, MAX_TIMEOUT_S, 1000,
                                            &out->options.timeout_ms, error);
      return !ok ? -1 : value != NULL ? 1 : 2;
    }
  return 1;
}

/* Parts our words from those of the client. */
static gboolean
culvert_cmd_check_parse (CulvertCheckArgs *out, const char *const *args, GError **error)
{
  for (guint i = 0; args[i] != NULL; i++)
    {
      const char *word = args[i];
      const char *equals = strchr (word, '=');
      g_autofree char *name = NULL;
      int taken;

      if (word[0] != '-')
        {
          if (out->server != NULL)
            {
              g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                           "\"%s\" is one word too many", word);
              return FALSE;
            }
          out->server = word;
          continue;
        }
      word += word[1] == '-' ? 2 : 1;
      name = equals != NULL ? g_strndup (word, equals - word) : g_strdup (word);
      taken = culvert_cmd_check_own (out, name, equals != NULL ? equals + 1 : NULL, args[i + 1],
                                     error);
      if (taken < 0)
        return FALSE;
      i += taken == 2 ? 1 : 0;
      if (taken > 0)
        continue;
      if (culvert_cmd_check_n_words (name) == 0)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                       "-%s is no option of check or of the client", name);
          return FALSE;
        }
      g_ptr_array_add (out->rest, (char *) args[i]);
      if (equals == NULL && culvert_cmd_check_n_words (name) == 2 && args[i + 1] != NULL)
        g_ptr_array_add (out->rest, (char *) args[++i]);
    }
  g_ptr_array_add (out->rest, NULL);
  return TRUE;
}

/* The client's configuration; what is named on the command line wins over the file. (transfer
 * full) */
static CulvertConfig *
culvert_cmd_check_configure (const CulvertCheckArgs *args, GError **error)
{
  const char *key = culvert_settings (NULL)[CULVERT_SETTING_REMOTEADDR].key;
  g_autoptr (CulvertConfig) config = NULL;
  CulvertLaunch launch = { .role = CULVERT_ROLE_CLIENT };

  if (!culvert_launch_prepare (&launch, CULVERT_ROLE_CLIENT,
                               (const char *const *) args->rest->pdata, g_getenv ("KCPTUN_KEY"),
                               error))
    return NULL;
  config = g_steal_pointer (&launch.config);
  culvert_launch_clear (&launch);
  if (config != NULL && args->server != NULL)
    {
      g_autoptr (GVariant) given = culvert_config_to_variant (config);
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (given);

      g_variant_dict_insert_value (&dict, key, culvert_options_new_text (args->server));
      return culvert_config_new_from_variant (CULVERT_ROLE_CLIENT, g_variant_dict_end (&dict),
                                              error);
    }
  if (config == NULL || !culvert_config_is_given (config, CULVERT_SETTING_REMOTEADDR))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                   "which server? Say HOST:PORT, or -c FILE with remoteaddr in it");
      return NULL;
    }
  return g_steal_pointer (&config);
}

/* -- output ------------------------------------------------------------------------------ */

static double
culvert_cmd_check_ms (gint64 us)
{
  return (double) us / 1000;
}

static const char *
culvert_cmd_check_truth (CulvertCheckTruth truth)
{
  switch (truth)
    {
    case CULVERT_CHECK_YES:
      return "yes";
    case CULVERT_CHECK_NO:
      return "no";
    case CULVERT_CHECK_UNKNOWN:
      break;
    }
  return "unknown";
}

static void
culvert_cmd_check_print_text (const CulvertCheckResult *result)
{
  if (result->n_answers > 0)
    {
      g_print ("probes:      %u sent, %u answered (%.0f %% lost)\n", result->n_probes,
               result->n_answers,
               100.0 * (result->n_probes - result->n_answers) / result->n_probes);
      g_print ("round trip:  %.1f ms at least, %.1f on average, %.1f at most; jitter %.1f\n",
               culvert_cmd_check_ms (result->rtt_min_us), culvert_cmd_check_ms (result->rtt_avg_us),
               culvert_cmd_check_ms (result->rtt_max_us), culvert_cmd_check_ms (result->jitter_us));
    }
  if (result->mtu_up > 0)
    g_print ("packet size: %u bytes pass up%s, %u came down%s\n", result->mtu_up,
             result->loses_up ? " and no more" : "", result->mtu_down,
             result->loses_down ? " and no more" : "");
  if (result->smux_version > 0)
    g_print ("server:      smux %d, compression: %s\n", result->smux_version,
             culvert_cmd_check_truth (result->compression));
  if (result->target != CULVERT_CHECK_TARGET_UNKNOWN)
    g_print ("target:      %s; QPP agrees: %s\n", culvert_check_target_to_string (result->target),
             culvert_cmd_check_truth (result->qpp_agrees));
  g_print ("%s\n", result->sentence);
}

static void
culvert_cmd_check_add_truth (JsonBuilder *builder, const char *name, CulvertCheckTruth truth)
{
  json_builder_set_member_name (builder, name);
  if (truth == CULVERT_CHECK_UNKNOWN)
    json_builder_add_null_value (builder);
  else
    json_builder_add_boolean_value (builder, truth == CULVERT_CHECK_YES);
}

static void
culvert_cmd_check_add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  if (text == NULL)
    json_builder_add_null_value (builder);
  else
    json_builder_add_string_value (builder, text);
}

static void
culvert_cmd_check_add_int (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

static void
culvert_cmd_check_add_measures (JsonBuilder *builder, const CulvertCheckResult *result)
{
  json_builder_set_member_name (builder, "probes");
  json_builder_begin_object (builder);
  culvert_cmd_check_add_int (builder, "sent", result->n_probes);
  culvert_cmd_check_add_int (builder, "answered", result->n_answers);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "rtt_us");
  json_builder_begin_object (builder);
  culvert_cmd_check_add_int (builder, "min", result->rtt_min_us);
  culvert_cmd_check_add_int (builder, "avg", result->rtt_avg_us);
  culvert_cmd_check_add_int (builder, "max", result->rtt_max_us);
  culvert_cmd_check_add_int (builder, "jitter", result->jitter_us);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "mtu");
  json_builder_begin_object (builder);
  culvert_cmd_check_add_int (builder, "up", result->mtu_up);
  culvert_cmd_check_add_int (builder, "down", result->mtu_down);
  culvert_cmd_check_add_truth (builder, "loses_up", result->loses_up ? 1 : 0);
  culvert_cmd_check_add_truth (builder, "loses_down", result->loses_down ? 1 : 0);
  json_builder_end_object (builder);
}

static void
culvert_cmd_check_print_json (const CulvertCheckResult *result)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  culvert_cmd_check_add_text (builder, "verdict",
                              culvert_check_verdict_to_string (result->verdict));
  culvert_cmd_check_add_int (builder, "code", result->verdict);
  culvert_cmd_check_add_text (builder, "sentence", result->sentence);
  culvert_cmd_check_add_text (builder, "address", result->address);
  culvert_cmd_check_add_measures (builder, result);
  culvert_cmd_check_add_int (builder, "smux_version", result->smux_version);
  culvert_cmd_check_add_truth (builder, "compression", result->compression);
  culvert_cmd_check_add_truth (builder, "qpp_agrees", result->qpp_agrees);
  culvert_cmd_check_add_text (builder, "target", culvert_check_target_to_string (result->target));
  culvert_cmd_check_add_text (builder, "crypt_of_server", result->crypt);
  culvert_cmd_check_add_text (builder, "icmp",
                              result->icmp_error != 0 ? g_strerror (result->icmp_error) : NULL);
  culvert_cmd_check_add_int (builder, "elapsed_us", result->elapsed_us);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

/* -- the run -------------------------------------------------------------------------------- */

static void
culvert_cmd_check_progress_cb (const char *step, gpointer user_data)
{
  g_printerr ("... %s\n", step);
}

static void
culvert_cmd_check_done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  CulvertCheckRun *run = user_data;

  run->result = culvert_check_finish (result, &run->error);
  g_main_loop_quit (run->loop);
}

static gboolean
culvert_cmd_check_signal_cb (gpointer user_data)
{
  CulvertCheckRun *run = user_data;

  g_cancellable_cancel (run->cancellable);
  return G_SOURCE_CONTINUE;
}

static int
culvert_cmd_check_run (const CulvertCheckArgs *args, CulvertConfig *config)
{
  CulvertCheckRun run = { g_main_loop_new (NULL, FALSE), g_cancellable_new (), NULL, NULL };
  guint sources[] = { g_unix_signal_add (SIGINT, culvert_cmd_check_signal_cb, &run),
                      g_unix_signal_add (SIGTERM, culvert_cmd_check_signal_cb, &run) };
  int status = EXIT_FAILURE;

  culvert_check_async (config, &args->options, run.cancellable,
                       args->json ? NULL : culvert_cmd_check_progress_cb, NULL,
                       culvert_cmd_check_done_cb, &run);
  g_main_loop_run (run.loop);
  if (run.result != NULL)
    {
      status = run.result->verdict;
      (args->json ? culvert_cmd_check_print_json : culvert_cmd_check_print_text) (run.result);
    }
  else
    {
      status = g_error_matches (run.error, CULVERT_ERROR, CULVERT_ERROR_CONFIG)
                 ? CULVERT_EXIT_USAGE
                 : EXIT_FAILURE;
      g_printerr ("culvert: %s\n", run.error->message);
    }
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  culvert_check_result_free (run.result);
  g_clear_error (&run.error);
  g_object_unref (run.cancellable);
  g_main_loop_unref (run.loop);
  return status;
}

int
culvert_cmd_check (const char *const *args)
{
  g_autoptr (GPtrArray) rest = g_ptr_array_new ();
  CulvertCheckArgs check = { .options = CULVERT_CHECK_OPTIONS_DEFAULT, .rest = rest };
  g_autoptr (CulvertConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  if (culvert_cmd_check_parse (&check, args + 1, &error))
    {
      if (check.help)
        {
          g_print ("%s", check_help);
          return EXIT_SUCCESS;
        }
      config = culvert_cmd_check_configure (&check, &error);
    }
  if (config != NULL)
    return culvert_cmd_check_run (&check, config);
  g_printerr ("culvert: %s\n", error->message);
  if (error->domain == G_OPTION_ERROR)
    g_printerr ("Try: culvert check --help\n");
  return CULVERT_EXIT_USAGE;
}
