/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-hub-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

enum
{
  PROP_0,
  PROP_PROFILE,
  PROP_TUNNEL,
  PROP_STATE,
  PROP_PHASE,
  PROP_STATE_TEXT,
  PROP_REASON,
  PROP_IS_WANTED,
  PROP_SINCE,
  PROP_RATE_DOWN,
  PROP_RATE_UP,
  PROP_LAST_ERROR,
  PROP_NEEDS_RESTART,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CulvertHubItem, culvert_hub_item, G_TYPE_OBJECT)
G_DEFINE_ENUM_TYPE (CulvertPhase,
                    culvert_phase,
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_OFF, "off"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_STARTING, "starting"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_UP, "up"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_TROUBLE, "trouble"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_STOPPING, "stopping"),
                    G_DEFINE_ENUM_VALUE (CULVERT_PHASE_FAILED, "failed"))

/* -- phases ------------------------------------------------------------------------- */

const char *
culvert_phase_to_string (CulvertPhase phase)
{
  switch (phase)
    {
    case CULVERT_PHASE_OFF:
      return "off";
    case CULVERT_PHASE_STARTING:
      return "starting";
    case CULVERT_PHASE_WAITING:
      return "waiting";
    case CULVERT_PHASE_UP:
      return "up";
    case CULVERT_PHASE_TROUBLE:
      return "trouble";
    case CULVERT_PHASE_STOPPING:
      return "stopping";
    case CULVERT_PHASE_FAILED:
      return "failed";
    }
  g_return_val_if_reached ("");
}

CulvertPhase
culvert_phase_from_state (CulvertTunnelState state)
{
  switch (state)
    {
    case CULVERT_TUNNEL_OFF:
      return CULVERT_PHASE_OFF;
    case CULVERT_TUNNEL_STARTING:
      return CULVERT_PHASE_STARTING;
    case CULVERT_TUNNEL_WAITING_FOR_NETWORK:
    case CULVERT_TUNNEL_VERIFYING:
      return CULVERT_PHASE_WAITING;
    case CULVERT_TUNNEL_CONNECTED:
      return CULVERT_PHASE_UP;
    case CULVERT_TUNNEL_DEGRADED:
      return CULVERT_PHASE_TROUBLE;
    case CULVERT_TUNNEL_STOPPING:
      return CULVERT_PHASE_STOPPING;
    case CULVERT_TUNNEL_FAILED:
      return CULVERT_PHASE_FAILED;
    }
  g_return_val_if_reached (CULVERT_PHASE_OFF);
}

const char *
culvert_phase_get_text (CulvertPhase phase, CulvertRole role)
{
  switch (phase)
    {
    case CULVERT_PHASE_OFF:
      return _("Off");
    case CULVERT_PHASE_STARTING:
      return _("Starting…");
    case CULVERT_PHASE_WAITING:
      return role == CULVERT_ROLE_SERVER ? _("Listening, nobody here yet")
                                         : _("Ready, server not heard yet");
    case CULVERT_PHASE_UP:
      return _("Connected");
    case CULVERT_PHASE_TROUBLE:
      return _("Interrupted, reconnecting");
    case CULVERT_PHASE_STOPPING:
      return _("Closing…");
    case CULVERT_PHASE_FAILED:
      return _("Failed");
    }
  g_return_val_if_reached ("");
}

/* What culvert_tunnel_reason_to_string says in English, for people. "": the phase says it. */
static const char *
culvert_hub_item_reason_text (CulvertTunnelReason reason)
{
  switch (reason)
    {
    case CULVERT_REASON_NONE:
    case CULVERT_REASON_NOBODY:
      return "";
    case CULVERT_REASON_NO_NETWORK:
      return _("There is no route to the other end");
    case CULVERT_REASON_NO_ANSWER:
      return _("No answer: the server is down, packets are dropped on the way, or the key or the "
               "cipher differs");
    case CULVERT_REASON_STALLED:
      return _("The other end has stopped answering");
    case CULVERT_REASON_UNRESOLVED:
      return _("The name of the server has no address");
    case CULVERT_REASON_UNREACHABLE:
      return _("The network says that the other end cannot be reached");
    case CULVERT_REASON_KEY:
      return _("Packets fail their check: the key or the cipher differs");
    case CULVERT_REASON_PROTOCOL:
      return _("The stream protocol, the compression or QPP differs");
    case CULVERT_REASON_LARGE_PACKETS:
      return _("The path drops large packets");
    case CULVERT_REASON_RESOURCES:
      return _("Out of file descriptors or memory");
    }
  g_return_val_if_reached ("");
}

/* The reason and, where it has one, its detail: names and addresses. (transfer full) */
static char *
culvert_hub_item_dup_trouble (CulvertTunnel *tunnel)
{
  CulvertTunnelReason reason = culvert_tunnel_get_reason (tunnel);
  const char *english = culvert_tunnel_reason_to_string (reason);
  const char *text = culvert_hub_item_reason_text (reason);
  g_autofree char *whole = culvert_tunnel_dup_state_reason (tunnel);

  if (text[0] == '\0' || whole == NULL || !g_str_has_prefix (whole, english))
    return g_strdup (text);
  return g_strconcat (text, whole + strlen (english), NULL);
}

/* -- GObject ------------------------------------------------------------------------ */

/* Why a tunnel is in its state. (transfer full) */
static char *
culvert_hub_item_dup_reason (CulvertHubItem *self)
{
  char *reason = NULL;

  if (self->phase == CULVERT_PHASE_FAILED)
    reason = g_strdup (self->last_error);
  else if (self->tunnel != NULL && self->phase != CULVERT_PHASE_OFF)
    reason = culvert_hub_item_dup_trouble (self->tunnel);
  return reason != NULL ? reason : g_strdup ("");
}

static void
culvert_hub_item_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  CulvertHubItem *self = (CulvertHubItem *) object;

  switch (prop_id)
    {
    case PROP_PROFILE:
      g_value_set_object (value, self->profile);
      break;
    case PROP_TUNNEL:
      g_value_set_object (value, self->tunnel);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_PHASE:
      g_value_set_enum (value, self->phase);
      break;
    case PROP_STATE_TEXT:
      g_value_set_string (value, culvert_phase_get_text (self->phase,
                                                         culvert_profile_get_role (self->profile)));
      break;
    case PROP_REASON:
      g_value_take_string (value, culvert_hub_item_dup_reason (self));
      break;
    case PROP_IS_WANTED:
      g_value_set_boolean (value, self->is_wanted);
      break;
    case PROP_SINCE:
      g_value_set_int64 (value, self->since);
      break;
    case PROP_RATE_DOWN:
      g_value_set_double (value, self->rate_down);
      break;
    case PROP_RATE_UP:
      g_value_set_double (value, self->rate_up);
      break;
    case PROP_LAST_ERROR:
      g_value_set_string (value, self->last_error);
      break;
    case PROP_NEEDS_RESTART:
      g_value_set_boolean (value, self->needs_restart);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
culvert_hub_item_dispose (GObject *object)
{
  CulvertHubItem *self = (CulvertHubItem *) object;

  g_clear_object (&self->tunnel);
  g_clear_object (&self->cancellable);
  g_ptr_array_set_size (self->waiting, 0);
  G_OBJECT_CLASS (culvert_hub_item_parent_class)->dispose (object);
}

static void
culvert_hub_item_finalize (GObject *object)
{
  CulvertHubItem *self = (CulvertHubItem *) object;

  g_clear_object (&self->profile);
  g_clear_object (&self->log);
  g_ptr_array_unref (self->waiting);
  g_clear_pointer (&self->check, culvert_check_result_free);
  g_free (self->last_error);
  G_OBJECT_CLASS (culvert_hub_item_parent_class)->finalize (object);
}

static void
culvert_hub_item_class_init (CulvertHubItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = culvert_hub_item_get_property;
  object_class->dispose = culvert_hub_item_dispose;
  object_class->finalize = culvert_hub_item_finalize;

  properties[PROP_PROFILE] =
      g_param_spec_object ("profile", NULL, NULL, CULVERT_TYPE_PROFILE, flags);
  properties[PROP_TUNNEL] = g_param_spec_object ("tunnel", NULL, NULL, CULVERT_TYPE_TUNNEL, flags);
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, CULVERT_TYPE_TUNNEL_STATE,
                                              CULVERT_TUNNEL_OFF, flags);
  properties[PROP_PHASE] =
      g_param_spec_enum ("phase", NULL, NULL, CULVERT_TYPE_PHASE, CULVERT_PHASE_OFF, flags);
  properties[PROP_STATE_TEXT] = g_param_spec_string ("state-text", NULL, NULL, "", flags);
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, "", flags);
  properties[PROP_IS_WANTED] = g_param_spec_boolean ("is-wanted", NULL, NULL, FALSE, flags);
  properties[PROP_SINCE] = g_param_spec_int64 ("since", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_RATE_DOWN] =
      g_param_spec_double ("rate-down", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  properties[PROP_RATE_UP] = g_param_spec_double ("rate-up", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  properties[PROP_LAST_ERROR] = g_param_spec_string ("last-error", NULL, NULL, NULL, flags);
  properties[PROP_NEEDS_RESTART] =
      g_param_spec_boolean ("needs-restart", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
culvert_hub_item_init (CulvertHubItem *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  self->log = culvert_log_ring_new ();
  self->since = g_get_monotonic_time ();
}

/* -- for the hub ---------------------------------------------------------------------- */

static void
culvert_hub_item_notify (CulvertHubItem *self, guint prop_id)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[prop_id]);
}

CulvertHubItem *
culvert_hub_item_new (CulvertProfile *profile)
{
  CulvertHubItem *self = g_object_new (CULVERT_TYPE_HUB_ITEM, NULL);

  self->profile = g_object_ref (profile);
  return self;
}

void
culvert_hub_item_set_tunnel (CulvertHubItem *item, CulvertTunnel *tunnel)
{
  if (!g_set_object (&item->tunnel, tunnel))
    return;
  item->has_last = FALSE;
  culvert_hub_item_notify (item, PROP_TUNNEL);
}

void
culvert_hub_item_set_wanted (CulvertHubItem *item, gboolean is_wanted)
{
  if (item->is_wanted == is_wanted)
    return;
  item->is_wanted = is_wanted;
  culvert_hub_item_notify (item, PROP_IS_WANTED);
}

void
culvert_hub_item_set_last_error (CulvertHubItem *item, const char *message)
{
  if (g_strcmp0 (item->last_error, message) == 0)
    return;
  g_free (item->last_error);
  item->last_error = g_strdup (message);
  /* It may have failed before there was a tunnel that could say so. */
  if (message != NULL)
    culvert_log_ring_push (item->log, CULVERT_LOG_ERROR, message);
  culvert_hub_item_notify (item, PROP_LAST_ERROR);
  culvert_hub_item_notify (item, PROP_REASON);
}

void
culvert_hub_item_set_needs_restart (CulvertHubItem *item, gboolean needs_restart)
{
  if (item->needs_restart == needs_restart)
    return;
  item->needs_restart = needs_restart;
  culvert_hub_item_notify (item, PROP_NEEDS_RESTART);
}

gboolean
culvert_hub_item_is_running (CulvertHubItem *item)
{
  CulvertTunnelState state;

  if (item->tunnel == NULL)
    return FALSE;
  state = culvert_tunnel_get_state (item->tunnel);
  return state != CULVERT_TUNNEL_OFF && state != CULVERT_TUNNEL_FAILED;
}

/* A start begins before the tunnel does: the keyring is asked first. */
static CulvertPhase
culvert_hub_item_find_phase (CulvertHubItem *self)
{
  if (culvert_hub_item_is_running (self))
    return culvert_phase_from_state (self->state);
  if (self->is_moving && self->is_wanted)
    return CULVERT_PHASE_STARTING;
  return self->last_error != NULL ? CULVERT_PHASE_FAILED : CULVERT_PHASE_OFF;
}

CulvertPhase
culvert_hub_item_update (CulvertHubItem *item)
{
  CulvertPhase before = item->phase;
  CulvertTunnelState state =
      item->tunnel != NULL ? culvert_tunnel_get_state (item->tunnel) : CULVERT_TUNNEL_OFF;

  g_object_freeze_notify (G_OBJECT (item));
  if (item->state != state)
    {
      item->state = state;
      culvert_hub_item_notify (item, PROP_STATE);
    }
  item->phase = culvert_hub_item_find_phase (item);
  if (item->phase != before)
    {
      item->since = g_get_monotonic_time ();
      culvert_hub_item_notify (item, PROP_PHASE);
      culvert_hub_item_notify (item, PROP_STATE_TEXT);
      culvert_hub_item_notify (item, PROP_SINCE);
    }
  culvert_hub_item_notify (item, PROP_REASON);
  g_object_thaw_notify (G_OBJECT (item));
  return before;
}

/* -- face ---------------------------------------------------------------------------- */

CulvertProfile *
culvert_hub_item_get_profile (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  return item->profile;
}

CulvertTunnel *
culvert_hub_item_get_tunnel (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  return item->tunnel;
}

CulvertTunnelState
culvert_hub_item_get_state (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), CULVERT_TUNNEL_OFF);

  return item->state;
}

CulvertPhase
culvert_hub_item_get_phase (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), CULVERT_PHASE_OFF);

  return item->phase;
}

gboolean
culvert_hub_item_is_wanted (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), FALSE);

  return item->is_wanted;
}

gint64
culvert_hub_item_get_since (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), 0);

  return item->since;
}

double
culvert_hub_item_get_rate_down (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), 0);

  return item->rate_down;
}

double
culvert_hub_item_get_rate_up (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), 0);

  return item->rate_up;
}

const char *
culvert_hub_item_get_last_error (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  return item->last_error;
}

CulvertLogRing *
culvert_hub_item_get_log (CulvertHubItem *item)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  return item->log;
}

void
culvert_hub_item_note_check (CulvertHubItem *item, const CulvertCheckResult *result)
{
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item) && result != NULL);

  g_clear_pointer (&item->check, culvert_check_result_free);
  item->check = culvert_check_result_copy (result);
  item->check_time_us = g_get_monotonic_time ();
}

const CulvertCheckResult *
culvert_hub_item_peek_check (CulvertHubItem *item, gint64 *out_time_us)
{
  g_return_val_if_fail (CULVERT_IS_HUB_ITEM (item), NULL);

  if (item->check != NULL)
    *out_time_us = item->check_time_us;
  return item->check;
}

void
culvert_hub_item_sample (CulvertHubItem *item, CulvertStats *out_stats)
{
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  if (item->tunnel != NULL)
    culvert_tunnel_sample (item->tunnel, out_stats);
  else
    {
      memset (out_stats, 0, sizeof *out_stats);
      out_stats->time_us = g_get_monotonic_time ();
    }
}

static void
culvert_hub_item_set_rates (CulvertHubItem *self, double down, double up)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (down != self->rate_down)
    {
      self->rate_down = down;
      culvert_hub_item_notify (self, PROP_RATE_DOWN);
    }
  if (up != self->rate_up)
    {
      self->rate_up = up;
      culvert_hub_item_notify (self, PROP_RATE_UP);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

void
culvert_hub_item_update_rates (CulvertHubItem *item)
{
  CulvertStats stats;
  double down = 0;
  double up = 0;

  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  culvert_hub_item_sample (item, &stats);
  if (item->has_last)
    {
      down = culvert_stats_rate (&item->last, &stats, culvert_stats_field_find ("PayloadReceived"));
      up = culvert_stats_rate (&item->last, &stats, culvert_stats_field_find ("PayloadSent"));
    }
  item->last = stats;
  item->has_last = item->tunnel != NULL;
  culvert_hub_item_set_rates (item, down, up);
}

void
culvert_hub_item_clear_rates (CulvertHubItem *item)
{
  g_return_if_fail (CULVERT_IS_HUB_ITEM (item));

  item->has_last = FALSE;
  culvert_hub_item_set_rates (item, 0, 0);
}
