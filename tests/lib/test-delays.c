/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-delays.h"

/* Below TEST_DELAYS_STEPS a bucket is a microsecond, above it a sixteenth of a doubling. */
static unsigned
test_delays_bucket (CulvertTime delay)
{
  unsigned doublings;

  if (delay < TEST_DELAYS_STEPS)
    return delay;
  doublings = g_bit_storage (delay) - g_bit_storage (TEST_DELAYS_STEPS);
  return MIN ((doublings + 1) * TEST_DELAYS_STEPS + (delay >> doublings) % TEST_DELAYS_STEPS,
              TEST_DELAYS_BUCKETS - 1);
}

/* The longest delay of a bucket, µs. */
static double
test_delays_top (unsigned bucket)
{
  unsigned doublings = bucket / TEST_DELAYS_STEPS;

  if (doublings <= 1)
    return bucket;
  return (double) ((UINT64_C (1) + TEST_DELAYS_STEPS + bucket % TEST_DELAYS_STEPS)
                   << (doublings - 1)) - 1;
}

void
test_delays_add (TestDelays *delays, CulvertTime delay)
{
  delays->n++;
  delays->sum += delay;
  delays->max = MAX (delays->max, delay);
  delays->buckets[test_delays_bucket (delay)]++;
}

void
test_delays_subtract (TestDelays *delays, const TestDelays *earlier)
{
  delays->n -= earlier->n;
  delays->sum -= earlier->sum;
  for (unsigned i = 0; i < TEST_DELAYS_BUCKETS; i++)
    delays->buckets[i] -= earlier->buckets[i];
}

double
test_delays_mean_ms (const TestDelays *delays)
{
  return delays->n > 0 ? (double) delays->sum / (double) delays->n / CULVERT_MSEC : 0;
}

double
test_delays_quantile_ms (const TestDelays *delays, double q)
{
  uint64_t seen = 0;

  for (unsigned i = 0; i < TEST_DELAYS_BUCKETS; i++)
    {
      seen += delays->buckets[i];
      if (seen > 0 && (double) seen >= q * (double) delays->n)
        return MIN (test_delays_top (i), (double) delays->max) / CULVERT_MSEC;
    }
  return 0;
}

double
test_delays_max_ms (const TestDelays *delays)
{
  return (double) delays->max / CULVERT_MSEC;
}
