/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-log-ring.h"

struct _CulvertLogLine
{
  GObject parent_instance;

  guint64 number;
  gint64 time;
  CulvertLogLevel level;
  char *message;
};

G_DEFINE_FINAL_TYPE (CulvertLogLine, culvert_log_line, G_TYPE_OBJECT)

struct _CulvertLogRing
{
  GObject parent_instance;

  GPtrArray *lines; /* of CulvertLogLine; round from first once it is full */
  guint first;
  guint n_items;    /* as told */
  guint64 newest;
};

static void culvert_log_ring_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertLogRing,
                               culvert_log_ring,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_log_ring_list_model_init))

/* -- line -------------------------------------------------------------------------------- */

static void
culvert_log_line_finalize (GObject *object)
{
  g_free (((CulvertLogLine *) object)->message);
  G_OBJECT_CLASS (culvert_log_line_parent_class)->finalize (object);
}

static void
culvert_log_line_class_init (CulvertLogLineClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_log_line_finalize;
}

static void
culvert_log_line_init (CulvertLogLine *self)
{
}

CulvertLogLevel
culvert_log_line_get_level (CulvertLogLine *line)
{
  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), CULVERT_LOG_DEBUG);

  return line->level;
}

const char *
culvert_log_line_get_level_name (CulvertLogLine *line)
{
  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), NULL);

  switch (line->level)
    {
    case CULVERT_LOG_ERROR:
      return "error";
    case CULVERT_LOG_WARNING:
      return "warning";
    case CULVERT_LOG_INFO:
      return "info";
    case CULVERT_LOG_DEBUG:
      return "debug";
    }
  g_return_val_if_reached (NULL);
}

const char *
culvert_log_line_get_message (CulvertLogLine *line)
{
  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), NULL);

  return line->message;
}

gint64
culvert_log_line_get_time (CulvertLogLine *line)
{
  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), 0);

  return line->time;
}

guint64
culvert_log_line_get_number (CulvertLogLine *line)
{
  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), 0);

  return line->number;
}

char *
culvert_log_line_dup_text (CulvertLogLine *line)
{
  g_autoptr (GDateTime) moment = NULL;
  g_autofree char *when = NULL;

  g_return_val_if_fail (CULVERT_IS_LOG_LINE (line), NULL);

  moment = g_date_time_new_from_unix_local (line->time / G_USEC_PER_SEC);
  when = g_date_time_format (moment, "%F %T");
  return g_strdup_printf ("%s %s %s", when, culvert_log_line_get_level_name (line), line->message);
}

/* -- GListModel ------------------------------------------------------------------------------ */

static GType
culvert_log_ring_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_LOG_LINE;
}

static guint
culvert_log_ring_get_n_items (GListModel *model)
{
  return ((CulvertLogRing *) model)->n_items;
}

static gpointer
culvert_log_ring_get_item (GListModel *model, guint position)
{
  CulvertLogRing *self = (CulvertLogRing *) model;

  if (position >= self->n_items)
    return NULL;
  return g_object_ref (self->lines->pdata[(self->first + position) % self->lines->len]);
}

static void
culvert_log_ring_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_log_ring_get_item_type;
  iface->get_n_items = culvert_log_ring_get_n_items;
  iface->get_item = culvert_log_ring_get_item;
}

/* -- ring ------------------------------------------------------------------------------- */

static void
culvert_log_ring_finalize (GObject *object)
{
  g_ptr_array_unref (((CulvertLogRing *) object)->lines);
  G_OBJECT_CLASS (culvert_log_ring_parent_class)->finalize (object);
}

static void
culvert_log_ring_class_init (CulvertLogRingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_log_ring_finalize;
}

static void
culvert_log_ring_init (CulvertLogRing *self)
{
  self->lines = g_ptr_array_new_with_free_func (g_object_unref);
}

CulvertLogRing *
culvert_log_ring_new (void)
{
  return g_object_new (CULVERT_TYPE_LOG_RING, NULL);
}

void
culvert_log_ring_push (CulvertLogRing *ring, CulvertLogLevel level, const char *message)
{
  CulvertLogLine *line;

  g_return_if_fail (CULVERT_IS_LOG_RING (ring));
  g_return_if_fail (message != NULL);

  line = g_object_new (CULVERT_TYPE_LOG_LINE, NULL);
  line->number = ++ring->newest;
  line->time = g_get_real_time ();
  line->level = level;
  line->message = g_strdup (message);
  if (ring->lines->len < CULVERT_LOG_RING_MAX)
    {
      g_ptr_array_add (ring->lines, line);
      ring->n_items++;
      g_list_model_items_changed (G_LIST_MODEL (ring), ring->n_items - 1, 0, 1);
      return;
    }
  /* The oldest one's place is the newest one's. One leaves, then one comes, and the list agrees
   * with what it tells after each. */
  g_object_unref (ring->lines->pdata[ring->first]);
  ring->lines->pdata[ring->first] = line;
  ring->first = (ring->first + 1) % ring->lines->len;
  ring->n_items--;
  g_list_model_items_changed (G_LIST_MODEL (ring), 0, 1, 0);
  ring->n_items++;
  g_list_model_items_changed (G_LIST_MODEL (ring), ring->n_items - 1, 0, 1);
}

guint64
culvert_log_ring_get_newest (CulvertLogRing *ring)
{
  g_return_val_if_fail (CULVERT_IS_LOG_RING (ring), 0);

  return ring->newest;
}
