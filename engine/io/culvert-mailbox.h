/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Messages between threads: mutex, intrusive list, one wake. Any thread posts; the owner takes.
 * A message embeds CulvertMessage first and is freed by whoever handles it. */
#pragma once

#include "culvert-base.h"

#include <glib.h>

typedef struct _CulvertMessage CulvertMessage;
typedef struct _CulvertMailbox CulvertMailbox;

struct _CulvertMessage
{
  CulvertMessage *next;
  /* Runs in the owner's thread and frees the message. */
  void (*handle) (CulvertMessage *message, void *owner);
};

/* owner is passed to handle; messages run from context's loop. */
CulvertMailbox *culvert_mailbox_new (GMainContext *context, void *owner);
/* Runs what is still queued, then frees. In the owner's thread, not from a handler. */
void culvert_mailbox_free (CulvertMailbox *mailbox);
/* Any thread. Order per poster is kept. */
void culvert_mailbox_post (CulvertMailbox *mailbox, CulvertMessage *message);
/* Messages linked by next, from first to last: one lock and one wake for all of them. */
void culvert_mailbox_post_list (CulvertMailbox *mailbox,
                                CulvertMessage *first,
                                CulvertMessage *last);
