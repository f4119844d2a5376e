/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the registry in culvert-cipher.c and the cipher families share.
 *
 * A family provides the operations; a row of the registry names the family, the prefix
 * of PASS it takes as its key and, for libgcrypt, the algorithm. The framing (nonce,
 * CRC, lengths) is done once in culvert-cipher.c: a family sees a whole packet of at
 * least the overhead and at most CULVERT_PACKET_MAX bytes. */
#pragma once

#include "culvert-cipher.h"

#define CULVERT_CIPHER_NONCE_LEN 16 /* of the CRC kind */
#define CULVERT_CIPHER_CRC_LEN 4
#define CULVERT_CIPHER_AEAD_NONCE_LEN 12
#define CULVERT_CIPHER_TAG_LEN 16
#define CULVERT_CIPHER_MAX_BLOCK 16

/* Packets encrypted side by side. */
#define CULVERT_CIPHER_LANES 31

/* A packet among several encrypted at once. */
typedef struct
{
  uint8_t *data;
  size_t len;
} CulvertCipherLane;

typedef struct _CulvertCipherInfo CulvertCipherInfo;

typedef struct
{
  /* NULL when the algorithm is not to be had. The result begins with a CulvertCipher
   * whose info the registry fills in. */
  CulvertCipher *(*create) (const CulvertCipherInfo *info,
                            const uint8_t *key);
  /* Wipes and frees. */
  void (*destroy) (CulvertCipher *cipher);
  /* Whole packet in place: nonce, CRC and body, or nonce, body and room for the tag. */
  void (*encrypt) (CulvertCipher *cipher,
                   uint8_t *data,
                   size_t len);
  /* encrypt for each of n packets, 1 to CULVERT_CIPHER_LANES; NULL: side by side costs as much
   * as one by one. */
  void (*encrypt_lanes) (CulvertCipher *cipher,
                         CulvertCipherLane *lanes,
                         unsigned n);
  /* The reverse; false: the tag does not match. */
  bool (*decrypt) (CulvertCipher *cipher,
                   uint8_t *data,
                   size_t len);
  /* One forward block, returns its size; NULL: not a block cipher. */
  unsigned (*block) (CulvertCipher *cipher,
                     const uint8_t *in,
                     uint8_t *out);
} CulvertCipherOps;

struct _CulvertCipherInfo
{
  const char *name;
  CulvertCipherKind kind;
  uint8_t key_len; /* bytes of PASS */
  bool is_weak;    /* no protection */
  int algo;        /* GCRY_CIPHER_*, 0 for our own */
  const CulvertCipherOps *ops;
};

struct _CulvertCipher
{
  const CulvertCipherInfo *info;
};

/* The fixed IV of WIRE.md 2.3; blocks of 8 bytes use its first half. */
extern const uint8_t culvert_cipher_iv[CULVERT_CIPHER_MAX_BLOCK];

extern const CulvertCipherOps culvert_cipher_cfb_ops;   /* libgcrypt */
extern const CulvertCipherOps culvert_cipher_salsa_ops; /* libgcrypt */
extern const CulvertCipherOps culvert_cipher_gcm_ops;   /* libgcrypt */
extern const CulvertCipherOps culvert_cipher_tea_ops;
extern const CulvertCipherOps culvert_cipher_xtea_ops;
extern const CulvertCipherOps culvert_cipher_xor_ops;
extern const CulvertCipherOps culvert_cipher_plain_ops; /* none and null */
