/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Datagrams from outside into every cipher.
 *
 * The first byte picks the cipher, the rest is the datagram, in a block of exactly its
 * size, so that the sanitizer sees one byte too many. What a check would nearly always turn
 * away is then sealed as a body and must come back as it was. */
#include "config.h"

#include "culvert-cipher.h"
#include "culvert-kdf.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

/* Nonces that depend on the input alone, so that a finding repeats. */
static void
fuzz_cipher_fill (CulvertRng *rng,
                  void *buf,
                  size_t len)
{
  memset (buf, 0x5c, len);
}

static CulvertCipher *
fuzz_cipher_get (unsigned pick)
{
  static CulvertCipher *ciphers[32];
  static unsigned n_ciphers = 0;

  if (n_ciphers == 0)
    {
      uint8_t key[CULVERT_KEY_LEN];
      const char *name;
      int code;

      culvert_cipher_init_library ();
      code = culvert_kdf_derive ("it's a secrect", key);
      g_assert (code == CULVERT_OK);
      while ((name = culvert_cipher_name (n_ciphers)) != NULL)
        {
          g_assert (n_ciphers < G_N_ELEMENTS (ciphers));
          ciphers[n_ciphers] = culvert_cipher_new (name, key);
          g_assert (ciphers[n_ciphers] != NULL);
          n_ciphers++;
        }
    }
  return ciphers[pick % n_ciphers];
}

static void
fuzz_cipher_open (CulvertCipher *cipher,
                  const uint8_t *data,
                  size_t size)
{
  g_autofree uint8_t *datagram = g_malloc (MAX (size, 1)); /* never NULL, as from a slab */
  uint8_t *body;
  size_t len;
  int code;

  if (size > 0)
    memcpy (datagram, data, size);
  code = culvert_cipher_open (cipher, datagram, size, &body, &len);
  if (code == CULVERT_OK)
    g_assert (len <= size && body >= datagram && body + len <= datagram + size);
  else
    g_assert (code == CULVERT_E_DISCARD || code == CULVERT_E_CHECK);
}

static void
fuzz_cipher_round_trip (CulvertCipher *cipher,
                        const uint8_t *data,
                        size_t size)
{
  CulvertRng rng = { .fill = fuzz_cipher_fill };
  CulvertPacket packet = { .offset = CULVERT_PACKET_HEADROOM, .len = (uint16_t) size };
  uint8_t *body;
  size_t len;
  int code;

  if (size > 0)
    memcpy (culvert_packet_data (&packet), data, size);
  culvert_cipher_seal (cipher, &packet, &rng);
  code = culvert_cipher_open (cipher, culvert_packet_data (&packet), packet.len, &body, &len);
  g_assert (code == CULVERT_OK && len == size && (size == 0 || memcmp (body, data, size) == 0));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t size)
{
  CulvertCipher *cipher;

  if (size == 0)
    return 0;
  cipher = fuzz_cipher_get (data[0]);
  fuzz_cipher_open (cipher, data + 1, size - 1);
  fuzz_cipher_round_trip (cipher, data + 1, MIN (size - 1, CULVERT_PACKET_MAX - 28));
  return 0;
}
