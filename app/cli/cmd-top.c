/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"
#include "culvert-top-view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

#define WIDTH_DEFAULT 132
#define HEIGHT_MAX 10000

typedef struct
{
  const char *path;
  GPtrArray *instances;
  CulvertTopView *view;
  gboolean is_screen; /* a terminal that moves its cursor */
  struct termios old;
} CulvertTop;

static volatile sig_atomic_t culvert_top_end;

static void
culvert_top_signal_cb (int number)
{
  culvert_top_end = 1;
}

/* Only there to interrupt the wait: the next picture asks for the size. */
static void
culvert_top_resize_cb (int number)
{
}

/* -- what to show --------------------------------------------------------------------------- */

static void
culvert_top_tunnel_free (gpointer data)
{
  CulvertTopTunnel *tunnel = data;

  g_variant_unref (tunnel->status);
  g_clear_pointer (&tunnel->sessions, g_variant_unref);
  g_clear_pointer (&tunnel->streams, g_variant_unref);
  g_free (tunnel);
}

/* FALSE: the instance does not answer any more. */
static gboolean
culvert_top_ask (CulvertInstance *instance, GPtrArray *tunnels)
{
  g_autoptr (GVariant) reply = culvert_cmd_call (instance, "Status", g_variant_new ("(s)", ""),
                                                 "(aa{sv})", NULL);
  g_autoptr (GVariantIter) iter = NULL;
  GVariant *status;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(aa{sv})", &iter);
  while ((status = g_variant_iter_next_value (iter)) != NULL)
    {
      CulvertTopTunnel *tunnel = g_new0 (CulvertTopTunnel, 1);
      const char *name = "";

      (void) g_variant_lookup (status, "name", "&s", &name);
      tunnel->status = status;
      tunnel->sessions = culvert_cmd_ask_rows (instance, "Sessions", name);
      tunnel->streams = culvert_cmd_ask_rows (instance, "Streams", name);
      g_ptr_array_add (tunnels, tunnel);
    }
  return TRUE;
}

static GPtrArray *
culvert_top_collect (CulvertTop *top)
{
  GPtrArray *tunnels = g_ptr_array_new_with_free_func (culvert_top_tunnel_free);
  gboolean is_complete = TRUE;

  for (guint i = 0; i < top->instances->len; i++)
    is_complete = culvert_top_ask (top->instances->pdata[i], tunnels) && is_complete;
  if (is_complete && top->instances->len > 0)
    return tunnels;
  /* One has ended, or none was there: look again for the next picture. */
  g_ptr_array_unref (top->instances);
  top->instances = culvert_cmd_find_instances (top->path);
  return tunnels;
}

/* -- terminal ------------------------------------------------------------------------- */

static void
culvert_top_open_terminal (CulvertTop *top)
{
  const char *term = g_getenv ("TERM");
  struct sigaction end = { .sa_handler = culvert_top_signal_cb };
  struct sigaction resize = { .sa_handler = culvert_top_resize_cb };
  struct termios raw;

  (void) sigaction (SIGINT, &end, NULL);
  (void) sigaction (SIGTERM, &end, NULL);
  (void) sigaction (SIGHUP, &end, NULL);
  (void) sigaction (SIGWINCH, &resize, NULL);
  top->is_screen = isatty (STDOUT_FILENO) && isatty (STDIN_FILENO) && term != NULL
                   && strcmp (term, "dumb") != 0 && tcgetattr (STDIN_FILENO, &top->old) == 0;
  if (!top->is_screen)
    return;
  raw = top->old;
  raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  (void) tcsetattr (STDIN_FILENO, TCSANOW, &raw);
  g_print (ENTER);
}

static void
culvert_top_close_terminal (CulvertTop *top)
{
  if (!top->is_screen)
    return;
  g_print (LEAVE);
  (void) tcsetattr (STDIN_FILENO, TCSANOW, &top->old);
}

static void
culvert_top_get_size (CulvertTop *top, guint *out_width, guint *out_height)
{
  struct winsize size;

  *out_width = WIDTH_DEFAULT;
  *out_height = HEIGHT_MAX;
  if (isatty (STDOUT_FILENO) && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
      && size.ws_row > 0)
    {
      *out_width = size.ws_col;
      *out_height = top->is_screen ? size.ws_row : HEIGHT_MAX;
    }
}

static void
culvert_top_show (CulvertTop *top, const char *text)
{
  g_autoptr (GString) out = g_string_new (HOME);
  g_auto (GStrv) lines = NULL;

  if (!top->is_screen)
    {
      g_print ("%s\n", text);
      (void) fflush (stdout);
      return;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    /* No end behind the last line: it would scroll a full screen. */
    g_string_append_printf (out, "%s%s" CLEAR_LINE, i > 0 && lines[i + 1] != NULL ? "\n" : "",
                            lines[i]);
  g_string_append (out, CLEAR_REST);
  g_print ("%s", out->str);
  (void) fflush (stdout);
}

/* Until the next picture is due; FALSE: it is enough. */
static gboolean
culvert_top_wait (CulvertTop *top, int timeout_ms)
{
  struct pollfd fd = { .fd = top->is_screen ? STDIN_FILENO : -1, .events = POLLIN };
  char keys[32];
  ssize_t n;

  if (poll (&fd, 1, timeout_ms) <= 0)
    return !culvert_top_end;
  n = read (STDIN_FILENO, keys, sizeof keys);
  for (ssize_t i = 0; i < n; i++)
    if (keys[i] == 'q' || keys[i] == 'Q')
      return FALSE;
  /* End of file: the terminal is gone. */
  return n > 0 || (n < 0 && errno == EINTR);
}

static void
culvert_top_run (CulvertTop *top, double interval, int count)
{
  do
    {
      g_autoptr (GPtrArray) tunnels = culvert_top_collect (top);
      g_autofree char *text = NULL;
      guint width;
      guint height;

      culvert_top_get_size (top, &width, &height);
      text = culvert_top_view_render (top->view, tunnels, g_get_monotonic_time (), width, height,
                                      top->is_screen);
      culvert_top_show (top, text);
      if (count > 0 && --count == 0)
        return;
    }
  while (culvert_top_wait (top, (int) (interval * 1000)));
}

int
culvert_cmd_top (const char *const *args)
{
  g_autofree char *path = NULL;
  double interval = 1;
  int count = 0;
  const GOptionEntry entries[] = {
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &path, "Control socket of the instance", "PATH" },
    { "interval", 'd', 0, G_OPTION_ARG_DOUBLE, &interval, "Time between pictures (0.1 to 3600)",
      "SECONDS" },
    { "count", 'n', 0, G_OPTION_ARG_INT, &count, "Pictures before it ends", "COUNT" },
    G_OPTION_ENTRY_NULL
  };
  CulvertTop top = { 0 };
  g_auto (GStrv) rest = NULL;
  int status;

  if (!culvert_cmd_parse (args, "[--interval SECONDS] [--count COUNT] [--control PATH]",
                          "Tunnels, sessions and streams of all running instances, or of the one "
                          "at PATH; q ends.\nWithout a terminal the pictures follow one another, "
                          "one if no count is given.\nExit code: 0; 2 usage; 3 no running "
                          "instance at the start.",
                          entries, &rest, &status))
    return status;
  if (rest[0] != NULL || !(interval >= 0.1 && interval <= 3600) || count < 0)
    {
      g_printerr ("culvert top: wrong arguments\nTry: culvert top --help\n");
      return CULVERT_EXIT_USAGE;
    }
  top.path = path;
  top.instances = culvert_cmd_need_instances (path);
  if (top.instances == NULL)
    return CULVERT_EXIT_NO_INSTANCE;
  top.view = culvert_top_view_new ();
  culvert_top_open_terminal (&top);
  if (!isatty (STDOUT_FILENO) && count == 0)
    count = 1;
  culvert_top_run (&top, interval, count);
  culvert_top_close_terminal (&top);
  culvert_top_view_free (top.view);
  g_ptr_array_unref (top.instances);
  return EXIT_SUCCESS;
}
