/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Packet protection, WIRE.md section 2: seal and open one packet in place.
 *
 * A CulvertCipher is one named cipher with its key schedule; handles are opened once. It
 * is not thread-safe: one per worker and tunnel, shared by that worker's sessions of
 * the tunnel (every packet restarts the IV). Key material is wiped on free. */
#pragma once

#include "culvert-base.h"
#include "culvert-packet.h"
#include "culvert-rng.h"

#define CULVERT_KEY_LEN 32 /* PASS, WIRE.md 2.1 */

typedef enum
{
  CULVERT_CIPHER_KIND_NULL,  /* no header at all */
  CULVERT_CIPHER_KIND_CRC,   /* nonce 16 and CRC-32 in front */
  CULVERT_CIPHER_KIND_AEAD,  /* nonce 12 in front, tag 16 behind */
} CulvertCipherKind;

typedef struct _CulvertCipher CulvertCipher;

/* Initialises libgcrypt once, before any thread is started. */
void culvert_cipher_init_library (void);

/* Registry, in the order of WIRE.md 2.2. NULL past the end. */
const char *culvert_cipher_name (unsigned i);
bool culvert_cipher_exists (const char *name);

/* Whether the cipher protects at all (false: none, null, xor) and authenticates (aes-128-gcm). */
bool culvert_cipher_is_weak (const char *name);
bool culvert_cipher_is_authenticated (const char *name);

/* Header and trailer bytes together: 20, 28 or 0. 0 for unknown names. */
unsigned culvert_cipher_overhead (const char *name);

/* NULL only for an unknown name (exact, case-sensitive) or when libgcrypt lacks the algorithm. */
CulvertCipher *culvert_cipher_new (const char *name, const uint8_t key[CULVERT_KEY_LEN]);
void culvert_cipher_free (CulvertCipher *cipher);
CulvertCipherKind culvert_cipher_kind (const CulvertCipher *cipher);

/* Protects the packet: prepends nonce (from rng) and CRC, or nonce and tag, and encrypts in place.
 * The result must not exceed CULVERT_PACKET_MAX: the session cuts by the mtu. */
void culvert_cipher_seal (CulvertCipher *cipher, CulvertPacket *packet, CulvertRng *rng);

/* Seals packets[0..n) in this order, to the same bytes as one by one, at a fraction of the cost:
 * in CFB each block waits for the one before it, but not for those of other packets. */
void culvert_cipher_seal_batch (CulvertCipher *cipher,
                                CulvertPacket *const *packets,
                                unsigned n,
                                CulvertRng *rng);

/* Unprotects a datagram in place; the body is [*out_body, *out_body + *out_len) inside data.
 * data is not NULL, len may be anything. Codes: CULVERT_E_DISCARD (too short, uncounted; null:
 * above CULVERT_PACKET_MAX), CULVERT_E_CHECK (CRC or tag, or above CULVERT_PACKET_MAX). */
int culvert_cipher_open (CulvertCipher *cipher,
                         uint8_t *data,
                         size_t len,
                         uint8_t **out_body,
                         size_t *out_len) CULVERT_WARN_UNUSED;

/* One forward block operation, for tests against the block vectors; 0 bytes for stream kinds. */
unsigned culvert_cipher_block (CulvertCipher *cipher, const uint8_t *in, uint8_t *out);
