/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Quantum permutation pads, WIRE.md 10.
 *
 * The pads are shuffled identity tables of 256 bytes. Their making runs 3570 AES blocks
 * per pad (some 40 us), so they are made off the workers and shared. The generator draws
 * one word for every eight bytes of a direction: it picks the pad and is the mask of the
 * eight bytes, so whole words go through with the row of the pad at hand.
 *
 * Bytes of a word are counted over the whole direction; chunks may be cut anywhere.
 * libgcrypt must have been initialised (culvert_cipher_init_library). */
#include "config.h"

#include <gcrypt.h>

#include "culvert-qpp.h"

#define CULVERT_QPP_SEED_SALT "___QUANTUM_PERMUTATION_PAD_SEED_DERIVE___"
#define CULVERT_QPP_SHUFFLE_SALT "___QUANTUM_PERMUTATION_PAD_SHUFFLE_SALT___"
#define CULVERT_QPP_PRNG_SALT "___QUANTUM_PERMUTATION_PAD_PRNG_SALT___"
#define CULVERT_QPP_PRNG_MESSAGE "PERMUTATION_MATRIX_SELECTOR"
#define CULVERT_QPP_SHORT_ITERATIONS 128
#define CULVERT_QPP_CHUNK_ITERATIONS 1024
#define CULVERT_QPP_CHUNKS 7
#define CULVERT_QPP_CHUNK_LEN 32
#define CULVERT_QPP_PAD 256
#define CULVERT_QPP_MAX_PADS 65535
#define CULVERT_QPP_MIN_PADS 7
#define CULVERT_QPP_MIN_KEY 211 /* bytes for log2(256!) bits */

struct _CulvertQppPads
{
  gatomicrefcount ref_count;
  unsigned count;
  uint64_t reciprocal; /* floor (2^32 / count) + 1, see culvert_qpp_index */
  uint64_t state[4];   /* generator before its first draw */
  const uint8_t *reverse;
  uint8_t forward[]; /* count pads, then their inverses */
};

/* Only while pads are made. */
typedef struct
{
  uint8_t chunk[CULVERT_QPP_CHUNKS][CULVERT_QPP_CHUNK_LEN];
  gcry_cipher_hd_t shuffler[CULVERT_QPP_CHUNKS];
} CulvertQppSeeds;

/* PBKDF2-HMAC-SHA1, from the library: the modules of this level do not know one another.
 * Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_derive (const void *password,
                    size_t password_len,
                    const char *salt,
                    unsigned iterations,
                    uint8_t out[CULVERT_QPP_CHUNK_LEN])
{
  if (gcry_kdf_derive (password, password_len, GCRY_KDF_PBKDF2, GCRY_MD_SHA1, salt, strlen (salt),
                       iterations, CULVERT_QPP_CHUNK_LEN, out)
      != 0)
    return CULVERT_E_INVAL;
  return CULVERT_OK;
}

/* Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_hmac (const void *key,
                  size_t key_len,
                  const char *message,
                  uint8_t out[32])
{
  gcry_buffer_t parts[2] = {
    { .data = (void *) key, .len = key_len },
    { .data = (void *) message, .len = strlen (message) },
  };

  if (gcry_md_hash_buffers (GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC, out, parts, 2) != 0)
    return CULVERT_E_INVAL;
  return CULVERT_OK;
}

/* Steps 1 to 3 of WIRE.md 10.1. Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_make_chunks (CulvertQppSeeds *seeds,
                         const char *key)
{
  uint8_t derived[CULVERT_QPP_CHUNK_LEN];
  const uint8_t *source = (const uint8_t *) key;
  size_t len = strlen (key);
  int code = CULVERT_OK;

  if (len < sizeof derived)
    {
      code = culvert_qpp_derive (key, len, CULVERT_QPP_SEED_SALT, CULVERT_QPP_SHORT_ITERATIONS,
                                 derived);
      source = derived;
      len = sizeof derived;
    }
  for (unsigned i = 0; code == CULVERT_OK && i < CULVERT_QPP_CHUNKS; i++)
    {
      uint8_t chunk[CULVERT_QPP_CHUNK_LEN];

      for (unsigned j = 0; j < sizeof chunk; j++)
        chunk[j] = source[(sizeof chunk * i + j) % len];
      code = culvert_qpp_derive (chunk, sizeof chunk, CULVERT_QPP_SEED_SALT,
                                 CULVERT_QPP_CHUNK_ITERATIONS, seeds->chunk[i]);
      culvert_wipe (chunk, sizeof chunk);
    }
  culvert_wipe (derived, sizeof derived);
  return code;
}

/* Step 4 of WIRE.md 10.1. Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_make_shuffler (CulvertQppSeeds *seeds,
                           unsigned i)
{
  uint8_t key[CULVERT_QPP_CHUNK_LEN];
  int code = culvert_qpp_derive (seeds->chunk[i], sizeof seeds->chunk[i], CULVERT_QPP_SHUFFLE_SALT,
                                 CULVERT_QPP_SHORT_ITERATIONS, key);

  if (code == CULVERT_OK
      && (gcry_cipher_open (&seeds->shuffler[i], GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_ECB, 0) != 0
          || gcry_cipher_setkey (seeds->shuffler[i], key, sizeof key) != 0))
    code = CULVERT_E_INVAL;
  culvert_wipe (key, sizeof key);
  return code;
}

static int
culvert_qpp_seeds_init (CulvertQppSeeds *seeds,
                        const char *key)
{
  int code;

  memset (seeds, 0, sizeof *seeds);
  code = culvert_qpp_make_chunks (seeds, key);
  for (unsigned i = 0; code == CULVERT_OK && i < CULVERT_QPP_CHUNKS; i++)
    code = culvert_qpp_make_shuffler (seeds, i);
  return code;
}

static void
culvert_qpp_seeds_clear (CulvertQppSeeds *seeds)
{
  for (unsigned i = 0; i < CULVERT_QPP_CHUNKS; i++)
    gcry_cipher_close (seeds->shuffler[i]);
  culvert_wipe (seeds, sizeof *seeds);
}

/* The 32 bytes of h as one big-endian number, modulo a small divisor. */
static unsigned
culvert_qpp_modulo (const uint8_t h[32],
                    unsigned divisor)
{
  uint64_t rest = 0;

  for (unsigned i = 0; i < 32; i += sizeof (uint32_t))
    {
      uint32_t word;

      memcpy (&word, h + i, sizeof word);
      rest = (rest << 32 | GUINT32_FROM_BE (word)) % divisor;
    }
  return (unsigned) rest;
}

/* HMAC of the pad's number in binary digits. Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_pad_seed (const CulvertQppSeeds *seeds,
                      unsigned number,
                      uint8_t h[32])
{
  char message[] = "QPP_0123456789abcdef"; /* room for sixteen digits */
  unsigned n_digits = number == 0 ? 1 : g_bit_storage (number);

  for (unsigned i = 0; i < n_digits; i++)
    message[4 + i] = number >> (n_digits - 1 - i) & 1 ? '1' : '0';
  message[4 + n_digits] = '\0';
  return culvert_qpp_hmac (seeds->chunk[number % CULVERT_QPP_CHUNKS], CULVERT_QPP_CHUNK_LEN,
                           message, h);
}

/* Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_advance (CulvertQppSeeds *seeds,
                     uint8_t h[32])
{
  for (unsigned k = 0; k < CULVERT_QPP_CHUNKS; k++)
    {
      if (gcry_cipher_encrypt (seeds->shuffler[k], h, 32, NULL, 0) != 0)
        return CULVERT_E_INVAL;
    }
  return CULVERT_OK;
}

/* One pad, WIRE.md 10.2. Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_shuffle (CulvertQppSeeds *seeds,
                     unsigned number,
                     uint8_t pad[CULVERT_QPP_PAD])
{
  uint8_t h[32];
  int code = culvert_qpp_pad_seed (seeds, number, h);

  for (unsigned i = 0; i < CULVERT_QPP_PAD; i++)
    pad[i] = (uint8_t) i;
  for (unsigned i = CULVERT_QPP_PAD - 1; code == CULVERT_OK && i > 0; i--)
    {
      unsigned j;
      uint8_t byte = pad[i];

      code = culvert_qpp_advance (seeds, h);
      j = culvert_qpp_modulo (h, i + 1);
      pad[i] = pad[j];
      pad[j] = byte;
    }
  culvert_wipe (h, sizeof h);
  return code;
}

/* Generator before its first draw, WIRE.md 10.3. Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_seed_generator (const char *key,
                            uint64_t state[4])
{
  uint8_t m[32];
  uint8_t x[32];
  int code = culvert_qpp_hmac (key, strlen (key), CULVERT_QPP_PRNG_MESSAGE, m);

  if (code == CULVERT_OK)
    code = culvert_qpp_derive (m, sizeof m, CULVERT_QPP_PRNG_SALT, CULVERT_QPP_SHORT_ITERATIONS,
                               x);
  if (code == CULVERT_OK)
    {
      memcpy (state, x, sizeof x);
      for (unsigned i = 0; i < 4; i++)
        state[i] = GUINT64_FROM_LE (state[i]);
    }
  culvert_wipe (m, sizeof m);
  culvert_wipe (x, sizeof x);
  return code;
}

/* Codes: CULVERT_E_INVAL. */
static int
culvert_qpp_pads_fill (CulvertQppPads *pads,
                       const char *key)
{
  uint8_t *reverse = pads->forward + (size_t) pads->count * CULVERT_QPP_PAD;
  CulvertQppSeeds seeds;
  int code = culvert_qpp_seeds_init (&seeds, key);

  for (unsigned p = 0; code == CULVERT_OK && p < pads->count; p++)
    {
      uint8_t *pad = pads->forward + (size_t) p * CULVERT_QPP_PAD;

      code = culvert_qpp_shuffle (&seeds, p, pad);
      for (unsigned i = 0; code == CULVERT_OK && i < CULVERT_QPP_PAD; i++)
        reverse[(size_t) p * CULVERT_QPP_PAD + pad[i]] = (uint8_t) i;
    }
  culvert_qpp_seeds_clear (&seeds);
  pads->reverse = reverse;
  return code == CULVERT_OK ? culvert_qpp_seed_generator (key, pads->state) : code;
}

CulvertQppPads *
culvert_qpp_pads_new (const char *key,
                      unsigned count)
{
  CulvertQppPads *pads;

  if (count == 0 || count > CULVERT_QPP_MAX_PADS)
    return NULL;
  pads = g_try_malloc0 (sizeof *pads + (size_t) count * 2 * CULVERT_QPP_PAD);
  if (pads == NULL)
    return NULL;
  g_atomic_ref_count_init (&pads->ref_count);
  pads->count = count;
  pads->reciprocal = ((uint64_t) 1 << 32) / count + 1;
  if (culvert_qpp_pads_fill (pads, key) == CULVERT_OK)
    return pads;
  culvert_qpp_pads_unref (pads);
  return NULL;
}

CulvertQppPads *
culvert_qpp_pads_ref (CulvertQppPads *pads)
{
  g_atomic_ref_count_inc (&pads->ref_count);
  return pads;
}

void
culvert_qpp_pads_unref (CulvertQppPads *pads)
{
  if (pads == NULL || !g_atomic_ref_count_dec (&pads->ref_count))
    return;
  culvert_wipe (pads, sizeof *pads + (size_t) pads->count * 2 * CULVERT_QPP_PAD);
  g_free (pads);
}

const uint8_t *
culvert_qpp_pads_peek (const CulvertQppPads *pads,
                       unsigned i)
{
  g_assert (i < pads->count);
  return pads->forward + (size_t) i * CULVERT_QPP_PAD;
}

static inline uint64_t
culvert_qpp_rotate (uint64_t x,
                    unsigned n)
{
  return x << n | x >> (64 - n);
}

/* xoshiro256** */
static inline void
culvert_qpp_draw (CulvertQpp *qpp)
{
  uint64_t *s = qpp->state;
  uint64_t t = s[1] << 17;

  qpp->word = culvert_qpp_rotate (s[1] * 5, 7) * 9;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = culvert_qpp_rotate (s[3], 45);
}

void
culvert_qpp_init (CulvertQpp *qpp,
                  const CulvertQppPads *pads)
{
  memcpy (qpp->state, pads->state, sizeof qpp->state);
  qpp->used = 0;
  culvert_qpp_draw (qpp);
}

/* (word mod 65536) mod count without a division: for x and count below 2^16 the error of
 * x * reciprocal / 2^32 against x / count is below 1 / count, so the quotient is exact. */
static inline const uint8_t *
culvert_qpp_row (const CulvertQppPads *pads,
                 const uint8_t *table,
                 uint64_t word)
{
  uint32_t x = word & 0xffff;
  uint32_t quotient = (uint32_t) (x * pads->reciprocal >> 32);

  return table + (size_t) (x - quotient * pads->count) * CULVERT_QPP_PAD;
}

/* Eight bytes through one row. */
static inline uint64_t
culvert_qpp_substitute (const uint8_t *row,
                        uint64_t x)
{
  return (uint64_t) row[x & 0xff] | (uint64_t) row[x >> 8 & 0xff] << 8
         | (uint64_t) row[x >> 16 & 0xff] << 16 | (uint64_t) row[x >> 24 & 0xff] << 24
         | (uint64_t) row[x >> 32 & 0xff] << 32 | (uint64_t) row[x >> 40 & 0xff] << 40
         | (uint64_t) row[x >> 48 & 0xff] << 48 | (uint64_t) row[x >> 56] << 56;
}

/* Bytes of the current word, at most up to its end; returns how many. */
static size_t
culvert_qpp_partial (CulvertQpp *qpp,
                     const uint8_t *row,
                     uint8_t *data,
                     size_t len,
                     bool decrypt)
{
  size_t n = MIN (len, 8 - qpp->used);

  for (size_t i = 0; i < n; i++)
    {
      uint8_t k = qpp->word >> (8 * qpp->used) & 0xff;

      data[i] = decrypt ? row[data[i]] ^ k : row[data[i] ^ k];
      qpp->used++;
    }
  if (qpp->used == 8)
    {
      culvert_qpp_draw (qpp);
      qpp->used = 0;
    }
  return n;
}

/* Works on a copy of the generator, which data cannot alias, so that it stays in registers. */
static G_ALWAYS_INLINE inline void
culvert_qpp_run (CulvertQpp *qpp,
                 const CulvertQppPads *pads,
                 uint8_t *data,
                 size_t len,
                 bool decrypt)
{
  const uint8_t *table = decrypt ? pads->reverse : pads->forward;
  CulvertQpp g = *qpp;
  size_t i = 0;

  if (g.used != 0)
    i = culvert_qpp_partial (&g, culvert_qpp_row (pads, table, g.word), data, len, decrypt);
  for (; len - i >= 8; i += 8)
    {
      const uint8_t *row = culvert_qpp_row (pads, table, g.word);
      uint64_t x;

      memcpy (&x, data + i, sizeof x);
      x = GUINT64_FROM_LE (x);
      x = decrypt ? culvert_qpp_substitute (row, x) ^ g.word
                  : culvert_qpp_substitute (row, x ^ g.word);
      x = GUINT64_TO_LE (x);
      memcpy (data + i, &x, sizeof x);
      culvert_qpp_draw (&g);
    }
  if (i < len)
    (void) culvert_qpp_partial (&g, culvert_qpp_row (pads, table, g.word), data + i, len - i,
                                decrypt);
  *qpp = g;
}

void
culvert_qpp_encrypt (CulvertQpp *qpp,
                     const CulvertQppPads *pads,
                     uint8_t *data,
                     size_t len)
{
  culvert_qpp_run (qpp, pads, data, len, false);
}

void
culvert_qpp_decrypt (CulvertQpp *qpp,
                     const CulvertQppPads *pads,
                     uint8_t *data,
                     size_t len)
{
  culvert_qpp_run (qpp, pads, data, len, true);
}

CulvertQppWarnings
culvert_qpp_check (size_t key_len,
                   unsigned count)
{
  CulvertQppWarnings warnings = 0;

  if (key_len < CULVERT_QPP_MIN_KEY)
    warnings |= CULVERT_QPP_WARN_SHORT_KEY;
  if (count < CULVERT_QPP_MIN_PADS)
    warnings |= CULVERT_QPP_WARN_FEW_PADS;
  if (count % 2 == 0)
    warnings |= CULVERT_QPP_WARN_EVEN;
  return warnings;
}
