/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The size of a link's packets: what a session begins with, what is remembered of its search, and
 * what happens when not even the smallest size it knows of arrives. */

#include "config.h"

#include "culvert-link-private.h"

/* Passes nearly everywhere: below the 1280 bytes that every IPv6 link carries. */
#define CULVERT_LINK_MTU_BASE 1200
/* What the peer sends has a gap for so long although it is heard. */
#define CULVERT_LINK_GAP (3 * CULVERT_SEC)

/* When a size does not pass, the next session begins with one of these. */
static const unsigned culvert_link_sizes[] = { 1000, 800, 600, 400 };

void
culvert_link_size_plan (CulvertLink *link, CulvertSessionConfig *config, CulvertTime now)
{
  CulvertPart *part = link->config.part;
  const CulvertPath *path = culvert_paths_find (&part->paths, &link->config.local,
                                                &link->config.peer, now);

  config->mtu = part->plan->mtu;
  config->mtu_passes = path != NULL ? path->passes : CULVERT_LINK_MTU_BASE;
  config->mtu_fails = path != NULL ? path->fails : 0;
  link->mtu = MIN (config->mtu, config->mtu_passes);
  link->mtu_fails = config->mtu_fails;
}

static void
culvert_link_note_size (CulvertLink *link, unsigned passes, unsigned fails, CulvertTime now)
{
  CulvertPath path = {
    .local = link->config.local,
    .peer = link->config.peer,
    .passes = passes,
    .fails = fails,
  };

  CulvertReport *report =
      culvert_part_report_new (link->config.part, CULVERT_REPORT_PATH_LEARNED);

  culvert_paths_note (&link->config.part->paths, &path, now);
  report->path = path;
  culvert_part_report_send (link->config.part, report);
}

/* The search has ended with something new. */
static void
culvert_link_watch_search (CulvertLink *link, CulvertTime now)
{
  CulvertSessionMtu mtu;
  bool is_news;

  culvert_session_get_mtu (link->session, &mtu);
  if (!mtu.is_settled || (mtu.passes == link->mtu && mtu.fails == link->mtu_fails))
    return;
  is_news = mtu.fails != 0 || link->mtu_fails != 0;
  link->mtu = mtu.passes;
  link->mtu_fails = mtu.fails;
  if (!is_news)
    return;
  /* A path that passes everything is asked again each time: that costs a packet. */
  culvert_link_note_size (link, mtu.fails != 0 ? mtu.passes : MIN (mtu.passes,
                                                                   CULVERT_LINK_MTU_BASE),
                          mtu.fails, now);
  culvert_link_report (link, CULVERT_REPORT_SESSION_SIZE, (int) mtu.passes);
}

/* Only the peer could make its packets smaller. */
static void
culvert_link_watch_gap (CulvertLink *link, CulvertTime now)
{
  CulvertKcpState state;

  culvert_kcp_get_state (culvert_session_kcp (link->session), &state);
  if (state.n_rcv_buf == 0 || state.rcv_nxt != link->gap_sn || link->gap_at == 0)
    {
      link->gap_sn = state.rcv_nxt;
      link->gap_at = state.n_rcv_buf > 0 ? now : 0;
      return;
    }
  if (link->is_gap_told || now - link->gap_at < CULVERT_LINK_GAP
      || culvert_session_last_heard (link->session) < link->gap_at + CULVERT_LINK_GAP / 2)
    return;
  link->is_gap_told = true;
  culvert_link_report (link, CULVERT_REPORT_SESSION_GAP, 0);
}

bool
culvert_link_watch_size (CulvertLink *link, CulvertTime now)
{
  CulvertSessionMtu mtu;

  culvert_link_watch_search (link, now);
  culvert_link_watch_gap (link, now);
  if (!culvert_session_is_size_stuck (link->session, now))
    return true;
  culvert_session_get_mtu (link->session, &mtu);
  for (unsigned i = 0; i < G_N_ELEMENTS (culvert_link_sizes); i++)
    if (culvert_link_sizes[i] < mtu.passes)
      {
        link->mtu_fails = mtu.passes;
        culvert_link_note_size (link, culvert_link_sizes[i], mtu.passes, now);
        culvert_link_die (link, CULVERT_CLOSE_SIZE);
        return false;
      }
  return true;
}
