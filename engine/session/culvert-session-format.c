/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the peer speaks, told by the first bytes of its stream.
 *
 * Nothing on the wire announces compression or the smux version, but each format begins in its
 * own way: the chunk type ff of snappy's stream identifier (WIRE.md 7), or the version of the
 * first smux frame (WIRE.md 8.1), which inside a compressed stream is the first byte
 * decompressed. Every session remembers it, for the report when the stream does not fit; a
 * detecting one adopts it. Only the byte that decides is looked at: the reader and the parser
 * judge the rest. */

#include "config.h"

#include "culvert-session-private.h"

#define CULVERT_FORMAT_SNAPPY 0xff

static int
culvert_session_smux_version (uint8_t first)
{
  return first == 1 || first == 2 ? first : 0;
}

/* Codes: CULVERT_E_PROTOCOL (no version that exists). */
static int
culvert_session_adopt_version (CulvertSession *session)
{
  if (session->peer.smux_version == 0)
    return CULVERT_E_PROTOCOL;
  culvert_smux_set_version (session->smux, session->peer.smux_version);
  session->is_detecting = false;
  return CULVERT_OK;
}

int
culvert_session_meet_peer (CulvertSession *session)
{
  struct iovec span;
  uint8_t first;

  if (culvert_kcp_peek (session->kcp, 0, &span, 1) == 0)
    return CULVERT_E_AGAIN;
  first = *(const uint8_t *) span.iov_base;
  session->peer.is_known = true;
  session->peer.is_compressed = first == CULVERT_FORMAT_SNAPPY;
  if (!session->peer.is_compressed)
    session->peer.smux_version = culvert_session_smux_version (first);
  if (!session->is_detecting)
    return CULVERT_OK;
  if (!session->peer.is_compressed)
    {
      g_clear_pointer (&session->reader, culvert_comp_reader_free);
      return culvert_session_adopt_version (session);
    }
  if (session->reader == NULL)
    session->reader = culvert_comp_reader_new (session->resources->budget);
  return CULVERT_OK;
}

int
culvert_session_meet_plain (CulvertSession *session, uint8_t first)
{
  if (session->peer.smux_version != 0)
    return CULVERT_OK;
  session->peer.smux_version = culvert_session_smux_version (first);
  return session->is_detecting ? culvert_session_adopt_version (session) : CULVERT_OK;
}

void
culvert_session_get_peer_format (const CulvertSession *session, CulvertPeerFormat *out_format)
{
  *out_format = session->peer;
}
