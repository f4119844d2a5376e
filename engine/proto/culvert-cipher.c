/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Registry and framing of the packet ciphers, WIRE.md 2.2 to 2.4.
 *
 *   CRC kind    nonce 16 | crc 4 | body          all of it encrypted from byte 0
 *   AEAD kind   nonce 12 | body  | tag 16        body encrypted, tag over it
 *   NULL kind   body
 *
 * The crc is that of the body alone, little-endian. Every length is checked here, before
 * a family sees the bytes; nothing is allocated per packet.
 *
 * Wire: the reference reads datagrams into 1500 bytes, so a longer one loses its end and
 * fails its check. We drop it with the same result before any work is spent on it; for
 * null, where there is no check and the reference goes on with a torn packet, we drop too. */
#include "config.h"

#include <gcrypt.h>

#include "culvert-cipher-private.h"
#include "culvert-crc.h"
#include "culvert-wire.h"

#define CULVERT_CIPHER_CRC_HEADER (CULVERT_CIPHER_NONCE_LEN + CULVERT_CIPHER_CRC_LEN)
#define CULVERT_CIPHER_AEAD_OVERHEAD (CULVERT_CIPHER_AEAD_NONCE_LEN + CULVERT_CIPHER_TAG_LEN)
#define CULVERT_CIPHER_GCRYPT_FLOOR "1.10.0"

G_STATIC_ASSERT (CULVERT_CIPHER_CRC_HEADER <= CULVERT_PACKET_HEADROOM);
G_STATIC_ASSERT (CULVERT_CIPHER_TAG_LEN <= CULVERT_PACKET_TAIL);

const uint8_t culvert_cipher_iv[CULVERT_CIPHER_MAX_BLOCK] = {
  0xa7, 0x73, 0x4f, 0x9c, 0x12, 0xac, 0x1b, 0x01, 0xa4, 0x15, 0xf2, 0xc1, 0xfc, 0x78, 0xe6, 0x6b,
};

#define CRC CULVERT_CIPHER_KIND_CRC
#define AEAD CULVERT_CIPHER_KIND_AEAD

/* name, kind, bytes of key, weak, algorithm, family; the order is that of WIRE.md 2.2. */
static const CulvertCipherInfo culvert_ciphers[] = {
  { "aes", CRC, 32, false, GCRY_CIPHER_AES256, &culvert_cipher_cfb_ops },
  { "aes-128", CRC, 16, false, GCRY_CIPHER_AES128, &culvert_cipher_cfb_ops },
  { "aes-192", CRC, 24, false, GCRY_CIPHER_AES192, &culvert_cipher_cfb_ops },
  { "sm4", CRC, 16, false, GCRY_CIPHER_SM4, &culvert_cipher_cfb_ops },
  { "twofish", CRC, 32, false, GCRY_CIPHER_TWOFISH, &culvert_cipher_cfb_ops },
  { "blowfish", CRC, 32, false, GCRY_CIPHER_BLOWFISH, &culvert_cipher_cfb_ops },
  { "cast5", CRC, 16, false, GCRY_CIPHER_CAST5, &culvert_cipher_cfb_ops },
  { "3des", CRC, 24, false, GCRY_CIPHER_3DES, &culvert_cipher_cfb_ops },
  { "tea", CRC, 16, false, 0, &culvert_cipher_tea_ops },
  { "xtea", CRC, 16, false, 0, &culvert_cipher_xtea_ops },
  { "salsa20", CRC, 32, false, GCRY_CIPHER_SALSA20, &culvert_cipher_salsa_ops },
  { "xor", CRC, 32, true, 0, &culvert_cipher_xor_ops },
  { "none", CRC, 0, true, 0, &culvert_cipher_plain_ops },
  { "null", CULVERT_CIPHER_KIND_NULL, 0, true, 0, &culvert_cipher_plain_ops },
  { "aes-128-gcm", AEAD, 16, false, GCRY_CIPHER_AES128, &culvert_cipher_gcm_ops },
};

#undef CRC
#undef AEAD

static const CulvertCipherInfo *
culvert_cipher_lookup (const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS (culvert_ciphers); i++)
    {
      if (strcmp (culvert_ciphers[i].name, name) == 0)
        return &culvert_ciphers[i];
    }
  return NULL;
}

static unsigned
culvert_cipher_kind_overhead (CulvertCipherKind kind)
{
  switch (kind)
    {
    case CULVERT_CIPHER_KIND_CRC:
      return CULVERT_CIPHER_CRC_HEADER;
    case CULVERT_CIPHER_KIND_AEAD:
      return CULVERT_CIPHER_AEAD_OVERHEAD;
    case CULVERT_CIPHER_KIND_NULL:
      return 0;
    }
  g_assert_not_reached ();
}

void
culvert_cipher_init_library (void)
{
  static size_t once = 0;

  if (!g_once_init_enter (&once))
    return;
  /* Another library of the process may have been first; then its choices stand. */
  if (!gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P))
    {
      const char *version;

      /* Seeds come straight from the system; we ask for a few bytes a day. */
      gcry_control (GCRYCTL_SET_PREFERRED_RNG_TYPE, GCRY_RNG_TYPE_SYSTEM);
      version = gcry_check_version (CULVERT_CIPHER_GCRYPT_FLOOR);
      g_assert (version != NULL);
      /* Locked memory is a scarce 32 KiB by default; we wipe what we own instead. */
      gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
      gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
  g_once_init_leave (&once, 1);
}

const char *
culvert_cipher_name (unsigned i)
{
  return i < G_N_ELEMENTS (culvert_ciphers) ? culvert_ciphers[i].name : NULL;
}

bool
culvert_cipher_exists (const char *name)
{
  return culvert_cipher_lookup (name) != NULL;
}

bool
culvert_cipher_is_weak (const char *name)
{
  const CulvertCipherInfo *info = culvert_cipher_lookup (name);

  return info != NULL && info->is_weak;
}

bool
culvert_cipher_is_authenticated (const char *name)
{
  const CulvertCipherInfo *info = culvert_cipher_lookup (name);

  return info != NULL && info->kind == CULVERT_CIPHER_KIND_AEAD;
}

unsigned
culvert_cipher_overhead (const char *name)
{
  const CulvertCipherInfo *info = culvert_cipher_lookup (name);

  return info != NULL ? culvert_cipher_kind_overhead (info->kind) : 0;
}

CulvertCipher *
culvert_cipher_new (const char *name,
                    const uint8_t key[CULVERT_KEY_LEN])
{
  const CulvertCipherInfo *info = culvert_cipher_lookup (name);
  CulvertCipher *cipher;

  if (info == NULL)
    return NULL;
  cipher = info->ops->create (info, key);
  if (cipher != NULL)
    cipher->info = info;
  return cipher;
}

void
culvert_cipher_free (CulvertCipher *cipher)
{
  if (cipher != NULL)
    cipher->info->ops->destroy (cipher);
}

CulvertCipherKind
culvert_cipher_kind (const CulvertCipher *cipher)
{
  return cipher->info->kind;
}

/* All but the encryption: nonce and CRC, or nonce and room for the tag. */
static void
culvert_cipher_frame (CulvertCipher *cipher,
                      CulvertPacket *packet,
                      CulvertRng *rng)
{
  uint8_t *head;
  uint32_t crc;

  /* The session cuts packets to the mtu; the slot and the xor table both end here. */
  g_assert (packet->len + culvert_cipher_kind_overhead (cipher->info->kind) <= CULVERT_PACKET_MAX);
  switch (cipher->info->kind)
    {
    case CULVERT_CIPHER_KIND_CRC:
      crc = culvert_crc32 (culvert_packet_data (packet), packet->len);
      head = culvert_packet_prepend (packet, CULVERT_CIPHER_CRC_HEADER);
      culvert_rng_fill (rng, head, CULVERT_CIPHER_NONCE_LEN);
      culvert_store_u32 (head + CULVERT_CIPHER_NONCE_LEN, crc);
      break;
    case CULVERT_CIPHER_KIND_AEAD:
      head = culvert_packet_prepend (packet, CULVERT_CIPHER_AEAD_NONCE_LEN);
      (void) culvert_packet_append (packet, CULVERT_CIPHER_TAG_LEN);
      culvert_rng_fill (rng, head, CULVERT_CIPHER_AEAD_NONCE_LEN);
      break;
    case CULVERT_CIPHER_KIND_NULL:
      break;
    }
}

void
culvert_cipher_seal (CulvertCipher *cipher,
                     CulvertPacket *packet,
                     CulvertRng *rng)
{
  culvert_cipher_frame (cipher, packet, rng);
  cipher->info->ops->encrypt (cipher, culvert_packet_data (packet), packet->len);
}

void
culvert_cipher_seal_batch (CulvertCipher *cipher,
                           CulvertPacket *const *packets,
                           unsigned n,
                           CulvertRng *rng)
{
  const CulvertCipherOps *ops = cipher->info->ops;

  for (unsigned done = 0, step; done < n; done += step)
    {
      CulvertCipherLane lanes[CULVERT_CIPHER_LANES];

      step = ops->encrypt_lanes != NULL ? MIN (n - done, CULVERT_CIPHER_LANES) : 1;
      if (step == 1)
        {
          culvert_cipher_seal (cipher, packets[done], rng);
          continue;
        }
      for (unsigned i = 0; i < step; i++)
        {
          CulvertPacket *packet = packets[done + i];

          culvert_cipher_frame (cipher, packet, rng);
          lanes[i] = (CulvertCipherLane) { culvert_packet_data (packet), packet->len };
        }
      ops->encrypt_lanes (cipher, lanes, step);
    }
}

/* Codes: CULVERT_E_CHECK. */
static int
culvert_cipher_check (CulvertCipher *cipher,
                      uint8_t *data,
                      size_t len)
{
  if (!cipher->info->ops->decrypt (cipher, data, len))
    return CULVERT_E_CHECK;
  if (cipher->info->kind == CULVERT_CIPHER_KIND_CRC
      && culvert_load_u32 (data + CULVERT_CIPHER_NONCE_LEN)
           != culvert_crc32 (data + CULVERT_CIPHER_CRC_HEADER, len - CULVERT_CIPHER_CRC_HEADER))
    return CULVERT_E_CHECK;
  return CULVERT_OK;
}

int
culvert_cipher_open (CulvertCipher *cipher,
                     uint8_t *data,
                     size_t len,
                     uint8_t **out_body,
                     size_t *out_len)
{
  CulvertCipherKind kind = cipher->info->kind;
  unsigned overhead = culvert_cipher_kind_overhead (kind);
  int code;

  if (len < overhead)
    return CULVERT_E_DISCARD;
  if (len > CULVERT_PACKET_MAX)
    return kind == CULVERT_CIPHER_KIND_NULL ? CULVERT_E_DISCARD : CULVERT_E_CHECK;
  code = culvert_cipher_check (cipher, data, len);
  if (code < 0)
    return code;
  *out_body = data + (kind == CULVERT_CIPHER_KIND_AEAD ? CULVERT_CIPHER_AEAD_NONCE_LEN : overhead);
  *out_len = len - overhead;
  return CULVERT_OK;
}

unsigned
culvert_cipher_block (CulvertCipher *cipher,
                      const uint8_t *in,
                      uint8_t *out)
{
  const CulvertCipherOps *ops = cipher->info->ops;

  return ops->block != NULL ? ops->block (cipher, in, out) : 0;
}
