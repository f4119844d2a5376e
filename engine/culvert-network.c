/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-network.h"

#include <gio/gio.h>
#include <time.h>

#if CULVERT_HAVE_TIMERFD
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>
#endif

/* One change comes as many: address, routes, default route. */
#define CULVERT_NETWORK_SETTLE_MS 150
/* Clocks that drift apart by less were read at different moments. */
#define CULVERT_NETWORK_SLEEP_MIN (1 * CULVERT_SEC)

struct _CulvertNetwork
{
  GMainContext *context;
  CulvertNetworkFunc func;
  void *data;
  GNetworkMonitor *monitor;
  gulong changed_id;
  GSource *settle;   /* a change that has not settled yet, or NULL */
  GSource *clock;    /* wakes when the clocks were set, as a resume does, or NULL */
  int clock_fd;
  CulvertTime asleep; /* all the time since boot that the machine slept */
};

/* -- sleep ----------------------------------------------------------------------------- */

#if CULVERT_HAVE_TIMERFD
static CulvertTime
culvert_network_read_clock (clockid_t id)
{
  struct timespec time = { 0 };

  (void) clock_gettime (id, &time);
  return time.tv_sec * CULVERT_SEC + time.tv_nsec / 1000;
}

static CulvertTime
culvert_network_get_asleep (void)
{
  return culvert_network_read_clock (CLOCK_BOOTTIME)
         - culvert_network_read_clock (CLOCK_MONOTONIC);
}
#else
static CulvertTime
culvert_network_get_asleep (void)
{
  return 0;
}
#endif

static void
culvert_network_check_sleep (CulvertNetwork *self)
{
  CulvertTime asleep = culvert_network_get_asleep ();
  CulvertTime slept = asleep - self->asleep;

  if (slept < CULVERT_NETWORK_SLEEP_MIN)
    return;
  self->asleep = asleep;
  self->func (slept, self->data);
}

#if CULVERT_HAVE_TIMERFD
/* A timer that never goes off, but is cancelled when the wall clock jumps. */
static gboolean
culvert_network_arm_clock (CulvertNetwork *self)
{
  struct itimerspec spec = { .it_value.tv_sec = G_MAXINT32 };

  spec.it_value.tv_sec += time (NULL);
  return timerfd_settime (self->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL)
         == 0;
}

static gboolean
culvert_network_clock_cb (gint fd, GIOCondition condition, gpointer data)
{
  CulvertNetwork *self = data;
  uint64_t n;

  /* ECANCELED is the news. */
  if (read (fd, &n, sizeof n) < 0 && !culvert_network_arm_clock (self))
    {
      g_clear_pointer (&self->clock, g_source_unref);
      return G_SOURCE_REMOVE;
    }
  culvert_network_check_sleep (self);
  return G_SOURCE_CONTINUE;
}

static void
culvert_network_watch_clock (CulvertNetwork *self)
{
  self->clock_fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->clock_fd < 0 || !culvert_network_arm_clock (self))
    return;
  self->clock = g_unix_fd_source_new (self->clock_fd, G_IO_IN);
  g_source_set_static_name (self->clock, "culvert-network-clock");
  g_source_set_callback (self->clock, G_SOURCE_FUNC (culvert_network_clock_cb), self, NULL);
  g_source_attach (self->clock, self->context);
}
#else
static void
culvert_network_watch_clock (CulvertNetwork *self)
{
}
#endif

/* -- networks -------------------------------------------------------------------------------- */

static gboolean
culvert_network_settled_cb (gpointer data)
{
  CulvertNetwork *self = data;

  g_clear_pointer (&self->settle, g_source_unref);
  culvert_network_check_sleep (self);
  self->func (0, self->data);
  return G_SOURCE_REMOVE;
}

static void
culvert_network_changed_cb (GNetworkMonitor *monitor, gboolean is_available, CulvertNetwork *self)
{
  if (self->settle != NULL)
    return;
  self->settle = g_timeout_source_new (CULVERT_NETWORK_SETTLE_MS);
  g_source_set_static_name (self->settle, "culvert-network-settle");
  g_source_set_callback (self->settle, culvert_network_settled_cb, self, NULL);
  g_source_attach (self->settle, self->context);
}

/* -- life -------------------------------------------------------------------------------------- */

CulvertNetwork *
culvert_network_new (GMainContext *context, CulvertNetworkFunc func, void *data)
{
  CulvertNetwork *self = g_new0 (CulvertNetwork, 1);

  self->context = g_main_context_ref (context);
  self->func = func;
  self->data = data;
  self->clock_fd = -1;
  self->asleep = culvert_network_get_asleep ();
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  self->changed_id = g_signal_connect (self->monitor, "network-changed",
                                       G_CALLBACK (culvert_network_changed_cb), self);
  culvert_network_watch_clock (self);
  return self;
}

static void
culvert_network_clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
culvert_network_free (CulvertNetwork *self)
{
  if (self == NULL)
    return;
  g_signal_handler_disconnect (self->monitor, self->changed_id);
  g_object_unref (self->monitor);
  culvert_network_clear_source (&self->settle);
  culvert_network_clear_source (&self->clock);
#if CULVERT_HAVE_TIMERFD
  if (self->clock_fd >= 0)
    close (self->clock_fd);
#endif
  g_main_context_unref (self->context);
  g_free (self);
}
