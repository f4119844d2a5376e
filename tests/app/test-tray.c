/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The icon in the tray: culvert-tray against a panel of our own, with a hub in this process. */

#include "config.h"

#include "app-test.h"
#include "culvert-hub.h"
#include "tray-host.h"
#include "tray/culvert-tray-menu.h"
#include "tray/culvert-tray-private.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Restarts come after 1, 4 and 16 of these. */
#define UNIT_MS 50
#define SLOW_UNIT_MS 60000
#define MAX_HELPER_KB (32 * 1024)

typedef struct
{
  char *folder;
  CulvertHub *hub;
  CulvertHubItem *item; /* borrowed; “my_office” */
  CulvertTray *tray;
  TrayHost *host;
  guint n_shows;
  guint n_quits;
} Fixture;

static void
show_cb (CulvertHub *hub, const char *uuid, gpointer user_data)
{
  ((Fixture *) user_data)->n_shows++;
}

static void
quit_cb (CulvertHub *hub, gpointer user_data)
{
  ((Fixture *) user_data)->n_quits++;
}

static CulvertHubItem *
add_client (Fixture *fixture, const char *name)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, name);

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:0");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "127.0.0.1:9");
  culvert_profile_set_key (profile, "key");
  return culvert_hub_add_profile (fixture->hub, profile);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  fixture->folder = app_test_new_folder ();
  fixture->hub = culvert_hub_new (fixture->folder, 1, 0);
  g_signal_connect (fixture->hub, "show-window", G_CALLBACK (show_cb), fixture);
  g_signal_connect (fixture->hub, "quit", G_CALLBACK (quit_cb), fixture);
  culvert_hub_load_async (fixture->hub, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_load_finish (fixture->hub, result, NULL));
  fixture->item = add_client (fixture, "my_office");
}

static void
start_tray (Fixture *fixture, guint unit_ms)
{
  fixture->tray = culvert_tray_new_with_helper (fixture->hub, g_getenv ("CULVERT_TRAY"),
                                                g_getenv ("CULVERT_ICONS"), unit_ms);
}

static void
set_up_shown (Fixture *fixture, gconstpointer data)
{
  set_up (fixture, data);
  fixture->host = tray_host_new ();
  start_tray (fixture, SLOW_UNIT_MS);
  app_test_wait (culvert_hub_has_tray (fixture->hub)
                 && tray_host_peek_item (fixture->host) != NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;

  culvert_tray_free (fixture->tray);
  g_assert_false (culvert_hub_has_tray (fixture->hub));
  g_assert_cmpuint (culvert_sampler_get_interval_ms (culvert_hub_get_sampler (fixture->hub)), ==,
                    0);
  /* The helper leaves with us. */
  if (fixture->host != NULL)
    {
      app_test_wait (tray_host_peek_item (fixture->host) == NULL);
      tray_host_free (fixture->host);
    }
  culvert_hub_shutdown_async (fixture->hub, 0, NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  g_assert_true (culvert_hub_shutdown_finish (fixture->hub, result, NULL));
  g_clear_object (&result);
  g_assert_finalize_object (g_steal_pointer (&fixture->hub));
  app_test_drop_folder (fixture->folder);
}

static gboolean
is_listening (CulvertHubItem *item)
{
  return culvert_hub_item_get_phase (item) == CULVERT_PHASE_WAITING
         || culvert_hub_item_get_phase (item) == CULVERT_PHASE_TROUBLE;
}

/* -- the model ------------------------------------------------------------------------------- */

static void
items_changed_cb (GMenuModel *model, int position, int n_removed, int n_added, gpointer user_data)
{
  g_string_append_printf (user_data, "%d-%d+%d ", position, n_removed, n_added);
}

static void
test_model (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GMenuModel) model = culvert_tray_profiles_new (fixture->hub);
  g_autoptr (GString) changes = g_string_new (NULL);
  g_autofree char *label = NULL;

  g_signal_connect (model, "items-changed", G_CALLBACK (items_changed_cb), changes);
  g_assert_cmpint (g_menu_model_get_n_items (model), ==, 2);
  g_assert_true (g_menu_model_get_item_attribute (model, 1, "label", "s", &label));
  g_assert_cmpstr (label, ==, "my__office");
  culvert_profile_set_name (culvert_hub_item_get_profile (fixture->item), "Home");
  g_assert_cmpstr (changes->str, ==, "1-1+1 ");
  add_client (fixture, "Other");
  g_assert_cmpint (g_menu_model_get_n_items (model), ==, 3);
  g_assert_cmpstr (changes->str, ==, "1-1+1 2-0+1 ");
}

/* -- shown ------------------------------------------------------------------------------------- */

static void
test_menu (Fixture *fixture, gconstpointer data)
{
  static const char *const labels[] = { "Not connected", "my__office",      "-",     "_Connect All",
                                        "_Disconnect All", "-", "_Open Culvert", "_Quit" };
  g_autoptr (GPtrArray) menu = tray_host_get_menu (fixture->host);

  g_assert_cmpuint (menu->len, ==, G_N_ELEMENTS (labels));
  for (guint i = 0; i < menu->len; i++)
    {
      TrayHostItem *item = menu->pdata[i];

      g_assert_cmpstr (item->is_separator ? "-" : item->label, ==, labels[i]);
      g_assert_true (item->is_check == (i == 1));
      g_assert_true (item->is_enabled == (i != 0) || item->is_separator);
    }
}

/* The state of the profile's check item; -1: not there. */
static int
read_check (Fixture *fixture, const char *begin)
{
  g_autoptr (GPtrArray) menu = tray_host_get_menu (fixture->host);
  TrayHostItem *item = tray_host_find (menu, begin);

  return item != NULL ? item->toggle_state : -1;
}

static int
find_id (Fixture *fixture, const char *begin)
{
  g_autoptr (GPtrArray) menu = tray_host_get_menu (fixture->host);
  TrayHostItem *item = tray_host_find (menu, begin);

  g_assert_nonnull (item);
  return item->id;
}

static void
test_toggle (Fixture *fixture, gconstpointer data)
{
  int id = find_id (fixture, "my__office");

  g_assert_cmpint (read_check (fixture, "my__office"), ==, 0);
  tray_host_send (fixture->host, id, "clicked");
  app_test_wait (culvert_hub_item_is_wanted (fixture->item));
  app_test_wait (read_check (fixture, "my__office") == 1);
  app_test_wait (is_listening (fixture->item));
  /* The label has the state, the item is the same. */
  app_test_wait (read_check (fixture, "my__office ·") == 1);
  g_assert_cmpint (find_id (fixture, "my__office"), ==, id);
  tray_host_send (fixture->host, id, "clicked");
  app_test_wait (!culvert_hub_item_is_wanted (fixture->item));
  app_test_wait (read_check (fixture, "my__office") == 0);
}

static void
test_others (Fixture *fixture, gconstpointer data)
{
  tray_host_send (fixture->host, find_id (fixture, "_Open Culvert"), "clicked");
  app_test_wait (fixture->n_shows == 1);
  tray_host_send (fixture->host, find_id (fixture, "_Connect All"), "clicked");
  app_test_wait (culvert_hub_item_is_wanted (fixture->item));
  tray_host_send (fixture->host, find_id (fixture, "_Disconnect All"), "clicked");
  app_test_wait (!culvert_hub_item_is_wanted (fixture->item));
  tray_host_send (fixture->host, find_id (fixture, "_Quit"), "clicked");
  app_test_wait (fixture->n_quits == 1);
}

static void
test_live (Fixture *fixture, gconstpointer data)
{
  int id = find_id (fixture, "my__office");

  culvert_profile_set_name (culvert_hub_item_get_profile (fixture->item), "Home");
  app_test_wait (read_check (fixture, "Home") == 0);
  g_assert_cmpint (find_id (fixture, "Home"), ==, id);
  add_client (fixture, "Second");
  app_test_wait (read_check (fixture, "Second") == 0);
  g_assert_cmpint (read_check (fixture, "Home"), ==, 0);
}

static gboolean
has_text (Fixture *fixture, const char *property, const char *text)
{
  g_autoptr (GVariant) value = tray_host_get_property (fixture->host, property);

  return strstr (g_variant_get_string (value, NULL), text) != NULL;
}

static void
test_icon (Fixture *fixture, gconstpointer data)
{
  app_test_wait (has_text (fixture, "IconName", "-off"));
  g_assert_true (has_text (fixture, "IconThemePath", g_getenv ("CULVERT_ICONS")));
  app_test_wait (has_text (fixture, "Title", "Not connected"));
  culvert_hub_connect (fixture->hub, fixture->item);
  app_test_wait (is_listening (fixture->item));
  app_test_wait (has_text (fixture, "IconName",
                           culvert_hub_item_get_phase (fixture->item) == CULVERT_PHASE_TROUBLE
                               ? "-trouble"
                               : "-waiting"));
  culvert_hub_disconnect (fixture->hub, fixture->item);
  app_test_wait (has_text (fixture, "IconName", "-off"));
}

/* A failed start asks for attention. */
static void
test_attention (Fixture *fixture, gconstpointer data)
{
  CulvertProfile *profile = culvert_hub_item_get_profile (fixture->item);

  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "192.0.2.1:1");
  culvert_hub_connect (fixture->hub, fixture->item);
  app_test_wait (culvert_hub_item_get_phase (fixture->item) == CULVERT_PHASE_FAILED);
  app_test_wait (has_text (fixture, "Status", "NeedsAttention"));
  g_assert_true (has_text (fixture, "AttentionIconName", "-trouble"));
}

/* Rates are measured for those who read them. */
static void
test_pace (Fixture *fixture, gconstpointer data)
{
  CulvertSampler *sampler = culvert_hub_get_sampler (fixture->hub);

  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 0);
  culvert_hub_connect (fixture->hub, fixture->item);
  g_assert_cmpuint (culvert_sampler_get_interval_ms (sampler), ==, 2000);
  tray_host_send (fixture->host, 0, "opened");
  tray_host_send (fixture->host, 0, "closed");
  app_test_wait (culvert_sampler_get_interval_ms (sampler) == 0);
  tray_host_send (fixture->host, 0, "opened");
  app_test_wait (culvert_sampler_get_interval_ms (sampler) == 2000);
  culvert_hub_disconnect (fixture->hub, fixture->item);
  app_test_wait (culvert_sampler_get_interval_ms (sampler) == 0);
}

static void
test_memory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%u/status", tray_host_get_pid (fixture->host));
  g_autofree char *text = NULL;
  const char *line;
  int kb = 0;

  if (g_strcmp0 (g_getenv ("CULVERT_SANITIZED"), "1") == 0)
    {
      g_test_skip ("a sanitizer has memory of its own");
      return;
    }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, "VmRSS:");
  g_assert_nonnull (line);
  g_assert_cmpint (sscanf (line, "VmRSS: %d", &kb), ==, 1);
  g_test_message ("resident: %d KiB", kb);
  g_assert_cmpint (kb, >, 0);
  g_assert_cmpint (kb, <, MAX_HELPER_KB);
}

/* -- trouble ---------------------------------------------------------------------------------- */

static void
test_no_host (Fixture *fixture, gconstpointer data)
{
  start_tray (fixture, SLOW_UNIT_MS);
  g_assert_true (culvert_tray_is_starting (fixture->tray));
  app_test_wait (!culvert_tray_is_starting (fixture->tray));
  g_assert_false (culvert_hub_has_tray (fixture->hub));
  fixture->host = tray_host_new ();
  app_test_wait (culvert_hub_has_tray (fixture->hub));
  tray_host_free (fixture->host);
  app_test_wait (!culvert_hub_has_tray (fixture->hub));
  fixture->host = tray_host_new ();
  app_test_wait (culvert_hub_has_tray (fixture->hub)
                 && tray_host_peek_item (fixture->host) != NULL);
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  CulvertTunnel *tunnel;
  g_autofree char *endpoint = NULL;
  guint32 pid;

  fixture->host = tray_host_new ();
  start_tray (fixture, UNIT_MS);
  app_test_wait (tray_host_peek_item (fixture->host) != NULL);
  culvert_hub_connect (fixture->hub, fixture->item);
  app_test_wait (is_listening (fixture->item));
  tunnel = culvert_hub_item_get_tunnel (fixture->item);
  endpoint = g_strdup (culvert_tunnel_get_local_endpoints (tunnel)[0]);
  pid = tray_host_get_pid (fixture->host);
  g_assert_cmpint (kill ((pid_t) pid, SIGKILL), ==, 0);
  app_test_wait (tray_host_peek_item (fixture->host) == NULL);
  app_test_wait (!culvert_hub_has_tray (fixture->hub));
  app_test_wait (culvert_tray_get_n_restarts (fixture->tray) == 1);
  app_test_wait (culvert_hub_has_tray (fixture->hub)
                 && tray_host_peek_item (fixture->host) != NULL);
  g_assert_cmpuint (tray_host_get_pid (fixture->host), !=, pid);
  app_test_wait (read_check (fixture, "my__office") == 1);
  g_assert_true (is_listening (fixture->item));
  g_assert_true (culvert_hub_item_get_tunnel (fixture->item) == tunnel);
  g_assert_cmpstr (culvert_tunnel_get_local_endpoints (tunnel)[0], ==, endpoint);
}

static void
test_gives_up (Fixture *fixture, gconstpointer data)
{
  fixture->tray = culvert_tray_new_with_helper (fixture->hub, "/bin/false", NULL, 10);
  app_test_wait (culvert_tray_has_given_up (fixture->tray));
  g_assert_cmpuint (culvert_tray_get_n_restarts (fixture->tray), ==, 3);
  g_assert_false (culvert_tray_is_starting (fixture->tray));
}

static void
test_absent (Fixture *fixture, gconstpointer data)
{
  fixture->tray = culvert_tray_new_with_helper (fixture->hub, "/nonexistent", NULL, 10);
  g_assert_true (culvert_tray_has_given_up (fixture->tray));
}

/* Without a display another start would not help. */
static void
test_no_display (Fixture *fixture, gconstpointer data)
{
  g_autofree char *display = g_strdup (g_getenv ("DISPLAY"));

  g_unsetenv ("DISPLAY");
  start_tray (fixture, 10);
  app_test_wait (culvert_tray_has_given_up (fixture->tray));
  g_assert_cmpuint (culvert_tray_get_n_restarts (fixture->tray), ==, 0);
  g_setenv ("DISPLAY", display, TRUE);
}

#define ADD(name, func, set_up_func) \
  g_test_add ("/tray/" name, Fixture, NULL, set_up_func, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("model", test_model, set_up);
  ADD ("menu", test_menu, set_up_shown);
  ADD ("toggle", test_toggle, set_up_shown);
  ADD ("others", test_others, set_up_shown);
  ADD ("live", test_live, set_up_shown);
  ADD ("icon", test_icon, set_up_shown);
  ADD ("attention", test_attention, set_up_shown);
  ADD ("pace", test_pace, set_up_shown);
  ADD ("memory", test_memory, set_up_shown);
  ADD ("no-host", test_no_host, set_up);
  ADD ("killed", test_killed, set_up);
  ADD ("gives-up", test_gives_up, set_up);
  ADD ("absent", test_absent, set_up);
  ADD ("no-display", test_no_display, set_up);
  return g_test_run ();
}
