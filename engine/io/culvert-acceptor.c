/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-acceptor.h"
#include "culvert-slot.h"
#include "culvert-tcp.h"

#include <errno.h>
#include <unistd.h>

#define CULVERT_ACCEPTOR_BUDGET 64
#define CULVERT_ACCEPTOR_PAUSE (100 * CULVERT_MSEC)
#define CULVERT_ACCEPTOR_PAUSE_MAX (1 * CULVERT_SEC)

struct _CulvertAcceptor
{
  CulvertPart *part;
  CulvertWatch watch;
  CulvertTimer resume;
  CulvertTime pause; /* next one's length */
  int fd;
  uint16_t counter;
};

/* A descriptor on its way to the worker of its slot. */
typedef struct
{
  unsigned slot;
  int fd;
  CulvertStreamAddress peer;
} CulvertAccepted;

static void
culvert_acceptor_arrived_cb (CulvertPart *part, void *data)
{
  CulvertAccepted *accepted = data;

  if (part->state == CULVERT_PART_OPEN)
    culvert_slot_take (&part->slots[accepted->slot], accepted->fd, &accepted->peer,
                       culvert_part_now (part));
  else
    culvert_tcp_close (accepted->fd);
}

static void
culvert_acceptor_hand_over (CulvertAcceptor *acceptor,
                            int fd,
                            const CulvertStreamAddress *peer,
                            CulvertTime now)
{
  CulvertRun *run = acceptor->part->run;
  unsigned slot = culvert_lane_board_choose (run->lanes, acceptor->counter++, now);
  CulvertPart *part = run->parts[slot % run->n_parts];
  CulvertAccepted *accepted;

  slot /= run->n_parts;
  if (part == acceptor->part)
    {
      culvert_slot_take (&part->slots[slot], fd, peer, now);
      return;
    }
  accepted = g_new (CulvertAccepted, 1);
  accepted->slot = slot;
  accepted->fd = fd;
  accepted->peer = *peer;
  culvert_part_post (part, culvert_acceptor_arrived_cb, accepted);
}

static void
culvert_acceptor_failed (CulvertAcceptor *acceptor, int error, CulvertTime now)
{
  CulvertPart *part = acceptor->part;

  culvert_part_report_limited (part, &part->accept_limiter, CULVERT_REPORT_ACCEPT_FAILED, error,
                               "");
  culvert_reactor_modify (part->worker->reactor, &acceptor->watch, 0);
  culvert_reactor_arm (part->worker->reactor, &acceptor->resume, now + acceptor->pause);
  acceptor->pause = MIN (2 * acceptor->pause, CULVERT_ACCEPTOR_PAUSE_MAX);
}

static void
culvert_acceptor_accept (CulvertAcceptor *acceptor, CulvertTime now)
{
  for (unsigned i = 0; i < CULVERT_ACCEPTOR_BUDGET; i++)
    {
      CulvertStreamAddress peer;
      int error = 0;
      int fd = culvert_tcp_accept (acceptor->fd, &peer, &error);

      if (fd >= 0)
        {
          if (acceptor->pause != CULVERT_ACCEPTOR_PAUSE)
            culvert_limiter_reset (&acceptor->part->accept_limiter);
          acceptor->pause = CULVERT_ACCEPTOR_PAUSE;
          culvert_acceptor_hand_over (acceptor, fd, &peer, now);
        }
      else if (error == EAGAIN || error == EWOULDBLOCK)
        return;
      else if (error != ECONNABORTED && error != EINTR)
        {
          culvert_acceptor_failed (acceptor, error, now);
          return;
        }
    }
}

static void
culvert_acceptor_ready_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  culvert_acceptor_accept (CULVERT_LIST_ENTRY (watch, CulvertAcceptor, watch), now);
}

static void
culvert_acceptor_resume_cb (CulvertTimer *timer, CulvertTime now)
{
  CulvertAcceptor *acceptor = CULVERT_LIST_ENTRY (timer, CulvertAcceptor, resume);

  culvert_reactor_modify (acceptor->part->worker->reactor, &acceptor->watch, CULVERT_READY_IN);
  culvert_acceptor_accept (acceptor, now);
}

CulvertAcceptor *
culvert_acceptor_new (CulvertPart *part, int fd)
{
  CulvertAcceptor *acceptor = g_new0 (CulvertAcceptor, 1);

  acceptor->part = part;
  acceptor->fd = fd;
  acceptor->pause = CULVERT_ACCEPTOR_PAUSE;
  culvert_timer_init (&acceptor->resume, culvert_acceptor_resume_cb);
  if (culvert_reactor_add (part->worker->reactor, &acceptor->watch, fd, CULVERT_READY_IN,
                           culvert_acceptor_ready_cb) == CULVERT_OK)
    return acceptor;
  culvert_tcp_close (fd);
  g_free (acceptor);
  return NULL;
}

void
culvert_acceptor_free (CulvertAcceptor *acceptor)
{
  const CulvertEndpoint *local;

  if (acceptor == NULL)
    return;
  local = &acceptor->part->plan->local;
  culvert_reactor_disarm (acceptor->part->worker->reactor, &acceptor->resume);
  culvert_reactor_remove (acceptor->part->worker->reactor, &acceptor->watch);
  culvert_tcp_close (acceptor->fd);
  if (local->is_unix && local->host[0] != '@')
    (void) unlink (local->host);
  g_free (acceptor);
}
