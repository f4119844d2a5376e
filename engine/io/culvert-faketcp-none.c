/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* No fake TCP on this system, or with these sockets. */

#include "config.h"

#include "culvert-faketcp.h"

#include <errno.h>

int
culvert_faketcp_check (void)
{
  return EOPNOTSUPP;
}

CulvertCarrier *
culvert_faketcp_connect (const CulvertAddress *peer,
                         const CulvertUdpOptions *options,
                         int *out_errno)
{
  *out_errno = EOPNOTSUPP;
  return NULL;
}

CulvertCarrier *
culvert_faketcp_listen (const CulvertAddress *local,
                        const CulvertFakeTcpRange *range,
                        const CulvertUdpOptions *options,
                        int *out_errno)
{
  *out_errno = EOPNOTSUPP;
  return NULL;
}
