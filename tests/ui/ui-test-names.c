/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "ui-test.h"

#include <string.h>

static gboolean
ui_test_is_one_of (GtkWidget *widget, const char *const *types)
{
  const char *name = G_OBJECT_TYPE_NAME (widget);

  return g_strv_contains (types, name);
}

/* The search that a window of preferences can do without. */
static gboolean
ui_test_is_unused_search (GtkWidget *widget)
{
  GtkWidget *window = gtk_widget_get_ancestor (widget, ADW_TYPE_PREFERENCES_WINDOW);

  return window != NULL
         && !adw_preferences_window_get_search_enabled (ADW_PREFERENCES_WINDOW (window))
         && (gtk_widget_get_ancestor (widget, GTK_TYPE_SEARCH_ENTRY) != NULL
             || g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)),
                           "search_results")
                    == 0);
}

/* Takes the focus for scrolling or for its content, which has names of its own. */
static gboolean
ui_test_is_frame (GtkWidget *widget)
{
  static const char *const types[] = { "GtkColumnViewRowWidget", "GtkColumnListItemWidget",
                                       "GtkColumnViewCellWidget", "GtkColumnListView", NULL };

  return GTK_IS_SCROLLED_WINDOW (widget) || GTK_IS_VIEWPORT (widget) || GTK_IS_NATIVE (widget)
         || ui_test_is_unused_search (widget)
         || ui_test_is_one_of (widget, types);
}

/* Its name is the text in it. */
static gboolean
ui_test_is_named_by_content (GtkWidget *widget)
{
  static const char *const types[] = { "GtkListItemWidget", "GtkColumnViewTitle", NULL };

  return GTK_IS_BUTTON (widget) || GTK_IS_CHECK_BUTTON (widget) || GTK_IS_LABEL (widget)
         || GTK_IS_LIST_BOX_ROW (widget) || GTK_IS_FLOW_BOX_CHILD (widget)
         || ui_test_is_one_of (widget, types);
}

/* What has the name when the focus is in a part of it. */
static GtkWidget *
ui_test_find_whole (GtkWidget *part)
{
  GtkWidget *parent = gtk_widget_get_parent (part);

  if (GTK_IS_TEXT (part))
    return gtk_widget_get_ancestor (parent, GTK_TYPE_EDITABLE);
  if (parent != NULL && (GTK_IS_MENU_BUTTON (parent) || GTK_IS_DROP_DOWN (parent)))
    return parent;
  return NULL;
}

static gboolean
ui_test_has_content (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget) && gtk_label_get_text (GTK_LABEL (widget))[0] != '\0')
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (!GTK_IS_POPOVER (child) && ui_test_has_content (child))
      return TRUE;
  return FALSE;
}

/* "_Connect Connect": see culvert_names_mend. */
static gboolean
ui_test_is_named_twice (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);
  g_autofree char *other = NULL;

  if (!GTK_IS_BUTTON (widget) || !gtk_button_get_use_underline (GTK_BUTTON (widget))
      || gtk_button_get_label (GTK_BUTTON (widget)) == NULL
      || !gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL))
    return FALSE;
  other = gtk_test_accessible_check_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL,
                                              gtk_button_get_label (GTK_BUTTON (widget)), NULL);
  return other == NULL;
}

static gboolean
ui_test_has_name (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);

  if (gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL)
      || gtk_test_accessible_has_relation (accessible, GTK_ACCESSIBLE_RELATION_LABELLED_BY))
    return TRUE;
  if (ADW_IS_PREFERENCES_ROW (widget))
    {
      const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (widget));

      if (title != NULL && title[0] != '\0')
        return TRUE;
    }
  return ui_test_is_named_by_content (widget) && ui_test_has_content (widget);
}

static gboolean
ui_test_is_named (GtkWidget *widget)
{
  GtkWidget *whole = ui_test_find_whole (widget);

  return ui_test_has_name (widget) || (whole != NULL && ui_test_has_name (whole));
}

static char *
ui_test_dup_path (GtkWidget *widget, GtkWidget *root)
{
  GString *path = g_string_new (NULL);

  for (; widget != NULL; widget = gtk_widget_get_parent (widget))
    {
      const char *id = gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget));
      g_autofree char *step =
          g_strdup_printf ("/%s%s%s", G_OBJECT_TYPE_NAME (widget), id != NULL && id[0] ? "#" : "",
                           id != NULL ? id : "");

      g_string_prepend (path, step);
      if (widget == root)
        break;
    }
  return g_string_free (path, FALSE);
}

/* A list of choices or a row that unfolds: its parts are the toolkit's. */
static gboolean
ui_test_is_part (GtkWidget *widget)
{
  GtkWidget *parent = gtk_widget_get_parent (widget);

  if (GTK_IS_DROP_DOWN (parent))
    return TRUE;
  if (gtk_widget_get_ancestor (parent, ADW_TYPE_COMBO_ROW) != NULL)
    return TRUE;
  if (gtk_widget_get_ancestor (parent, ADW_TYPE_EXPANDER_ROW) == NULL)
    return FALSE;
  return GTK_IS_LIST_BOX (widget)
         || g_strcmp0 (gtk_buildable_get_buildable_id (GTK_BUILDABLE (widget)), "enable_switch")
                == 0;
}

/* It has no words yet and is not on the screen: they come with a profile or a message. */
static gboolean
ui_test_is_blank (GtkWidget *widget)
{
  const char *label = NULL;

  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget))[0] == '\0';
  if (gtk_widget_get_mapped (widget) || !GTK_IS_BUTTON (widget))
    return FALSE;
  label = gtk_button_get_label (GTK_BUTTON (widget));
  return gtk_button_get_icon_name (GTK_BUTTON (widget)) == NULL
         && (label == NULL || label[0] == '\0');
}

/* -- the keyboard ------------------------------------------------------------------------------ */

typedef struct
{
  GtkWindow *window;
  GHashTable *reached; /* set of GtkWidget */
  GQueue todo;         /* those from where was not looked further */
} UiTestWalk;

static void
ui_test_walk_note (UiTestWalk *walk)
{
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (walk->window));

  if (focus != NULL && g_hash_table_add (walk->reached, focus))
    g_queue_push_tail (&walk->todo, focus);
}

static void
ui_test_walk_from (UiTestWalk *walk, GtkWidget *widget)
{
  static const GtkDirectionType directions[] = { GTK_DIR_TAB_FORWARD, GTK_DIR_TAB_BACKWARD,
                                                 GTK_DIR_UP,          GTK_DIR_DOWN,
                                                 GTK_DIR_LEFT,        GTK_DIR_RIGHT };

  for (guint i = 0; i < G_N_ELEMENTS (directions); i++)
    {
      /* There the arrows move the cursor. */
      if (i >= 2 && (GTK_IS_TEXT (widget) || GTK_IS_TEXT_VIEW (widget)))
        break;
      gtk_window_set_focus (walk->window, widget);
      if (gtk_widget_child_focus (GTK_WIDGET (walk->window), directions[i]))
        ui_test_walk_note (walk);
    }
}

/* Itself or what is in it: a row has the control that is meant. */
static gboolean
ui_test_walk_has (UiTestWalk *walk, GtkWidget *widget)
{
  if (g_hash_table_contains (walk->reached, widget))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (ui_test_walk_has (walk, child))
      return TRUE;
  return FALSE;
}

static void
ui_test_walk_missed (UiTestWalk *walk, GtkWidget *widget, GString *problems)
{
  GtkWidget *root = GTK_WIDGET (walk->window);

  if ((widget != root && GTK_IS_NATIVE (widget)) || !gtk_widget_get_mapped (widget)
      || !gtk_widget_get_sensitive (widget) || !gtk_widget_get_can_focus (widget))
    return;
  if (widget != root && gtk_widget_get_focusable (widget) && !ui_test_is_frame (widget)
      && !ui_test_walk_has (walk, widget))
    {
      g_autofree char *path = ui_test_dup_path (widget, root);

      g_string_append_printf (problems, "\n  %s", path);
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    ui_test_walk_missed (walk, child, problems);
}

void
ui_test_assert_reachable (GtkWindow *window)
{
  UiTestWalk walk = { .window = window, .reached = g_hash_table_new (NULL, NULL) };
  GtkWidget *focus = gtk_root_get_focus (GTK_ROOT (window));
  GtkWidget *from;
  g_autoptr (GString) problems = g_string_new (NULL);

  /* A flow box without its sizes would look for the row above for ever. */
  ui_test_wait_drawn (window);
  gtk_window_set_focus (window, NULL);
  (void) gtk_widget_child_focus (GTK_WIDGET (window), GTK_DIR_TAB_FORWARD);
  ui_test_walk_note (&walk);
  while ((from = g_queue_pop_head (&walk.todo)) != NULL)
    ui_test_walk_from (&walk, from);
  ui_test_walk_missed (&walk, GTK_WIDGET (window), problems);
  gtk_window_set_focus (window, focus);
  g_test_message ("the keyboard reaches %u widgets", g_hash_table_size (walk.reached));
  g_hash_table_unref (walk.reached);
  if (problems->len > 0)
    g_error ("the keyboard does not reach:%s", problems->str);
}

/* -- names ------------------------------------------------------------------------------------- */

static void
ui_test_walk_names (GtkWidget *widget, GtkWidget *root, GString *problems)
{
  if (GTK_IS_POPOVER_MENU (widget) || GTK_IS_WINDOW_CONTROLS (widget))
    return;
  if (widget != root && gtk_widget_get_focusable (widget) && !ui_test_is_frame (widget)
      && !ui_test_is_part (widget) && !ui_test_is_blank (widget)
      && (!ui_test_is_named (widget) || ui_test_is_named_twice (widget)))
    {
      g_autofree char *path = ui_test_dup_path (widget, root);

      g_string_append_printf (problems, "\n  %s", path);
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (!GTK_IS_DROP_DOWN (widget))
      ui_test_walk_names (child, root, problems);
}

void
ui_test_assert_named (GtkWidget *root)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  ui_test_walk_names (root, root, problems);
  if (problems->len > 0)
    g_error ("without a name for a screen reader:%s", problems->str);
}
