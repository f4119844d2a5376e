/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertHubItem: a profile and the tunnel that runs it; one line of every list.
 *
 * Properties (read-only, all notified): profile; tunnel (nullable while it was never connected);
 * state (CULVERT_TYPE_TUNNEL_STATE), phase (CULVERT_TYPE_PHASE), state-text (translated words),
 * reason (why it is in this state, may be empty); is-wanted (the switch: the person wants it
 * connected); since (gint64, monotonic microseconds of the last change of phase); rate-down,
 * rate-up (double, payload bytes per second; 0 while nobody looks, see CulvertSampler);
 * last-error (string, nullable); needs-restart (saved settings differ from those running, and
 * cannot be changed in flight). */
#pragma once

#include "culvert-log-ring.h"
#include "culvert-profile.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_HUB_ITEM (culvert_hub_item_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertHubItem,
                                        culvert_hub_item,
                                        CULVERT,
                                        HUB_ITEM,
                                        GObject)

/* The state of a tunnel as far as colours, icons and switches care. */
typedef enum
{
  CULVERT_PHASE_OFF,
  CULVERT_PHASE_STARTING, /* resolving, binding, asking the keyring */
  CULVERT_PHASE_WAITING,  /* ready, the peer was not heard yet */
  CULVERT_PHASE_UP,       /* the peer answers */
  CULVERT_PHASE_TROUBLE,  /* was up; it heals or waits */
  CULVERT_PHASE_STOPPING,
  CULVERT_PHASE_FAILED,   /* could not start; last-error tells why */
} CulvertPhase;

#define CULVERT_TYPE_PHASE (culvert_phase_get_type ())
CULVERT_AVAILABLE GType culvert_phase_get_type (void);
/* Stable word: "off", "starting", "waiting", "up", "trouble", "stopping", "failed"; also the
 * style class. */
CULVERT_AVAILABLE const char *culvert_phase_to_string (CulvertPhase phase);
/* The one place that knows the engine's states. */
CULVERT_AVAILABLE CulvertPhase culvert_phase_from_state (CulvertTunnelState state);
/* Words for people, translated. */
CULVERT_AVAILABLE const char *culvert_phase_get_text (CulvertPhase phase, CulvertRole role);

CULVERT_AVAILABLE CulvertProfile *culvert_hub_item_get_profile (CulvertHubItem *item);
/* (nullable) (transfer none) */
CULVERT_AVAILABLE CulvertTunnel *culvert_hub_item_get_tunnel (CulvertHubItem *item);
CULVERT_AVAILABLE CulvertTunnelState culvert_hub_item_get_state (CulvertHubItem *item);
CULVERT_AVAILABLE CulvertPhase culvert_hub_item_get_phase (CulvertHubItem *item);
CULVERT_AVAILABLE gboolean culvert_hub_item_is_wanted (CulvertHubItem *item);
CULVERT_AVAILABLE gint64 culvert_hub_item_get_since (CulvertHubItem *item);
CULVERT_AVAILABLE double culvert_hub_item_get_rate_down (CulvertHubItem *item);
CULVERT_AVAILABLE double culvert_hub_item_get_rate_up (CulvertHubItem *item);
CULVERT_AVAILABLE const char *culvert_hub_item_get_last_error (CulvertHubItem *item);
/* What happened since the start of the process (transfer none). */
CULVERT_AVAILABLE CulvertLogRing *culvert_hub_item_get_log (CulvertHubItem *item);
/* Keeps a copy of the result of a check of this profile. */
CULVERT_AVAILABLE void culvert_hub_item_note_check (CulvertHubItem *item,
                                                    const CulvertCheckResult *result);
/* The last one since the program started, and its monotonic µs; NULL: there was none. */
CULVERT_AVAILABLE const CulvertCheckResult *culvert_hub_item_peek_check (CulvertHubItem *item,
                                                                         gint64 *out_time_us);
/* Zeros while there is no tunnel. */
CULVERT_AVAILABLE void culvert_hub_item_sample (CulvertHubItem *item, CulvertStats *out_stats);
/* Measures the rates against the sample before; for the sampler. */
CULVERT_AVAILABLE void culvert_hub_item_update_rates (CulvertHubItem *item);
CULVERT_AVAILABLE void culvert_hub_item_clear_rates (CulvertHubItem *item);

G_END_DECLS
