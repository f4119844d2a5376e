/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-listener.h"

#include "culvert-strangers.h"

#define CULVERT_LISTENER_MIN_BUCKETS 16

struct _CulvertListener
{
  CulvertPart *part;
  CulvertPort *port;
  CulvertLink **buckets; /* chains by hash_next */
  unsigned n_buckets;    /* power of two */
  unsigned n_links;
};

static CulvertLink **
culvert_listener_bucket (CulvertListener *listener, const CulvertAddress *address)
{
  uint32_t hash = culvert_address_hash (address, listener->part->hash_seed);

  return &listener->buckets[hash & (listener->n_buckets - 1)];
}

static CulvertLink *
culvert_listener_find (CulvertListener *listener, const CulvertAddress *address)
{
  CulvertLink *link = *culvert_listener_bucket (listener, address);

  while (link != NULL && !culvert_address_equal (&link->config.peer, address))
    link = link->hash_next;
  return link;
}

static void
culvert_listener_resize (CulvertListener *listener, unsigned n_buckets)
{
  CulvertLink **old = listener->buckets;
  unsigned n_old = listener->n_buckets;
  CulvertLink **buckets = g_try_new0 (CulvertLink *, n_buckets);

  /* Longer chains are the price of no memory. */
  if (buckets == NULL)
    return;
  listener->buckets = buckets;
  listener->n_buckets = n_buckets;
  for (unsigned i = 0; i < n_old; i++)
    while (old[i] != NULL)
      {
        CulvertLink *link = old[i];
        CulvertLink **bucket = culvert_listener_bucket (listener, &link->config.peer);

        old[i] = link->hash_next;
        link->hash_next = *bucket;
        *bucket = link;
      }
  g_free (old);
}

static void
culvert_listener_add (CulvertListener *listener, CulvertLink *link)
{
  CulvertLink **bucket;

  if (listener->n_links++ >= listener->n_buckets)
    culvert_listener_resize (listener, 2 * listener->n_buckets);
  bucket = culvert_listener_bucket (listener, &link->config.peer);
  link->hash_next = *bucket;
  *bucket = link;
}

void
culvert_listener_forget (CulvertListener *listener, CulvertLink *link)
{
  CulvertLink **place = culvert_listener_bucket (listener, &link->config.peer);

  while (*place != link)
    place = &(*place)->hash_next;
  *place = link->hash_next;
  listener->n_links--;
  if (listener->n_buckets > CULVERT_LISTENER_MIN_BUCKETS
      && listener->n_links < listener->n_buckets / 8)
    culvert_listener_resize (listener, listener->n_buckets / 2);
}

/* NULL: no new sessions now. */
static CulvertLink *
culvert_listener_open_link (CulvertListener *listener,
                            const CulvertAddress *from,
                            uint32_t conv,
                            CulvertTime now)
{
  CulvertPart *part = listener->part;
  CulvertLinkConfig config = {
    .part = part,
    .port = listener->port,
    .peer = *from,
    .conv = conv,
    .listener = listener,
  };
  CulvertLink *link;

  if (part->state != CULVERT_PART_OPEN || part->n_links >= part->max_links)
    return NULL;
  link = culvert_link_new (&config, now);
  culvert_listener_add (listener, link);
  return link;
}

/* Something came that no client of ours sends, from an address without a session. */
static void
culvert_listener_note_stranger (CulvertListener *listener,
                                const CulvertAddress *from,
                                CulvertTime now)
{
  CulvertPart *part = listener->part;
  CulvertCheckFailure failure = CULVERT_CHECK_FAILURE_UNKNOWN;
  CulvertStrangerNews news;

  culvert_strangers_note (part->strangers, from, now, &news);
  culvert_counter_add (&part->counters->stranger_pkts, 1);
  culvert_counter_add (&part->counters->strangers, news.is_first ? 1 : 0);
  if (news.kind == CULVERT_STRANGER_KEY)
    failure = CULVERT_CHECK_FAILURE_KEY;
  else if (news.kind == CULVERT_STRANGER_CIPHER)
    failure = CULVERT_CHECK_FAILURE_CIPHER;
  if (news.count > 0)
    culvert_part_report_stranger (part, from, failure, news.cipher, news.count);
}

/* The datagram failed its check. */
static void
culvert_listener_refuse (CulvertListener *listener, const CulvertAddress *from, CulvertTime now)
{
  CulvertPart *part = listener->part;

  culvert_counter_add (&part->counters->in_csum_errors, 1);
  if (culvert_listener_find (listener, from) != NULL)
    culvert_part_report_check (part, from, CULVERT_CHECK_FAILURE_DAMAGED, now);
  else
    culvert_listener_note_stranger (listener, from, now);
}

/* Whose body it is, WIRE.md 6.3; NULL: drop it. */
static CulvertLink *
culvert_listener_route (CulvertListener *listener,
                        const uint8_t *body,
                        size_t len,
                        const CulvertAddress *from,
                        CulvertTime now)
{
  CulvertLink *link;
  uint32_t conv = 0;
  uint32_t sn = 0;
  CulvertBodyKind kind = culvert_session_classify (body, len, &conv, &sn);

  if (kind == CULVERT_BODY_DROP)
    return NULL;
  link = culvert_listener_find (listener, from);
  if (link != NULL && (kind == CULVERT_BODY_UNKNOWN || conv == link->config.conv))
    return link;
  if (kind == CULVERT_BODY_UNKNOWN)
    return NULL;
  /* Wire: without protection anything opens a session, so this may be the packet of a client with
   * a cipher. */
  if (culvert_cipher_kind (listener->part->cipher) == CULVERT_CIPHER_KIND_NULL
      && !culvert_session_is_plausible (body, len))
    culvert_listener_note_stranger (listener, from, now);
  if (link != NULL)
    {
      if (sn != 0)
        return NULL;
      culvert_link_die (link, CULVERT_CLOSE_REPLACED);
    }
  return culvert_listener_open_link (listener, from, conv, now);
}

static void
culvert_listener_receive_cb (void *owner,
                             uint8_t *datagram,
                             size_t len,
                             const CulvertAddress *from,
                             CulvertTime now)
{
  CulvertListener *listener = owner;
  CulvertPart *part = listener->part;
  CulvertLink *link;
  uint8_t *body;
  size_t body_len;
  int code;

  if (culvert_strangers_n_wanted (part->strangers) > 0)
    culvert_strangers_keep (part->strangers, datagram, len, from, now);
  code = culvert_cipher_open (part->cipher, datagram, len, &body, &body_len);
  if (code == CULVERT_E_CHECK)
    culvert_listener_refuse (listener, from, now);
  if (code < 0)
    return;
  link = culvert_listener_route (listener, body, body_len, from, now);
  if (link != NULL)
    culvert_link_input_body (link, body, body_len, now);
}

CulvertListener *
culvert_listener_new (CulvertPart *part, CulvertCarrier *carrier)
{
  CulvertListener *listener = g_new0 (CulvertListener, 1);

  listener->part = part;
  listener->n_buckets = CULVERT_LISTENER_MIN_BUCKETS;
  listener->buckets = g_new0 (CulvertLink *, CULVERT_LISTENER_MIN_BUCKETS);
  listener->port = culvert_port_new (part, carrier, culvert_listener_receive_cb, listener);
  if (listener->port != NULL)
    return listener;
  g_free (listener->buckets);
  g_free (listener);
  return NULL;
}

void
culvert_listener_free (CulvertListener *listener)
{
  if (listener == NULL)
    return;
  g_assert (listener->n_links == 0);
  culvert_port_free (listener->port);
  g_free (listener->buckets);
  g_free (listener);
}
