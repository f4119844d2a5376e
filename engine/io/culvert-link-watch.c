/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Whether the peer of a link is there, and what follows from it. */

#include "config.h"

#include "culvert-address-private.h"
#include "culvert-link-private.h"
#include "culvert-slot-private.h"

/* Client: heartbeats of the peer may be that much late. Those of a peer with a longer period are
 * only asked for earlier. */
#define CULVERT_LINK_SILENCE (2 * CULVERT_SEC)
#define CULVERT_LINK_UNACKED (3 * CULVERT_SEC)
/* Server: as long as the peer may be silent, WIRE.md 8.6. */
#define CULVERT_LINK_SERVER_SILENCE (30 * CULVERT_SEC)
/* Woken so late the process was stopped, and whoever spoke to it meanwhile was not answered. */
#define CULVERT_LINK_LATE (3 * CULVERT_SEC)
/* After such a pause the peer has given the session up. */
#define CULVERT_LINK_LOST (30 * CULVERT_SEC)
/* A loss that no congestion of our making explains, and a round trip that tells of a queue of
 * others. */
#define CULVERT_LINK_LOSS_PPM 100000
#define CULVERT_LINK_RTT_FACTOR 4
#define CULVERT_LINK_RTT_MORE (200 * CULVERT_MSEC)

void
culvert_link_watch_init (CulvertLink *link, CulvertTime now)
{
  const CulvertPlan *plan = link->config.part->plan;
  CulvertLivenessLimits limits = { .silence = CULVERT_LINK_SERVER_SILENCE };

  if (plan->is_client)
    {
      limits.verifies = true;
      limits.silence = plan->smux.keepalive + CULVERT_LINK_SILENCE;
      limits.unacked = CULVERT_LINK_UNACKED;
      limits.pace = link->config.probe_pace;
    }
  culvert_liveness_init (&link->liveness, &limits, now);
}

/* -- throughput ------------------------------------------------------------------------ */

static void
culvert_link_watch_goodput (CulvertLink *link, CulvertTime now)
{
  CulvertKcp *kcp = culvert_session_kcp (link->session);
  CulvertCollapseSample up;
  CulvertCollapseSample down;
  CulvertKcpState state;
  CulvertKcpPath path;

  culvert_kcp_get_state (kcp, &state);
  culvert_kcp_get_path (kcp, &path);
  up.total = culvert_counter_get (&link->counters->payload_sent);
  up.wants = state.n_snd_queue + state.n_snd_buf > 0;
  up.suffers = path.loss_ppm >= CULVERT_LINK_LOSS_PPM
               || (path.min_rtt > 0
                   && culvert_kcp_srtt_us (kcp) > CULVERT_LINK_RTT_FACTOR * path.min_rtt
                                                  + CULVERT_LINK_RTT_MORE);
  /* What the peer has to send is not known, but holes in what it sends are. */
  down.total = culvert_counter_get (&link->counters->payload_received);
  down.wants = state.n_rcv_buf > 0;
  down.suffers = down.wants;
  if (culvert_collapse_sample (&link->collapse, &up, &down, now) && link->config.slot != NULL)
    culvert_slot_renew_for (link->config.slot, link, CULVERT_RENEW_COLLAPSE, now);
}

/* -- answers --------------------------------------------------------------------------- */

/* The first packet of the peer. */
static void
culvert_link_meet (CulvertLink *link, CulvertTime now)
{
  CulvertSlot *slot = link->config.slot;

  link->heard_at = now;
  link->is_unproven = slot != NULL && culvert_slot_is_rejected (slot);
  if (!link->is_unproven)
    culvert_link_report (link, CULVERT_REPORT_SESSION_HEARD, 0);
  if (slot != NULL)
    culvert_slot_verified (slot, link, now);
}

/* The first word of a peer that did not understand us before. */
static void
culvert_link_prove (CulvertLink *link)
{
  link->is_unproven = false;
  culvert_link_report (link, CULVERT_REPORT_SESSION_HEARD, 0);
  if (link->config.slot != NULL)
    link->config.slot->n_rejections = 0;
}

static void
culvert_link_set_doubtful (CulvertLink *link, bool is_doubtful, CulvertTime now)
{
  if (link->is_doubtful == is_doubtful)
    return;
  link->is_doubtful = is_doubtful;
  if (!link->is_unproven)
    culvert_link_report (link, is_doubtful ? CULVERT_REPORT_SESSION_STALLED
                                           : CULVERT_REPORT_SESSION_HEARD, 0);
  if (link->config.slot != NULL)
    culvert_slot_doubted (link->config.slot, link, now);
}

bool
culvert_link_watch (CulvertLink *link, CulvertTime now)
{
  if (G_UNLIKELY (link->heard_at == 0) && culvert_session_vitals (link->session)->agreed_at != 0)
    culvert_link_meet (link, now);
  if (link->is_unproven && link->is_met && link->error > CULVERT_E_FATAL)
    culvert_link_prove (link);
  if (link->config.slot != NULL && culvert_collapse_is_due (&link->collapse, now))
    culvert_link_watch_goodput (link, now);
  switch (culvert_liveness_check (&link->liveness, link->session, now))
    {
    case CULVERT_VITAL_GOOD:
      culvert_link_set_doubtful (link, false, now);
      break;
    case CULVERT_VITAL_DOUBTFUL:
      culvert_link_set_doubtful (link, true, now);
      break;
    case CULVERT_VITAL_DEAD:
      culvert_link_die (link, CULVERT_CLOSE_DEAD);
      return false;
    case CULVERT_VITAL_FORGOTTEN:
      culvert_link_die (link, CULVERT_CLOSE_FORGOTTEN);
      return false;
    }
  return true;
}

/* -- reasons to doubt ------------------------------------------------------------------- */

void
culvert_link_suspect (CulvertLink *link, CulvertTime now)
{
  culvert_liveness_suspect (&link->liveness, link->session, now);
  culvert_link_touch (link);
}

void
culvert_link_hurry (CulvertLink *link, CulvertTime pace, CulvertTime now)
{
  link->liveness.limits.pace = MIN (link->liveness.limits.pace, pace);
  culvert_link_suspect (link, now);
}

/* The peer is thought to be out of reach: connections wait, another session is opened. */
static void
culvert_link_distrust (CulvertLink *link, CulvertRenewReason reason, CulvertTime now)
{
  if (link->heard_at == 0)
    return;
  if (link->config.slot != NULL)
    culvert_slot_renew_for (link->config.slot, link, reason, now);
  culvert_liveness_distrust (&link->liveness, link->session, now);
  culvert_link_set_doubtful (link, true, now);
  culvert_link_touch (link);
}

void
culvert_link_wake_late (CulvertLink *link, CulvertTime late, CulvertTime now)
{
  if (late >= CULVERT_LINK_LOST)
    culvert_link_distrust (link, CULVERT_RENEW_PAUSE, now);
  else
    culvert_link_suspect (link, now);
}

void
culvert_link_watch_clock (CulvertLink *link, CulvertTime now)
{
  CulvertTime late = now - link->armed_at;

  if (late < CULVERT_LINK_LATE || !link->config.part->plan->is_client)
    return;
  link->armed_at = CULVERT_TIME_NEVER;
  culvert_link_wake_late (link, late, now);
}

/* What the kernel would send to the peer now leaves from another address: this machine moved. False
 * as well when there is no way to the peer at all: it may come back. */
static bool
culvert_link_has_moved (const CulvertLink *link)
{
  static const CulvertUdpOptions options = { .no_gso = true };
  CulvertAddress ours;
  CulvertAddress now;
  CulvertUdp *udp;
  int error;

  if (!culvert_carrier_local (link->config.port->carrier, &ours))
    return false;
  udp = culvert_udp_connect (&link->config.peer, &options, &error);
  if (udp == NULL)
    return false;
  culvert_udp_local (udp, &now);
  culvert_udp_free (udp);
  culvert_address_unmap (&ours);
  culvert_address_unmap (&now);
  return now.len > 0 && !culvert_address_same_host (&ours, &now);
}

void
culvert_link_check_route (CulvertLink *link, CulvertTime now)
{
  if (culvert_link_has_moved (link))
    culvert_link_distrust (link, CULVERT_RENEW_MOVED, now);
  else if (link->heard_at != 0)
    culvert_link_suspect (link, now);
}

void
culvert_link_failed_cb (void *owner, int error)
{
  CulvertLink *link = owner;

  /* One look per round of probes: each of them may fail the same way. */
  if (link->heard_at != 0 && link->liveness.round_at == 0)
    culvert_link_check_route (link, culvert_part_now (link->config.part));
}
