/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-sleep.h"

struct _CulvertSleep
{
  CulvertSleepFunc func;
};

CulvertSleep *
culvert_sleep_new (GMainContext *context, CulvertSleepFunc func, void *data)
{
  CulvertSleep *self = g_new0 (CulvertSleep, 1);

  self->func = func;
  return self;
}

void
culvert_sleep_free (CulvertSleep *self)
{
  g_free (self);
}

void
culvert_sleep_check (CulvertSleep *self)
{
}
