/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "relay-link.h"

#include <stdio.h>

void
relay_link_init (RelayLink *link, uint64_t seed)
{
  memset (link, 0, sizeof *link);
#define RELAY_INITIAL(field, option, initial, help) link->field = initial;
  RELAY_SETTINGS (RELAY_INITIAL)
#undef RELAY_INITIAL
  culvert_seeded_rng_init (&link->rng, seed);
}

/* One draw that is true in so many percent of all cases. */
static bool
relay_chance (RelayLink *link, double percent)
{
  return culvert_rng_u32 (&link->rng.base) < percent / 100 * 4294967296.0;
}

/* One draw, uniform in [0, ms), in ns. */
static int64_t
relay_spread (RelayLink *link, double ms)
{
  return (int64_t) (culvert_rng_u32 (&link->rng.base) / 4294967296.0 * ms * RELAY_MSEC);
}

static bool
relay_policer_drops (const RelayLink *link, RelayPolicer *policer, uint32_t len, int64_t now)
{
  double bytes_per_ns = link->police_kbit / 8 / RELAY_MSEC;
  double used;

  if (link->police_kbit <= 0 || policer == NULL)
    return false;
  if (policer->began == 0)
    policer->began = policer->at = now;
  if ((double) (now - policer->began) < link->police_after * RELAY_NSEC)
    return false;
  used = MAX (policer->used - (double) (now - policer->at) * bytes_per_ns, 0);
  policer->at = now;
  policer->used = used;
  if (used + len > link->police_burst * 1024)
    return true;
  policer->used += len;
  return false;
}

/* Takes len bytes through the bottleneck. The time when they have left it, or -1 when the queue is
 * full. */
static int64_t
relay_link_bottleneck (RelayLink *link, RelayStatistics *statistics, uint32_t len, int64_t now)
{
  double ns_per_byte;
  uint64_t queued;

  if (link->rate_kbit <= 0)
    return now;
  ns_per_byte = 8.0 * RELAY_MSEC / link->rate_kbit;
  queued = link->busy_until > now ? (uint64_t) ((link->busy_until - now) / ns_per_byte) : 0;
  if (queued > 0 && queued + len > link->queue_kib * 1024)
    return -1;
  statistics->queue_bytes_max = MAX (statistics->queue_bytes_max, queued + len);
  test_delays_add (&statistics->waits, MAX (link->busy_until - now, 0) / RELAY_USEC);
  link->busy_until = MAX (link->busy_until, now) + (int64_t) (len * ns_per_byte);
  return link->busy_until;
}

/* Loss that the ramp adds now, percent. */
static double
relay_link_ramp (const RelayLink *link, int64_t now)
{
  double at = (double) (now - link->began) / RELAY_NSEC - link->ramp_after;
  double half = link->ramp_seconds / 2;

  if (at <= 0 || at >= link->ramp_seconds)
    return 0;
  return link->ramp * (at < half ? at : link->ramp_seconds - at) / half;
}

/* Whether the wire swallows this datagram; in_burst tells which loss it was. */
static bool
relay_link_loses (RelayLink *link, int64_t now)
{
  if (relay_chance (link, link->in_burst ? link->burst_leave : link->burst_enter))
    link->in_burst = !link->in_burst;
  return relay_chance (link, link->in_burst ? link->burst_loss
                                            : link->loss + relay_link_ramp (link, now));
}

bool
relay_link_pass (RelayLink *link, RelayOwner owner, RelayPolicer *policer, uint32_t len,
                 int64_t now, RelayFate *out_fate)
{
  RelayStatistics *statistics = &link->statistics[owner];
  bool policed = relay_policer_drops (link, policer, len, now);
  bool lost, twice, late;
  int64_t jitter, behind, due;

  if (link->began == 0)
    link->began = now;
  statistics->received++;
  statistics->received_bytes += len;
  due = policed ? -1 : relay_link_bottleneck (link, statistics, len, now);
  statistics->policed += policed;
  statistics->queue_dropped += !policed && due < 0;
  lost = relay_link_loses (link, now);
  twice = relay_chance (link, link->duplicate);
  late = relay_chance (link, link->reorder);
  out_fate->is_damaged = relay_chance (link, link->corrupt) && len > 0;
  out_fate->bit = culvert_rng_u32 (&link->rng.base) % MAX (len * 8, 1);
  jitter = relay_spread (link, link->jitter_ms);
  behind = relay_spread (link, link->reorder_ms);
  if (due < 0)
    return false;
  if (lost)
    {
      statistics->burst_lost += link->in_burst;
      statistics->lost += !link->in_burst;
      return false;
    }
  if (link->max_size > 0 && len > link->max_size)
    {
      statistics->oversized++;
      return false;
    }

  statistics->corrupted += out_fate->is_damaged;
  statistics->duplicated += twice;
  statistics->reordered += late;
  /* Times are distinct, so that what arrives together keeps its order. */
  due = MAX (due + (int64_t) (link->delay_ms * RELAY_MSEC) + jitter, link->last_due + 1);
  if (!late)
    link->last_due = due;
  out_fate->due = late ? due + behind : due;
  out_fate->twice_due = twice ? due + 1 : 0;
  return true;
}

void
relay_link_reset (RelayLink *link)
{
  memset (link->statistics, 0, sizeof link->statistics);
}

void
relay_link_print (const RelayLink *link, RelayOwner owner, const char *name)
{
  const RelayStatistics *statistics = &link->statistics[owner];

  printf ("\"%s\": {", name);
#define RELAY_PRINT(field) printf ("\"" #field "\": %" G_GUINT64_FORMAT ", ", statistics->field);
  RELAY_STATISTICS (RELAY_PRINT)
#undef RELAY_PRINT
  printf ("\"queue_ms_mean\": %.3f, \"queue_ms_p95\": %.3f, \"queue_ms_max\": %.3f}",
          test_delays_mean_ms (&statistics->waits),
          test_delays_quantile_ms (&statistics->waits, 0.95),
          test_delays_max_ms (&statistics->waits));
}
