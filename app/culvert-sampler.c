/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-item.h"
#include "culvert-sampler.h"

#define IN_SIGHT_MS 1000
#define IN_TRAY_MS 2000

struct _CulvertSampler
{
  GObject parent_instance;

  GWeakRef items;    /* the model owns whoever owns us */
  guint n_holds[CULVERT_SAMPLER_N_PACES];
  guint interval_ms; /* of the source */
  guint source;
};

enum
{
  SIGNAL_SAMPLED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertSampler, culvert_sampler, G_TYPE_OBJECT)

static void
culvert_sampler_dispose (GObject *object)
{
  CulvertSampler *self = (CulvertSampler *) object;

  g_clear_handle_id (&self->source, g_source_remove);
  g_weak_ref_clear (&self->items);
  g_weak_ref_init (&self->items, NULL);
  G_OBJECT_CLASS (culvert_sampler_parent_class)->dispose (object);
}

static void
culvert_sampler_class_init (CulvertSamplerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = culvert_sampler_dispose;

  signals[SIGNAL_SAMPLED] = g_signal_new ("sampled", CULVERT_TYPE_SAMPLER, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_sampler_init (CulvertSampler *self)
{
  g_weak_ref_init (&self->items, NULL);
}

CulvertSampler *
culvert_sampler_new (GListModel *items)
{
  CulvertSampler *self = g_object_new (CULVERT_TYPE_SAMPLER, NULL);

  g_weak_ref_set (&self->items, items);
  return self;
}

static void
culvert_sampler_for_each (CulvertSampler *self, void (*func) (CulvertHubItem *item))
{
  g_autoptr (GListModel) items = g_weak_ref_get (&self->items);

  for (guint i = 0; items != NULL && i < g_list_model_get_n_items (items); i++)
    {
      g_autoptr (CulvertHubItem) item = g_list_model_get_item (items, i);

      func (item);
    }
}

void
culvert_sampler_sample (CulvertSampler *sampler)
{
  g_return_if_fail (CULVERT_IS_SAMPLER (sampler));

  culvert_sampler_for_each (sampler, culvert_hub_item_update_rates);
  g_signal_emit (sampler, signals[SIGNAL_SAMPLED], 0);
}

static gboolean
culvert_sampler_tick_cb (gpointer user_data)
{
  culvert_sampler_sample (user_data);
  return G_SOURCE_CONTINUE;
}

static void
culvert_sampler_update (CulvertSampler *self)
{
  guint interval_ms = 0;

  if (self->n_holds[CULVERT_SAMPLER_IN_SIGHT] > 0)
    interval_ms = IN_SIGHT_MS;
  else if (self->n_holds[CULVERT_SAMPLER_IN_TRAY] > 0)
    interval_ms = IN_TRAY_MS;
  if (interval_ms == self->interval_ms)
    return;
  g_clear_handle_id (&self->source, g_source_remove);
  /* Rates over the time nobody looked would be nobody's. */
  if (self->interval_ms == 0)
    culvert_sampler_for_each (self, culvert_hub_item_update_rates);
  self->interval_ms = interval_ms;
  if (interval_ms == 0)
    culvert_sampler_for_each (self, culvert_hub_item_clear_rates);
  else
    self->source = g_timeout_add_seconds (interval_ms / 1000, culvert_sampler_tick_cb, self);
}

void
culvert_sampler_hold (CulvertSampler *sampler, CulvertSamplerPace pace)
{
  g_return_if_fail (CULVERT_IS_SAMPLER (sampler));
  g_return_if_fail (pace < CULVERT_SAMPLER_N_PACES);

  sampler->n_holds[pace]++;
  culvert_sampler_update (sampler);
}

void
culvert_sampler_release (CulvertSampler *sampler, CulvertSamplerPace pace)
{
  g_return_if_fail (CULVERT_IS_SAMPLER (sampler));
  g_return_if_fail (pace < CULVERT_SAMPLER_N_PACES && sampler->n_holds[pace] > 0);

  sampler->n_holds[pace]--;
  culvert_sampler_update (sampler);
}

guint
culvert_sampler_get_interval_ms (CulvertSampler *sampler)
{
  g_return_val_if_fail (CULVERT_IS_SAMPLER (sampler), 0);

  return sampler->interval_ms;
}
