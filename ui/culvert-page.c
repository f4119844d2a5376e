/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-page.h"

#include "culvert-names.h"

typedef struct
{
  CulvertHub *hub;
  CulvertHubItem *item;
  gboolean is_shown;
} CulvertPagePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CulvertPage, culvert_page, ADW_TYPE_BIN)

enum
{
  PROP_0,
  PROP_HUB,
  PROP_ITEM,
  PROP_IS_SHOWN,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static CulvertPagePrivate *
culvert_page_private (CulvertPage *self)
{
  return culvert_page_get_instance_private (self);
}

static void
culvert_page_set_shown (CulvertPage *self, gboolean is_shown)
{
  CulvertPagePrivate *priv = culvert_page_private (self);
  CulvertPageClass *klass = CULVERT_PAGE_GET_CLASS (self);

  if (priv->is_shown == is_shown)
    return;
  priv->is_shown = is_shown;
  if (klass->shown_changed != NULL)
    klass->shown_changed (self, is_shown);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IS_SHOWN]);
}

static void
culvert_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (culvert_page_parent_class)->map (widget);
  culvert_page_set_shown (CULVERT_PAGE (widget), TRUE);
}

static void
culvert_page_unmap (GtkWidget *widget)
{
  culvert_page_set_shown (CULVERT_PAGE (widget), FALSE);
  GTK_WIDGET_CLASS (culvert_page_parent_class)->unmap (widget);
}

static void
culvert_page_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  CulvertPagePrivate *priv = culvert_page_private ((CulvertPage *) object);

  switch (id)
    {
    case PROP_HUB:
      g_value_set_object (value, priv->hub);
      break;
    case PROP_ITEM:
      g_value_set_object (value, priv->item);
      break;
    case PROP_IS_SHOWN:
      g_value_set_boolean (value, priv->is_shown);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_page_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  CulvertPage *self = (CulvertPage *) object;

  switch (id)
    {
    case PROP_HUB:
      if (g_set_object (&culvert_page_private (self)->hub, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_ITEM:
      culvert_page_set_item (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
culvert_page_search_cb (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  CulvertPage *self = CULVERT_PAGE (widget);

  gtk_widget_grab_focus (GTK_WIDGET (CULVERT_PAGE_GET_CLASS (self)->get_search (self)));
}

/* The template of the page is there by now. */
static void
culvert_page_constructed (GObject *object)
{
  G_OBJECT_CLASS (culvert_page_parent_class)->constructed (object);
  /* Then the key is the window's. */
  if (CULVERT_PAGE_GET_CLASS (object)->get_search == NULL)
    gtk_widget_action_set_enabled (GTK_WIDGET (object), "page.search", FALSE);
  culvert_names_mend (GTK_WIDGET (object));
}

static void
culvert_page_dispose (GObject *object)
{
  CulvertPage *self = (CulvertPage *) object;

  culvert_page_set_item (self, NULL);
  g_clear_object (&culvert_page_private (self)->hub);
  G_OBJECT_CLASS (culvert_page_parent_class)->dispose (object);
}

static void
culvert_page_class_init (CulvertPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = culvert_page_get_property;
  object_class->set_property = culvert_page_set_property;
  object_class->constructed = culvert_page_constructed;
  object_class->dispose = culvert_page_dispose;
  widget_class->map = culvert_page_map;
  widget_class->unmap = culvert_page_unmap;

  properties[PROP_HUB] =
      g_param_spec_object ("hub", NULL, NULL, CULVERT_TYPE_HUB,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_ITEM] =
      g_param_spec_object ("item", NULL, NULL, CULVERT_TYPE_HUB_ITEM,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_IS_SHOWN] = g_param_spec_boolean ("is-shown", NULL, NULL, FALSE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_install_action (widget_class, "page.search", NULL, culvert_page_search_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "page.search",
                                       NULL);
}

static void
culvert_page_init (CulvertPage *self)
{
}

CulvertHub *
culvert_page_get_hub (CulvertPage *page)
{
  g_return_val_if_fail (CULVERT_IS_PAGE (page), NULL);
  return culvert_page_private (page)->hub;
}

CulvertHubItem *
culvert_page_get_item (CulvertPage *page)
{
  g_return_val_if_fail (CULVERT_IS_PAGE (page), NULL);
  return culvert_page_private (page)->item;
}

void
culvert_page_set_item (CulvertPage *page, CulvertHubItem *item)
{
  CulvertPagePrivate *priv;
  g_autoptr (CulvertHubItem) old = NULL;

  g_return_if_fail (CULVERT_IS_PAGE (page) && (item == NULL || CULVERT_IS_HUB_ITEM (item)));
  priv = culvert_page_private (page);
  if (priv->item == item)
    return;
  old = g_steal_pointer (&priv->item);
  priv->item = item != NULL ? g_object_ref (item) : NULL;
  if (CULVERT_PAGE_GET_CLASS (page)->item_changed != NULL)
    CULVERT_PAGE_GET_CLASS (page)->item_changed (page, old);
  g_object_notify_by_pspec (G_OBJECT (page), properties[PROP_ITEM]);
}

gboolean
culvert_page_is_shown (CulvertPage *page)
{
  g_return_val_if_fail (CULVERT_IS_PAGE (page), FALSE);
  return culvert_page_private (page)->is_shown;
}

char *
culvert_page_dup_needle (CulvertPage *page)
{
  GtkEditable *search;
  char *needle;

  g_return_val_if_fail (CULVERT_IS_PAGE (page), NULL);
  search = CULVERT_PAGE_GET_CLASS (page)->get_search (page);
  needle = g_utf8_strdown (gtk_editable_get_text (search), -1);
  return g_strstrip (needle);
}

void
culvert_page_copy_text (CulvertPage *page,
                        AdwToastOverlay *toasts,
                        const char *text,
                        const char *message)
{
  g_return_if_fail (CULVERT_IS_PAGE (page));
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (page)), text);
  adw_toast_overlay_add_toast (toasts, adw_toast_new (message));
}
