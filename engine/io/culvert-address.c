/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Socket addresses: comparing, hashing, printing and reading numeric ones.
 *
 * Pure functions over CulvertAddress, any thread. An IPv4-mapped IPv6 address (what a dual-stack
 * socket reports) is printed as IPv4 but is not equal to the plain IPv4 address: one socket
 * always reports one of the two forms, so tables keyed by source need no canonical form. */
#include "config.h"

#include "culvert-address-private.h"
#include "culvert-udp.h"

#include <arpa/inet.h>
#include <net/if.h>

bool
culvert_address_equal (const CulvertAddress *a, const CulvertAddress *b)
{
  if (a->addr.sa.sa_family != b->addr.sa.sa_family || a->local_port != b->local_port)
    return false;
  if (a->addr.sa.sa_family == AF_INET)
    return a->addr.in.sin_port == b->addr.in.sin_port
           && a->addr.in.sin_addr.s_addr == b->addr.in.sin_addr.s_addr;
  return a->addr.in6.sin6_port == b->addr.in6.sin6_port
         && a->addr.in6.sin6_scope_id == b->addr.in6.sin6_scope_id
         && memcmp (&a->addr.in6.sin6_addr, &b->addr.in6.sin6_addr, 16) == 0;
}

bool
culvert_address_same_host (const CulvertAddress *a, const CulvertAddress *b)
{
  if (a->addr.sa.sa_family != b->addr.sa.sa_family)
    return false;
  if (a->addr.sa.sa_family == AF_INET)
    return a->addr.in.sin_addr.s_addr == b->addr.in.sin_addr.s_addr;
  return a->addr.in6.sin6_scope_id == b->addr.in6.sin6_scope_id
         && memcmp (&a->addr.in6.sin6_addr, &b->addr.in6.sin6_addr, 16) == 0;
}

/* Folds the 128-bit product of two words, so that each input bit reaches all of the result. */
static inline uint64_t
culvert_address_mix (uint64_t a, uint64_t b)
{
  unsigned __int128 product = (unsigned __int128) a * b;

  return (uint64_t) product ^ (uint64_t) (product >> 64);
}

uint32_t
culvert_address_hash (const CulvertAddress *a, uint32_t seed)
{
  uint64_t words[2] = { 0, 0 };
  uint64_t rest;
  uint64_t hash;

  if (a->addr.sa.sa_family == AF_INET)
    {
      words[0] = a->addr.in.sin_addr.s_addr;
      rest = a->addr.in.sin_port;
    }
  else
    {
      memcpy (words, &a->addr.in6.sin6_addr, sizeof words);
      rest = a->addr.in6.sin6_port | (uint64_t) a->addr.in6.sin6_scope_id << 32;
    }
  rest |= (uint64_t) a->local_port << 16;
  /* Odd constants: digits of sqrt(2) and sqrt(3), nothing up the sleeve. */
  hash = culvert_address_mix (words[0] ^ UINT64_C (0x6a09e667f3bcc909) ^ seed,
                              words[1] ^ UINT64_C (0xbb67ae8584caa73b)
                              ^ (uint64_t) seed << 32);
  hash = culvert_address_mix (hash ^ rest, UINT64_C (0x9e3779b97f4a7c15) ^ seed);
  return (uint32_t) (hash ^ hash >> 32);
}

void
culvert_address_format (const CulvertAddress *address, char buf[CULVERT_ADDRESS_TEXT])
{
  const struct in6_addr *v6 = &address->addr.in6.sin6_addr;
  char host[INET6_ADDRSTRLEN] = "?";
  char zone[IF_NAMESIZE];

  if (address->addr.sa.sa_family == AF_INET)
    {
      (void) inet_ntop (AF_INET, &address->addr.in.sin_addr, host, sizeof host);
      g_snprintf (buf, CULVERT_ADDRESS_TEXT, "%s:%u", host, ntohs (address->addr.in.sin_port));
    }
  else if (address->addr.sa.sa_family != AF_INET6)
    {
      g_strlcpy (buf, "?", CULVERT_ADDRESS_TEXT);
    }
  else if (IN6_IS_ADDR_V4MAPPED (v6))
    {
      (void) inet_ntop (AF_INET, v6->s6_addr + 12, host, sizeof host);
      g_snprintf (buf, CULVERT_ADDRESS_TEXT, "%s:%u", host, ntohs (address->addr.in6.sin6_port));
    }
  else
    {
      uint32_t scope = address->addr.in6.sin6_scope_id;

      (void) inet_ntop (AF_INET6, v6, host, sizeof host);
      if (scope != 0 && !if_indextoname (scope, zone))
        g_snprintf (zone, sizeof zone, "%u", scope);
      g_snprintf (buf, CULVERT_ADDRESS_TEXT, "[%s%s%s]:%u", host, scope ? "%" : "",
                  scope ? zone : "", ntohs (address->addr.in6.sin6_port));
    }
}

/* Index of a zone given by number or by interface name; 0 when there is none such. */
static uint32_t
culvert_address_parse_zone (const char *zone)
{
  guint64 index;

  if (g_ascii_string_to_unsigned (zone, 10, 1, UINT32_MAX, &index, NULL))
    return (uint32_t) index;
  return if_nametoindex (zone);
}

int
culvert_address_parse (const char *host, uint16_t port, CulvertAddress *out)
{
  CulvertAddress address = { 0 };
  const char *percent = strchr (host, '%');
  size_t len = percent ? (size_t) (percent - host) : strlen (host);
  char literal[INET6_ADDRSTRLEN];

  if (len >= sizeof literal)
    return CULVERT_E_INVAL;
  memcpy (literal, host, len);
  literal[len] = '\0';

  if (!percent && inet_pton (AF_INET, literal, &address.addr.in.sin_addr) == 1)
    {
      address.len = sizeof address.addr.in;
      address.addr.in.sin_family = AF_INET;
      address.addr.in.sin_port = htons (port);
    }
  else if (inet_pton (AF_INET6, literal, &address.addr.in6.sin6_addr) == 1)
    {
      address.len = sizeof address.addr.in6;
      address.addr.in6.sin6_family = AF_INET6;
      address.addr.in6.sin6_port = htons (port);
      if (percent)
        {
          address.addr.in6.sin6_scope_id = culvert_address_parse_zone (percent + 1);
          if (address.addr.in6.sin6_scope_id == 0)
            return CULVERT_E_INVAL;
        }
    }
  else
    {
      return CULVERT_E_INVAL;
    }
  *out = address;
  return CULVERT_OK;
}

bool
culvert_address_any_v4 (const CulvertAddress *address, CulvertAddress *out)
{
  CulvertAddress any = { .len = sizeof any.addr.in };

  if (address->addr.sa.sa_family != AF_INET6
      || !IN6_IS_ADDR_UNSPECIFIED (&address->addr.in6.sin6_addr))
    return false;
  any.addr.in.sin_family = AF_INET;
  any.addr.in.sin_port = address->addr.in6.sin6_port;
  *out = any;
  return true;
}

uint16_t
culvert_address_port (const CulvertAddress *address)
{
  return ntohs (address->addr.sa.sa_family == AF_INET ? address->addr.in.sin_port
                                                      : address->addr.in6.sin6_port);
}

void
culvert_address_set_port (CulvertAddress *address, uint16_t port)
{
  if (address->addr.sa.sa_family == AF_INET)
    address->addr.in.sin_port = htons (port);
  else
    address->addr.in6.sin6_port = htons (port);
}

void
culvert_address_unmap (CulvertAddress *address)
{
  const struct in6_addr *v6 = &address->addr.in6.sin6_addr;
  CulvertAddress plain = { .len = sizeof plain.addr.in, .local_port = address->local_port };

  if (address->addr.sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED (v6))
    return;
  plain.addr.in.sin_family = AF_INET;
  plain.addr.in.sin_port = address->addr.in6.sin6_port;
  memcpy (&plain.addr.in.sin_addr, v6->s6_addr + 12, 4);
  *address = plain;
}
