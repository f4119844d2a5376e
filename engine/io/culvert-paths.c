/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-paths.h"

static bool
culvert_paths_same (const CulvertAddress *a, const CulvertAddress *b)
{
  return a->len == 0 || b->len == 0 ? a->len == b->len : culvert_address_same_host (a, b);
}

static CulvertPath *
culvert_paths_lookup (CulvertPaths *paths, const CulvertAddress *local, const CulvertAddress *peer)
{
  for (unsigned i = 0; i < paths->n; i++)
    if (culvert_paths_same (&paths->paths[i].peer, peer)
        && culvert_paths_same (&paths->paths[i].local, local))
      return &paths->paths[i];
  return NULL;
}

const CulvertPath *
culvert_paths_find (CulvertPaths *paths,
                    const CulvertAddress *local,
                    const CulvertAddress *peer,
                    CulvertTime now)
{
  const CulvertPath *path = culvert_paths_lookup (paths, local, peer);

  return path != NULL && now - path->at < CULVERT_PATHS_AGE ? path : NULL;
}

void
culvert_paths_note (CulvertPaths *paths, const CulvertPath *path, CulvertTime now)
{
  CulvertPath *place = culvert_paths_lookup (paths, &path->local, &path->peer);

  if (place == NULL && paths->n < CULVERT_PATHS_MAX)
    place = &paths->paths[paths->n++];
  if (place == NULL)
    {
      place = &paths->paths[0];
      for (unsigned i = 1; i < paths->n; i++)
        if (paths->paths[i].at < place->at)
          place = &paths->paths[i];
    }
  *place = *path;
  place->at = now;
}
