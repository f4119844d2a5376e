/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The other end: from a profile of one side everything that sets up the peer.
 *
 * What must match is copied, windows are mirrored (my send window fits into the peer's receive
 * window and the other way round), the addresses follow from one another. Pure functions but
 * for the random numbers of the key. */
#pragma once

#include "culvert-profile.h"

G_BEGIN_DECLS

typedef enum
{
  CULVERT_PAIR_FIREWALL_NFT,
  CULVERT_PAIR_FIREWALL_UFW,
} CulvertPairFirewall;

/* 32 random bytes as base64url without padding, 43 characters. (transfer full); wipe it. */
CULVERT_AVAILABLE char *culvert_pair_generate_key (void);

/* The mirrored profile, of the other role, key included. peer_address: of a client's mirror the
 * target of the server (NULL: 127.0.0.1:12948), of a server's mirror the server's public host
 * (NULL: "server.example"). (transfer full) */
CULVERT_AVAILABLE CulvertProfile *culvert_pair_mirror (CulvertProfile *profile,
                                                       const char *peer_address);

/* All of these take the profile of the end they are for, and leave the key out: they refer to
 * the file config_path (NULL: /etc/culvert/NAME.json) that holds culvert_export_json.
 * (transfer full) */
CULVERT_AVAILABLE char *culvert_pair_dup_unit (CulvertProfile *profile, const char *config_path);
CULVERT_AVAILABLE char *culvert_pair_dup_docker (CulvertProfile *profile, const char *config_path);
/* Opens the ports the profile listens on; NULL for a client. (transfer full) */
CULVERT_AVAILABLE char *culvert_pair_dup_firewall (CulvertProfile *profile,
                                                   CulvertPairFirewall firewall);
/* /etc/culvert/NAME.json. (transfer full) */
CULVERT_AVAILABLE char *culvert_pair_dup_config_path (CulvertProfile *profile);

G_END_DECLS
