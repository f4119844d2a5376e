/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-session-private.h"

CulvertTime
culvert_session_deadline (const CulvertSession *session)
{
  CulvertTime kcp = culvert_kcp_deadline (session->kcp);
  CulvertTime smux = culvert_smux_deadline (session->smux);

  return MIN (MIN (kcp, smux), culvert_session_pad_deadline (session));
}

int
culvert_session_advance (CulvertSession *session, CulvertTime now)
{
  int code;

  if (session->error != CULVERT_OK)
    return session->error;
  if (culvert_smux_deadline (session->smux) > now)
    return CULVERT_OK;
  code = culvert_smux_advance (session->smux, now);
  if (code <= CULVERT_E_FATAL)
    session->error = code;
  return code;
}
