/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Frame codec of smux, WIRE.md 8.1.
 *
 *   0 version | 1 command | 2 length u16 | 4 stream id u32 | 8 data
 *
 * Only bytes to fields and back; what a frame means is decided by culvert-smux.c. The length
 * field counts for PSH alone: SYN, FIN and NOP carry nothing whatever it says, UPD
 * always carries 8 bytes. */
#pragma once

#include "culvert-base.h"
#include "culvert-smux.h"

#define CULVERT_SMUX_UPD_BODY 8

typedef enum
{
  CULVERT_SMUX_SYN = 0,
  CULVERT_SMUX_FIN = 1,
  CULVERT_SMUX_PSH = 2,
  CULVERT_SMUX_NOP = 3,
  CULVERT_SMUX_UPD = 4, /* version 2 only */
} CulvertSmuxCommand;

G_STATIC_ASSERT (CULVERT_SMUX_CONTROL_MAX == CULVERT_SMUX_HEADER + CULVERT_SMUX_UPD_BODY);

typedef struct
{
  uint8_t version;
  uint8_t command;
  uint16_t length;
  uint32_t id;
} CulvertSmuxFrame;

void culvert_smux_frame_put (uint8_t header[CULVERT_SMUX_HEADER], const CulvertSmuxFrame *frame);

/* Reads a header of a session of this version.
 * Codes: CULVERT_E_PROTOCOL (other version, unknown command). */
int culvert_smux_frame_get (const uint8_t header[CULVERT_SMUX_HEADER],
                            int version,
                            CulvertSmuxFrame *out_frame) CULVERT_WARN_UNUSED;

/* Bytes that follow the header and belong to the frame itself, payload of PSH excepted. */
size_t culvert_smux_frame_body (const CulvertSmuxFrame *frame);

void culvert_smux_upd_put (uint8_t body[CULVERT_SMUX_UPD_BODY], uint32_t consumed, uint32_t window);
void culvert_smux_upd_get (const uint8_t body[CULVERT_SMUX_UPD_BODY],
                           uint32_t *out_consumed,
                           uint32_t *out_window);
