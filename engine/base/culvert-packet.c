/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-packet.h"

CulvertPacket *
culvert_packet_new (CulvertPool *pool)
{
  CulvertPacket *packet;

  g_assert (culvert_pool_slot_size (pool) >= sizeof *packet);
  packet = culvert_pool_get (pool);
  if (!packet)
    return NULL;
  packet->next = NULL;
  packet->dest = NULL;
  packet->offset = CULVERT_PACKET_HEADROOM;
  packet->len = 0;
  return packet;
}
