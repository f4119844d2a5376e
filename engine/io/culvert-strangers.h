/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Clients whose packets never pass their check, told apart by address (port aside).
 *
 * kcptun drops them without a word, so a wrong key looks like a dead path. Here the first packet of
 * such an address is only noted; a copy of the next one, taken before it is decrypted in
 * place, is tried with the other ciphers under the same key. The verdict is reported once, and
 * then at growing intervals.
 *
 * Bounds: CULVERT_STRANGERS_MAX addresses, the one longest silent gives way; four trials per
 * address and ten per second in all; copies of at most CULVERT_STRANGERS_WANTED addresses are
 * waited for, and only while one is does a packet cost more than a test of one number. Spoofed
 * sources can push honest strangers out of the table, nothing else. One per part, on its worker. */
#pragma once

#include "culvert-cipher.h"
#include "culvert-udp.h"

#define CULVERT_STRANGERS_MAX 64
#define CULVERT_STRANGERS_WANTED 4
#define CULVERT_STRANGERS_TRIALS 4
#define CULVERT_STRANGERS_RATE 10

typedef struct _CulvertStrangers CulvertStrangers;

/* What is known of an address. */
typedef enum
{
  CULVERT_STRANGER_NEW,    /* nothing was tried */
  CULVERT_STRANGER_KEY,    /* no cipher fits the key: the key differs, or it is no tunnel at all */
  CULVERT_STRANGER_CIPHER, /* the same key with another cipher fits */
} CulvertStrangerKind;

typedef struct
{
  CulvertStrangerKind kind;
  const char *cipher; /* static; NULL unless CIPHER */
  uint64_t count;     /* packets this stands for; 0: nothing is to be said now */
  bool is_first;      /* first packet of an address not in the table */
} CulvertStrangerNews;

/* cipher, key: what the server is set to; key borrowed. n_parts: how many share the ten per
 * second, this one included. */
CulvertStrangers *culvert_strangers_new (const char *cipher,
                                         const uint8_t key[CULVERT_KEY_LEN],
                                         unsigned n_parts);
void culvert_strangers_free (CulvertStrangers *strangers);

/* How many addresses wait for a copy; while 0 culvert_strangers_keep need not be called. */
unsigned culvert_strangers_n_wanted (const CulvertStrangers *strangers);

/* A datagram is about to be opened in place: keeps a copy if its source is waited for. */
void culvert_strangers_keep (CulvertStrangers *strangers,
                             const uint8_t *datagram,
                             size_t len,
                             const CulvertAddress *from,
                             CulvertTime now);

/* That datagram failed its check, and no session is with that address. */
void culvert_strangers_note (CulvertStrangers *strangers,
                             const CulvertAddress *from,
                             CulvertTime now,
                             CulvertStrangerNews *out_news);
