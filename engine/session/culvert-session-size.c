/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The size of packets that the path lets pass, in the spirit of RFC 8899.
 *
 * A session begins with a size that passes nearly everywhere and asks by probes whether the
 * configured one does; then it is used. Otherwise the largest that passes is searched between
 * the two. So no segment is ever larger than what is known to arrive; a segment once numbered could
 * not be made smaller. Probing takes place only while there is something to send. */

#include "config.h"

#include "culvert-session-private.h"

/* A probe may be lost for other reasons: so often in a row, and the size is thought not to pass.
 * More for the configured size, which all but few paths let pass. */
#define CULVERT_SIZE_TRIES_FULL 4
#define CULVERT_SIZE_TRIES 2
/* The search ends within so many bytes. */
#define CULVERT_SIZE_RESOLUTION 16
/* Segments are so much smaller than the size on trial that a filler fits beside one. */
#define CULVERT_SIZE_FILLER 32
/* A path may have become better. */
#define CULVERT_SIZE_AGAIN (600 * CULVERT_SEC)
/* Nothing smaller is tried. */
#define CULVERT_SIZE_LEAST 400
/* A segment sent so often for so long, of which others arrive, is too large. */
#define CULVERT_SIZE_STUCK_SENT 4
#define CULVERT_SIZE_STUCK_TIME (800 * CULVERT_MSEC)
/* The same when as large a one has arrived before: paths seldom become narrower, but a policer lets
 * small packets pass and few large ones. */
#define CULVERT_SIZE_STUCK_SENT_PROVEN 8
#define CULVERT_SIZE_STUCK_TIME_PROVEN (10 * CULVERT_SEC)

/* UDP payload of usual links: PPPoE, WireGuard, a mobile operator's, the least of IPv6 over IPv4
 * and IPv6. */
static const unsigned culvert_size_usual[] = { 1464, 1392, 1372, 1252, 1232 };

static bool
culvert_session_size_is_reduced (const CulvertSessionSize *size)
{
  return size->good < size->full;
}

/* What to try between good and bad, 0: nothing more. */
static unsigned
culvert_session_size_next (const CulvertSessionSize *size)
{
  unsigned middle = (size->good + size->bad) / 2;
  unsigned best = middle;

  if (size->bad > size->full)
    return size->good < size->full ? size->full : 0;
  if (size->bad - size->good <= CULVERT_SIZE_RESOLUTION)
    return 0;
  for (unsigned i = 0; i < G_N_ELEMENTS (culvert_size_usual); i++)
    {
      unsigned usual = culvert_size_usual[i];

      if (usual > size->good && usual < size->bad
          && (best == middle || ABS ((int) usual - (int) middle) < ABS ((int) best - (int) middle)))
        best = usual;
    }
  return best;
}

/* What the next segments may fill. */
static void
culvert_session_size_adopt (CulvertSession *session)
{
  CulvertSessionSize *size = &session->size;
  unsigned mtu = size->good;

  if (size->probed != 0)
    mtu = MIN (mtu, size->probed - CULVERT_SIZE_FILLER);
  culvert_kcp_set_mtu (session->kcp, mtu - size->overhead);
}

static void
culvert_session_size_try (CulvertSession *session, unsigned probed)
{
  CulvertSessionSize *size = &session->size;

  if (probed != size->probed)
    size->n_tries = 0;
  size->probed = probed;
  culvert_session_size_adopt (session);
  /* Probes go without the header of error correction: parity would have to be as large. */
  if (probed != 0)
    culvert_kcp_probe_size (session->kcp,
                            probed - size->overhead
                                + (session->encoder != NULL ? CULVERT_FEC_HEADER : 0));
}

void
culvert_session_size_init (CulvertSession *session,
                           const CulvertSessionConfig *config,
                           CulvertTime now)
{
  CulvertSessionSize *size = &session->size;

  if (config->mtu == 0)
    return;
  size->full = config->mtu;
  size->overhead = config->mtu - config->kcp.mtu;
  size->good = MIN (config->mtu, config->mtu_passes);
  size->bad = size->full + 1;
  if (config->mtu_fails > size->good && config->mtu_fails <= size->full)
    size->bad = config->mtu_fails;
  if (culvert_session_size_next (size) == 0)
    size->again_at = now + CULVERT_SIZE_AGAIN;
  culvert_session_size_adopt (session);
}

/* Takes the result of the probe; false: it is still under way. */
static bool
culvert_session_size_settle (CulvertSession *session)
{
  CulvertSessionSize *size = &session->size;

  switch (culvert_kcp_size_state (session->kcp))
    {
    case CULVERT_KCP_SIZE_WAITS:
    case CULVERT_KCP_SIZE_SENT:
      return false;
    case CULVERT_KCP_SIZE_PASSED:
      size->good = MAX (size->good, size->probed);
      break;
    case CULVERT_KCP_SIZE_LOST:
      if (++size->n_tries < (size->probed == size->full ? CULVERT_SIZE_TRIES_FULL
                                                        : CULVERT_SIZE_TRIES))
        return true;
      size->bad = MIN (size->bad, size->probed);
      break;
    case CULVERT_KCP_SIZE_NONE:
      break;
    }
  return true;
}

void
culvert_session_size_turn (CulvertSession *session, CulvertTime now)
{
  CulvertSessionSize *size = &session->size;
  unsigned next;

  if (size->probed == 0)
    {
      if (!culvert_session_size_is_reduced (size) || now < size->again_at)
        return;
      if (size->again_at != 0)
        size->bad = size->full + 1;
      size->again_at = 0;
    }
  else if (!culvert_session_size_settle (session))
    return;
  next = culvert_session_size_next (size);
  culvert_session_size_try (session, next);
  if (next == 0 && culvert_session_size_is_reduced (size))
    size->again_at = now + CULVERT_SIZE_AGAIN;
}

/* Whether the oldest segment was sent so often, for so long, that its size must be the reason. */
static bool
culvert_session_size_is_suspect (const CulvertKcpOldest *oldest, CulvertTime now)
{
  if (oldest->is_passed_over)
    return false;
  if (!oldest->is_proven)
    return oldest->n_sent >= CULVERT_SIZE_STUCK_SENT
           && now - oldest->first_sent >= CULVERT_SIZE_STUCK_TIME;
  return oldest->n_sent >= CULVERT_SIZE_STUCK_SENT_PROVEN
         && now - MAX (oldest->first_sent, oldest->large_at) >= CULVERT_SIZE_STUCK_TIME_PROVEN;
}

bool
culvert_session_is_size_stuck (CulvertSession *session, CulvertTime now)
{
  const CulvertSessionSize *size = &session->size;
  CulvertKcpOldest oldest;

  if (size->full == 0 || !culvert_kcp_get_oldest (session->kcp, &oldest)
      || oldest.len + CULVERT_KCP_OVERHEAD + size->overhead <= CULVERT_SIZE_LEAST
      || !culvert_session_size_is_suspect (&oldest, now))
    return false;
  if (session->last_heard > now - CULVERT_SIZE_STUCK_TIME / 2)
    return true;
  culvert_kcp_probe (session->kcp);
  return false;
}

void
culvert_session_get_mtu (const CulvertSession *session, CulvertSessionMtu *out_mtu)
{
  const CulvertSessionSize *size = &session->size;

  out_mtu->configured = size->full;
  out_mtu->passes = size->good;
  out_mtu->fails = size->bad <= size->full ? size->bad : 0;
  out_mtu->is_settled = !culvert_session_size_is_reduced (size) || size->again_at != 0;
}
