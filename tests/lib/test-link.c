/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-link.h"

#include "culvert-heap.h"

typedef struct
{
  CulvertHeapEntry due;
  size_t len;
  uint8_t data[2048];
} TestDatagram;

struct _TestLink
{
  TestLinkConfig config;
  TestLinkStats stats;
  CulvertSeededRng rng;
  CulvertHeap heap;
  CulvertTime free_at; /* when the bottleneck is idle again */
  CulvertTime last_due;
  bool is_bad;         /* burst state */
  struct
  {
    double tokens;     /* bytes below the burst that were used */
    CulvertTime at;
    CulvertTime began; /* first packet; 0: none yet */
  } policers[TEST_LINK_FLOWS];
};

TestLink *
test_link_new (const TestLinkConfig *config, uint64_t seed)
{
  TestLink *link = g_new0 (TestLink, 1);

  link->config = *config;
  culvert_seeded_rng_init (&link->rng, seed);
  culvert_heap_init (&link->heap);
  return link;
}

void
test_link_free (TestLink *link)
{
  CulvertHeapEntry *entry;

  while ((entry = culvert_heap_first (&link->heap)) != NULL)
    {
      culvert_heap_remove (&link->heap, entry);
      g_free (entry);
    }
  culvert_heap_clear (&link->heap);
  g_free (link);
}

void
test_link_configure (TestLink *link, const TestLinkConfig *config)
{
  link->config = *config;
}

static bool
test_link_chance (TestLink *link, double probability)
{
  return probability > 0
         && culvert_rng_u32 (&link->rng.base) < probability * (double) UINT32_MAX;
}

static bool
test_link_is_lost (TestLink *link)
{
  const TestLinkConfig *config = &link->config;

  if (test_link_chance (link, config->loss))
    return true;
  if (config->burst_enter <= 0)
    return false;
  if (test_link_chance (link, link->is_bad ? config->burst_leave : config->burst_enter))
    link->is_bad = !link->is_bad;
  return link->is_bad && test_link_chance (link, config->burst_loss);
}

static void
test_link_damage (TestLink *link, TestDatagram *datagram)
{
  if (test_link_chance (link, link->config.truncate))
    datagram->len = culvert_rng_below (&link->rng.base, datagram->len + 1);
  if (datagram->len == 0 || !test_link_chance (link, link->config.corrupt))
    return;
  link->stats.corrupted++;
  for (unsigned i = culvert_rng_below (&link->rng.base, 4); i < 4; i++)
    datagram->data[culvert_rng_below (&link->rng.base, datagram->len)]
      ^= 1 + culvert_rng_below (&link->rng.base, 255);
}

static void
test_link_enqueue (TestLink *link, const uint8_t *data, size_t len, CulvertTime leaves)
{
  TestDatagram *datagram = g_new (TestDatagram, 1);
  CulvertTime due = leaves + link->config.delay;

  if (link->config.jitter > 0)
    due += culvert_rng_below (&link->rng.base, link->config.jitter);
  else
    due = MAX (due, link->last_due); /* without jitter the order is kept */
  link->last_due = due;
  datagram->len = len;
  memcpy (datagram->data, data, len);
  test_link_damage (link, datagram);
  culvert_heap_entry_init (&datagram->due);
  culvert_heap_set (&link->heap, &datagram->due, due);
}

static bool
test_link_is_policed (TestLink *link, unsigned flow, size_t len, CulvertTime now)
{
  const TestLinkConfig *config = &link->config;
  double used;

  if (link->policers[flow].began == 0)
    link->policers[flow].began = now;
  if (config->police == 0 || now - link->policers[flow].began < config->police_after)
    return false;
  used = link->policers[flow].tokens
         - (double) (now - link->policers[flow].at) * (double) config->police / CULVERT_SEC;
  used = MAX (used, 0);
  link->policers[flow].at = now;
  link->policers[flow].tokens = used;
  if (used + (double) len > (double) config->police_burst)
    return true;
  link->policers[flow].tokens = used + (double) len;
  return false;
}

CulvertTime
test_link_wait (const TestLink *link, CulvertTime now)
{
  return MAX (link->free_at - now, 0);
}

void
test_link_send (TestLink *link, const uint8_t *data, size_t len, CulvertTime now)
{
  test_link_send_as (link, 0, data, len, now);
}

void
test_link_send_as (TestLink *link, unsigned flow, const uint8_t *data, size_t len, CulvertTime now)
{
  const TestLinkConfig *config = &link->config;
  CulvertTime leaves = now;

  g_assert (len <= 2048);
  link->stats.offered++;
  link->stats.offered_bytes += len;
  if (config->max_size > 0 && len > config->max_size)
    {
      link->stats.dropped_size++;
      return;
    }
  if (test_link_is_policed (link, flow, len, now))
    {
      link->stats.policed++;
      return;
    }
  if (config->rate > 0)
    {
      CulvertTime start = MAX (now, link->free_at);
      size_t queued = (size_t) ((start - now) * (CulvertTime) config->rate / CULVERT_SEC);

      if (queued + len > config->queue)
        {
          link->stats.dropped_queue++;
          return;
        }
      test_delays_add (&link->stats.waits, start - now);
      leaves = start + (CulvertTime) len * CULVERT_SEC / (CulvertTime) config->rate;
      link->free_at = leaves;
    }
  if (test_link_is_lost (link))
    {
      link->stats.lost++;
      return;
    }
  test_link_enqueue (link, data, len, leaves);
  if (test_link_chance (link, config->duplicate))
    {
      link->stats.duplicated++;
      test_link_enqueue (link, data, len, leaves + 1);
    }
}

CulvertTime
test_link_next (const TestLink *link)
{
  const CulvertHeapEntry *entry = culvert_heap_first (&link->heap);

  return entry != NULL ? entry->key : CULVERT_TIME_NEVER;
}

size_t
test_link_receive (TestLink *link, uint8_t buf[2048], CulvertTime now)
{
  CulvertHeapEntry *entry;

  while ((entry = culvert_heap_first (&link->heap)) != NULL && entry->key <= now)
    {
      TestDatagram *datagram = (TestDatagram *) (void *) entry;
      size_t len = datagram->len;

      culvert_heap_remove (&link->heap, entry);
      memcpy (buf, datagram->data, len);
      g_free (datagram);
      link->stats.delivered++;
      if (len > 0)
        return len;
    }
  return 0;
}

const TestLinkStats *
test_link_stats (const TestLink *link)
{
  return &link->stats;
}
