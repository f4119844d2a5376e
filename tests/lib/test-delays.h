/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Histogram of delays: mean and longest exactly, quantiles within 7 %. */
#pragma once

#include "culvert-base.h"

#define TEST_DELAYS_STEPS 16 /* buckets of one doubling */
#define TEST_DELAYS_BUCKETS (32 * TEST_DELAYS_STEPS)

typedef struct
{
  uint64_t n;
  CulvertTime sum;
  CulvertTime max;
  uint64_t buckets[TEST_DELAYS_BUCKETS];
} TestDelays;

/* A delay of 0 µs or more. */
void test_delays_add (TestDelays *delays, CulvertTime delay);

/* Takes out what an earlier copy of the same histogram had; the longest one stays. */
void test_delays_subtract (TestDelays *delays, const TestDelays *earlier);

double test_delays_mean_ms (const TestDelays *delays);
double test_delays_quantile_ms (const TestDelays *delays, double q);
double test_delays_max_ms (const TestDelays *delays);
