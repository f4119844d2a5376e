/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "tray/helper/culvert-tray-mirror.h"

/* Deeper menus than a person would open. */
#define MAX_DEPTH 4

typedef enum
{
  ROW_PLAIN,
  ROW_CHECK,
  ROW_RADIO,
  ROW_HEADING,
  ROW_SEPARATOR,
  ROW_SUBMENU, /* the rows behind it, one level deeper, are in it */
} RowKind;

typedef struct
{
  RowKind kind;
  guint depth;
  char *label;      /* (nullable) */
  char *action;     /* (nullable) */
  GVariant *target; /* (nullable) */
  GtkWidget *widget; /* borrowed: the menu has it */
} Row;

struct _CulvertTrayMirror
{
  GMenuModel *model;
  GActionGroup *actions;
  GtkMenu *menu;
  GPtrArray *rows;    /* of Row, as shown */
  GPtrArray *watched; /* models of the last look; held, for the same proxies come back */
  guint source;
  gboolean is_updating; /* states are set by us, not by a click */
  gboolean is_ready;
  CulvertTrayMirrorReadyFunc ready_func;
  gpointer user_data;
};

/* Also a handler of signals, swapped; whatever they tell, the answer is to look anew. */
static void culvert_tray_mirror_queue (CulvertTrayMirror *self);

static void
culvert_tray_row_free (gpointer data)
{
  Row *row = data;

  g_free (row->label);
  g_free (row->action);
  g_clear_pointer (&row->target, g_variant_unref);
  g_free (row);
}

/* -- from the model to rows -------------------------------------------------------------- */

static Row *
culvert_tray_mirror_add_row (GPtrArray *rows, RowKind kind, guint depth)
{
  Row *row = g_new0 (Row, 1);

  row->kind = kind;
  row->depth = depth;
  g_ptr_array_add (rows, row);
  return row;
}

static RowKind
culvert_tray_mirror_kind (CulvertTrayMirror *self, const Row *row)
{
  const GVariantType *type = NULL;

  if (row->action != NULL)
    type = g_action_group_get_action_state_type (self->actions, row->action);
  if (type == NULL)
    return ROW_PLAIN;
  if (row->target == NULL && g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    return ROW_CHECK;
  return row->target != NULL && g_variant_is_of_type (row->target, type) ? ROW_RADIO : ROW_PLAIN;
}

static char *
culvert_tray_mirror_dup_text (GMenuModel *model, int i, const char *attribute)
{
  char *text = NULL;

  (void) g_menu_model_get_item_attribute (model, i, attribute, "s", &text);
  return text;
}

/* Between sections, and nowhere else. */
static void
culvert_tray_mirror_separate (GPtrArray *rows, guint depth)
{
  const Row *last = rows->len > 0 ? rows->pdata[rows->len - 1] : NULL;

  if (last != NULL && last->kind != ROW_SEPARATOR
      && !(last->kind == ROW_SUBMENU && last->depth < depth))
    (void) culvert_tray_mirror_add_row (rows, ROW_SEPARATOR, depth);
}

static void
culvert_tray_mirror_walk (CulvertTrayMirror *self,
                          GMenuModel *model,
                          guint depth,
                          GPtrArray *rows,
                          GPtrArray *models)
{
  g_ptr_array_add (models, g_object_ref (model));
  for (int i = 0; i < g_menu_model_get_n_items (model); i++)
    {
      g_autoptr (GMenuModel) section = g_menu_model_get_item_link (model, i, G_MENU_LINK_SECTION);
      g_autoptr (GMenuModel) submenu = g_menu_model_get_item_link (model, i, G_MENU_LINK_SUBMENU);
      g_autofree char *label = culvert_tray_mirror_dup_text (model, i, G_MENU_ATTRIBUTE_LABEL);
      Row *row;

      if (section != NULL)
        {
          culvert_tray_mirror_separate (rows, depth);
          if (label != NULL)
            culvert_tray_mirror_add_row (rows, ROW_HEADING, depth)->label =
                g_steal_pointer (&label);
          culvert_tray_mirror_walk (self, section, depth, rows, models);
          continue;
        }
      row = culvert_tray_mirror_add_row (rows, ROW_SUBMENU, depth);
      row->label = g_steal_pointer (&label);
      if (submenu != NULL)
        {
          if (depth < MAX_DEPTH)
            culvert_tray_mirror_walk (self, submenu, depth + 1, rows, models);
          continue;
        }
      row->action = culvert_tray_mirror_dup_text (model, i, G_MENU_ATTRIBUTE_ACTION);
      row->target = g_menu_model_get_item_attribute_value (model, i, G_MENU_ATTRIBUTE_TARGET, NULL);
      row->kind = culvert_tray_mirror_kind (self, row);
    }
}

/* Empty sections leave separators behind. */
static void
culvert_tray_mirror_trim (GPtrArray *rows)
{
  for (guint i = rows->len; i > 0; i--)
    {
      const Row *row = rows->pdata[i - 1];
      const Row *next = i < rows->len ? rows->pdata[i] : NULL;

      if (row->kind == ROW_SEPARATOR
          && (next == NULL || next->kind == ROW_SEPARATOR || next->depth < row->depth))
        g_ptr_array_remove_index (rows, i - 1);
    }
}

static gboolean
culvert_tray_mirror_is_equal (GVariant *a, GVariant *b)
{
  return a == b || (a != NULL && b != NULL && g_variant_equal (a, b));
}

static gboolean
culvert_tray_mirror_has_structure (GPtrArray *a, GPtrArray *b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      const Row *x = a->pdata[i];
      const Row *y = b->pdata[i];

      if (x->kind != y->kind || x->depth != y->depth || g_strcmp0 (x->action, y->action) != 0
          || !culvert_tray_mirror_is_equal (x->target, y->target))
        return FALSE;
    }
  return TRUE;
}

/* -- from rows to items -------------------------------------------------------------- */

/* What the item shows of its action: sensitivity and state. */
static void
culvert_tray_mirror_sync (CulvertTrayMirror *self, Row *row)
{
  g_autoptr (GVariant) state = NULL;
  gboolean is_active;

  if (row->kind == ROW_SEPARATOR || row->kind == ROW_SUBMENU)
    return;
  gtk_widget_set_sensitive (row->widget,
                            row->action != NULL
                                && g_action_group_get_action_enabled (self->actions, row->action));
  if (row->kind != ROW_CHECK && row->kind != ROW_RADIO)
    return;
  state = g_action_group_get_action_state (self->actions, row->action);
  is_active = state != NULL
              && (row->kind == ROW_CHECK ? g_variant_get_boolean (state)
                                         : g_variant_equal (state, row->target));
  self->is_updating = TRUE;
  gtk_check_menu_item_set_active (GTK_CHECK_MENU_ITEM (row->widget), is_active);
  self->is_updating = FALSE;
}

static void
culvert_tray_mirror_activate_cb (GtkMenuItem *item, gpointer user_data)
{
  CulvertTrayMirror *self = user_data;

  if (self->is_updating)
    return;
  for (guint i = 0; i < self->rows->len; i++)
    {
      Row *row = self->rows->pdata[i];

      if (row->widget != GTK_WIDGET (item) || row->action == NULL)
        continue;
      g_action_group_activate_action (self->actions, row->action, row->target);
      /* GTK has moved the check mark by itself; what counts is the action's answer. */
      culvert_tray_mirror_sync (self, row);
      return;
    }
}

static GtkWidget *
culvert_tray_mirror_new_widget (CulvertTrayMirror *self, const Row *row)
{
  const char *label = row->label != NULL ? row->label : "";
  GtkWidget *widget;

  switch (row->kind)
    {
    case ROW_SEPARATOR:
      return gtk_separator_menu_item_new ();
    case ROW_CHECK:
    case ROW_RADIO:
      widget = gtk_check_menu_item_new_with_mnemonic (label);
      gtk_check_menu_item_set_draw_as_radio (GTK_CHECK_MENU_ITEM (widget),
                                             row->kind == ROW_RADIO);
      break;
    case ROW_PLAIN:
    case ROW_HEADING:
    case ROW_SUBMENU:
    default:
      widget = gtk_menu_item_new_with_mnemonic (label);
    }
  g_signal_connect (widget, "activate", G_CALLBACK (culvert_tray_mirror_activate_cb), self);
  return widget;
}

static void
culvert_tray_mirror_rebuild (CulvertTrayMirror *self)
{
  GtkWidget *shells[MAX_DEPTH + 2] = { GTK_WIDGET (self->menu) };
  g_autoptr (GList) old = gtk_container_get_children (GTK_CONTAINER (self->menu));

  for (GList *l = old; l != NULL; l = l->next)
    gtk_widget_destroy (l->data);
  for (guint i = 0; i < self->rows->len; i++)
    {
      Row *row = self->rows->pdata[i];

      row->widget = culvert_tray_mirror_new_widget (self, row);
      if (row->kind == ROW_SUBMENU)
        {
          shells[row->depth + 1] = gtk_menu_new ();
          gtk_menu_item_set_submenu (GTK_MENU_ITEM (row->widget), shells[row->depth + 1]);
        }
      culvert_tray_mirror_sync (self, row);
      gtk_widget_show (row->widget);
      gtk_menu_shell_append (GTK_MENU_SHELL (shells[row->depth]), row->widget);
    }
}

/* rows: (transfer full), of the same structure as those shown. */
static void
culvert_tray_mirror_take_labels (CulvertTrayMirror *self, GPtrArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      Row *now = rows->pdata[i];
      Row *row = self->rows->pdata[i];

      if (g_strcmp0 (row->label, now->label) != 0)
        {
          g_free (row->label);
          row->label = g_steal_pointer (&now->label);
          gtk_menu_item_set_label (GTK_MENU_ITEM (row->widget),
                                   row->label != NULL ? row->label : "");
        }
      culvert_tray_mirror_sync (self, row);
    }
  g_ptr_array_unref (rows);
}

/* -- following -------------------------------------------------------------- */

/* models: (transfer full). A proxy that comes back is the same object: off before on. */
static void
culvert_tray_mirror_watch (CulvertTrayMirror *self, GPtrArray *models)
{
  for (guint i = 0; i < self->watched->len; i++)
    g_signal_handlers_disconnect_by_data (self->watched->pdata[i], self);
  for (guint i = 0; i < models->len; i++)
    g_signal_connect_swapped (models->pdata[i], "items-changed",
                              G_CALLBACK (culvert_tray_mirror_queue), self);
  g_ptr_array_unref (self->watched);
  self->watched = models;
}

static gboolean
culvert_tray_mirror_update_cb (gpointer user_data)
{
  CulvertTrayMirror *self = user_data;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (culvert_tray_row_free);
  GPtrArray *models = g_ptr_array_new_with_free_func (g_object_unref);

  self->source = 0;
  culvert_tray_mirror_walk (self, self->model, 0, rows, models);
  culvert_tray_mirror_watch (self, models);
  culvert_tray_mirror_trim (rows);
  if (culvert_tray_mirror_has_structure (self->rows, rows))
    culvert_tray_mirror_take_labels (self, g_steal_pointer (&rows));
  else
    {
      g_ptr_array_unref (self->rows);
      self->rows = g_steal_pointer (&rows);
      culvert_tray_mirror_rebuild (self);
    }
  if (!self->is_ready && self->rows->len > 0)
    {
      self->is_ready = TRUE;
      self->ready_func (self->menu, self->user_data);
    }
  return G_SOURCE_REMOVE;
}

static void
culvert_tray_mirror_queue (CulvertTrayMirror *self)
{
  /* Not when idle: a host that asks without end would keep the menu from ever changing. */
  if (self->source == 0)
    self->source = g_idle_add_full (G_PRIORITY_DEFAULT, culvert_tray_mirror_update_cb, self, NULL);
}

CulvertTrayMirror *
culvert_tray_mirror_new (GMenuModel *model,
                         GActionGroup *actions,
                         CulvertTrayMirrorReadyFunc ready_func,
                         gpointer user_data)
{
  static const char *const changes[] = { "action-added", "action-removed", "action-state-changed",
                                         "action-enabled-changed" };
  CulvertTrayMirror *self = g_new0 (CulvertTrayMirror, 1);

  self->model = g_object_ref (model);
  self->actions = g_object_ref (actions);
  self->ready_func = ready_func;
  self->user_data = user_data;
  self->menu = GTK_MENU (g_object_ref_sink (gtk_menu_new ()));
  self->rows = g_ptr_array_new_with_free_func (culvert_tray_row_free);
  self->watched = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    g_signal_connect_swapped (actions, changes[i], G_CALLBACK (culvert_tray_mirror_queue), self);
  /* Both proxies fill when they are first asked. */
  g_strfreev (g_action_group_list_actions (actions));
  culvert_tray_mirror_queue (self);
  return self;
}

void
culvert_tray_mirror_free (CulvertTrayMirror *mirror)
{
  g_clear_handle_id (&mirror->source, g_source_remove);
  g_signal_handlers_disconnect_by_data (mirror->actions, mirror);
  for (guint i = 0; i < mirror->watched->len; i++)
    g_signal_handlers_disconnect_by_data (mirror->watched->pdata[i], mirror);
  g_ptr_array_unref (mirror->watched);
  g_ptr_array_unref (mirror->rows);
  g_object_unref (mirror->menu);
  g_object_unref (mirror->actions);
  g_object_unref (mirror->model);
  g_free (mirror);
}
