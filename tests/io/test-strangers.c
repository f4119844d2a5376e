/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Clients that never authenticate: which cipher would fit, and the bounds of finding out. */

#include "config.h"

#include "culvert-kdf.h"
#include "culvert-strangers.h"
#include "test-peer.h"

#include <arpa/inet.h>

#define START (1000 * CULVERT_SEC)

typedef struct
{
  TestResources resources;
  CulvertStrangers *strangers;
  uint8_t key[CULVERT_KEY_LEN];
  CulvertTime now;
} Fixture;

static void
fixture_init (Fixture *f, const char *cipher)
{
  test_resources_init (&f->resources, 1 << 20, 7);
  g_assert_cmpint (culvert_kdf_derive ("the key of both", f->key), ==, CULVERT_OK);
  f->strangers = culvert_strangers_new (cipher, f->key, 1);
  f->now = START;
}

static void
fixture_clear (Fixture *f)
{
  culvert_strangers_free (f->strangers);
  test_resources_clear (&f->resources);
}

static CulvertAddress
address_of (uint32_t host, uint16_t port)
{
  CulvertAddress address = { .len = sizeof (struct sockaddr_in) };

  address.addr.in.sin_family = AF_INET;
  address.addr.in.sin_addr.s_addr = g_htonl (host);
  address.addr.in.sin_port = g_htons (port);
  return address;
}

/* A PUSH of a KCP session without FEC, sealed as a client with that cipher does. */
static size_t
make_packet (Fixture *f, const char *cipher_name, const uint8_t *key, uint8_t *out)
{
  CulvertCipher *cipher = culvert_cipher_new (cipher_name, key);
  CulvertPacket *packet = culvert_packet_new (f->resources.packets);
  uint8_t *body = culvert_packet_data (packet);
  size_t len;

  memset (body, 0, 124);
  body[0] = 0x42;
  body[4] = 81;
  body[6] = 0xff;
  body[20] = 100;
  packet->len = 124;
  culvert_cipher_seal (cipher, packet, f->resources.resources.rng);
  len = packet->len;
  memcpy (out, culvert_packet_data (packet), len);
  culvert_pool_put (f->resources.packets, packet);
  culvert_cipher_free (cipher);
  return len;
}

/* What a listener does with a datagram that fails its check. */
static CulvertStrangerNews
receive (Fixture *f, const CulvertAddress *from, const uint8_t *data, size_t len)
{
  CulvertStrangerNews news;

  if (culvert_strangers_n_wanted (f->strangers) > 0)
    culvert_strangers_keep (f->strangers, data, len, from, f->now);
  culvert_strangers_note (f->strangers, from, f->now, &news);
  return news;
}

/* Two packets of a client with the right key are enough to name its cipher, whatever is set. */
static void
test_every_cipher (void)
{
  const char *set;
  const char *used;

  for (unsigned i = 0; (set = culvert_cipher_name (i)) != NULL; i++)
    for (unsigned j = 0; (used = culvert_cipher_name (j)) != NULL; j++)
      {
        CulvertAddress from = address_of (0x0a000001, 4000);
        uint8_t data[CULVERT_PACKET_MAX];
        CulvertStrangerNews news;
        Fixture f;
        size_t len;

        /* The listener itself opens these. */
        if (i == j)
          continue;
        fixture_init (&f, set);
        len = make_packet (&f, used, f.key, data);
        news = receive (&f, &from, data, len);
        g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_NEW);
        g_assert_true (news.is_first);
        g_assert_cmpuint (news.count, ==, 0);
        /* A client that dials anew has another port. */
        from = address_of (0x0a000001, 4001);
        news = receive (&f, &from, data, len);
        g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_CIPHER);
        g_assert_cmpstr (news.cipher, ==, used);
        g_assert_cmpuint (news.count, ==, 2);
        g_assert_false (news.is_first);
        fixture_clear (&f);
      }
}

static void
test_wrong_key (void)
{
  CulvertAddress from = address_of (0x0a000001, 4000);
  uint8_t data[CULVERT_PACKET_MAX];
  uint8_t key[CULVERT_KEY_LEN];
  CulvertStrangerNews news;
  uint64_t n_told = 0;
  Fixture f;
  size_t len;

  fixture_init (&f, "aes");
  memcpy (key, f.key, sizeof key);
  key[31] ^= 1;
  len = make_packet (&f, "salsa20", key, data);
  (void) receive (&f, &from, data, len);
  news = receive (&f, &from, data, len);
  g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_KEY);
  g_assert_cmpuint (news.count, ==, 2);
  /* A minute of it is told a few times, and every packet is counted once. */
  for (unsigned i = 0; i < 600; i++)
    {
      f.now += 100 * CULVERT_MSEC;
      news = receive (&f, &from, data, len);
      g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_KEY);
      n_told += news.count > 0 ? 1 : 0;
    }
  g_assert_cmpuint (n_told, >, 0);
  g_assert_cmpuint (n_told, <, 5);
  /* Four trials, no more: then no copy is asked for. */
  g_assert_cmpuint (culvert_strangers_n_wanted (f.strangers), ==, 0);
  fixture_clear (&f);
}

/* A verdict is mended by a later packet: the first may have been damaged. */
static void
test_mended (void)
{
  CulvertAddress from = address_of (0x0a000001, 4000);
  uint8_t data[CULVERT_PACKET_MAX];
  CulvertStrangerNews news;
  Fixture f;
  size_t len;

  fixture_init (&f, "aes");
  len = make_packet (&f, "xtea", f.key, data);
  (void) receive (&f, &from, data, len);
  data[30] ^= 1;
  news = receive (&f, &from, data, len);
  g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_KEY);
  data[30] ^= 1;
  f.now += CULVERT_SEC;
  (void) receive (&f, &from, data, len);
  news = receive (&f, &from, data, len);
  g_assert_cmpint (news.kind, ==, CULVERT_STRANGER_CIPHER);
  g_assert_cmpuint (news.count, >, 0);
  g_assert_cmpstr (news.cipher, ==, "xtea");
  fixture_clear (&f);
}

/* A flood of sources: the table, the copies waited for and the messages stay bounded. */
static void
test_flood (void)
{
  uint8_t data[100];
  unsigned n_tried = 0;
  unsigned n_told = 0;
  Fixture f;

  fixture_init (&f, "aes");
  for (uint32_t i = 0; i < 200 * 1000; i++)
    {
      CulvertAddress from = address_of (0x0b000000 + i / 2, 5000);
      CulvertStrangerNews news;

      culvert_rng_fill (f.resources.resources.rng, data, sizeof data);
      f.now += 10;
      news = receive (&f, &from, data, sizeof data);
      g_assert_cmpint (news.is_first, ==, i % 2 == 0);
      n_tried += news.kind != CULVERT_STRANGER_NEW ? 1 : 0;
      n_told += news.count > 0 ? 1 : 0;
      g_assert_cmpuint (culvert_strangers_n_wanted (f.strangers), <=, CULVERT_STRANGERS_WANTED);
    }
  /* Two seconds: ten at once, and ten for each second. */
  g_assert_cmpuint (n_tried, >, 0);
  g_assert_cmpuint (n_tried, <=, 30);
  g_assert_cmpuint (n_told, ==, n_tried);
  fixture_clear (&f);
}

/* Many parts share the rate, and each still gets its turn. */
static void
test_shared_rate (void)
{
  uint8_t data[100] = { 0 };
  unsigned n_tried = 0;
  Fixture f;

  fixture_init (&f, "aes");
  culvert_strangers_free (f.strangers);
  f.strangers = culvert_strangers_new ("aes", f.key, 40);
  for (uint32_t i = 0; i < 4000; i++)
    {
      CulvertAddress from = address_of (0x0c000000 + i / 2, 5000);

      f.now += 10 * CULVERT_MSEC;
      n_tried += receive (&f, &from, data, sizeof data).kind != CULVERT_STRANGER_NEW ? 1 : 0;
    }
  /* One in four seconds, over forty of them. */
  g_assert_cmpuint (n_tried, >=, 9);
  g_assert_cmpuint (n_tried, <=, 11);
  fixture_clear (&f);
}

/* Who is waited for and falls silent does not keep the listener copying. */
static void
test_wait_ends (void)
{
  CulvertAddress silent = address_of (0x0a000001, 4000);
  CulvertAddress other = address_of (0x0a000002, 4000);
  uint8_t data[100] = { 0 };
  Fixture f;

  fixture_init (&f, "aes");
  (void) receive (&f, &silent, data, sizeof data);
  g_assert_cmpuint (culvert_strangers_n_wanted (f.strangers), ==, 1);
  f.now += 10 * CULVERT_SEC;
  culvert_strangers_keep (f.strangers, data, sizeof data, &other, f.now);
  g_assert_cmpuint (culvert_strangers_n_wanted (f.strangers), ==, 0);
  fixture_clear (&f);
}

static void
test_plausible (void)
{
  uint8_t body[200] = { 0 };

  body[4] = 83;
  g_assert_true (culvert_session_is_plausible (body, 24));
  g_assert_true (culvert_session_is_plausible (body, 47)); /* a rest is ignored */
  g_assert_false (culvert_session_is_plausible (body, 23));
  g_assert_false (culvert_session_is_plausible (body, 48)); /* what follows has no command */
  body[4] = 85;
  g_assert_false (culvert_session_is_plausible (body, 24));
  body[4] = 81;
  body[20] = 100;
  g_assert_true (culvert_session_is_plausible (body, 124));
  g_assert_false (culvert_session_is_plausible (body, 123));
  memset (body, 0, sizeof body);
  body[4] = 0xf1;
  body[6] = 26;
  body[12] = 82;
  g_assert_true (culvert_session_is_plausible (body, 32));
  body[6] = 27;
  g_assert_false (culvert_session_is_plausible (body, 32));
  body[4] = 0xf2;
  g_assert_false (culvert_session_is_plausible (body, 32));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  culvert_cipher_init_library ();
  g_test_add_func ("/strangers/every-cipher", test_every_cipher);
  g_test_add_func ("/strangers/wrong-key", test_wrong_key);
  g_test_add_func ("/strangers/mended", test_mended);
  g_test_add_func ("/strangers/flood", test_flood);
  g_test_add_func ("/strangers/shared-rate", test_shared_rate);
  g_test_add_func ("/strangers/wait-ends", test_wait_ends);
  g_test_add_func ("/strangers/plausible", test_plausible);
  return g_test_run ();
}
