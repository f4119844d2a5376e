/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "app-test.h"
#include "culvert-export.h"
#include "culvert-import.h"

#include <glib/gstdio.h>
#include <string.h>

static GListModel *
import (const char *text)
{
  g_autoptr (GError) error = NULL;
  GListModel *items = culvert_import_text (text, -1, "Clipboard", &error);

  g_assert_no_error (error);
  g_assert_nonnull (items);
  return items;
}

static CulvertImportItem *
import_one (const char *text, CulvertImportFormat format)
{
  g_autoptr (GListModel) items = import (text);
  CulvertImportItem *item = g_list_model_get_item (items, 0);

  g_assert_cmpuint (g_list_model_get_n_items (items), ==, 1);
  g_assert_cmpint (culvert_import_item_get_format (item), ==, format);
  return item;
}

static void
assert_refused (const char *text, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_import_text (text, -1, "Clipboard", &error));
  g_assert_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, word));
}

/* The lint with this code, or NULL. */
static CulvertLint *
find_lint (GListModel *lints, const char *code)
{
  for (guint i = 0; i < g_list_model_get_n_items (lints); i++)
    {
      g_autoptr (CulvertLint) lint = g_list_model_get_item (lints, i);

      g_assert_cmpstr (culvert_lint_get_message (lint), !=, "");
      if (strcmp (culvert_lint_get_code (lint), code) == 0)
        return lint; /* the list has it */
    }
  return NULL;
}

#define assert_string(profile, id, text) \
  g_assert_cmpstr (culvert_profile_get_string (profile, CULVERT_SETTING_##id), ==, text)
#define assert_int(profile, id, number) \
  g_assert_cmpint (culvert_profile_get_int (profile, CULVERT_SETTING_##id), ==, number)

/* -- JSON ------------------------------------------------------------------------------- */

static void
test_json (void)
{
  g_autoptr (CulvertImportItem) item = import_one (
      " \n{\"localaddr\": \":12948\", \"remoteaddr\": \"vps:29900\", \"key\": \"test\",\n"
      "\"crypt\": \"salsa20\", \"sndwnd\": 256, \"remarks\": \"kept\"}\n",
      CULVERT_IMPORT_JSON);
  CulvertProfile *profile = culvert_import_item_get_profile (item);
  const char *remarks;

  assert_string (profile, CRYPT, "salsa20");
  assert_int (profile, SNDWND, 256);
  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "test");
  g_assert_true (g_variant_lookup (culvert_profile_peek_settings (profile), "remarks", "&s",
                                   &remarks));
  g_assert_cmpstr (remarks, ==, "kept");
}

/* A file of ours names a profile that may be here already. */
static void
test_own_json (void)
{
  g_autoptr (CulvertImportItem) item =
      import_one ("{\"listen\": \":1\", \"culvert\": {\"name\": \"N\", \"autostart\": true, "
                  "\"uuid\": \"11111111-2222-4333-8444-555555555555\"}}",
                  CULVERT_IMPORT_JSON);
  CulvertProfile *profile = culvert_import_item_get_profile (item);

  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "N");
  g_assert_cmpstr (culvert_profile_get_uuid (profile), !=, "11111111-2222-4333-8444-555555555555");
  g_assert_false (culvert_profile_get_autostart (profile));
}

static void
test_gui_json (void)
{
  g_autoptr (GListModel) items = import (
      "{\"servers\": [{\"localaddr\": \":1\", \"remoteaddr\": \"a:2\", \"key\": \"k\","
      " \"crypt\": 1, \"mode\": 2,"
      " \"sndwnd\": 200, \"remarks\": \"Tokyo\", \"extend_arguments\": \"--dscp 46\"},"
      " {\"localaddr\": \":3\", \"remoteaddr\": \"b:4\", \"key\": \"k\", \"crypt\": \"xor\","
      " \"mode\": \"fast\", \"remarks\": \"\"}], \"index\": 0, \"enabled\": true}");
  g_autoptr (CulvertImportItem) first = g_list_model_get_item (items, 0);
  g_autoptr (CulvertImportItem) second = g_list_model_get_item (items, 1);
  CulvertProfile *profile = culvert_import_item_get_profile (first);

  g_assert_cmpuint (g_list_model_get_n_items (items), ==, 2);
  g_assert_cmpint (culvert_import_item_get_format (first), ==, CULVERT_IMPORT_GUI_JSON);
  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "Tokyo");
  assert_string (profile, CRYPT, "aes");
  assert_string (profile, MODE, "fast2");
  assert_int (profile, DSCP, 46);
  g_assert_cmpstr (culvert_profile_get_name (culvert_import_item_get_profile (second)), ==, "b");
}

/* -- command lines ------------------------------------------------------------------------ */

static void
assert_command (const char *line, CulvertRole role, const char *address)
{
  g_autoptr (CulvertImportItem) item = import_one (line, CULVERT_IMPORT_COMMAND);
  CulvertProfile *profile = culvert_import_item_get_profile (item);

  g_assert_cmpuint (culvert_profile_get_role (profile), ==, role);
  g_assert_cmpstr (culvert_profile_get_string (profile, role == CULVERT_ROLE_CLIENT
                                                            ? CULVERT_SETTING_REMOTEADDR
                                                            : CULVERT_SETTING_LISTEN),
                   ==, address);
  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "a key");
}

static void
test_command (void)
{
  assert_command ("client -r h:1 -key 'a key'", CULVERT_ROLE_CLIENT, "h:1");
  assert_command ("./client_linux_amd64 -r \"h:1\" -l :8388 --key=\"a key\" -nocomp",
                  CULVERT_ROLE_CLIENT, "h:1");
  assert_command ("$ sudo nohup /opt/kcptun/server_linux_arm7 -l :1 -t 127.0.0.1:2 -key a\\ key "
                  ">/dev/null 2>&1 &",
                  CULVERT_ROLE_SERVER, ":1");
  assert_command ("kcptun-server -l :1 --key 'a key' # comment", CULVERT_ROLE_SERVER, ":1");
  assert_command ("C:\\kcptun\\client_windows_amd64.exe -r h:1 -key \"a key\"",
                  CULVERT_ROLE_CLIENT, "h:1");
  assert_command ("KCPTUN_KEY='a key' kcptun-client -r h:1", CULVERT_ROLE_CLIENT, "h:1");
  assert_command ("culvert --headless server -listen :1 -key 'a key'", CULVERT_ROLE_SERVER, ":1");
  assert_command ("ExecStart=/usr/bin/kcptun-client -r h:1 -key 'a key'", CULVERT_ROLE_CLIENT,
                  "h:1");
  assert_command ("-r h:1 -key 'a key'", CULVERT_ROLE_CLIENT, "h:1");
  assert_command ("kcptun-client \\\n  -r h:1 \\\n  -key 'a key'\n", CULVERT_ROLE_CLIENT, "h:1");
}

static void
test_bad_command (void)
{
  assert_refused ("client -r h:1 -nosuch 3", "nosuch");
  assert_refused ("client -r h:1 -mtu x", "mtu");
  assert_refused ("client -c /etc/kcptun.json", "/etc/kcptun.json");
  assert_refused ("client -r 'h:1", "nothing to import");
  assert_refused ("make me a sandwich", "nothing to import");
  assert_refused ("", "nothing to import");
}

/* -- links -------------------------------------------------------------------------------- */

static char *
new_link (const char *pairs)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *) pairs, strlen (pairs));

  return g_strconcat ("kcptun://", encoded, NULL);
}

/* As kcptun_gclient's manual has it; the remark says 东京, the key is "it's a key". */
static void
test_link (void)
{
  g_autofree char *link = new_link (
      "server=1.2.3.4:29900;key=aXQncyBhIGtleQ==;crypt=aes-192;nocomp=true;datashard=20;"
      "parityshard=5;conn=2;mtu=1200;sndwnd=300;rcvwnd=600;dscp=46;autoexpire=0;mode=manual;"
      "nodelay=1;interval=20;resend=2;nc=1;acknodelay=false;keepalive=10;sockbuf=4194304;"
      "remark=5Lic5Lqs;");
  g_autoptr (CulvertImportItem) item = import_one (link, CULVERT_IMPORT_LINK);
  CulvertProfile *profile = culvert_import_item_get_profile (item);

  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "东京");
  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "it's a key");
  assert_string (profile, REMOTEADDR, "1.2.3.4:29900");
  assert_string (profile, CRYPT, "aes-192");
  g_assert_true (culvert_profile_get_bool (profile, CULVERT_SETTING_NOCOMP));
  assert_int (profile, DATASHARD, 20);
  assert_int (profile, CONN, 2);
  assert_int (profile, INTERVAL, 20);
  g_assert_nonnull (find_lint (culvert_import_item_get_lints (item), "smuxver-missing"));
}

static void
test_link_forms (void)
{
  /* server=h:1;key=Pz8/Pz8+;remark=; in the alphabet of URLs, without padding, in two lines */
  g_autoptr (CulvertImportItem) item =
      import_one ("KCPTUN://c2VydmVyPWg6MTtrZXk9UHo4X1B6OC07cmVtYXJrPTs", CULVERT_IMPORT_LINK);
  CulvertProfile *profile = culvert_import_item_get_profile (item);
  g_autofree char *no_server = new_link ("key=YWFh;");
  g_autofree char *bad_number = new_link ("server=h:1;mtu=big;");
  g_autofree char *bad_key = new_link ("server=h:1;key=!!;");

  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "????\?>");
  g_assert_cmpstr (culvert_profile_get_name (profile), ==, "h");
  assert_refused (no_server, "server");
  assert_refused (bad_number, "mtu");
  assert_refused (bad_key, "key");
  assert_refused ("kcptun://%%%", "base64");
}

/* -- plugin options -------------------------------------------------------------------------- */

static void
test_plugin (void)
{
  g_autoptr (CulvertImportItem) item = import_one (
      "crypt=none;key=a\\;b\\=c\\\\;mode=fast3;nocomp;mtu=1200", CULVERT_IMPORT_PLUGIN);
  CulvertProfile *profile = culvert_import_item_get_profile (item);
  g_autoptr (CulvertImportItem) server =
      import_one ("server;mode=fast;crypt=aes", CULVERT_IMPORT_PLUGIN);

  g_assert_cmpstr (culvert_profile_peek_key (profile), ==, "a;b=c\\");
  assert_string (profile, MODE, "fast3");
  g_assert_true (culvert_profile_get_bool (profile, CULVERT_SETTING_NOCOMP));
  g_assert_cmpuint (culvert_profile_get_role (culvert_import_item_get_profile (server)), ==,
                    CULVERT_ROLE_SERVER);
  assert_refused ("crypt=aes;mtu=x", "mtu");
}

/* -- texts -------------------------------------------------------------------------------- */

static void
test_mixed (void)
{
  g_autoptr (GListModel) items = import ("# my tunnels\n"
                                         "This one is for home:\n"
                                         "client -r a:1 -key k\n"
                                         "\n"
                                         "{\"listen\": \":1\"}\n"
                                         "{\"listen\": \":2\"}  \n"
                                         "kcptun://c2VydmVyPWg6MTs=\n");

  g_assert_cmpuint (g_list_model_get_n_items (items), ==, 4);
  assert_refused ("client -r a:1 -key k\n{\"listen\": 5}", "listen");
}

static void
test_no_text (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (culvert_import_text ("a\0b", 3, "X", &error));
  g_assert_nonnull (strstr (error->message, "not text"));
  g_clear_error (&error);
  g_assert_null (culvert_import_text ("\xff\xfe", 2, "X", &error));
  g_assert_nonnull (strstr (error->message, "not text"));
}

static void
test_looks_useful (void)
{
  g_assert_true (culvert_import_looks_useful ("  kcptun://abc"));
  g_assert_true (culvert_import_looks_useful ("{\"remoteaddr\": \"x\"}"));
  g_assert_true (culvert_import_looks_useful ("kcptun-client -r h:1"));
  g_assert_true (culvert_import_looks_useful ("crypt=aes;mode=fast"));
  g_assert_false (culvert_import_looks_useful ("{\"a\": 1}"));
  g_assert_false (culvert_import_looks_useful ("https://example.org/?a=b"));
  g_assert_false (culvert_import_looks_useful (""));
}

static void
test_files (void)
{
  char *folder = app_test_new_folder ();
  g_autofree char *good = g_build_filename (folder, "office.json", NULL);
  g_autofree char *bad = g_build_filename (folder, "bad.json", NULL);
  g_autofree char *none = g_build_filename (folder, "none.json", NULL);
  const char *paths[] = { good, bad, none };
  g_autoptr (GListStore) files = g_list_store_new (G_TYPE_FILE);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GListModel) items = NULL;
  g_autoptr (CulvertImportItem) item = NULL;
  g_auto (GStrv) problems = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (good, "{\"listen\": \":1\"}", -1, NULL));
  g_assert_true (g_file_set_contents (bad, "{\"listen\": 1}", -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GFile) file = g_file_new_for_path (paths[i]);

      g_list_store_append (files, file);
    }
  culvert_import_files_async (G_LIST_MODEL (files), NULL, app_test_result_cb, &result);
  app_test_wait (result != NULL);
  items = culvert_import_files_finish (result, &problems, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (items), ==, 1);
  item = g_list_model_get_item (items, 0);
  g_assert_cmpstr (culvert_profile_get_name (culvert_import_item_get_profile (item)), ==,
                   "office");
  g_assert_cmpuint (g_strv_length (problems), ==, 2);
  app_test_drop_folder (folder);
}

/* -- lint ------------------------------------------------------------------------------------ */

/* Applies the fix; the finding must be gone. */
static void
assert_fixed (CulvertImportItem *item, const char *code, guint fix)
{
  GListModel *lints = culvert_import_item_get_lints (item);
  g_autoptr (CulvertLint) lint = NULL;

  g_assert_nonnull (find_lint (lints, code));
  lint = g_object_ref (find_lint (lints, code));
  g_assert_nonnull (culvert_lint_fix_label (lint, fix));
  culvert_lint_apply (lint, fix, culvert_import_item_get_profile (item));
  g_assert_null (find_lint (lints, code));
}

static void
test_lint (void)
{
  g_autoptr (CulvertImportItem) item = import_one (
      "{\"localaddr\": \":12948\", \"remoteaddr\": \"vps:29900\", \"key\": \"it's a secrect\","
      " \"crypt\": \"xor\", \"sndwnd\": 32, \"rcvwnd\": 64, \"mtu\": 1500, \"datashard\": 10,"
      " \"parityshard\": 0, \"foo\": 1}",
      CULVERT_IMPORT_JSON);
  GListModel *lints = culvert_import_item_get_lints (item);
  CulvertProfile *profile = culvert_import_item_get_profile (item);

  g_assert_nonnull (find_lint (lints, "unknown"));
  g_assert_nonnull (find_lint (lints, "fec-match"));
  assert_fixed (item, "smuxver-missing", 1);
  assert_int (profile, SMUXVER, 1);
  assert_fixed (item, "lan-listen", 0);
  assert_string (profile, LOCALADDR, "127.0.0.1:12948");
  assert_fixed (item, "key-default", 0);
  g_assert_cmpuint (strlen (culvert_profile_peek_key (profile)), ==, 43);
  assert_fixed (item, "cipher-weak", 0);
  assert_fixed (item, "sndwnd-small", 0);
  assert_fixed (item, "rcvwnd-small", 0);
  assert_fixed (item, "mtu-large", 0);
  assert_fixed (item, "fec-half", 0);
  assert_int (profile, PARITYSHARD, 3);
  culvert_profile_set_int (profile, CULVERT_SETTING_PARITYSHARD, 20);
  assert_fixed (item, "fec-heavy", 0);
}

/* Worst first, and nothing to say about what is well. */
static void
test_lint_order (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autoptr (GListModel) many = culvert_lint_profile (profile, CULVERT_LINT_CONTEXT_OWN);
  g_autoptr (GListModel) none = NULL;

  g_assert_cmpuint (g_list_model_get_n_items (many), >, 2);
  for (guint i = 1; i < g_list_model_get_n_items (many); i++)
    {
      g_autoptr (CulvertLint) a = g_list_model_get_item (many, i - 1);
      g_autoptr (CulvertLint) b = g_list_model_get_item (many, i);

      g_assert_cmpint (culvert_lint_get_severity (a), >=, culvert_lint_get_severity (b));
    }
  culvert_profile_set_string (profile, CULVERT_SETTING_LOCALADDR, "127.0.0.1:1");
  culvert_profile_set_string (profile, CULVERT_SETTING_REMOTEADDR, "h:1");
  culvert_profile_set_int (profile, CULVERT_SETTING_SNDWND, 512);
  culvert_profile_set_key (profile, "a long enough key");
  none = culvert_lint_profile (profile, CULVERT_LINT_CONTEXT_OWN);
  g_assert_cmpuint (g_list_model_get_n_items (none), ==, 0);
}

static void
test_lint_invalid (void)
{
  g_autoptr (CulvertImportItem) item =
      import_one ("{\"listen\": \":1\", \"crypt\": \"rot13\"}", CULVERT_IMPORT_JSON);
  CulvertLint *lint = find_lint (culvert_import_item_get_lints (item), "invalid");

  g_assert_nonnull (lint);
  g_assert_nonnull (strstr (culvert_lint_get_message (lint), "rot13"));
}

/* -- there and back -------------------------------------------------------------------------- */

/* Every flag: profile -> text -> profile -> text. */
static void
assert_round_trip (CulvertRole role, char *(*export_func) (CulvertProfile *, CulvertExportFlags))
{
  g_autoptr (CulvertProfile) profile = app_test_new_full_profile (role);
  g_autofree char *first = export_func (profile, CULVERT_EXPORT_WITH_KEY);
  g_autoptr (GListModel) items = import (first);
  g_autoptr (CulvertImportItem) item = g_list_model_get_item (items, 0);
  CulvertProfile *read = culvert_import_item_get_profile (item);
  g_autofree char *second = export_func (read, CULVERT_EXPORT_WITH_KEY);
  guint n;
  const CulvertSetting *settings = culvert_settings (&n);

  g_assert_cmpstr (culvert_profile_peek_key (read), ==, culvert_profile_peek_key (profile));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GVariant) a = g_variant_lookup_value (culvert_profile_peek_settings (profile),
                                                       settings[i].key, NULL);
      g_autoptr (GVariant) b = g_variant_lookup_value (culvert_profile_peek_settings (read),
                                                       settings[i].key, NULL);

      g_assert_true ((a == NULL) == (b == NULL));
      g_assert_true (a == NULL || g_variant_equal (a, b));
      g_assert_true (a != NULL || (settings[i].roles & role) == 0
                     || settings[i].id == CULVERT_SETTING_KEY);
    }
  if (export_func == culvert_export_command)
    g_assert_cmpstr (first, ==, second);
}

static void
test_round_trip_command (void)
{
  assert_round_trip (CULVERT_ROLE_CLIENT, culvert_export_command);
  assert_round_trip (CULVERT_ROLE_SERVER, culvert_export_command);
}

static void
test_round_trip_json (void)
{
  assert_round_trip (CULVERT_ROLE_CLIENT, culvert_export_json);
  assert_round_trip (CULVERT_ROLE_SERVER, culvert_export_json);
}

static void
test_round_trip_link (void)
{
  g_autoptr (CulvertProfile) profile = app_test_new_full_profile (CULVERT_ROLE_CLIENT);
  g_autofree char *link = culvert_export_link (profile, CULVERT_EXPORT_WITH_KEY);
  g_autoptr (CulvertImportItem) item = import_one (link, CULVERT_IMPORT_LINK);
  CulvertProfile *read = culvert_import_item_get_profile (item);
  g_autofree char *again = culvert_export_link (read, CULVERT_EXPORT_WITH_KEY);

  g_assert_cmpstr (link, ==, again);
  g_assert_cmpstr (culvert_profile_get_name (read), ==, "Übung ✓");
}

/* -- export ------------------------------------------------------------------------------------ */

static void
test_export_without_key (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_CLIENT, "N");
  g_autofree char *json = NULL;
  g_autofree char *command = NULL;
  g_autofree char *link = NULL;
  g_autofree guchar *decoded = NULL;
  gsize len;

  culvert_profile_set_key (profile, "hush");
  json = culvert_export_json (profile, CULVERT_EXPORT_DEFAULT);
  command = culvert_export_command (profile, CULVERT_EXPORT_DEFAULT);
  link = culvert_export_link (profile, CULVERT_EXPORT_DEFAULT);
  decoded = g_base64_decode (link + strlen ("kcptun://"), &len);
  g_assert_null (strstr (json, "hush"));
  g_assert_cmpstr (command, ==, "culvert --headless client");
  g_assert_null (g_strstr_len ((char *) decoded, len, "aHVzaA"));
}

static void
test_export_flags (void)
{
  g_autoptr (CulvertProfile) profile = culvert_profile_new (CULVERT_ROLE_SERVER, "N");
  g_autofree char *plain = NULL;
  g_autofree char *json = NULL;
  g_autofree char *explicit_json = NULL;

  culvert_profile_set_string (profile, CULVERT_SETTING_LISTEN, ":1");
  culvert_profile_set_int (profile, CULVERT_SETTING_WORKERS, 2);
  culvert_profile_set_bool (profile, CULVERT_SETTING_NOCOMP, FALSE);
  plain = culvert_export_command (profile, CULVERT_EXPORT_PLAIN);
  g_assert_cmpstr (plain, ==, "kcptun-server -listen :1 -nocomp=false");
  json = culvert_export_json (profile, CULVERT_EXPORT_PLAIN);
  g_assert_null (strstr (json, "culvert"));
  g_assert_null (strstr (json, "workers"));
  explicit_json =
      culvert_export_json (profile, CULVERT_EXPORT_PLAIN | CULVERT_EXPORT_EXPLICIT);
  g_assert_nonnull (strstr (explicit_json, "\"smuxver\" : 2"));
  g_assert_nonnull (strstr (explicit_json, "\"crypt\" : \"aes\""));
  g_assert_null (culvert_export_link (profile, CULVERT_EXPORT_DEFAULT));
}

static void
test_qr (void)
{
  g_autoptr (GError) error = NULL;
  guint width = 0;
  g_autoptr (GBytes) code = culvert_export_qr ("kcptun://abc", &width, &error);
  g_autofree char *long_text = g_strnfill (4000, 'x');
  const guint8 *modules;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      g_test_skip (error->message);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (width, >=, 21);
  g_assert_cmpuint (g_bytes_get_size (code), ==, width * width);
  modules = g_bytes_get_data (code, NULL);
  /* The finder in a corner: a dark frame around a light one. */
  for (guint i = 0; i < 7; i++)
    g_assert_cmpuint (modules[i], ==, 1);
  g_assert_cmpuint (modules[7], ==, 0);
  for (guint i = 1; i < 6; i++)
    g_assert_cmpuint (modules[width + i], ==, 0);
  g_assert_null (culvert_export_qr (long_text, &width, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/import/json", test_json);
  g_test_add_func ("/import/own-json", test_own_json);
  g_test_add_func ("/import/gui-json", test_gui_json);
  g_test_add_func ("/import/command", test_command);
  g_test_add_func ("/import/bad-command", test_bad_command);
  g_test_add_func ("/import/link", test_link);
  g_test_add_func ("/import/link-forms", test_link_forms);
  g_test_add_func ("/import/plugin", test_plugin);
  g_test_add_func ("/import/mixed", test_mixed);
  g_test_add_func ("/import/no-text", test_no_text);
  g_test_add_func ("/import/looks-useful", test_looks_useful);
  g_test_add_func ("/import/files", test_files);
  g_test_add_func ("/lint/fixes", test_lint);
  g_test_add_func ("/lint/order", test_lint_order);
  g_test_add_func ("/lint/invalid", test_lint_invalid);
  g_test_add_func ("/round-trip/command", test_round_trip_command);
  g_test_add_func ("/round-trip/json", test_round_trip_json);
  g_test_add_func ("/round-trip/link", test_round_trip_link);
  g_test_add_func ("/export/without-key", test_export_without_key);
  g_test_add_func ("/export/flags", test_export_flags);
  g_test_add_func ("/export/qr", test_qr);
  return g_test_run ();
}
