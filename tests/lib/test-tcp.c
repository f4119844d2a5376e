/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "test-tcp.h"

#define TCP_TIMEOUT (500 * CULVERT_MSEC)
#define TCP_REORDERING 3

void
test_tcp_init (TestTcp *tcp)
{
  memset (tcp, 0, sizeof *tcp);
  tcp->window = 10;
  tcp->threshold = TEST_TCP_MAX;
}

CulvertTime
test_tcp_deadline (const TestTcp *tcp)
{
  return tcp->n_flight > 0 ? tcp->heard_at + TCP_TIMEOUT : CULVERT_TIME_NEVER;
}

bool
test_tcp_wants (TestTcp *tcp, CulvertTime now)
{
  if (now >= test_tcp_deadline (tcp))
    {
      tcp->n_flight = 0;
      tcp->first = tcp->highest = tcp->recover = tcp->next;
      tcp->threshold = MAX (tcp->window / 2, 2);
      tcp->window = 2;
      tcp->heard_at = now;
    }
  return tcp->n_flight < (uint32_t) tcp->window && tcp->next - tcp->first < TEST_TCP_MAX;
}

uint32_t
test_tcp_send (TestTcp *tcp, CulvertTime now)
{
  if (tcp->n_flight++ == 0)
    tcp->heard_at = now;
  tcp->acked[tcp->next % TEST_TCP_MAX] = false;
  return tcp->next++;
}

void
test_tcp_acknowledged (TestTcp *tcp, uint32_t number, CulvertTime now)
{
  if (culvert_diff32 (number, tcp->first) < 0 || tcp->acked[number % TEST_TCP_MAX])
    return;
  tcp->acked[number % TEST_TCP_MAX] = true;
  tcp->heard_at = now;
  tcp->n_flight -= tcp->n_flight > 0;
  if (culvert_diff32 (number, tcp->highest) > 0)
    tcp->highest = number;
  tcp->window += tcp->window < tcp->threshold ? 1 : 1 / tcp->window;
  for (; tcp->first != tcp->next; tcp->first++)
    {
      if (tcp->acked[tcp->first % TEST_TCP_MAX])
        continue;
      if (culvert_diff32 (tcp->highest, tcp->first) < TCP_REORDERING)
        break;
      tcp->n_flight -= tcp->n_flight > 0;
      if (culvert_diff32 (tcp->first, tcp->recover) < 0)
        continue;
      tcp->recover = tcp->next;
      tcp->threshold = tcp->window = MAX (tcp->window / 2, 2);
    }
}
