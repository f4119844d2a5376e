/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Little-endian load and store of wire fields; no alignment needed. */
#pragma once

#include "culvert-base.h"

static inline uint16_t
culvert_load_u16 (const uint8_t *p)
{
  uint16_t v;
  memcpy (&v, p, sizeof v);
  return GUINT16_FROM_LE (v);
}

static inline uint32_t
culvert_load_u32 (const uint8_t *p)
{
  uint32_t v;
  memcpy (&v, p, sizeof v);
  return GUINT32_FROM_LE (v);
}

static inline uint32_t
culvert_load_u24 (const uint8_t *p)
{
  return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16;
}

static inline void
culvert_store_u16 (uint8_t *p, uint16_t v)
{
  v = GUINT16_TO_LE (v);
  memcpy (p, &v, sizeof v);
}

static inline void
culvert_store_u32 (uint8_t *p, uint32_t v)
{
  v = GUINT32_TO_LE (v);
  memcpy (p, &v, sizeof v);
}

static inline void
culvert_store_u24 (uint8_t *p, uint32_t v)
{
  p[0] = v & 0xff;
  p[1] = v >> 8 & 0xff;
  p[2] = v >> 16 & 0xff;
}
