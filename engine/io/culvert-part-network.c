/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What a client's part does when the world around it has changed. */

#include "config.h"

#include "culvert-part.h"
#include "culvert-slot.h"

void
culvert_part_network_changed (CulvertPart *part, CulvertTime slept)
{
  CulvertTime now = culvert_part_now (part);

  if (part->state != CULVERT_PART_OPEN)
    return;
  for (unsigned i = 0; i < part->n_slots; i++)
    culvert_slot_network_changed (&part->slots[i], now);
  /* No link dies in this: a session is replaced by one that is added at the end. */
  for (CulvertList *node = part->links.next; node != &part->links; node = node->next)
    {
      CulvertLink *link = CULVERT_LIST_ENTRY (node, CulvertLink, node);

      if (slept > 0)
        culvert_link_wake_late (link, slept, now);
      else
        culvert_link_check_route (link, now);
    }
}
