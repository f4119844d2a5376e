/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-mailbox.h"
#include "culvert-reactor.h"
#include "io-test.h"

#include <sys/resource.h>

#define N_MANY 1000

typedef struct _Fixture Fixture;

/* One end of a socket pair under watch. */
typedef struct
{
  CulvertWatch watch;
  Fixture *fixture;
  int peer;
  unsigned n_calls;
  unsigned ready;      /* of the last call */
  void *victim;        /* what the callback acts on */
} Pair;

typedef struct
{
  CulvertTimer timer;
  Fixture *fixture;
  char name;
  unsigned n_calls;
  CulvertTime deadline;
  void *victim;
} Alarm;

typedef struct
{
  CulvertDefer defer;
  Fixture *fixture;
  char name;
  void *victim;
} Later;

struct _Fixture
{
  GMainContext *context;
  CulvertReactor *reactor;
  GString *log;
};

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->context = g_main_context_new ();
  /* As a running loop does: what the owner changes needs no wake. */
  g_assert_true (g_main_context_acquire (f->context));
  f->reactor = culvert_reactor_new (f->context);
  f->log = g_string_new (NULL);
  g_assert_nonnull (f->reactor);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  culvert_reactor_free (f->reactor);
  g_main_context_release (f->context);
  g_main_context_unref (f->context);
  g_string_free (f->log, TRUE);
}

static void
iterate (Fixture *f)
{
  g_main_context_iteration (f->context, TRUE);
}

/* Runs what is ready, without waiting. */
static void
iterate_ready (Fixture *f)
{
  for (unsigned i = 0; i < 64 && g_main_context_iteration (f->context, FALSE); i++)
    ;
}

static void
pair_open (Pair *pair, Fixture *f, unsigned interest, CulvertWatchFunc func)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  *pair = (Pair) { .fixture = f, .peer = fds[1] };
  g_assert_cmpint (culvert_reactor_add (f->reactor, &pair->watch, fds[0], interest, func), ==,
                   CULVERT_OK);
}

static void
pair_write (Pair *pair)
{
  g_assert_cmpint (write (pair->peer, "x", 1), ==, 1);
}

static void
pair_close (Pair *pair)
{
  int fd = pair->watch.fd;

  culvert_reactor_remove (pair->fixture->reactor, &pair->watch);
  g_assert_cmpint (pair->watch.fd, ==, -1);
  if (fd >= 0)
    close (fd);
  if (pair->peer >= 0)
    close (pair->peer);
}

/* Notes the call and leaves what is readable there. */
static void
pair_note_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;

  pair->n_calls++;
  pair->ready = ready;
}

static void
pair_read_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  char buf[16];

  pair_note_cb (watch, ready, now);
  g_assert_cmpint (read (watch->fd, buf, sizeof buf), >, 0);
}

static void
test_watch_readable (Fixture *f, gconstpointer data)
{
  Pair pair;

  pair_open (&pair, f, CULVERT_READY_IN, pair_read_cb);
  iterate_ready (f);
  g_assert_cmpuint (pair.n_calls, ==, 0);
  pair_write (&pair);
  iterate (f);
  g_assert_cmpuint (pair.n_calls, ==, 1);
  g_assert_cmpuint (pair.ready, ==, CULVERT_READY_IN);
  iterate_ready (f);
  g_assert_cmpuint (pair.n_calls, ==, 1);
  pair_close (&pair);
}

static void
test_watch_level (Fixture *f, gconstpointer data)
{
  Pair pair;
  unsigned before;

  pair_open (&pair, f, CULVERT_READY_IN, pair_note_cb);
  pair_write (&pair);
  iterate (f);
  before = pair.n_calls;
  g_assert_cmpuint (before, >=, 1);
  iterate (f);
  g_assert_cmpuint (pair.n_calls, >, before);

  before = pair.n_calls;
  culvert_reactor_modify (f->reactor, &pair.watch, 0);
  iterate_ready (f);
  g_assert_cmpuint (pair.n_calls, ==, before);
  culvert_reactor_modify (f->reactor, &pair.watch, CULVERT_READY_IN);
  iterate (f);
  g_assert_cmpuint (pair.n_calls, >, before);
  pair_close (&pair);
}

static void
test_watch_writable (Fixture *f, gconstpointer data)
{
  Pair pair;

  pair_open (&pair, f, CULVERT_READY_OUT, pair_note_cb);
  iterate (f);
  g_assert_cmpuint (pair.ready, ==, CULVERT_READY_OUT);
  pair_write (&pair);
  culvert_reactor_modify (f->reactor, &pair.watch, CULVERT_READY_IN | CULVERT_READY_OUT);
  iterate (f);
  g_assert_cmpuint (pair.ready, ==, CULVERT_READY_IN | CULVERT_READY_OUT);
  pair_close (&pair);
}

static void
test_watch_hang_up (Fixture *f, gconstpointer data)
{
  Pair pair;

  pair_open (&pair, f, 0, pair_note_cb);
  close (pair.peer);
  pair.peer = -1;
  iterate (f);
  g_assert_cmpuint (pair.ready, ==, CULVERT_READY_ERR);
  pair_close (&pair);
}

static void
test_watch_remove_unadded (Fixture *f, gconstpointer data)
{
  CulvertWatch zeroed = { 0 };
  CulvertWatch empty = { .fd = -1 };
  Pair pair;

  culvert_reactor_remove (f->reactor, &zeroed);
  culvert_reactor_remove (f->reactor, &empty);
  pair_open (&pair, f, CULVERT_READY_IN, pair_note_cb);
  pair_close (&pair);
  culvert_reactor_remove (f->reactor, &pair.watch);
}

static void
pair_remove_victim_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;
  Pair *victim = pair->victim;

  pair_read_cb (watch, ready, now);
  culvert_reactor_remove (pair->fixture->reactor, &victim->watch);
}

/* Both are ready in one round and each removes the other: exactly one is called. */
static void
test_watch_remove_other (Fixture *f, gconstpointer data)
{
  Pair a;
  Pair b;
  int fds[2];

  pair_open (&a, f, CULVERT_READY_IN, pair_remove_victim_cb);
  pair_open (&b, f, CULVERT_READY_IN, pair_remove_victim_cb);
  fds[0] = a.watch.fd;
  fds[1] = b.watch.fd;
  a.victim = &b;
  b.victim = &a;
  pair_write (&a);
  pair_write (&b);
  iterate (f);
  iterate_ready (f);
  g_assert_cmpuint (a.n_calls + b.n_calls, ==, 1);
  if (a.watch.fd < 0)
    close (fds[0]);
  else
    close (fds[1]);
  pair_close (&a);
  pair_close (&b);
}

/* The victim's memory goes with it, and a new watch takes its descriptor number. */
static void
pair_replace_victim_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;
  Pair *victim = pair->victim;

  pair_read_cb (watch, ready, now);
  if (!victim)
    return;
  pair_close (victim);
  memset (victim, 0xdb, sizeof *victim);
  pair_open (victim, pair->fixture, CULVERT_READY_IN, pair_note_cb);
  pair->victim = NULL;
}

static void
test_watch_replace_other (Fixture *f, gconstpointer data)
{
  Pair pairs[3];
  unsigned n_first = 0;

  for (unsigned i = 0; i < 3; i++)
    {
      pair_open (&pairs[i], f, CULVERT_READY_IN, pair_replace_victim_cb);
      pair_write (&pairs[i]);
    }
  /* Whichever is called first replaces both of its neighbours in turn. */
  pairs[0].victim = &pairs[1];
  pairs[1].victim = &pairs[2];
  pairs[2].victim = &pairs[0];
  iterate (f);
  iterate_ready (f);
  for (unsigned i = 0; i < 3; i++)
    {
      /* A fresh pair has nothing to read and was never called. */
      if (pairs[i].watch.func == pair_note_cb)
        g_assert_cmpuint (pairs[i].n_calls, ==, 0);
      else
        n_first += pairs[i].n_calls;
    }
  g_assert_cmpuint (n_first, >=, 1);
  for (unsigned i = 0; i < 3; i++)
    pair_close (&pairs[i]);
}

static void
pair_remove_self_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;

  pair_note_cb (watch, ready, now);
  pair_close (pair);
  g_free (pair);
}

static void
test_watch_remove_self (Fixture *f, gconstpointer data)
{
  Pair other;

  /* Freed inside the callback: a sanitizer sees any later touch. */
  for (unsigned i = 0; i < 3; i++)
    {
      Pair *pair = g_new0 (Pair, 1);

      pair_open (pair, f, CULVERT_READY_IN, pair_remove_self_cb);
      pair_write (pair);
    }
  pair_open (&other, f, CULVERT_READY_IN, pair_read_cb);
  pair_write (&other);
  while (other.n_calls == 0)
    iterate (f);
  iterate_ready (f);
  g_assert_cmpuint (other.n_calls, ==, 1);
  pair_close (&other);
}

static void
pair_mute_victim_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;
  Pair *victim = pair->victim;

  pair_read_cb (watch, ready, now);
  culvert_reactor_modify (pair->fixture->reactor, &victim->watch, 0);
}

/* An event already fetched is not delivered once its interest is gone. */
static void
test_watch_mute_other (Fixture *f, gconstpointer data)
{
  Pair a;
  Pair b;

  pair_open (&a, f, CULVERT_READY_IN, pair_mute_victim_cb);
  pair_open (&b, f, CULVERT_READY_IN, pair_mute_victim_cb);
  a.victim = &b;
  b.victim = &a;
  pair_write (&a);
  pair_write (&b);
  iterate (f);
  iterate_ready (f);
  g_assert_cmpuint (a.n_calls + b.n_calls, ==, 1);
  pair_close (&a);
  pair_close (&b);
}

static void
test_watch_many (Fixture *f, gconstpointer data)
{
  g_autofree Pair *pairs = g_new0 (Pair, N_MANY);
  struct rlimit limit;
  unsigned n = 0;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_cur < 2 * N_MANY + 64)
    {
      g_test_skip ("too few descriptors allowed");
      return;
    }
  for (unsigned i = 0; i < N_MANY; i++)
    pair_open (&pairs[i], f, CULVERT_READY_IN, pair_read_cb);
  for (unsigned i = 0; i < N_MANY; i++)
    pair_write (&pairs[i]);
  while (n < N_MANY)
    {
      iterate (f);
      n = 0;
      for (unsigned i = 0; i < N_MANY; i++)
        n += pairs[i].n_calls;
    }
  iterate_ready (f);
  for (unsigned i = 0; i < N_MANY; i++)
    g_assert_cmpuint (pairs[i].n_calls, ==, 1);
  /* Removal out of order, then one of the rest still works. */
  for (unsigned i = 0; i < N_MANY; i += 2)
    pair_close (&pairs[i]);
  pair_write (&pairs[501]);
  iterate (f);
  g_assert_cmpuint (pairs[501].n_calls, ==, 2);
  for (unsigned i = 1; i < N_MANY; i += 2)
    pair_close (&pairs[i]);
}

static gboolean
count_cb (gpointer data)
{
  ++*(unsigned *) data;
  return G_SOURCE_CONTINUE;
}

/* A watch that is always ready must not keep other sources of the context from running. */
static void
test_watch_fair (Fixture *f, gconstpointer data)
{
  GSource *source = g_idle_source_new ();
  unsigned n = 0;
  Pair pair;

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, count_cb, &n, NULL);
  g_source_attach (source, f->context);
  pair_open (&pair, f, CULVERT_READY_IN, pair_note_cb);
  pair_write (&pair);
  for (unsigned i = 0; i < 10; i++)
    iterate (f);
  g_assert_cmpuint (n, ==, 10);
  g_assert_cmpuint (pair.n_calls, >=, 10);
  g_assert_cmpuint (pair.n_calls, <=, 10 * 8);
  pair_close (&pair);
  g_source_destroy (source);
  g_source_unref (source);
}

static void
alarm_cb (CulvertTimer *timer, CulvertTime now)
{
  Alarm *alarm = (Alarm *) timer;

  g_assert_cmpint (now, >=, alarm->deadline);
  g_assert_cmpint (now, ==, culvert_reactor_now (alarm->fixture->reactor));
  alarm->n_calls++;
  g_string_append_c (alarm->fixture->log, alarm->name);
}

static void
alarm_set (Alarm *alarm, Fixture *f, char name, CulvertTime deadline, CulvertTimerFunc func)
{
  *alarm = (Alarm) { .fixture = f, .name = name, .deadline = deadline };
  culvert_timer_init (&alarm->timer, func);
  culvert_reactor_arm (f->reactor, &alarm->timer, deadline);
}

static void
test_timer_order (Fixture *f, gconstpointer data)
{
  CulvertTime now = culvert_reactor_now (f->reactor);
  Alarm alarms[4];

  alarm_set (&alarms[0], f, 'c', now + 3 * CULVERT_MSEC, alarm_cb);
  alarm_set (&alarms[1], f, 'a', now + 1 * CULVERT_MSEC, alarm_cb);
  alarm_set (&alarms[2], f, 'd', now + 4 * CULVERT_MSEC, alarm_cb);
  alarm_set (&alarms[3], f, 'b', now + 2 * CULVERT_MSEC, alarm_cb);
  while (f->log->len < 4)
    iterate (f);
  g_assert_cmpstr (f->log->str, ==, "abcd");
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "abcd");
}

static void
test_timer_move (Fixture *f, gconstpointer data)
{
  CulvertTime now = culvert_reactor_now (f->reactor);
  Alarm late;
  Alarm gone;
  Alarm soon;

  alarm_set (&late, f, 'l', now + CULVERT_MSEC, alarm_cb);
  alarm_set (&gone, f, 'g', now + CULVERT_MSEC, alarm_cb);
  alarm_set (&soon, f, 's', now + 3600 * CULVERT_SEC, alarm_cb);
  late.deadline = now + 4 * CULVERT_MSEC;
  culvert_reactor_arm (f->reactor, &late.timer, late.deadline);
  soon.deadline = now + 2 * CULVERT_MSEC;
  culvert_reactor_arm (f->reactor, &soon.timer, soon.deadline);
  culvert_reactor_disarm (f->reactor, &gone.timer);
  while (f->log->len < 2)
    iterate (f);
  g_assert_cmpstr (f->log->str, ==, "sl");
}

static void
alarm_disarm_victim_cb (CulvertTimer *timer, CulvertTime now)
{
  Alarm *alarm = (Alarm *) timer;
  Alarm *victim = alarm->victim;

  alarm_cb (timer, now);
  culvert_reactor_disarm (alarm->fixture->reactor, &victim->timer);
}

/* Both are due in one round; the first takes the second away. */
static void
test_timer_disarm_other (Fixture *f, gconstpointer data)
{
  Alarm a;
  Alarm b;

  alarm_set (&a, f, 'a', 1, alarm_disarm_victim_cb);
  alarm_set (&b, f, 'b', 2, alarm_cb);
  a.victim = &b;
  iterate (f);
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "a");
}

static void
alarm_again_cb (CulvertTimer *timer, CulvertTime now)
{
  Alarm *alarm = (Alarm *) timer;

  alarm_cb (timer, now);
  if (alarm->n_calls == 3)
    return;
  alarm->deadline = now + 300;
  culvert_reactor_arm (alarm->fixture->reactor, timer, alarm->deadline);
}

static void
test_timer_rearm (Fixture *f, gconstpointer data)
{
  Alarm alarm;

  alarm_set (&alarm, f, 'a', culvert_reactor_now (f->reactor) + 300, alarm_again_cb);
  while (alarm.n_calls < 3)
    iterate (f);
  iterate_ready (f);
  g_assert_cmpuint (alarm.n_calls, ==, 3);
}

static void
alarm_now_cb (CulvertTimer *timer, CulvertTime now)
{
  Alarm *alarm = (Alarm *) timer;

  alarm_cb (timer, now);
  culvert_reactor_arm (alarm->fixture->reactor, timer, now);
}

static void
hook_cb (void *data, CulvertTime now)
{
  Fixture *f = data;

  g_string_append_c (f->log, '|');
}

/* Armed again for now: once per round, and the round ends. */
static void
test_timer_rearm_past (Fixture *f, gconstpointer data)
{
  Alarm a;
  Alarm b;

  culvert_reactor_set_round_hook (f->reactor, hook_cb, f);
  alarm_set (&a, f, 'a', 1, alarm_now_cb);
  alarm_set (&b, f, 'b', 1, alarm_cb);
  while (a.n_calls < 5)
    iterate (f);
  g_assert_cmpuint (b.n_calls, ==, 1);
  g_assert_null (strstr (f->log->str, "aa"));
  culvert_reactor_disarm (f->reactor, &a.timer);
}

/* Many with one deadline, more than a round takes: none is forgotten. */
static void
test_timer_many (Fixture *f, gconstpointer data)
{
  g_autofree Alarm *alarms = g_new0 (Alarm, 3000);
  CulvertTime deadline = culvert_reactor_now (f->reactor) + CULVERT_MSEC;

  for (unsigned i = 0; i < 3000; i++)
    alarm_set (&alarms[i], f, 'x', deadline, alarm_cb);
  while (f->log->len < 3000)
    iterate (f);
  for (unsigned i = 0; i < 3000; i++)
    g_assert_cmpuint (alarms[i].n_calls, ==, 1);
}

/* Armed once more for a deadline that went off already: it counts anew. */
static void
test_timer_same_deadline (Fixture *f, gconstpointer data)
{
  Alarm alarm;

  alarm_set (&alarm, f, 'a', culvert_reactor_now (f->reactor) + 300, alarm_cb);
  for (unsigned i = 1; i <= 3; i++)
    {
      while (alarm.n_calls < i)
        iterate (f);
      culvert_reactor_arm (f->reactor, &alarm.timer, alarm.deadline);
    }
  culvert_reactor_disarm (f->reactor, &alarm.timer);
  iterate_ready (f);
  g_assert_cmpuint (alarm.n_calls, ==, 3);
}

/* An idle loop sleeps until the deadline. */
static void
test_timer_no_early_wake (Fixture *f, gconstpointer data)
{
  Alarm alarm;
  unsigned n_iterations = 0;

  /* Setting up wakes the context once. */
  iterate_ready (f);
  alarm_set (&alarm, f, 'a', culvert_reactor_now (f->reactor) + 20 * CULVERT_MSEC, alarm_cb);
  while (alarm.n_calls == 0)
    {
      iterate (f);
      n_iterations++;
    }
  g_assert_cmpuint (n_iterations, ==, 1);
}

static void
later_cb (CulvertDefer *defer, CulvertTime now)
{
  Later *later = (Later *) defer;

  g_string_append_c (later->fixture->log, later->name);
}

static void
later_init (Later *later, Fixture *f, char name, CulvertDeferFunc func)
{
  *later = (Later) { .fixture = f, .name = name };
  culvert_defer_init (&later->defer, func);
}

/* From outside of dispatch: prompt, in order, each once, then the hook. */
static void
test_defer_outside (Fixture *f, gconstpointer data)
{
  Later a;
  Later b;

  later_init (&a, f, 'a', later_cb);
  later_init (&b, f, 'b', later_cb);
  culvert_reactor_set_round_hook (f->reactor, hook_cb, f);
  culvert_reactor_defer (f->reactor, &b.defer);
  culvert_reactor_defer (f->reactor, &a.defer);
  culvert_reactor_defer (f->reactor, &b.defer);
  iterate (f);
  g_assert_cmpstr (f->log->str, ==, "ba|");
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "ba|");
  culvert_reactor_defer (f->reactor, &a.defer);
  iterate (f);
  g_assert_cmpstr (f->log->str, ==, "ba|a|");
}

/* A message whose handler works on the reactor from outside of its dispatch. */
typedef struct
{
  CulvertMessage message;
  Alarm *alarm;
  Later *later;
} Order;

static void
order_handle (CulvertMessage *message, void *data)
{
  Order *order = (Order *) message;
  Fixture *f = data;

  g_string_append_c (f->log, 'm');
  if (order->later)
    culvert_reactor_defer (f->reactor, &order->later->defer);
  if (order->alarm)
    culvert_reactor_arm (f->reactor, &order->alarm->timer, order->alarm->deadline);
}

static gpointer
post_thread (gpointer data)
{
  void **args = data;

  culvert_mailbox_post (args[0], args[1]);
  return NULL;
}

/* The loop is blocked with a far deadline when the message comes from another thread. */
static void
test_from_mailbox (Fixture *f, gconstpointer data)
{
  CulvertMailbox *mailbox = culvert_mailbox_new (f->context, f);
  CulvertTime far = culvert_reactor_now (f->reactor) + 3600 * CULVERT_SEC;
  Order order = { .message.handle = order_handle };
  void *args[] = { mailbox, &order };
  Alarm never;
  Alarm soon;
  Later later;

  alarm_set (&never, f, 'n', far, alarm_cb);
  alarm_set (&soon, f, 's', far, alarm_cb);
  later_init (&later, f, 'd', later_cb);
  iterate_ready (f);
  soon.deadline = culvert_reactor_now (f->reactor) + 2 * CULVERT_MSEC;
  order.alarm = &soon;
  order.later = &later;
  g_thread_join (g_thread_new ("poster", post_thread, args));
  while (f->log->len < 3)
    iterate (f);
  g_assert_cmpint (f->log->str[0], ==, 'm');
  g_assert_nonnull (strchr (f->log->str, 'd'));
  g_assert_nonnull (strchr (f->log->str, 's'));
  culvert_reactor_disarm (f->reactor, &never.timer); /* it lies on this stack */
  culvert_mailbox_free (mailbox);
}

static void
pair_defer_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;
  Later *later = pair->victim;

  pair_read_cb (watch, ready, now);
  g_string_append_c (pair->fixture->log, 'r');
  culvert_reactor_defer (pair->fixture->reactor, &later->defer);
}

static void
alarm_defer_cb (CulvertTimer *timer, CulvertTime now)
{
  Alarm *alarm = (Alarm *) timer;
  Later *later = alarm->victim;

  alarm_cb (timer, now);
  culvert_reactor_defer (alarm->fixture->reactor, &later->defer);
}

/* Order within a round: descriptors, timers, deferred work, hook. */
static void
test_round_order (Fixture *f, gconstpointer data)
{
  Later later;
  Alarm alarm;
  Pair pair;

  later_init (&later, f, 'd', later_cb);
  culvert_reactor_set_round_hook (f->reactor, hook_cb, f);
  pair_open (&pair, f, CULVERT_READY_IN, pair_defer_cb);
  alarm_set (&alarm, f, 't', 1, alarm_defer_cb);
  pair.victim = &later;
  alarm.victim = &later;
  pair_write (&pair);
  iterate (f);
  g_assert_cmpstr (f->log->str, ==, "rtd|");
  pair_close (&pair);
}

static void
later_chain_cb (CulvertDefer *defer, CulvertTime now)
{
  Later *later = (Later *) defer;
  Later *victim = later->victim;

  later_cb (defer, now);
  if (later->fixture->log->len < 20)
    culvert_reactor_defer (later->fixture->reactor, &victim->defer);
}

/* What deferred work defers, itself included, is the next round's. */
static void
test_defer_chain (Fixture *f, gconstpointer data)
{
  Later a;
  Later b;

  later_init (&a, f, 'a', later_chain_cb);
  later_init (&b, f, 'b', later_chain_cb);
  a.victim = &b;
  b.victim = &a;
  culvert_reactor_set_round_hook (f->reactor, hook_cb, f);
  culvert_reactor_defer (f->reactor, &a.defer);
  while (f->log->len < 22)
    iterate (f);
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "a|b|a|b|a|b|a|b|a|b|a|");
}

static void
later_cancel_cb (CulvertDefer *defer, CulvertTime now)
{
  Later *later = (Later *) defer;
  Later *victim = later->victim;

  later_cb (defer, now);
  culvert_reactor_cancel_defer (later->fixture->reactor, &victim->defer);
}

static void
test_defer_cancel (Fixture *f, gconstpointer data)
{
  Later a;
  Later b;
  Later c;

  later_init (&a, f, 'a', later_cancel_cb);
  later_init (&b, f, 'b', later_cb);
  later_init (&c, f, 'c', later_cb);
  a.victim = &b;
  culvert_reactor_defer (f->reactor, &a.defer);
  culvert_reactor_defer (f->reactor, &b.defer);
  culvert_reactor_defer (f->reactor, &c.defer);
  iterate (f);
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "ac");
  culvert_reactor_defer (f->reactor, &c.defer);
  culvert_reactor_cancel_defer (f->reactor, &c.defer);
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "ac");
}

static void
hook_defer_cb (void *data, CulvertTime now)
{
  Later *later = data;

  g_string_append_c (later->fixture->log, '|');
  if (later->fixture->log->len < 4)
    culvert_reactor_defer (later->fixture->reactor, &later->defer);
}

static void
test_hook_may_defer (Fixture *f, gconstpointer data)
{
  Later later;

  later_init (&later, f, 'a', later_cb);
  culvert_reactor_set_round_hook (f->reactor, hook_defer_cb, &later);
  culvert_reactor_defer (f->reactor, &later.defer);
  iterate (f);
  iterate_ready (f);
  g_assert_cmpstr (f->log->str, ==, "a|a|");
}

static void
pair_nested_cb (CulvertWatch *watch, unsigned ready, CulvertTime now)
{
  Pair *pair = (Pair *) watch;

  pair_note_cb (watch, ready, now);
  g_assert_cmpuint (pair->n_calls, ==, 1);
  /* Still readable; a loop inside of the handler must not call it again. */
  iterate_ready (pair->fixture);
  pair_read_cb (watch, ready, now);
}

static void
test_round_not_nested (Fixture *f, gconstpointer data)
{
  Pair pair;

  pair_open (&pair, f, CULVERT_READY_IN, pair_nested_cb);
  pair_write (&pair);
  iterate (f);
  iterate_ready (f);
  g_assert_cmpuint (pair.n_calls, ==, 2);
  pair_close (&pair);
}

/* Wakes are paid for: one turn of the loop for each thing that happens, none in vain. */
static void
test_round_turns (Fixture *f, gconstpointer data)
{
  unsigned n_turns = 0;
  Alarm alarm;
  Pair pair;

  pair_open (&pair, f, CULVERT_READY_IN, pair_read_cb);
  iterate_ready (f);
  for (unsigned i = 1; i <= 10; i++)
    {
      pair_write (&pair);
      while (pair.n_calls < i)
        {
          iterate (f);
          n_turns++;
        }
      alarm_set (&alarm, f, 'a', culvert_reactor_now (f->reactor) + 300, alarm_cb);
      while (alarm.n_calls == 0)
        {
          iterate (f);
          n_turns++;
        }
    }
  g_assert_cmpuint (n_turns, ==, 20);
  pair_close (&pair);
}

/* Outside of dispatch the clock, inside the start of the round. */
static void
test_now (Fixture *f, gconstpointer data)
{
  CulvertTime before = g_get_monotonic_time ();

  g_assert_cmpint (culvert_reactor_now (f->reactor), >=, before);
  g_assert_cmpint (culvert_reactor_now (f->reactor), <=, g_get_monotonic_time ());
}

/* Handles that are still in when the reactor goes are let go, not left dangling. */
static void
test_free_lets_go (void)
{
  Fixture f;
  Alarm alarm;
  Later later;

  fixture_set_up (&f, NULL);
  alarm_set (&alarm, &f, 'a', culvert_reactor_now (f.reactor) + CULVERT_SEC, alarm_cb);
  later_init (&later, &f, 'b', later_cb);
  culvert_reactor_defer (f.reactor, &later.defer);
  fixture_tear_down (&f, NULL);
  g_assert_cmpuint (alarm.timer.entry.index, ==, CULVERT_HEAP_NONE);
  g_assert_false (culvert_list_is_linked (&later.defer.node));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/reactor/watch/readable", test_watch_readable);
  ADD ("/reactor/watch/level-triggered", test_watch_level);
  ADD ("/reactor/watch/writable", test_watch_writable);
  ADD ("/reactor/watch/hang-up-always-reported", test_watch_hang_up);
  ADD ("/reactor/watch/remove-unadded", test_watch_remove_unadded);
  ADD ("/reactor/watch/remove-other", test_watch_remove_other);
  ADD ("/reactor/watch/replace-other", test_watch_replace_other);
  ADD ("/reactor/watch/remove-self", test_watch_remove_self);
  ADD ("/reactor/watch/mute-other", test_watch_mute_other);
  ADD ("/reactor/watch/many", test_watch_many);
  ADD ("/reactor/watch/fair-to-other-sources", test_watch_fair);
  ADD ("/reactor/timer/order", test_timer_order);
  ADD ("/reactor/timer/move-and-disarm", test_timer_move);
  ADD ("/reactor/timer/disarm-other", test_timer_disarm_other);
  ADD ("/reactor/timer/rearm", test_timer_rearm);
  ADD ("/reactor/timer/rearm-in-the-past", test_timer_rearm_past);
  ADD ("/reactor/timer/many-at-once", test_timer_many);
  ADD ("/reactor/timer/same-deadline-again", test_timer_same_deadline);
  ADD ("/reactor/timer/no-early-wake", test_timer_no_early_wake);
  ADD ("/reactor/defer/from-outside", test_defer_outside);
  ADD ("/reactor/defer/chain", test_defer_chain);
  ADD ("/reactor/defer/cancel", test_defer_cancel);
  ADD ("/reactor/defer/from-mailbox", test_from_mailbox);
  ADD ("/reactor/round/order", test_round_order);
  ADD ("/reactor/round/not-nested", test_round_not_nested);
  ADD ("/reactor/round/no-turn-in-vain", test_round_turns);
  ADD ("/reactor/round/hook-may-defer", test_hook_may_defer);
  ADD ("/reactor/now", test_now);
  g_test_add_func ("/reactor/free-lets-go", test_free_lets_go);
  return g_test_run ();
}
