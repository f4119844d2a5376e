/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the programs of this folder share. Waiting is always for a condition, never for a time;
 * where a condition never comes, the limit below ends the program. */
#pragma once

#include "culvert-udp.h"

#include <poll.h>
#include <unistd.h>

#define IO_TEST_LIMIT_MS 20000

static inline CulvertAddress
io_test_address (const char *host, uint16_t port)
{
  CulvertAddress address;

  g_assert_cmpint (culvert_address_parse (host, port, &address), ==, CULVERT_OK);
  return address;
}

static inline uint16_t
io_test_port (const CulvertAddress *address)
{
  return ntohs (address->addr.sa.sa_family == AF_INET ? address->addr.in.sin_port
                                                      : address->addr.in6.sin6_port);
}

/* Waits until one of events (or an error) is there. */
static inline void
io_test_wait (int fd, short events)
{
  struct pollfd item = { .fd = fd, .events = events };

  g_assert_cmpint (poll (&item, 1, IO_TEST_LIMIT_MS), ==, 1);
}

static inline bool
io_test_is_ready (int fd, short events)
{
  struct pollfd item = { .fd = fd, .events = events };

  return poll (&item, 1, 0) == 1;
}
