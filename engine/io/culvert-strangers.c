/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-strangers.h"

#include "culvert-part.h"
#include "culvert-session.h"

/* How long a copy of the next packet is waited for. */
#define CULVERT_STRANGERS_WAIT (2 * CULVERT_SEC)
/* An address that was never tried is reported when it keeps on for so long. */
#define CULVERT_STRANGERS_PATIENCE (2 * CULVERT_SEC)
#define CULVERT_STRANGERS_MAX_CIPHERS 16

typedef struct
{
  CulvertAddress address; /* len 0: free */
  CulvertStrangerKind kind;
  CulvertStrangerKind told;
  const char *cipher;
  unsigned n_trials;
  CulvertTime last_at;
  CulvertLimiter limiter;
} CulvertStranger;

typedef struct
{
  CulvertStranger *stranger; /* NULL: free */
  CulvertTime until;
} CulvertStrangerWanted;

struct _CulvertStrangers
{
  char name[16];             /* of the cipher that is set */
  uint8_t key[CULVERT_KEY_LEN];
  CulvertCipher *ciphers[CULVERT_STRANGERS_MAX_CIPHERS]; /* made with the first trial */
  bool has_ciphers;
  CulvertStranger table[CULVERT_STRANGERS_MAX];
  CulvertStrangerWanted wanted[CULVERT_STRANGERS_WANTED];
  unsigned n_wanted;
  CulvertTime price;         /* time a trial takes up */
  CulvertTime paid_until;
  CulvertStranger *kept_of;  /* whose packet the copy is, or NULL */
  size_t kept_len;
  uint8_t kept[CULVERT_PACKET_MAX];
  uint8_t trial[CULVERT_PACKET_MAX];
};

CulvertStrangers *
culvert_strangers_new (const char *cipher, const uint8_t key[CULVERT_KEY_LEN], unsigned n_parts)
{
  CulvertStrangers *strangers = g_new0 (CulvertStrangers, 1);

  g_strlcpy (strangers->name, cipher, sizeof strangers->name);
  memcpy (strangers->key, key, sizeof strangers->key);
  strangers->price = CULVERT_SEC / CULVERT_STRANGERS_RATE * n_parts;
  return strangers;
}

void
culvert_strangers_free (CulvertStrangers *strangers)
{
  if (strangers == NULL)
    return;
  for (unsigned i = 0; i < CULVERT_STRANGERS_MAX_CIPHERS; i++)
    culvert_cipher_free (strangers->ciphers[i]);
  culvert_wipe (strangers->key, sizeof strangers->key);
  g_free (strangers);
}

unsigned
culvert_strangers_n_wanted (const CulvertStrangers *strangers)
{
  return strangers->n_wanted;
}

/* -- trials -------------------------------------------------------------------------- */

static void
culvert_strangers_make_ciphers (CulvertStrangers *strangers)
{
  const char *name;

  strangers->has_ciphers = true;
  for (unsigned i = 0;
       i < CULVERT_STRANGERS_MAX_CIPHERS && (name = culvert_cipher_name (i)) != NULL; i++)
    if (strcmp (name, strangers->name) != 0)
      strangers->ciphers[i] = culvert_cipher_new (name, strangers->key);
}

/* Without a check of its own a body must at least look like one. */
static bool
culvert_strangers_fits (CulvertStrangers *strangers, CulvertCipher *cipher)
{
  uint8_t *body;
  size_t len;

  memcpy (strangers->trial, strangers->kept, strangers->kept_len);
  if (culvert_cipher_open (cipher, strangers->trial, strangers->kept_len, &body, &len) < 0)
    return false;
  return culvert_cipher_kind (cipher) != CULVERT_CIPHER_KIND_NULL
         || culvert_session_is_plausible (body, len);
}

static void
culvert_strangers_try (CulvertStrangers *strangers, CulvertStranger *stranger)
{
  if (!strangers->has_ciphers)
    culvert_strangers_make_ciphers (strangers);
  stranger->n_trials++;
  for (unsigned i = 0; i < CULVERT_STRANGERS_MAX_CIPHERS; i++)
    if (strangers->ciphers[i] != NULL && culvert_strangers_fits (strangers, strangers->ciphers[i]))
      {
        stranger->kind = CULVERT_STRANGER_CIPHER;
        stranger->cipher = culvert_cipher_name (i);
        return;
      }
  if (stranger->kind == CULVERT_STRANGER_NEW)
    stranger->kind = CULVERT_STRANGER_KEY;
}

/* A second's worth at once at the most. */
static bool
culvert_strangers_pay (CulvertStrangers *strangers, CulvertTime now)
{
  CulvertTime saved = MAX (CULVERT_SEC, strangers->price);
  CulvertTime paid_until = MAX (strangers->paid_until, now - saved) + strangers->price;

  if (paid_until > now)
    return false;
  strangers->paid_until = paid_until;
  return true;
}

/* -- waiting for a copy ---------------------------------------------------------------- */

static void
culvert_strangers_unwant (CulvertStrangers *strangers, CulvertStrangerWanted *wanted)
{
  wanted->stranger = NULL;
  strangers->n_wanted--;
}

static CulvertStrangerWanted *
culvert_strangers_find_wanted (CulvertStrangers *strangers, const CulvertStranger *stranger)
{
  for (unsigned i = 0; i < CULVERT_STRANGERS_WANTED; i++)
    if (strangers->wanted[i].stranger == stranger)
      return &strangers->wanted[i];
  return NULL;
}

/* Asks for a copy of the stranger's next packet, if that may help and can be paid. */
static void
culvert_strangers_want (CulvertStrangers *strangers, CulvertStranger *stranger, CulvertTime now)
{
  CulvertStrangerWanted *wanted;

  if (stranger->kind == CULVERT_STRANGER_CIPHER || stranger->n_trials >= CULVERT_STRANGERS_TRIALS
      || culvert_strangers_find_wanted (strangers, stranger) != NULL)
    return;
  wanted = culvert_strangers_find_wanted (strangers, NULL);
  if (wanted == NULL || !culvert_strangers_pay (strangers, now))
    return;
  wanted->stranger = stranger;
  wanted->until = now + CULVERT_STRANGERS_WAIT;
  strangers->n_wanted++;
}

static bool
culvert_strangers_same_host (const CulvertAddress *a, const CulvertAddress *b)
{
  if (a->addr.sa.sa_family != b->addr.sa.sa_family)
    return false;
  if (a->addr.sa.sa_family == AF_INET)
    return a->addr.in.sin_addr.s_addr == b->addr.in.sin_addr.s_addr;
  return memcmp (&a->addr.in6.sin6_addr, &b->addr.in6.sin6_addr, 16) == 0;
}

void
culvert_strangers_keep (CulvertStrangers *strangers,
                        const uint8_t *datagram,
                        size_t len,
                        const CulvertAddress *from,
                        CulvertTime now)
{
  strangers->kept_of = NULL;
  for (unsigned i = 0; i < CULVERT_STRANGERS_WANTED; i++)
    {
      CulvertStrangerWanted *wanted = &strangers->wanted[i];

      if (wanted->stranger == NULL)
        continue;
      if (now >= wanted->until)
        culvert_strangers_unwant (strangers, wanted);
      else if (len <= sizeof strangers->kept
               && culvert_strangers_same_host (&wanted->stranger->address, from))
        {
          memcpy (strangers->kept, datagram, len);
          strangers->kept_len = len;
          strangers->kept_of = wanted->stranger;
        }
    }
}

/* -- the table ------------------------------------------------------------------------- */

static void
culvert_strangers_begin (CulvertStrangers *strangers,
                         CulvertStranger *stranger,
                         const CulvertAddress *from,
                         CulvertTime now)
{
  CulvertStrangerWanted *wanted = culvert_strangers_find_wanted (strangers, stranger);

  if (wanted != NULL)
    culvert_strangers_unwant (strangers, wanted);
  if (strangers->kept_of == stranger)
    strangers->kept_of = NULL;
  memset (stranger, 0, sizeof *stranger);
  stranger->address = *from;
  stranger->limiter.next = now + CULVERT_STRANGERS_PATIENCE;
}

/* The entry of an address; a new one may take the place of the address longest silent. */
static CulvertStranger *
culvert_strangers_meet (CulvertStrangers *strangers,
                        const CulvertAddress *from,
                        CulvertTime now,
                        bool *out_is_first)
{
  CulvertStranger *oldest = &strangers->table[0];

  *out_is_first = false;
  for (unsigned i = 0; i < CULVERT_STRANGERS_MAX; i++)
    {
      CulvertStranger *stranger = &strangers->table[i];

      if (stranger->address.len == 0)
        {
          oldest = stranger;
          break;
        }
      if (culvert_strangers_same_host (&stranger->address, from))
        return stranger;
      if (stranger->last_at < oldest->last_at)
        oldest = stranger;
    }
  *out_is_first = true;
  culvert_strangers_begin (strangers, oldest, from, now);
  return oldest;
}

void
culvert_strangers_note (CulvertStrangers *strangers,
                        const CulvertAddress *from,
                        CulvertTime now,
                        CulvertStrangerNews *out_news)
{
  CulvertStranger *stranger = culvert_strangers_meet (strangers, from, now, &out_news->is_first);
  CulvertStrangerWanted *wanted;

  stranger->last_at = now;
  if (strangers->kept_of == stranger)
    {
      strangers->kept_of = NULL;
      wanted = culvert_strangers_find_wanted (strangers, stranger);
      if (wanted != NULL)
        culvert_strangers_unwant (strangers, wanted);
      culvert_strangers_try (strangers, stranger);
    }
  else
    culvert_strangers_want (strangers, stranger, now);

  /* Something new is said at once. */
  if (stranger->kind != stranger->told)
    stranger->limiter.next = now;
  stranger->told = stranger->kind;
  out_news->kind = stranger->kind;
  out_news->cipher = stranger->cipher;
  out_news->count = culvert_limiter_hit (&stranger->limiter, now, CULVERT_LIMITER_MAX);
}
