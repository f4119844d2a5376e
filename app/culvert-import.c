/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-import-private.h"
#include "culvert-import.h"

#include "culvert-json-scan.h"
#include "culvert-options.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define FILE_MAX (1 << 20)
#define SCHEME "kcptun://"

/* -- CulvertImportItem ------------------------------------------------------------------- */

struct _CulvertImportItem
{
  GObject parent_instance;

  CulvertProfile *profile;
  CulvertImportFormat format;
  GListStore *lints;
};

enum
{
  PROP_0,
  PROP_PROFILE,
  PROP_LINTS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CulvertImportItem, culvert_import_item, G_TYPE_OBJECT)

static void
culvert_import_item_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertImportItem *self = (CulvertImportItem *) object;

  switch (prop_id)
    {
    case PROP_PROFILE:
      g_value_set_object (value, self->profile);
      break;
    case PROP_LINTS:
      g_value_set_object (value, self->lints);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
culvert_import_item_dispose (GObject *object)
{
  CulvertImportItem *self = (CulvertImportItem *) object;

  if (self->profile != NULL)
    g_signal_handlers_disconnect_by_data (self->profile, self);
  g_clear_object (&self->profile);
  g_clear_object (&self->lints);
  G_OBJECT_CLASS (culvert_import_item_parent_class)->dispose (object);
}

static void
culvert_import_item_class_init (CulvertImportItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = culvert_import_item_get_property;
  object_class->dispose = culvert_import_item_dispose;
  properties[PROP_PROFILE] =
      g_param_spec_object ("profile", NULL, NULL, CULVERT_TYPE_PROFILE, flags);
  properties[PROP_LINTS] = g_param_spec_object ("lints", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
culvert_import_item_init (CulvertImportItem *self)
{
  self->lints = g_list_store_new (CULVERT_TYPE_LINT);
}

static void
culvert_import_item_update (CulvertImportItem *self)
{
  g_autoptr (GListModel) found =
      culvert_lint_profile (self->profile, CULVERT_LINT_CONTEXT_IMPORTED);
  g_autoptr (GPtrArray) lints = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (found); i++)
    g_ptr_array_add (lints, g_list_model_get_item (found, i));
  g_list_store_splice (self->lints, 0, g_list_model_get_n_items (G_LIST_MODEL (self->lints)),
                       lints->pdata, lints->len);
}

/* profile: (transfer full) */
static CulvertImportItem *
culvert_import_item_new (CulvertProfile *profile, CulvertImportFormat format)
{
  CulvertImportItem *self = g_object_new (CULVERT_TYPE_IMPORT_ITEM, NULL);

  self->profile = profile;
  self->format = format;
  g_signal_connect_swapped (profile, "changed", G_CALLBACK (culvert_import_item_update), self);
  culvert_import_item_update (self);
  return self;
}

CulvertProfile *
culvert_import_item_get_profile (CulvertImportItem *item)
{
  g_return_val_if_fail (CULVERT_IS_IMPORT_ITEM (item), NULL);

  return item->profile;
}

CulvertImportFormat
culvert_import_item_get_format (CulvertImportItem *item)
{
  g_return_val_if_fail (CULVERT_IS_IMPORT_ITEM (item), CULVERT_IMPORT_JSON);

  return item->format;
}

GListModel *
culvert_import_item_get_lints (CulvertImportItem *item)
{
  g_return_val_if_fail (CULVERT_IS_IMPORT_ITEM (item), NULL);

  return G_LIST_MODEL (item->lints);
}

static void
culvert_import_add (GListStore *items, CulvertProfile *profile, CulvertImportFormat format)
{
  g_autoptr (CulvertImportItem) item = culvert_import_item_new (profile, format);

  g_list_store_append (items, item);
}

/* -- JSON -------------------------------------------------------------------------------- */

/* A file of ours names UUID, order and autostart of a profile that may still exist here. */
static gboolean
culvert_import_take_json (GListStore *items,
                          const char *text,
                          gsize len,
                          const char *label,
                          CulvertImportFormat format,
                          GError **error)
{
  g_autoptr (CulvertProfile) read = culvert_profile_new_from_json (text, len, label, error);
  CulvertProfile *profile;

  if (read == NULL)
    return FALSE;
  profile = culvert_profile_new (culvert_profile_get_role (read), NULL);
  culvert_profile_assign (profile, read);
  culvert_profile_set_order (profile, 0);
  culvert_profile_set_autostart (profile, FALSE);
  culvert_import_add (items, profile, format);
  return TRUE;
}

/* kcptun-gui-windows writes its two enumerations by number in some versions. */
static void
culvert_import_name_number (JsonObject *server,
                            const char *member,
                            const char *const *names,
                            guint n_names)
{
  JsonNode *node = json_object_get_member (server, member);
  gint64 number;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_INT64)
    return;
  number = json_node_get_int (node);
  if (number >= 0 && number < n_names)
    json_object_set_string_member (server, member, names[number]);
}

/* Extra flags a person typed into the old program. */
static gboolean
culvert_import_put_extra (CulvertProfile *profile, const char *extra, GError **error)
{
  g_auto (GStrv) words = NULL;
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  CulvertOptions options;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (extra[0] == '\0')
    return TRUE;
  if (!g_shell_parse_argv (extra, NULL, &words, error)
      || !culvert_options_parse (&options, CULVERT_ROLE_CLIENT, (const char *const *) words, error))
    return FALSE;
  g_variant_dict_init (&dict, culvert_profile_peek_settings (profile));
  g_variant_iter_init (&iter, options.settings);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_dict_insert_value (&dict, key, value);
  culvert_options_clear (&options);
  culvert_profile_set_settings (profile, g_variant_dict_end (&dict));
  return TRUE;
}

/* Takes a string member out of the object. (transfer full), "" when there is none. */
static char *
culvert_import_steal_string (JsonObject *object, const char *member)
{
  char *text = g_strdup (json_object_get_string_member_with_default (object, member, ""));

  json_object_remove_member (object, member);
  return text;
}

static gboolean
culvert_import_take_gui_server (GListStore *items,
                                JsonObject *server,
                                const char *label,
                                GError **error)
{
  static const char *const modes[] = { "normal", "fast3", "fast2", "fast", "manual" };
  static const char *const ciphers[] = { "none", "aes", "tea", "xor" };
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *name = culvert_import_steal_string (server, "remarks");
  g_autofree char *extra = culvert_import_steal_string (server, "extend_arguments");
  g_autofree char *text = NULL;
  g_autofree char *host = NULL;
  g_autoptr (CulvertImportItem) item = NULL;

  culvert_import_name_number (server, "mode", modes, G_N_ELEMENTS (modes));
  culvert_import_name_number (server, "crypt", ciphers, G_N_ELEMENTS (ciphers));
  json_node_set_object (node, server);
  text = json_to_string (node, FALSE);
  if (!culvert_import_take_json (items, text, strlen (text), label, CULVERT_IMPORT_GUI_JSON, error))
    return FALSE;
  item = g_list_model_get_item (G_LIST_MODEL (items),
                                g_list_model_get_n_items (G_LIST_MODEL (items)) - 1);
  host = culvert_import_dup_name (item->profile);
  culvert_profile_set_name (item->profile, name[0] != '\0' ? name : host);
  return culvert_import_put_extra (item->profile, extra, error);
}

/* FALSE without an error: it is another kind of JSON. */
static gboolean
culvert_import_take_gui (GListStore *items,
                         const char *text,
                         const char *label,
                         GError **error)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonObject *object;
  JsonNode *servers;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return FALSE;
  object = json_node_get_object (root);
  servers = json_object_get_member (object, "servers");
  if (servers == NULL || !JSON_NODE_HOLDS_ARRAY (servers))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (json_node_get_array (servers)); i++)
    {
      JsonNode *server = json_array_get_element (json_node_get_array (servers), i);

      if (JSON_NODE_HOLDS_OBJECT (server)
          && !culvert_import_take_gui_server (items, json_node_get_object (server), label, error))
        return FALSE;
    }
  return TRUE;
}

/* text begins with a brace; *out_end is behind the object. */
static gboolean
culvert_import_take_object (GListStore *items,
                            const char *text,
                            const char *label,
                            gsize *out_end,
                            GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *value = NULL;
  CulvertJsonScan scan;
  gboolean ok;

  (void) culvert_json_scan (&scan, text, strlen (text));
  *out_end = scan.value.end;
  culvert_json_scan_clear (&scan);
  value = g_strndup (text, *out_end);
  ok = culvert_import_take_gui (items, value, label, &cause)
       || (cause == NULL
           && culvert_import_take_json (items, value, *out_end, label, CULVERT_IMPORT_JSON,
                                        &cause));
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&cause));
  explicit_bzero (value, *out_end);
  return ok;
}

/* -- text -------------------------------------------------------------------------------- */

/* crypt=aes;mode=fast: the first word before = or ; is a setting. */
static gboolean
culvert_import_is_plugin (const char *line)
{
  size_t len = strcspn (line, "=; \t");
  g_autofree char *name = g_strndup (line, len);

  if (line[len] != '=' && line[len] != ';')
    return FALSE;
  return strcmp (name, "server") == 0 || culvert_settings_find_key (CULVERT_ROLE_BOTH, name) != NULL
         || culvert_settings_find_flag (CULVERT_ROLE_BOTH, name) != NULL;
}

static gboolean
culvert_import_is_link (const char *line)
{
  return g_ascii_strncasecmp (line, SCHEME, strlen (SCHEME)) == 0;
}

/* One line; one that is nothing is passed over, for it may be prose between two commands. */
static gboolean
culvert_import_take_line (GListStore *items, const char *line, GError **error)
{
  CulvertImportFormat format;
  CulvertProfile *profile;

  if (line[0] == '\0' || line[0] == '#')
    return TRUE;
  if (line[0] == '$' && g_ascii_isspace (line[1]))
    line += 2;
  if (culvert_import_is_link (line))
    {
      format = CULVERT_IMPORT_LINK;
      profile = culvert_import_read_link (line, error);
    }
  else if (culvert_import_is_command (line))
    {
      format = CULVERT_IMPORT_COMMAND;
      profile = culvert_import_read_command (line, error);
    }
  else if (culvert_import_is_plugin (line))
    {
      format = CULVERT_IMPORT_PLUGIN;
      profile = culvert_import_read_plugin (line, error);
    }
  else
    return TRUE;
  if (profile == NULL)
    return FALSE;
  culvert_import_add (items, profile, format);
  return TRUE;
}

/* A line and those it goes on in after a backslash. (transfer full) */
static char *
culvert_import_take_logical_line (const char **p)
{
  GString *line = g_string_new (NULL);

  for (;;)
    {
      size_t len = strcspn (*p, "\r\n");
      gboolean goes_on = len > 0 && (*p)[len - 1] == '\\' && (*p)[len] != '\0';

      g_string_append_len (line, *p, goes_on ? len - 1 : len);
      *p += len;
      if (**p == '\r')
        (*p)++;
      if (**p == '\n')
        (*p)++;
      if (!goes_on)
        break;
      g_string_append_c (line, ' ');
    }
  return g_strstrip (g_string_free (line, FALSE));
}

static gboolean
culvert_import_take_text (GListStore *items, const char *text, const char *label, GError **error)
{
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  const char *p = text;

  if (g_str_has_prefix (p, byte_order_mark))
    p += strlen (byte_order_mark);
  while (*p != '\0')
    {
      if (g_ascii_isspace (*p))
        p++;
      else if (*p == '{')
        {
          gsize end;

          if (!culvert_import_take_object (items, p, label, &end, error))
            return FALSE;
          p += end;
        }
      else
        {
          g_autofree char *line = culvert_import_take_logical_line (&p);
          gboolean ok = culvert_import_take_line (items, line, error);

          explicit_bzero (line, strlen (line));
          if (!ok)
            return FALSE;
        }
    }
  return TRUE;
}

GListModel *
culvert_import_text (const char *text, gssize len, const char *label, GError **error)
{
  g_autoptr (GListStore) items = g_list_store_new (CULVERT_TYPE_IMPORT_ITEM);
  g_autoptr (GError) cause = NULL;
  g_autofree char *own = NULL;
  gsize n = len < 0 ? strlen (text) : (gsize) len;
  gboolean ok;

  if (!g_utf8_validate (text, n, NULL) || memchr (text, '\0', n) != NULL)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG, _("%s: this is not text"), label);
      return NULL;
    }
  own = g_strndup (text, n);
  ok = culvert_import_take_text (items, own, label, &cause);
  explicit_bzero (own, n);
  if (!ok)
    {
      /* Messages about JSON begin with the label already. */
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   g_str_has_prefix (cause->message, label) ? "%.0s%s" : "%s: %s", label,
                   cause->message);
      return NULL;
    }
  if (g_list_model_get_n_items (G_LIST_MODEL (items)) == 0)
    {
      g_set_error (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                   _("%s: nothing to import; expected JSON of kcptun, a command line of kcptun, a "
                     "link kcptun:// or plugin options"),
                   label);
      return NULL;
    }
  return G_LIST_MODEL (g_steal_pointer (&items));
}

gboolean
culvert_import_looks_useful (const char *text)
{
  static const char *const names[] = { "localaddr", "remoteaddr", "target", "listen", NULL };

  text += strspn (text, " \t\r\n");
  if (culvert_import_is_link (text))
    return TRUE;
  if (text[0] == '{')
    {
      for (guint i = 0; names[i] != NULL; i++)
        if (strstr (text, names[i]) != NULL)
          return TRUE;
      return FALSE;
    }
  return culvert_import_is_command (text) || culvert_import_is_plugin (text);
}

/* -- files ------------------------------------------------------------------------------- */

typedef struct
{
  char *label;
  char *text; /* NULL: problem says why */
  gsize len;
  char *problem;
} CulvertImportFile;

static void
culvert_import_file_free (CulvertImportFile *file)
{
  if (file->text != NULL)
    explicit_bzero (file->text, file->len);
  g_free (file->text);
  g_free (file->label);
  g_free (file->problem);
  g_free (file);
}

static CulvertImportFile *
culvert_import_read_file (GFile *source, GCancellable *cancellable)
{
  CulvertImportFile *file = g_new0 (CulvertImportFile, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (source, cancellable, &error);

  file->label = g_file_get_basename (source);
  if (stream != NULL)
    {
      file->text = g_malloc (FILE_MAX + 1);
      if (!g_input_stream_read_all (G_INPUT_STREAM (stream), file->text, FILE_MAX + 1, &file->len,
                                    cancellable, &error))
        g_clear_pointer (&file->text, g_free);
    }
  if (file->text == NULL)
    file->problem = g_strdup_printf ("%s: %s", file->label, error->message);
  else if (file->len > FILE_MAX)
    {
      g_clear_pointer (&file->text, g_free);
      file->problem = g_strdup_printf (_("%s: too large for a configuration"), file->label);
    }
  return file;
}

static void
culvert_import_files_thread (GTask *task,
                             gpointer source_object,
                             gpointer task_data,
                             GCancellable *cancellable)
{
  GPtrArray *sources = task_data;
  g_autoptr (GPtrArray) files =
      g_ptr_array_new_with_free_func ((GDestroyNotify) culvert_import_file_free);

  for (guint i = 0; i < sources->len; i++)
    g_ptr_array_add (files, culvert_import_read_file (sources->pdata[i], cancellable));
  g_task_return_pointer (task, g_steal_pointer (&files), (GDestroyNotify) g_ptr_array_unref);
}

void
culvert_import_files_async (GListModel *files,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  GPtrArray *sources = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_if_fail (G_IS_LIST_MODEL (files));

  g_task_set_source_tag (task, culvert_import_files_async);
  for (guint i = 0; i < g_list_model_get_n_items (files); i++)
    g_ptr_array_add (sources, g_list_model_get_item (files, i));
  g_task_set_task_data (task, sources, (GDestroyNotify) g_ptr_array_unref);
  g_task_run_in_thread (task, culvert_import_files_thread);
}

GListModel *
culvert_import_files_finish (GAsyncResult *result, GStrv *out_problems, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GListStore) items = g_list_store_new (CULVERT_TYPE_IMPORT_ITEM);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  files = g_task_propagate_pointer (G_TASK (result), error);
  if (files == NULL)
    return NULL;
  for (guint i = 0; i < files->len; i++)
    {
      CulvertImportFile *file = files->pdata[i];
      g_autoptr (GError) cause = NULL;
      g_autoptr (GListModel) found = NULL;

      if (file->text != NULL)
        found = culvert_import_text (file->text, file->len, file->label, &cause);
      for (guint j = 0; found != NULL && j < g_list_model_get_n_items (found); j++)
        {
          g_autoptr (CulvertImportItem) item = g_list_model_get_item (found, j);

          g_list_store_append (items, item);
        }
      if (found == NULL)
        g_ptr_array_add (problems, g_strdup (cause != NULL ? cause->message : file->problem));
    }
  if (g_list_model_get_n_items (G_LIST_MODEL (items)) == 0)
    {
      g_set_error_literal (error, CULVERT_ERROR, CULVERT_ERROR_CONFIG,
                           problems->len > 0 ? problems->pdata[0] : _("no file was given"));
      return NULL;
    }
  g_ptr_array_add (problems, NULL);
  if (out_problems != NULL)
    *out_problems = (GStrv) g_ptr_array_free (g_steal_pointer (&problems), FALSE);
  return G_LIST_MODEL (g_steal_pointer (&items));
}
