/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* One FEC decoder fed with packets. Input: ds, ps (a byte each), then packets, each behind its
 * length as u16; the last may be cut short. */
#include "config.h"

#include "culvert-fec.h"
#include "culvert-wire.h"

#define FUZZ_BUDGET (1 << 20)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t len);

static void
fuzz_check_recovered (CulvertFecDecoder *decoder,
                      int n)
{
  volatile uint8_t sum = 0;

  g_assert (n < CULVERT_FEC_MAX_SHARDS);
  for (int i = 0; i < n; i++)
    {
      size_t len;
      const uint8_t *payload = culvert_fec_decoder_recovered (decoder, i, &len);

      g_assert (len <= CULVERT_PACKET_MAX - CULVERT_FEC_HEADER);
      for (size_t at = 0; at < len; at++)
        sum ^= payload[at];
    }
}

static void
fuzz_check_state (CulvertFecDecoder *decoder,
                  CulvertPool *packets,
                  int n)
{
  CulvertFecDecoderState state;

  culvert_fec_decoder_get_state (decoder, &state);
  g_assert (state.ds >= 1 && state.ps >= 1 && state.ds + state.ps <= CULVERT_FEC_MAX_SHARDS);
  g_assert (state.groups <= 4);
  g_assert (culvert_pool_live (packets) <= 4 * (state.ds - 1) + MAX (n, 0));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t len)
{
  CulvertBudget budget = { .limit = FUZZ_BUDGET };
  CulvertPool *packets;
  CulvertCounters *counters;
  CulvertFecDecoder *decoder;
  const uint8_t *end = data + len;

  if (len < 2 || data[0] == 0 || data[1] == 0 || data[0] + data[1] > CULVERT_FEC_MAX_SHARDS)
    return 0;
  packets = culvert_pool_new (CULVERT_PACKET_SLOT, &budget);
  counters = culvert_counters_new ();
  decoder = culvert_fec_decoder_new (data[0], data[1], packets, counters);
  for (data += 2; end - data >= 2;)
    {
      size_t packet_len = MIN (culvert_load_u16 (data), (size_t) (end - data - 2));
      /* A copy of exact size, so that a sanitizer sees a read beyond it. */
      uint8_t *packet = g_malloc (packet_len);
      int n;

      if (packet_len > 0)
        memcpy (packet, data + 2, packet_len);
      n = culvert_fec_decoder_input (decoder, packet, packet_len, 0);
      g_free (packet);
      g_assert (n >= 0 || n == CULVERT_E_DISCARD);
      fuzz_check_recovered (decoder, n);
      fuzz_check_state (decoder, packets, n);
      data += 2 + packet_len;
    }
  culvert_fec_decoder_free (decoder);
  g_assert (culvert_pool_live (packets) == 0);
  culvert_counters_unref (counters);
  culvert_pool_free (packets);
  return 0;
}
