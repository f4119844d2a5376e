/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-address-private.h"
#include "io-test.h"

static void
assert_text (const char *host, uint16_t port, const char *expected)
{
  CulvertAddress address = io_test_address (host, port);
  char text[CULVERT_ADDRESS_TEXT];

  culvert_address_format (&address, text);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_format (void)
{
  assert_text ("127.0.0.1", 29900, "127.0.0.1:29900");
  assert_text ("255.255.255.255", 65535, "255.255.255.255:65535");
  assert_text ("::1", 80, "[::1]:80");
  assert_text ("::", 0, "[::]:0");
  assert_text ("2001:DB8::0:1", 443, "[2001:db8::1]:443");
}

static void
test_format_mapped (void)
{
  assert_text ("::ffff:192.0.2.7", 5, "192.0.2.7:5");
}

static void
test_format_zone (void)
{
  assert_text ("fe80::1%lo", 80, "[fe80::1%lo]:80");
  assert_text ("fe80::1%1", 80, "[fe80::1%lo]:80");
  /* No interface has this index: the number stays. */
  assert_text ("fe80::1%4000000000", 80, "[fe80::1%4000000000]:80");
}

static void
test_format_longest (void)
{
  CulvertAddress address = io_test_address ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
  char text[CULVERT_ADDRESS_TEXT];

  address.addr.in6.sin6_scope_id = UINT32_MAX;
  culvert_address_format (&address, text);
  g_assert_cmpstr (text, ==, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void
test_parse_refuses (void)
{
  static const char *const bad[] = {
    "", "localhost", "example.org", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ",
    " 1.2.3.4", "[::1]", "::1::", "1.2.3.4%lo", "fe80::1%", "fe80::1%nosuchif0", "fe80::1%0",
    "fe80::1%-1", "fe80::1%1x", "fe80::1%4294967296", "0x7f.1", "::ffff:1.2.3.400",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  };

  for (unsigned i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      CulvertAddress address = { .len = 77 };

      g_assert_cmpint (culvert_address_parse (bad[i], 1, &address), ==, CULVERT_E_INVAL);
      g_assert_cmpuint (address.len, ==, 77);
    }
}

static void
test_equal (void)
{
  CulvertAddress a = io_test_address ("192.0.2.1", 1);
  CulvertAddress a6 = io_test_address ("2001:db8::1", 1);
  CulvertAddress zone = io_test_address ("fe80::1%1", 1);
  CulvertAddress b;

  b = io_test_address ("192.0.2.1", 1);
  g_assert_true (culvert_address_equal (&a, &b));
  b = io_test_address ("192.0.2.1", 2);
  g_assert_false (culvert_address_equal (&a, &b));
  b = io_test_address ("192.0.2.2", 1);
  g_assert_false (culvert_address_equal (&a, &b));
  b = io_test_address ("::ffff:192.0.2.1", 1);
  g_assert_false (culvert_address_equal (&a, &b));

  b = io_test_address ("2001:db8:0::1", 1);
  g_assert_true (culvert_address_equal (&a6, &b));
  b = io_test_address ("2001:db8::1", 2);
  g_assert_false (culvert_address_equal (&a6, &b));
  b = io_test_address ("2001:db8::2", 1);
  g_assert_false (culvert_address_equal (&a6, &b));
  b = io_test_address ("fe80::1%2", 1);
  g_assert_false (culvert_address_equal (&zone, &b));
}

/* What is not compared (padding, flow label) must not reach the hash either. */
static void
test_hash_follows_equal (void)
{
  CulvertAddress a = io_test_address ("192.0.2.1", 1);
  CulvertAddress a6 = io_test_address ("2001:db8::1", 1);
  CulvertAddress b = a;
  CulvertAddress b6 = a6;

  memset (b.addr.in.sin_zero, 0xaa, sizeof b.addr.in.sin_zero);
  b6.addr.in6.sin6_flowinfo = 5;
  g_assert_cmpuint (culvert_address_hash (&a, 9), ==, culvert_address_hash (&b, 9));
  g_assert_cmpuint (culvert_address_hash (&a6, 9), ==, culvert_address_hash (&b6, 9));
  g_assert_cmpuint (culvert_address_hash (&a, 9), !=, culvert_address_hash (&a, 10));
}

/* 4096 neighbours in as many buckets: chains stay short for ports and for hosts. */
static void
test_hash_spreads (void)
{
  for (unsigned kind = 0; kind < 4; kind++)
    {
      unsigned buckets[4096] = { 0 };
      unsigned longest = 0;

      for (unsigned i = 0; i < 4096; i++)
        {
          CulvertAddress a = io_test_address (kind < 2 ? "10.0.0.0" : "2001:db8::", 0);
          unsigned bucket;

          if (kind == 0)
            a.addr.in.sin_port = htons (1024 + i);
          else if (kind == 1)
            a.addr.in.sin_addr.s_addr |= htonl (i);
          else if (kind == 2)
            a.addr.in6.sin6_port = htons (1024 + i);
          else
            a.addr.in6.sin6_addr.s6_addr32[3] = htonl (i);
          bucket = culvert_address_hash (&a, 0x1234567) & 4095;
          longest = MAX (longest, ++buckets[bucket]);
        }
      g_assert_cmpuint (longest, <=, 12);
    }
}

static void
test_any_v4 (void)
{
  CulvertAddress any = io_test_address ("::", 29900);
  CulvertAddress some = io_test_address ("::1", 29900);
  CulvertAddress out;
  char text[CULVERT_ADDRESS_TEXT];

  g_assert_false (culvert_address_any_v4 (&some, &out));
  g_assert_true (culvert_address_any_v4 (&any, &out));
  culvert_address_format (&out, text);
  g_assert_cmpstr (text, ==, "0.0.0.0:29900");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/format/plain", test_format);
  g_test_add_func ("/address/format/mapped-as-ipv4", test_format_mapped);
  g_test_add_func ("/address/format/zone", test_format_zone);
  g_test_add_func ("/address/format/longest", test_format_longest);
  g_test_add_func ("/address/parse/refuses", test_parse_refuses);
  g_test_add_func ("/address/equal", test_equal);
  g_test_add_func ("/address/hash/follows-equal", test_hash_follows_equal);
  g_test_add_func ("/address/hash/spreads", test_hash_spreads);
  g_test_add_func ("/address/any-v4", test_any_v4);
  return g_test_run ();
}
