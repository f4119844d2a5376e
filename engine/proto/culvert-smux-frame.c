/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-smux-frame.h"
#include "culvert-wire.h"

void
culvert_smux_frame_put (uint8_t header[CULVERT_SMUX_HEADER],
                        const CulvertSmuxFrame *frame)
{
  header[0] = frame->version;
  header[1] = frame->command;
  culvert_store_u16 (header + 2, frame->length);
  culvert_store_u32 (header + 4, frame->id);
}

int
culvert_smux_frame_get (const uint8_t header[CULVERT_SMUX_HEADER],
                        int version,
                        CulvertSmuxFrame *out_frame)
{
  uint8_t last = version == 1 ? CULVERT_SMUX_NOP : CULVERT_SMUX_UPD;

  if (header[0] != version || header[1] > last)
    return CULVERT_E_PROTOCOL;
  out_frame->version = header[0];
  out_frame->command = header[1];
  out_frame->length = culvert_load_u16 (header + 2);
  out_frame->id = culvert_load_u32 (header + 4);
  return CULVERT_OK;
}

size_t
culvert_smux_frame_body (const CulvertSmuxFrame *frame)
{
  return frame->command == CULVERT_SMUX_UPD ? CULVERT_SMUX_UPD_BODY : 0;
}

void
culvert_smux_upd_put (uint8_t body[CULVERT_SMUX_UPD_BODY],
                      uint32_t consumed,
                      uint32_t window)
{
  culvert_store_u32 (body, consumed);
  culvert_store_u32 (body + 4, window);
}

void
culvert_smux_upd_get (const uint8_t body[CULVERT_SMUX_UPD_BODY],
                      uint32_t *out_consumed,
                      uint32_t *out_window)
{
  *out_consumed = culvert_load_u32 (body);
  *out_window = culvert_load_u32 (body + 4);
}
