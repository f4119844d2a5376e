/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Sockets of the check, and waiting for what comes on them. */

#include "config.h"

#include "culvert-check-private.h"
#include "culvert-wire.h"

#include <errno.h>

#define CULVERT_CHECK_RECEIVE_BUDGET 256
#define CULVERT_CHECK_MAX_PATHS 16
/* Segments of the answer, WIRE.md 5.1. */
#define CULVERT_CHECK_CMD_PUSH 81

CulvertTime
culvert_check_now (void)
{
  return g_get_monotonic_time ();
}

bool
culvert_check_is_over (const CulvertCheck *check)
{
  return culvert_check_now () >= check->deadline
         || (check->cancellable != NULL && g_cancellable_is_cancelled (check->cancellable));
}

static void
culvert_check_path_note_error (CulvertCheckPath *path, int error)
{
  if (error == 0)
    return;
  path->icmp_error = error;
  path->n_icmp++;
}

void
culvert_check_path_add_cipher (CulvertCheckPath *path,
                               const char *name,
                               const uint8_t key[CULVERT_KEY_LEN])
{
  CulvertCipher *cipher = culvert_cipher_new (name, key);

  g_assert (path->n_ciphers < CULVERT_CHECK_MAX_CIPHERS);
  if (cipher == NULL)
    return;
  path->names[path->n_ciphers] = name;
  path->ciphers[path->n_ciphers++] = cipher;
}

CulvertCheckPath *
culvert_check_path_new (CulvertCheck *check,
                        const CulvertAddress *peer,
                        const char *cipher,
                        const uint8_t key[CULVERT_KEY_LEN])
{
  CulvertCheckPath *path = g_new0 (CulvertCheckPath, 1);
  int error = 0;

  path->check = check;
  path->peer = *peer;
  path->conv = culvert_rng_u32 (check->resources.rng);
  culvert_check_path_add_cipher (path, cipher != NULL ? cipher : check->plan->cipher, key);
  path->udp = culvert_udp_connect (peer, &check->plan->udp, &error);
  culvert_check_path_note_error (path, error);
  return path;
}

void
culvert_check_path_free (CulvertCheckPath *path)
{
  if (path == NULL)
    return;
  for (unsigned i = 0; i < path->n_ciphers; i++)
    culvert_cipher_free (path->ciphers[i]);
  culvert_udp_free (path->udp);
  g_free (path);
}

void
culvert_check_path_send_packet (CulvertCheckPath *path, CulvertPacket *packet)
{
  int error = 0;

  packet->dest = NULL;
  /* An error is that of an earlier packet: the kernel says it in place of sending this one. */
  if (path->udp != NULL && culvert_udp_send (path->udp, &packet, 1, &error) == 1
      && error == ECONNREFUSED)
    {
      culvert_check_path_note_error (path, error);
      (void) culvert_udp_send (path->udp, &packet, 1, &error);
    }
  culvert_check_path_note_error (path, error == EMSGSIZE ? 0 : error);
  culvert_pool_put (path->check->resources.packets, packet);
}

void
culvert_check_path_send (CulvertCheckPath *path, unsigned i, const uint8_t *body, size_t len)
{
  CulvertPacket *packet = culvert_packet_new (path->check->resources.packets);

  if (packet == NULL || i >= path->n_ciphers)
    {
      culvert_pool_put (path->check->resources.packets, packet);
      return;
    }
  memcpy (culvert_packet_data (packet), body, len);
  packet->len = (uint16_t) len;
  culvert_cipher_seal (path->ciphers[i], packet, path->check->resources.rng);
  culvert_check_path_send_packet (path, packet);
}

/* -- receiving ------------------------------------------------------------------------ */

/* Whether an opened body is of this conversation. Parity cannot be judged; there the check of
 * the cipher must do. */
static bool
culvert_check_path_owns (const CulvertCheckPath *path,
                         unsigned cipher,
                         const uint8_t *body,
                         size_t len)
{
  uint32_t conv = 0;
  uint32_t sn;
  CulvertBodyKind kind = culvert_session_classify (body, len, &conv, &sn);

  if (kind == CULVERT_BODY_UNKNOWN)
    return culvert_cipher_kind (path->ciphers[cipher]) != CULVERT_CIPHER_KIND_NULL;
  return kind == CULVERT_BODY_KNOWN && conv == path->conv
         && culvert_session_is_plausible (body, len);
}

/* Opens the datagram with whichever cipher fits, or NULL. */
static uint8_t *
culvert_check_path_open (CulvertCheckPath *path,
                         const uint8_t *datagram,
                         size_t len,
                         uint8_t buf[CULVERT_PACKET_MAX],
                         size_t *out_len)
{
  for (unsigned i = 0; i < path->n_ciphers && len <= CULVERT_PACKET_MAX; i++)
    {
      uint8_t *body;

      memcpy (buf, datagram, len);
      if (culvert_cipher_open (path->ciphers[i], buf, len, &body, out_len) < 0
          || !culvert_check_path_owns (path, i, body, *out_len))
        continue;
      path->fits = i;
      return body;
    }
  return NULL;
}

/* The first bytes of the server's own stream, should it begin to speak: at most two segments are
 * of interest, an identifier and a heartbeat. */
static void
culvert_check_path_listen (CulvertCheckPath *path, const uint8_t *body, size_t len)
{
  while (len >= CULVERT_KCP_OVERHEAD)
    {
      uint32_t sn = culvert_load_u32 (body + 12);
      size_t payload = culvert_load_u32 (body + 20);

      if (body[4] == CULVERT_CHECK_CMD_PUSH && sn < G_N_ELEMENTS (path->heard))
        {
          path->heard_len[sn] = MIN (payload, sizeof path->heard[sn]);
          memcpy (path->heard[sn], body + CULVERT_KCP_OVERHEAD, path->heard_len[sn]);
        }
      body += CULVERT_KCP_OVERHEAD + payload;
      len -= CULVERT_KCP_OVERHEAD + payload;
    }
}

static void
culvert_check_path_receive_cb (void *data,
                               uint8_t *datagram,
                               size_t len,
                               const CulvertAddress *from)
{
  CulvertCheckPath *path = data;
  uint8_t buf[CULVERT_PACKET_MAX];
  size_t body_len;
  uint8_t *body = culvert_check_path_open (path, datagram, len, buf, &body_len);

  if (body == NULL)
    return;
  path->is_answered = true;
  path->largest = MAX (path->largest, len);
  /* Parity carries nothing of its own that is needed here. */
  if (!culvert_session_is_plausible (body, body_len))
    return;
  if (culvert_load_u16 (body + 4) == CULVERT_FEC_TYPE_DATA)
    {
      body += CULVERT_FEC_HEADER;
      body_len -= CULVERT_FEC_HEADER;
    }
  culvert_check_path_listen (path, body, body_len);
  if (path->receive != NULL)
    path->receive (path, body, body_len, len);
}

static void
culvert_check_path_drain (CulvertCheckPath *path)
{
  int error = 0;

  (void) culvert_udp_receive (path->udp, path->check->slabs, CULVERT_CHECK_RECEIVE_BUDGET,
                              culvert_check_path_receive_cb, path, &error);
  culvert_check_path_note_error (path, error);
}

bool
culvert_check_wait (CulvertCheck *check,
                    CulvertCheckPath *const *paths,
                    unsigned n,
                    CulvertTime until)
{
  GPollFD fds[CULVERT_CHECK_MAX_PATHS + 1];
  CulvertCheckPath *of_fd[CULVERT_CHECK_MAX_PATHS];
  CulvertTime left = MIN (until, check->deadline) - culvert_check_now ();
  unsigned n_fds = 0;

  g_assert (n <= CULVERT_CHECK_MAX_PATHS);
  for (unsigned i = 0; i < n; i++)
    {
      if (paths[i]->udp == NULL)
        continue;
      of_fd[n_fds] = paths[i];
      fds[n_fds++] = (GPollFD) { .fd = culvert_udp_fd (paths[i]->udp), .events = G_IO_IN };
    }
  if (check->has_cancel_fd)
    fds[n_fds] = check->cancel_fd;
  left = MAX (left, 0);
  (void) g_poll (fds, n_fds + (check->has_cancel_fd ? 1 : 0),
                 (int) ((left + CULVERT_MSEC - 1) / CULVERT_MSEC));
  for (unsigned i = 0; i < n_fds; i++)
    if (fds[i].revents != 0)
      culvert_check_path_drain (of_fd[i]);
  return !culvert_check_is_over (check);
}
