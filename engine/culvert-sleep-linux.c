/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The boot clock runs on in suspend while the monotonic one stands still. When to look: a timer of
 * the wall clock that is never to go off is cancelled whenever that clock is set, and a resume sets
 * it. */

#include "config.h"

#include "culvert-sleep.h"

#include <glib-unix.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Clocks that drift apart by less were read at different moments. */
#define CULVERT_SLEEP_MIN (1 * CULVERT_SEC)

struct _CulvertSleep
{
  CulvertSleepFunc func;
  void *data;
  GSource *clock;     /* NULL: there is no timer to be had */
  int fd;
  CulvertTime asleep; /* in all since boot */
};

static CulvertTime
culvert_sleep_read_clock (clockid_t id)
{
  struct timespec time = { 0 };

  (void) clock_gettime (id, &time);
  return time.tv_sec * CULVERT_SEC + time.tv_nsec / 1000;
}

static CulvertTime
culvert_sleep_get_asleep (void)
{
  return culvert_sleep_read_clock (CLOCK_BOOTTIME) - culvert_sleep_read_clock (CLOCK_MONOTONIC);
}

void
culvert_sleep_check (CulvertSleep *self)
{
  CulvertTime asleep = culvert_sleep_get_asleep ();
  CulvertTime slept = asleep - self->asleep;

  if (slept < CULVERT_SLEEP_MIN)
    return;
  self->asleep = asleep;
  self->func (slept, self->data);
}

static gboolean
culvert_sleep_arm (CulvertSleep *self)
{
  struct itimerspec spec = { .it_value.tv_sec = time (NULL) + G_MAXINT32 };

  return timerfd_settime (self->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL) == 0;
}

static gboolean
culvert_sleep_clock_cb (gint fd, GIOCondition condition, gpointer data)
{
  CulvertSleep *self = data;
  uint64_t n;

  /* ECANCELED is the news. A timer that cannot be armed again would wake us for ever. */
  if (read (fd, &n, sizeof n) < 0 && !culvert_sleep_arm (self))
    {
      g_clear_pointer (&self->clock, g_source_unref);
      return G_SOURCE_REMOVE;
    }
  culvert_sleep_check (self);
  return G_SOURCE_CONTINUE;
}

CulvertSleep *
culvert_sleep_new (GMainContext *context, CulvertSleepFunc func, void *data)
{
  CulvertSleep *self = g_new0 (CulvertSleep, 1);

  self->func = func;
  self->data = data;
  self->asleep = culvert_sleep_get_asleep ();
  self->fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0 || !culvert_sleep_arm (self))
    return self;
  self->clock = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_static_name (self->clock, "culvert-sleep");
  g_source_set_callback (self->clock, G_SOURCE_FUNC (culvert_sleep_clock_cb), self, NULL);
  g_source_attach (self->clock, context);
  return self;
}

void
culvert_sleep_free (CulvertSleep *self)
{
  if (self == NULL)
    return;
  if (self->clock != NULL)
    g_source_destroy (self->clock);
  g_clear_pointer (&self->clock, g_source_unref);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}
