/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-draft.h"

#include <string.h>

struct _CulvertDraft
{
  GObject parent_instance;

  CulvertHub *hub;
  CulvertHubItem *item;
  CulvertProfile *base;    /* the profile as it was when last looked at */
  CulvertProfile *profile; /* the copy */
  GPtrArray *conflicts;    /* of char *, NULL-terminated */
  char *errors[CULVERT_N_SETTINGS];
  gboolean is_moving;      /* we change the copy or the profile ourselves */
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CulvertDraft, culvert_draft, G_TYPE_OBJECT)

/* -- errors -------------------------------------------------------------------------------- */

static void
culvert_draft_clear_errors (CulvertDraft *self)
{
  for (guint i = 0; i < CULVERT_N_SETTINGS; i++)
    g_clear_pointer (&self->errors[i], g_free);
}

/* "mtu: 20 is not allowed" is about mtu, "datashard and parityshard: …" about two. Takes the
 * settings out of the copy, so that the next error can be seen; FALSE when that is no use. */
static gboolean
culvert_draft_note_error (CulvertDraft *self, CulvertProfile *copy, const char *message)
{
  const char *colon = strstr (message, ": ");
  g_autofree char *names = colon != NULL ? g_strndup (message, colon - message) : NULL;
  g_auto (GStrv) keys = names != NULL ? g_strsplit (names, " and ", -1) : NULL;
  gboolean is_found = FALSE;

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      const CulvertSetting *setting =
          culvert_settings_find_key (culvert_profile_get_role (copy), keys[i]);

      if (setting == NULL || self->errors[setting->id] != NULL)
        continue;
      self->errors[setting->id] = g_strdup (colon + 2);
      if (setting->id == CULVERT_SETTING_KEY || !culvert_profile_is_given (copy, setting->id))
        continue;
      culvert_profile_set_setting (copy, setting->id, NULL);
      is_found = TRUE;
    }
  return is_found;
}

/* The key of a file is read when the tunnel starts; until then any will do. */
static void
culvert_draft_find_errors (CulvertDraft *self)
{
  g_autoptr (CulvertProfile) copy = culvert_profile_dup (self->profile);
  gboolean is_found = TRUE;

  culvert_draft_clear_errors (self);
  if (culvert_profile_peek_key (copy) == NULL)
    culvert_profile_set_key (copy, "unknown here");
  while (is_found)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CulvertConfig) config = culvert_profile_new_config (copy, &error);

      is_found = config == NULL && culvert_draft_note_error (self, copy, error->message);
    }
}

/* -- changes ------------------------------------------------------------------------------- */

static void
culvert_draft_emit (CulvertDraft *self)
{
  culvert_draft_find_errors (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
culvert_draft_edited_cb (CulvertProfile *profile, CulvertDraft *self)
{
  if (!self->is_moving)
    culvert_draft_emit (self);
}

static void
culvert_draft_clear_conflicts (CulvertDraft *self)
{
  g_ptr_array_set_size (self->conflicts, 0);
  g_ptr_array_add (self->conflicts, NULL);
}

static void
culvert_draft_add_conflict (CulvertDraft *self, const char *key)
{
  if (g_strv_contains ((const char *const *) self->conflicts->pdata, key))
    return;
  g_ptr_array_insert (self->conflicts, self->conflicts->len - 1, g_strdup (key));
}

static gboolean
culvert_draft_values_equal (GVariant *a, GVariant *b)
{
  return a == b || (a != NULL && b != NULL && g_variant_equal (a, b));
}

/* Mine on top of theirs, for one key of the settings; values may be NULL. */
static void
culvert_draft_merge_key (CulvertDraft *self,
                         GVariantDict *merged,
                         const char *key,
                         GVariant *mine)
{
  GVariant *before = culvert_profile_peek_settings (self->base);
  GVariant *after = culvert_profile_peek_settings (culvert_hub_item_get_profile (self->item));
  g_autoptr (GVariant) old = g_variant_lookup_value (before, key, NULL);
  g_autoptr (GVariant) theirs = g_variant_lookup_value (after, key, NULL);

  if (culvert_draft_values_equal (mine, old) || culvert_draft_values_equal (mine, theirs))
    return;
  if (!culvert_draft_values_equal (old, theirs))
    culvert_draft_add_conflict (self, key);
  if (mine != NULL)
    g_variant_dict_insert_value (merged, key, mine);
  else
    (void) g_variant_dict_remove (merged, key);
}

static GVariant *
culvert_draft_merge_settings (CulvertDraft *self)
{
  GVariant *mine = culvert_profile_peek_settings (self->profile);
  GVariantDict merged;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_dict_init (&merged, culvert_profile_peek_settings (
                                    culvert_hub_item_get_profile (self->item)));
  g_variant_iter_init (&iter, mine);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    culvert_draft_merge_key (self, &merged, key, value);
  g_variant_iter_init (&iter, culvert_profile_peek_settings (self->base));
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) own = g_variant_lookup_value (mine, key, NULL);

      if (own == NULL)
        culvert_draft_merge_key (self, &merged, key, NULL);
    }
  return g_variant_dict_end (&merged);
}

/* Properties that are not among the settings. */
static const char *const fields[] = { "name", "role", "autostart", "key-store" };

static gboolean
culvert_draft_field_equal (CulvertProfile *a, CulvertProfile *b, const char *field)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (a), field);
  g_auto (GValue) of_a = G_VALUE_INIT;
  g_auto (GValue) of_b = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (a), field, &of_a);
  g_object_get_property (G_OBJECT (b), field, &of_b);
  return g_param_values_cmp (pspec, &of_a, &of_b) == 0;
}

static void
culvert_draft_copy_field (CulvertProfile *from, CulvertProfile *to, const char *field)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (from), field, &value);
  g_object_set_property (G_OBJECT (to), field, &value);
}

static void
culvert_draft_merge_fields (CulvertDraft *self, CulvertProfile *merged)
{
  CulvertProfile *saved = culvert_hub_item_get_profile (self->item);

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      if (culvert_draft_field_equal (self->profile, self->base, fields[i])
          || culvert_draft_field_equal (self->profile, saved, fields[i]))
        continue;
      if (!culvert_draft_field_equal (self->base, saved, fields[i]))
        culvert_draft_add_conflict (self, fields[i]);
      culvert_draft_copy_field (self->profile, merged, fields[i]);
    }
}

static void
culvert_draft_merge_secret (CulvertDraft *self, CulvertProfile *merged)
{
  const char *key = culvert_settings (NULL)[CULVERT_SETTING_KEY].key;
  const char *mine = culvert_profile_peek_key (self->profile);
  const char *old = culvert_profile_peek_key (self->base);
  const char *theirs = culvert_profile_peek_key (culvert_hub_item_get_profile (self->item));

  if (g_strcmp0 (mine, old) == 0 || g_strcmp0 (mine, theirs) == 0)
    return;
  /* A key that went into the keyring is the same key. */
  if (g_strcmp0 (old, theirs) != 0 && theirs != NULL)
    culvert_draft_add_conflict (self, key);
  culvert_profile_set_key (merged, mine);
}

/* From now on the profile as it is now is what was looked at. */
static void
culvert_draft_rebase (CulvertDraft *self, CulvertProfile *copy)
{
  g_autoptr (CulvertProfile) base =
      culvert_profile_dup (culvert_hub_item_get_profile (self->item));

  g_set_object (&self->base, base);
  self->is_moving = TRUE;
  culvert_profile_assign (self->profile, copy);
  self->is_moving = FALSE;
  culvert_draft_emit (self);
}

static void
culvert_draft_saved_cb (CulvertProfile *saved, CulvertDraft *self)
{
  g_autoptr (CulvertProfile) merged = NULL;

  if (self->is_moving)
    return;
  merged = culvert_profile_dup (saved);
  culvert_profile_set_settings (merged, culvert_draft_merge_settings (self));
  culvert_draft_merge_fields (self, merged);
  culvert_draft_merge_secret (self, merged);
  culvert_draft_rebase (self, merged);
}

/* -- GObject -------------------------------------------------------------------------------- */

static void
culvert_draft_finalize (GObject *object)
{
  CulvertDraft *self = (CulvertDraft *) object;

  culvert_draft_clear_errors (self);
  g_clear_pointer (&self->conflicts, g_ptr_array_unref);
  g_clear_object (&self->base);
  g_clear_object (&self->profile);
  g_clear_object (&self->item);
  g_clear_object (&self->hub);
  G_OBJECT_CLASS (culvert_draft_parent_class)->finalize (object);
}

static void
culvert_draft_class_init (CulvertDraftClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = culvert_draft_finalize;

  signals[SIGNAL_CHANGED] = g_signal_new ("changed", CULVERT_TYPE_DRAFT, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
culvert_draft_init (CulvertDraft *self)
{
  self->conflicts = g_ptr_array_new_with_free_func (g_free);
  culvert_draft_clear_conflicts (self);
}

CulvertDraft *
culvert_draft_new (CulvertHub *hub, CulvertHubItem *item)
{
  CulvertDraft *self;
  CulvertProfile *saved;

  g_return_val_if_fail (CULVERT_IS_HUB (hub), NULL);
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  self = g_object_new (CULVERT_TYPE_DRAFT, NULL);
  saved = culvert_hub_item_get_profile (item);
  self->hub = g_object_ref (hub);
  self->item = g_object_ref (item);
  self->base = culvert_profile_dup (saved);
  self->profile = culvert_profile_dup (saved);
  culvert_draft_find_errors (self);
  g_signal_connect_object (saved, "changed", G_CALLBACK (culvert_draft_saved_cb), self, 0);
  g_signal_connect_object (self->profile, "changed", G_CALLBACK (culvert_draft_edited_cb), self,
                           0);
  return self;
}

/* -- face ------------------------------------------------------------------------------------ */

CulvertProfile *
culvert_draft_get_profile (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);

  return draft->profile;
}

CulvertProfile *
culvert_draft_get_saved (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);

  return draft->base;
}

CulvertHubItem *
culvert_draft_get_item (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);

  return draft->item;
}

CulvertHub *
culvert_draft_get_hub (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);

  return draft->hub;
}

gboolean
culvert_draft_is_edited (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), FALSE);

  return !culvert_profile_equal (draft->profile, draft->base);
}

const char *
culvert_draft_get_error (CulvertDraft *draft, CulvertSettingId id)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, NULL);

  return draft->errors[id];
}

const char *const *
culvert_draft_get_conflicts (CulvertDraft *draft)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), NULL);

  return (const char *const *) draft->conflicts->pdata;
}

static void
culvert_draft_take_saved (CulvertDraft *self, const char *key)
{
  GVariantDict dict;
  g_autoptr (GVariant) value = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_equal (key, fields[i]))
      {
        culvert_draft_copy_field (self->base, self->profile, key);
        return;
      }
  if (g_str_equal (key, culvert_settings (NULL)[CULVERT_SETTING_KEY].key))
    {
      culvert_profile_set_key (self->profile, culvert_profile_peek_key (self->base));
      return;
    }
  value = g_variant_lookup_value (culvert_profile_peek_settings (self->base), key, NULL);
  g_variant_dict_init (&dict, culvert_profile_peek_settings (self->profile));
  if (value != NULL)
    g_variant_dict_insert_value (&dict, key, value);
  else
    (void) g_variant_dict_remove (&dict, key);
  culvert_profile_set_settings (self->profile, g_variant_dict_end (&dict));
}

void
culvert_draft_resolve (CulvertDraft *draft, gboolean take_saved)
{
  g_return_if_fail (CULVERT_IS_DRAFT (draft));

  draft->is_moving = TRUE;
  for (guint i = 0; take_saved && draft->conflicts->pdata[i] != NULL; i++)
    culvert_draft_take_saved (draft, draft->conflicts->pdata[i]);
  draft->is_moving = FALSE;
  culvert_draft_clear_conflicts (draft);
  culvert_draft_emit (draft);
}

gboolean
culvert_draft_preview (CulvertDraft *draft,
                       CulvertApplyEffect *out_effect,
                       guint *out_n_streams,
                       GError **error)
{
  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), FALSE);

  return culvert_hub_preview (draft->hub, draft->item, draft->profile, out_effect, out_n_streams,
                              error);
}

gboolean
culvert_draft_apply (CulvertDraft *draft, GError **error)
{
  gboolean ok;

  g_return_val_if_fail (CULVERT_IS_DRAFT (draft), FALSE);

  draft->is_moving = TRUE;
  ok = culvert_hub_apply (draft->hub, draft->item, draft->profile, error);
  draft->is_moving = FALSE;
  if (ok)
    culvert_draft_discard (draft);
  return ok;
}

void
culvert_draft_discard (CulvertDraft *draft)
{
  g_return_if_fail (CULVERT_IS_DRAFT (draft));

  culvert_draft_clear_conflicts (draft);
  culvert_draft_rebase (draft, culvert_hub_item_get_profile (draft->item));
}
