/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"

#include <stdlib.h>

static int
culvert_cmd_reload_one (CulvertInstance *instance, gboolean restart)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = culvert_cmd_call (instance, "Reload", g_variant_new ("(b)", restart),
                                                 "(as)", &error);
  g_autoptr (GVariantIter) messages = NULL;
  const char *message;

  if (reply == NULL)
    return culvert_cmd_complain (error);
  g_variant_get (reply, "(as)", &messages);
  while (g_variant_iter_next (messages, "&s", &message))
    g_print ("%s\n", message);
  return EXIT_SUCCESS;
}

int
culvert_cmd_reload (const char *const *args)
{
  g_autofree char *path = NULL;
  gboolean restart = FALSE;
  const GOptionEntry entries[] = {
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &path, "Control socket of the instance", "PATH" },
    { "restart", 0, 0, G_OPTION_ARG_NONE, &restart, "Restart the tunnels that need it", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GPtrArray) instances = NULL;
  g_auto (GStrv) rest = NULL;
  int status;

  if (!culvert_cmd_parse (args, "[--restart] [--control PATH]",
                          "Every running instance, or the one at PATH, reads its settings again. "
                          "Windows, ratelimit, log,\nlog-level, quiet, snmplog, snmpperiod and "
                          "mem-limit work at once and drop no stream; about the\nothers it says "
                          "what waits for a restart. A file with an error changes nothing.\nExit "
                          "code: 0 done; 1 a file or setting is wrong; 2 usage; 3 no running "
                          "instance.",
                          entries, &rest, &status))
    return status;
  if (rest[0] != NULL)
    {
      g_printerr ("culvert reload: \"%s\" is no option\nTry: culvert reload --help\n", rest[0]);
      return CULVERT_EXIT_USAGE;
    }
  instances = culvert_cmd_need_instances (path);
  if (instances == NULL)
    return CULVERT_EXIT_NO_INSTANCE;
  status = EXIT_SUCCESS;
  for (guint i = 0; i < instances->len; i++)
    {
      int code = culvert_cmd_reload_one (instances->pdata[i], restart);

      status = MAX (status, code);
    }
  return status;
}
