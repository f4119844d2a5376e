/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Probes: KCP packets of a conversation that never begins.
 *
 *   WASK | PUSH sn 1, ts = number of the probe, a few bytes or as many as make the size
 *
 * A server opens a session for it and answers WINS and ACK; the ACK echoes ts, which says which
 * probe arrived and when (WIRE.md 5.1, 5.4). Segment 0 never follows, so nothing is ever
 * delivered to the stream above, and duplicates of segment 1 are acknowledged again without being
 * kept. Many such segments in one packet bring back as many ACKs in one packet: that is how
 * large packets are had from the server. */

#include "config.h"

#include "culvert-check-private.h"
#include "culvert-comp.h"
#include "culvert-kdf.h"
#include "culvert-wire.h"

#define CULVERT_CHECK_CMD_PUSH 81
#define CULVERT_CHECK_CMD_ACK 82
#define CULVERT_CHECK_CMD_WASK 83
#define CULVERT_CHECK_WND 128
#define CULVERT_CHECK_SN 1
#define CULVERT_CHECK_PUSH (CULVERT_KCP_OVERHEAD + 1) /* a segment of one byte */
#define CULVERT_CHECK_SMALL (CULVERT_KCP_OVERHEAD + CULVERT_CHECK_PUSH)

/* Looking for an answer: first in the cipher that is set, then in the others. */
#define CULVERT_CHECK_FIND_EVERY (400 * CULVERT_MSEC)
#define CULVERT_CHECK_FIND_FOR (4 * CULVERT_SEC)
#define CULVERT_CHECK_HUNT_FOR (1500 * CULVERT_MSEC)
#define CULVERT_CHECK_HUNT_ROUNDS 2
#define CULVERT_CHECK_MAX_ADDRESSES 4
/* A second packet refused is no accident. */
#define CULVERT_CHECK_ICMP_ENOUGH 2

/* From so much to twice as much: a fixed beat would meet the server's flushes in one phase. */
#define CULVERT_CHECK_PING_EVERY (60 * CULVERT_MSEC)
#define CULVERT_CHECK_PING_PATIENCE (1 * CULVERT_SEC)

#define CULVERT_CHECK_RUNGS 7      /* sizes tried at once */
#define CULVERT_CHECK_ROUNDS 4
#define CULVERT_CHECK_COPIES 3     /* of each size */
#define CULVERT_CHECK_PRECISION 8  /* bytes */
#define CULVERT_CHECK_PRECISION_ACKS 1
#define CULVERT_CHECK_SPACING (5 * CULVERT_MSEC)

static const char culvert_check_default_key[] = "it's a secrect";

/* -- packets ------------------------------------------------------------------------- */

static uint8_t *
culvert_check_put_segment (uint8_t *p, uint32_t conv, uint8_t cmd, uint32_t ts, uint32_t payload)
{
  memset (p, 0, CULVERT_KCP_OVERHEAD + payload);
  culvert_store_u32 (p, conv);
  p[4] = cmd;
  culvert_store_u16 (p + 6, CULVERT_CHECK_WND);
  culvert_store_u32 (p + 8, ts);
  if (cmd == CULVERT_CHECK_CMD_PUSH)
    culvert_store_u32 (p + 12, CULVERT_CHECK_SN);
  culvert_store_u32 (p + 20, payload);
  return p + CULVERT_KCP_OVERHEAD + payload;
}

/* Notes a probe that leaves now; returns its ts. */
static uint32_t
culvert_check_new_probe (CulvertCheck *check)
{
  CulvertCheckProbe probe = { culvert_check_now (), 0 };

  g_array_append_val (check->probes, probe);
  return check->probe_base + check->probes->len - 1;
}

static CulvertCheckProbe *
culvert_check_get_probe (CulvertCheck *check, guint i)
{
  return &g_array_index (check->probes, CulvertCheckProbe, i);
}

/* One probe in a body of len bytes, CULVERT_CHECK_SMALL at least. */
static void
culvert_check_send_probe (CulvertCheckPath *path, unsigned cipher, size_t len)
{
  uint8_t body[CULVERT_PACKET_MAX];
  uint32_t ts = culvert_check_new_probe (path->check);
  uint8_t *p = culvert_check_put_segment (body, path->conv, CULVERT_CHECK_CMD_WASK, 0, 0);

  (void) culvert_check_put_segment (p, path->conv, CULVERT_CHECK_CMD_PUSH, ts,
                                    (uint32_t) (len - 2 * CULVERT_KCP_OVERHEAD));
  culvert_check_path_send (path, cipher, body, len);
}

/* n probes in one packet, to be answered by one packet with n ACKs. */
static void
culvert_check_send_burst (CulvertCheckPath *path, unsigned n)
{
  uint8_t body[CULVERT_PACKET_MAX];
  uint8_t *p = body;

  for (unsigned i = 0; i < n; i++)
    p = culvert_check_put_segment (p, path->conv, CULVERT_CHECK_CMD_PUSH,
                                   culvert_check_new_probe (path->check), 1);
  culvert_check_path_send (path, 0, body, (size_t) (p - body));
}

static void
culvert_check_probe_receive_cb (CulvertCheckPath *path,
                                uint8_t *kcp,
                                size_t len,
                                size_t wire_len)
{
  CulvertCheck *check = path->check;
  CulvertTime now = culvert_check_now ();

  while (len >= CULVERT_KCP_OVERHEAD)
    {
      uint32_t i = culvert_load_u32 (kcp + 8) - check->probe_base;
      size_t payload = culvert_load_u32 (kcp + 20);

      if (kcp[4] == CULVERT_CHECK_CMD_ACK && i < check->probes->len
          && culvert_check_get_probe (check, i)->answered == 0)
        culvert_check_get_probe (check, i)->answered = now;
      kcp += CULVERT_KCP_OVERHEAD + payload;
      len -= CULVERT_KCP_OVERHEAD + payload;
    }
}

/* How many of the probes from first on were answered. */
static guint
culvert_check_count_answers (CulvertCheck *check, guint first)
{
  guint n = 0;

  for (guint i = first; i < check->probes->len; i++)
    n += culvert_check_get_probe (check, i)->answered != 0;
  return n;
}

/* Waits until all probes from first on are answered, or for the patience a round trip needs. */
static void
culvert_check_await (CulvertCheck *check, guint first, CulvertTime patience)
{
  CulvertTime until = culvert_check_now () + patience;

  while (culvert_check_now () < until
         && culvert_check_count_answers (check, first) < check->probes->len - first)
    if (!culvert_check_wait (check, &check->path, 1, until))
      return;
}

static CulvertTime
culvert_check_patience (const CulvertCheck *check)
{
  return MAX (300 * CULVERT_MSEC, 2 * check->result->rtt_max_us + 150 * CULVERT_MSEC);
}

static size_t
culvert_check_overhead (const CulvertCheck *check)
{
  return culvert_cipher_overhead (check->plan->cipher);
}

/* -- finding the server ------------------------------------------------------------------ */

static CulvertCheckPath *
culvert_check_answered (CulvertCheckPath **paths, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (paths[i]->is_answered)
      return paths[i];
  return NULL;
}

static bool
culvert_check_all_refuse (CulvertCheckPath **paths, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (paths[i]->udp != NULL && paths[i]->n_icmp < CULVERT_CHECK_ICMP_ENOUGH)
      return false;
  return true;
}

/* Sends to all until one answers; true unless none did. */
static bool
culvert_check_call (CulvertCheck *check, CulvertCheckPath **paths, unsigned n)
{
  CulvertTime until = culvert_check_now () + CULVERT_CHECK_FIND_FOR;

  while (culvert_check_now () < until)
    {
      CulvertTime next = culvert_check_now () + CULVERT_CHECK_FIND_EVERY;

      for (unsigned i = 0; i < n; i++)
        culvert_check_send_probe (paths[i], 0, CULVERT_CHECK_SMALL);
      while (culvert_check_now () < next)
        {
          if (!culvert_check_wait (check, paths, n, next) || culvert_check_all_refuse (paths, n))
            return culvert_check_answered (paths, n) != NULL;
          if (culvert_check_answered (paths, n) != NULL)
            return true;
        }
    }
  return false;
}

static void
culvert_check_note_address (CulvertCheck *check, const CulvertAddress *address)
{
  char text[CULVERT_ADDRESS_TEXT];

  culvert_address_format (address, text);
  g_free (check->result->address);
  check->result->address = g_strdup (text);
}

bool
culvert_check_find (CulvertCheck *check, const CulvertAddress *addresses, unsigned n)
{
  CulvertCheckPath *paths[CULVERT_CHECK_MAX_ADDRESSES];
  CulvertCheckPath *found = NULL;

  n = MIN (n, CULVERT_CHECK_MAX_ADDRESSES);
  for (unsigned i = 0; i < n; i++)
    {
      paths[i] = culvert_check_path_new (check, &addresses[i], NULL, check->plan->key);
      paths[i]->receive = culvert_check_probe_receive_cb;
    }
  if (culvert_check_call (check, paths, n))
    found = culvert_check_answered (paths, n);
  culvert_check_note_address (check, found != NULL ? &found->peer : &addresses[0]);
  for (unsigned i = 0; i < n; i++)
    {
      /* What was said about the address that the sentence names. */
      if (found == NULL && i == 0 && culvert_check_all_refuse (paths, n))
        check->result->icmp_error = paths[i]->icmp_error;
      if (paths[i] != found)
        culvert_check_path_free (paths[i]);
    }
  check->path = found;
  return found != NULL;
}

/* A path that speaks every cipher under key but the one of skip. */
static CulvertCheckPath *
culvert_check_hunting_path (CulvertCheck *check,
                            const CulvertAddress *address,
                            const uint8_t key[CULVERT_KEY_LEN],
                            const char *skip)
{
  CulvertCheckPath *path = NULL;
  const char *name;

  for (unsigned i = 0; (name = culvert_cipher_name (i)) != NULL; i++)
    {
      if (g_strcmp0 (name, skip) == 0)
        continue;
      if (path == NULL)
        path = culvert_check_path_new (check, address, name, key);
      else
        culvert_check_path_add_cipher (path, name, key);
    }
  return path;
}

bool
culvert_check_find_cipher (CulvertCheck *check, const CulvertAddress *address)
{
  uint8_t key[CULVERT_KEY_LEN];
  CulvertCheckPath *paths[2] = { NULL };
  CulvertCheckPath *found = NULL;
  unsigned n = 1;

  paths[0] = culvert_check_hunting_path (check, address, check->plan->key, check->plan->cipher);
  if (culvert_kdf_derive (culvert_check_default_key, key) == CULVERT_OK
      && memcmp (key, check->plan->key, sizeof key) != 0)
    paths[n++] = culvert_check_hunting_path (check, address, key, NULL);
  for (unsigned round = 0; round < CULVERT_CHECK_HUNT_ROUNDS && found == NULL; round++)
    {
      CulvertTime until = culvert_check_now () + CULVERT_CHECK_HUNT_FOR;

      for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < paths[i]->n_ciphers; j++)
          culvert_check_send_probe (paths[i], j, CULVERT_CHECK_SMALL);
      while (culvert_check_now () < until && found == NULL
             && culvert_check_wait (check, paths, n, until))
        found = culvert_check_answered (paths, n);
    }
  if (found != NULL)
    {
      check->result->is_default_key = found != paths[0];
      check->result->crypt = g_strdup (found->names[found->fits]);
    }
  for (unsigned i = 0; i < n; i++)
    culvert_check_path_free (paths[i]);
  culvert_wipe (key, sizeof key);
  return found != NULL;
}

/* -- round trip -------------------------------------------------------------------------- */

static void
culvert_check_summarise (CulvertCheck *check, guint first)
{
  CulvertCheckResult *result = check->result;
  gint64 last = -1;
  gint64 sum = 0;
  gint64 sum_diff = 0;

  result->n_probes = check->probes->len - first;
  result->n_answers = culvert_check_count_answers (check, first);
  for (guint i = first; i < check->probes->len; i++)
    {
      const CulvertCheckProbe *probe = culvert_check_get_probe (check, i);
      gint64 rtt = probe->answered - probe->sent;

      if (probe->answered == 0)
        continue;
      if (last < 0 || rtt < result->rtt_min_us)
        result->rtt_min_us = rtt;
      result->rtt_max_us = MAX (result->rtt_max_us, rtt);
      sum += rtt;
      if (last >= 0)
        sum_diff += ABS (rtt - last);
      last = rtt;
    }
  if (result->n_answers > 0)
    result->rtt_avg_us = sum / result->n_answers;
  if (result->n_answers > 1)
    result->jitter_us = sum_diff / (result->n_answers - 1);
}

void
culvert_check_ping (CulvertCheck *check)
{
  guint first = check->probes->len;

  for (guint i = 0; i < check->options.count && !culvert_check_is_over (check); i++)
    {
      CulvertTime next = culvert_check_now () + CULVERT_CHECK_PING_EVERY
                         + culvert_rng_below (check->resources.rng, CULVERT_CHECK_PING_EVERY);

      culvert_check_send_probe (check->path, 0, CULVERT_CHECK_SMALL);
      while (culvert_check_now () < next && culvert_check_wait (check, &check->path, 1, next))
        continue;
    }
  culvert_check_await (check, first, CULVERT_CHECK_PING_PATIENCE);
  culvert_check_summarise (check, first);
}

/* -- sizes ------------------------------------------------------------------------------- */

/* Tries sizes[0..n) at once, several copies each. Returns a set of bits: those that passed. */
static unsigned
culvert_check_try_up (CulvertCheck *check, const unsigned *sizes, unsigned n)
{
  unsigned overhead = (unsigned) culvert_check_overhead (check);
  guint first = check->probes->len;
  unsigned passed = 0;

  for (unsigned i = 0; i < n * CULVERT_CHECK_COPIES; i++)
    {
      culvert_check_send_probe (check->path, 0, sizes[i % n] - overhead);
      (void) culvert_check_wait (check, &check->path, 1,
                                 culvert_check_now () + CULVERT_CHECK_SPACING);
    }
  culvert_check_await (check, first, culvert_check_patience (check));
  for (unsigned i = 0; i < n * CULVERT_CHECK_COPIES; i++)
    if (culvert_check_get_probe (check, first + i)->answered != 0)
      passed |= 1u << i % n;
  return passed;
}

/* Largest size from low to high that passes to the server: high, or found by steps, and then
 * loses_up is set. 0: even low does not pass, so size is not the matter. */
static unsigned
culvert_check_search_up (CulvertCheck *check, unsigned low, unsigned high)
{
  unsigned ends[2] = { high, low };
  unsigned passed = culvert_check_try_up (check, ends, 1);

  if (passed == 0)
    passed = culvert_check_try_up (check, ends, 2);
  if (passed & 1)
    return high;
  if (passed == 0 || culvert_check_is_over (check))
    return 0;
  check->result->loses_up = TRUE;
  for (unsigned round = 0;
       round < CULVERT_CHECK_ROUNDS && high - low > CULVERT_CHECK_PRECISION; round++)
    {
      unsigned sizes[CULVERT_CHECK_RUNGS];
      unsigned bottom = low;
      unsigned top = high;

      for (unsigned i = 0; i < CULVERT_CHECK_RUNGS; i++)
        sizes[i] = bottom + (top - bottom) * (i + 1) / (CULVERT_CHECK_RUNGS + 1);
      passed = culvert_check_try_up (check, sizes, CULVERT_CHECK_RUNGS);
      for (unsigned i = 0; i < CULVERT_CHECK_RUNGS; i++)
        if (passed & 1u << i)
          low = MAX (low, sizes[i]);
      for (unsigned i = CULVERT_CHECK_RUNGS; i-- > 0;)
        if (sizes[i] > low)
          high = MIN (high, sizes[i]);
    }
  return low;
}

/* Whether one packet with n ACKs comes back. One burst at a time: a server would put the ACKs of
 * several into one packet. */
static bool
culvert_check_passes_down (CulvertCheck *check, unsigned n)
{
  for (unsigned i = 0; i < CULVERT_CHECK_COPIES && !culvert_check_is_over (check); i++)
    {
      guint first = check->probes->len;

      culvert_check_send_burst (check->path, n);
      culvert_check_await (check, first, culvert_check_patience (check));
      if (culvert_check_count_answers (check, first) == n)
        return true;
    }
  return false;
}

/* The same from the server, by the number of ACKs in a packet. */
static void
culvert_check_search_down (CulvertCheck *check, unsigned high)
{
  unsigned low = 1;

  if (culvert_check_passes_down (check, high) || !culvert_check_passes_down (check, low))
    return;
  check->result->loses_down = TRUE;
  while (high - low > CULVERT_CHECK_PRECISION_ACKS && !culvert_check_is_over (check))
    {
      unsigned middle = low + (high - low) / 2;

      if (culvert_check_passes_down (check, middle))
        low = middle;
      else
        high = middle;
    }
}

void
culvert_check_sizes (CulvertCheck *check)
{
  CulvertCheckResult *result = check->result;
  unsigned overhead = (unsigned) culvert_check_overhead (check);
  unsigned mtu = (unsigned) MIN (culvert_config_get_int (check->config, CULVERT_SETTING_MTU),
                                 CULVERT_PACKET_MAX);
  unsigned small = overhead + CULVERT_CHECK_SMALL;

  if (mtu <= small || culvert_check_is_over (check))
    return;
  result->mtu_up = culvert_check_search_up (check, small, mtu);
  if (result->mtu_up == 0)
    return;
  check->path->largest = 0;
  culvert_check_search_down (check, (result->mtu_up - overhead) / CULVERT_CHECK_PUSH);
  result->mtu_down = (guint) check->path->largest;
}

/* -- what the server says by itself ---------------------------------------------------------- */

bool
culvert_check_read_heartbeat (CulvertCheck *check, CulvertPeerFormat *out_format)
{
  CulvertCheckPath *path = check->path;
  uint8_t *plain;
  CulvertCompReader *reader;

  *out_format = (CulvertPeerFormat) { .is_known = path->heard_len[0] > 0 };
  if (!out_format->is_known)
    return false;
  out_format->is_compressed = path->heard[0][0] == 0xff;
  if (!out_format->is_compressed)
    {
      out_format->smux_version = path->heard[0][0];
      return out_format->smux_version == 1 || out_format->smux_version == 2;
    }
  plain = g_malloc (CULVERT_COMP_MAX_PLAIN);
  reader = culvert_comp_reader_new (&check->budget);
  /* kcptun sends the identifier with the head of the chunk first, the frame behind it. */
  for (unsigned i = 0; i < G_N_ELEMENTS (path->heard); i++)
    for (size_t at = 0; at < path->heard_len[i] && out_format->smux_version == 0;)
      {
        size_t n_plain = 0;
        int n = culvert_comp_read (reader, path->heard[i] + at, path->heard_len[i] - at, plain,
                                   &n_plain);

        if (n <= 0)
          break;
        at += (size_t) n;
        if (n_plain > 0)
          out_format->smux_version = plain[0];
      }
  culvert_comp_reader_free (reader);
  g_free (plain);
  return out_format->smux_version == 1 || out_format->smux_version == 2;
}
