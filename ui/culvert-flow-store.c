/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-flow-store.h"

#include <math.h>

/* -- row ----------------------------------------------------------------------------------- */

enum
{
  SIGNAL_CHANGED, /* of a row */
  SIGNAL_UPDATED, /* of the store */
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertFlow, culvert_flow, G_TYPE_OBJECT)

static void
culvert_flow_finalize (GObject *object)
{
  CulvertFlow *self = (CulvertFlow *) object;

  g_free (self->address);
  g_free (self->peer);
  G_OBJECT_CLASS (culvert_flow_parent_class)->finalize (object);
}

static void
culvert_flow_class_init (CulvertFlowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_flow_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", CULVERT_TYPE_FLOW, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_flow_init (CulvertFlow *self)
{
  self->rate_in = NAN;
  self->rate_out = NAN;
}

static double
culvert_flow_rate (guint64 before, guint64 after, gint64 elapsed_us)
{
  return after >= before ? (double) (after - before) * G_USEC_PER_SEC / (double) elapsed_us : 0;
}

/* Age and bytes are of one instant of the worker, so they give exact rates. */
static void
culvert_flow_count (CulvertFlow *self, gint64 age_us, guint64 bytes_in, guint64 bytes_out)
{
  gint64 elapsed = age_us - self->age_us;

  if (self->age_us > 0 && elapsed > 0)
    {
      self->rate_in = culvert_flow_rate (self->bytes_in, bytes_in, elapsed);
      self->rate_out = culvert_flow_rate (self->bytes_out, bytes_out, elapsed);
    }
  self->age_us = age_us;
  self->bytes_in = bytes_in;
  self->bytes_out = bytes_out;
}

static void
culvert_flow_set_text (char **field, const char *text)
{
  if (g_strcmp0 (*field, text) == 0)
    return;
  g_free (*field);
  *field = g_strdup (text);
}

static int
culvert_flow_compare (const CulvertFlow *a, const CulvertFlow *b)
{
  if (a->session != b->session)
    return a->session < b->session ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* -- store --------------------------------------------------------------------------------- */

struct _CulvertFlowStore
{
  GObject parent_instance;

  GPtrArray *rows; /* of CulvertFlow, by session and id */
};

static GType
culvert_flow_store_get_item_type (GListModel *model)
{
  return CULVERT_TYPE_FLOW;
}

static guint
culvert_flow_store_get_n_items (GListModel *model)
{
  return CULVERT_FLOW_STORE (model)->rows->len;
}

static gpointer
culvert_flow_store_get_item (GListModel *model, guint position)
{
  CulvertFlowStore *self = CULVERT_FLOW_STORE (model);

  return position < self->rows->len ? g_object_ref (self->rows->pdata[position]) : NULL;
}

static void
culvert_flow_store_model_init (GListModelInterface *iface)
{
  iface->get_item_type = culvert_flow_store_get_item_type;
  iface->get_n_items = culvert_flow_store_get_n_items;
  iface->get_item = culvert_flow_store_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CulvertFlowStore,
                               culvert_flow_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      culvert_flow_store_model_init))

static void
culvert_flow_store_finalize (GObject *object)
{
  g_ptr_array_unref (((CulvertFlowStore *) object)->rows);
  G_OBJECT_CLASS (culvert_flow_store_parent_class)->finalize (object);
}

static void
culvert_flow_store_class_init (CulvertFlowStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_flow_store_finalize;
  signals[SIGNAL_UPDATED] = g_signal_new ("updated", CULVERT_TYPE_FLOW_STORE, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_flow_store_init (CulvertFlowStore *self)
{
  self->rows = g_ptr_array_new_with_free_func (g_object_unref);
}

CulvertFlowStore *
culvert_flow_store_new (void)
{
  return g_object_new (CULVERT_TYPE_FLOW_STORE, NULL);
}

/* The row for session and id: that of before, or a new one. *position: where to look, rows before
 * it are smaller. (transfer full) */
static CulvertFlow *
culvert_flow_store_take (CulvertFlowStore *self, guint64 session, guint32 id, guint *position)
{
  CulvertFlow *row = g_object_new (CULVERT_TYPE_FLOW, NULL);

  row->session = session;
  row->id = id;
  while (*position < self->rows->len
         && culvert_flow_compare (self->rows->pdata[*position], row) < 0)
    ++*position;
  if (*position < self->rows->len
      && culvert_flow_compare (self->rows->pdata[*position], row) == 0)
    {
      g_object_unref (row);
      return g_object_ref (self->rows->pdata[(*position)++]);
    }
  return row;
}

/* rows (transfer full) become those of the store; what differs is told in one piece. */
static void
culvert_flow_store_replace (CulvertFlowStore *self, GPtrArray *rows)
{
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->rows);
  guint first = 0;
  guint n_last = 0;

  self->rows = rows;
  while (first < old->len && first < rows->len && old->pdata[first] == rows->pdata[first])
    first++;
  while (n_last < old->len - first && n_last < rows->len - first
         && old->pdata[old->len - 1 - n_last] == rows->pdata[rows->len - 1 - n_last])
    n_last++;
  if (first + n_last < old->len || first + n_last < rows->len)
    g_list_model_items_changed (G_LIST_MODEL (self), first, old->len - first - n_last,
                                rows->len - first - n_last);
  for (guint i = 0; i < rows->len; i++)
    g_signal_emit (rows->pdata[i], signals[SIGNAL_CHANGED], 0);
  g_signal_emit (self, signals[SIGNAL_UPDATED], 0);
}

void
culvert_flow_store_set_sessions (CulvertFlowStore *store, GPtrArray *sessions)
{
  GPtrArray *rows;
  guint position = 0;

  g_return_if_fail (CULVERT_IS_FLOW_STORE (store) && sessions != NULL);
  rows = g_ptr_array_new_full (sessions->len, g_object_unref);
  for (guint i = 0; i < sessions->len; i++)
    {
      const CulvertSessionInfo *info = sessions->pdata[i];
      CulvertFlow *row = culvert_flow_store_take (store, info->id, 0, &position);

      culvert_flow_set_text (&row->peer, info->peer);
      row->silent_us = info->silent_us;
      row->srtt_us = info->srtt_us;
      row->rttvar_us = info->rttvar_us;
      row->n_streams = info->n_streams;
      culvert_flow_count (row, info->age_us, info->bytes_in, info->bytes_out);
      g_ptr_array_add (rows, row);
    }
  culvert_flow_store_replace (store, rows);
}

void
culvert_flow_store_set_streams (CulvertFlowStore *store, GPtrArray *streams, GPtrArray *sessions)
{
  GPtrArray *rows;
  guint position = 0;
  guint session = 0;

  g_return_if_fail (CULVERT_IS_FLOW_STORE (store) && streams != NULL && sessions != NULL);
  rows = g_ptr_array_new_full (streams->len, g_object_unref);
  for (guint i = 0; i < streams->len; i++)
    {
      const CulvertStreamInfo *info = streams->pdata[i];
      CulvertFlow *row = culvert_flow_store_take (store, info->session, info->id, &position);
      const CulvertSessionInfo *of;

      while (session < sessions->len
             && ((const CulvertSessionInfo *) sessions->pdata[session])->id < info->session)
        session++;
      of = session < sessions->len ? sessions->pdata[session] : NULL;
      if (of != NULL && of->id == info->session)
        culvert_flow_set_text (&row->peer, of->peer);
      culvert_flow_set_text (&row->address, info->address);
      culvert_flow_count (row, info->age_us, info->bytes_in, info->bytes_out);
      g_ptr_array_add (rows, row);
    }
  culvert_flow_store_replace (store, rows);
}

void
culvert_flow_store_clear (CulvertFlowStore *store)
{
  g_return_if_fail (CULVERT_IS_FLOW_STORE (store));
  culvert_flow_store_replace (store, g_ptr_array_new_with_free_func (g_object_unref));
}
