/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What sizes of packets the paths to some peers let pass, so that the next session need not find
 * out again. A path is the pair of our address and the peer's, ports apart. Knowledge is forgotten
 * after three days, or when others need the place. Owner: the part, on its worker; embedded,
 * zeroed at first, nothing to free. */
#pragma once

#include "culvert-udp.h"

#define CULVERT_PATHS_MAX 32
#define CULVERT_PATHS_AGE (3 * 24 * 3600 * CULVERT_SEC)

typedef struct
{
  CulvertAddress local; /* len 0: not known */
  CulvertAddress peer;
  unsigned passes;      /* bytes of a datagram */
  unsigned fails;       /* 0: nothing larger is known to fail */
  CulvertTime at;
} CulvertPath;

typedef struct
{
  CulvertPath paths[CULVERT_PATHS_MAX];
  unsigned n;
} CulvertPaths;

/* NULL: nothing known. Valid until the next note. */
const CulvertPath *culvert_paths_find (CulvertPaths *paths,
                                       const CulvertAddress *local,
                                       const CulvertAddress *peer,
                                       CulvertTime now);

/* Learned at now: passes and fails of *path; the rest of it says where. */
void culvert_paths_note (CulvertPaths *paths, const CulvertPath *path, CulvertTime now);
