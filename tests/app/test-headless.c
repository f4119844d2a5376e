/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The executable itself, beside a session bus that never answers: exit codes, messages, signals. */

#include "config.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

/* The promised end of a process that was asked to. */
#define END_SECONDS 3.0

#define ARGS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static char *bus_address;

static GSubprocess *
spawn (const char *const *args)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", bus_address, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY");
  g_subprocess_launcher_unsetenv (launcher, "KCPTUN_KEY");
  g_strv_builder_add (builder, g_getenv ("CULVERT_EXE"));
  g_strv_builder_addv (builder, (const char **) args);
  argv = g_strv_builder_end (builder);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  return process;
}

/* Runs to the end; returns the exit code. */
static int
run (const char *const *args, char **out_stdout, char **out_stderr)
{
  g_autoptr (GSubprocess) process = spawn (args);
  g_autoptr (GError) error = NULL;

  g_assert_true (
      g_subprocess_communicate_utf8 (process, NULL, NULL, out_stdout, out_stderr, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

/* A long-running process and its standard error. */
typedef struct
{
  GSubprocess *process;
  GDataInputStream *log;
} Running;

static void
running_start (Running *running, const char *const *args)
{
  running->process = spawn (args);
  running->log = g_data_input_stream_new (g_subprocess_get_stderr_pipe (running->process));
}

/* Reads lines until one has the word; fails at the end of the log. */
static char *
running_wait_line (Running *running, const char *word)
{
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (running->log, NULL, NULL, NULL);

      if (line == NULL)
        g_error ("the log ended before \"%s\"", word);
      if (strstr (line, word) != NULL)
        return g_steal_pointer (&line);
    }
}

static void
running_assert_line (Running *running, const char *word)
{
  g_autofree char *line = running_wait_line (running, word);

  g_assert_nonnull (line);
}

static void
running_clear (Running *running)
{
  g_clear_object (&running->log);
  g_clear_object (&running->process);
}

/* Sends the signal, waits, checks code and time. */
static void
running_end (Running *running, int signal_number)
{
  g_autoptr (GTimer) timer = g_timer_new ();

  g_subprocess_send_signal (running->process, signal_number);
  g_assert_true (g_subprocess_wait (running->process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (running->process));
  g_assert_cmpint (g_subprocess_get_exit_status (running->process), ==, 0);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, END_SECONDS);
  running_clear (running);
}

/* Nobody answers at the discard port of the loopback; that is no reason to end. */
#define CLIENT "--headless", "client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9", "-key", "k"

static void
assert_usage_error (const char *const *args, const char *word)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;

  g_assert_cmpint (run (args, &out, &err), ==, 2);
  g_assert_cmpstr (out, ==, "");
  g_test_message ("%s", err);
  g_assert_nonnull (strstr (err, word));
}

static void
test_check_usage (void)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;

  assert_usage_error (ARGS ("check"), "which server?");
  assert_usage_error (ARGS ("check", "127.0.0.1"), "remoteaddr");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "two"), "\"two\" is one word too many");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "--count", "0"), "--count");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "--timeout=601"), "--timeout");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "--timeout"), "--timeout");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "-crypt", "AES"), "crypt");
  assert_usage_error (ARGS ("check", "127.0.0.1:9", "-target", "127.0.0.1:1"), "-target");
  g_assert_cmpint (run (ARGS ("check", "--help"), &out, &err), ==, 0);
  g_assert_nonnull (strstr (out, "Exit code:"));
}

/* Words of its own and of the client in any order; a value may look like an option. */
static void
test_check_closed_port (void)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;

  g_assert_cmpint (run (ARGS ("check", "-key", "--json", "--count=2", "127.0.0.1:9", "-nocomp",
                              "--timeout", "5", "--json"), &out, &err), ==, 4);
  g_assert_nonnull (strstr (out, "\"verdict\" : \"unreachable\""));
  g_assert_nonnull (strstr (out, "127.0.0.1:9"));
  g_assert_cmpstr (err, ==, "");
}

static void
test_usage (void)
{
  assert_usage_error (ARGS ("nosuch"), "--headless");
  assert_usage_error (ARGS ("--headless", "client", "-nosuch"),
                      "Try: culvert --headless client --help");
  assert_usage_error (ARGS ("--headless", "server", "-mtu"),
                      "Try: culvert --headless server --help");
  assert_usage_error (ARGS ("--headless", "client", "-mtu", "20"),
                      "mtu: 20 is not allowed; use 50 to 1500");
}

static void
test_help (void)
{
  g_autofree char *client = NULL;
  g_autofree char *server = NULL;
  g_autofree char *version = NULL;
  g_autofree char *err = NULL;

  g_assert_cmpint (run (ARGS ("--headless", "client", "-h"), &client, &err), ==, 0);
  g_assert_cmpstr (err, ==, "");
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (ARGS ("--headless", "server", "--help"), &server, &err), ==, 0);
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (ARGS ("--version"), &version, &err), ==, 0);
  g_assert_nonnull (strstr (client, "--remoteaddr, -r ADDRESS"));
  g_assert_nonnull (strstr (server, "--target, -t ADDRESS"));
  g_assert_cmpstr (version, ==, "culvert " CULVERT_VERSION "\n");
}

static void
test_end (gconstpointer data)
{
  Running running;

  running_start (&running, ARGS (CLIENT));
  running_assert_line (&running, "listening on: 127.0.0.1:");
  running_end (&running, GPOINTER_TO_INT (data));
}

static void
test_settings_logged (void)
{
  Running running;

  running_start (&running, ARGS (CLIENT, "-mtu", "1300", "-mode", "fast3", "-crypt", "none"));
  running_assert_line (&running, " version: " CULVERT_VERSION);
  running_assert_line (&running, " crypt: none");
  running_assert_line (&running, " mode: fast3");
  running_assert_line (&running, " mtu: 1300");
  running_assert_line (&running, " interval: 10");
  running_assert_line (&running, " warning: crypt: none gives no protection");
  running_end (&running, SIGTERM);
}

/* The key is in no line of the log, at any level. */
static void
test_key_hidden (void)
{
  g_autofree char *line = NULL;
  Running running;

  running_start (&running, ARGS ("--headless", "client", "-l", "127.0.0.1:0", "-r", "127.0.0.1:9",
                                 "-key", "TopSecretWord", "-log-level", "debug"));
  do
    {
      g_free (line);
      line = running_wait_line (&running, " ");
      g_assert_null (strstr (line, "TopSecretWord"));
    }
  while (strstr (line, "listening on:") == NULL);
  running_end (&running, SIGTERM);
}

static void
test_counters (void)
{
  Running running;

  running_start (&running, ARGS (CLIENT, "-log-level", "info"));
  running_assert_line (&running, "listening on:");
  g_subprocess_send_signal (running.process, SIGUSR1);
  running_assert_line (&running, "KCP SNMP:&{BytesSent:0 BytesReceived:0 MaxConn:");
  running_assert_line (&running, "Culvert:&{");
  running_end (&running, SIGINT);
}

static void
test_pipe_ignored (void)
{
  Running running;

  running_start (&running, ARGS (CLIENT));
  running_assert_line (&running, "listening on:");
  g_subprocess_send_signal (running.process, SIGPIPE);
  g_subprocess_send_signal (running.process, SIGUSR1);
  running_assert_line (&running, "KCP SNMP:");
  running_end (&running, SIGTERM);
}

/* An address that is taken fails the start, with its reason. */
static void
test_cannot_bind (void)
{
  g_autofree char *line = NULL;
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  const char *address;
  Running running;

  running_start (&running, ARGS (CLIENT));
  line = running_wait_line (&running, "listening on: ");
  address = strstr (line, "127.0.0.1:");
  g_assert_nonnull (address);
  g_assert_cmpint (
      run (ARGS ("--headless", "client", "-l", address, "-r", "127.0.0.1:9", "-key", "k"), &out,
           &err),
      ==, 1);
  g_test_message ("%s", err);
  g_assert_nonnull (strstr (err, " error: "));
  g_assert_nonnull (strstr (err, address));
  running_end (&running, SIGTERM);
}

static void
test_log_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("culvert-headless-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "log", NULL);
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (run (ARGS ("--headless", "client", "-l", "/nonexistent/socket", "-r", "h:1",
                              "-key", "k", "-log", path),
                        &out, &err),
                   ==, 1);
  g_assert_cmpstr (err, ==, "");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, " error: "));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Blocks until the file has the word; woken by changes in its folder. */
static void
wait_file (GFileMonitor *monitor, const char *path, const char *word)
{
  for (;;)
    {
      g_autofree char *text = NULL;

      if (g_file_get_contents (path, &text, NULL, NULL) && strstr (text, word) != NULL)
        return;
      g_main_context_iteration (NULL, TRUE);
    }
}

typedef struct
{
  char *folder;
  char *path;
  GFileMonitor *monitor;
} Watched;

static void
watched_set_up (Watched *watched, gconstpointer data)
{
  g_autoptr (GFile) file = NULL;

  watched->folder = g_dir_make_tmp ("culvert-headless-XXXXXX", NULL);
  g_assert_nonnull (watched->folder);
  watched->path = g_build_filename (watched->folder, "file", NULL);
  file = g_file_new_for_path (watched->folder);
  watched->monitor = g_file_monitor_directory (file, G_FILE_MONITOR_NONE, NULL, NULL);
  g_assert_nonnull (watched->monitor);
}

static void
watched_tear_down (Watched *watched, gconstpointer data)
{
  g_clear_object (&watched->monitor);
  g_assert_cmpint (g_unlink (watched->path), ==, 0);
  g_assert_cmpint (g_rmdir (watched->folder), ==, 0);
  g_free (watched->path);
  g_free (watched->folder);
}

static void
test_hangup (Watched *watched, gconstpointer data)
{
  g_autofree char *moved = g_strconcat (watched->path, ".1", NULL);
  g_autofree char *text = NULL;
  Running running;

  running_start (&running, ARGS (CLIENT, "-log", watched->path));
  wait_file (watched->monitor, watched->path, "listening on:");
  g_assert_cmpint (g_rename (watched->path, moved), ==, 0);
  g_subprocess_send_signal (running.process, SIGHUP);
  running_end (&running, SIGTERM);
  g_assert_true (g_file_get_contents (watched->path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, " ended\n"));
  g_assert_null (strstr (text, "listening on:"));
  g_assert_cmpint (g_unlink (moved), ==, 0);
}

static void
test_snmplog (Watched *watched, gconstpointer data)
{
  Running running;

  running_start (&running, ARGS (CLIENT, "-snmplog", watched->path, "-snmpperiod", "1"));
  wait_file (watched->monitor, watched->path, ",OOBPackets\n");
  running_end (&running, SIGTERM);
}

static void
test_log_file_fails (void)
{
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;

  g_assert_cmpint (run (ARGS (CLIENT, "-log", "/nonexistent/log"), &out, &err), ==, 1);
  g_assert_nonnull (strstr (err, "/nonexistent/log"));
}

/* Takes connections and leaves them alone. */
static GSocket *
new_dead_bus (void)
{
  g_autofree char *name = g_strdup_printf ("culvert-dead-bus-%08x", g_random_int ());
  g_autoptr (GSocketAddress) address =
      g_unix_socket_address_new_with_type (name, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  g_autoptr (GError) error = NULL;
  GSocket *bus = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (bus, address, TRUE, &error));
  g_assert_true (g_socket_listen (bus, &error));
  bus_address = g_strconcat ("unix:abstract=", name, NULL);
  return bus;
}

int
main (int argc, char **argv)
{
  g_autoptr (GSocket) bus = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = new_dead_bus ();
  g_test_add_func ("/headless/usage", test_usage);
  g_test_add_func ("/headless/help", test_help);
  g_test_add_func ("/check/usage", test_check_usage);
  g_test_add_func ("/check/closed-port", test_check_closed_port);
  g_test_add_data_func ("/headless/end/term", GINT_TO_POINTER (SIGTERM), test_end);
  g_test_add_data_func ("/headless/end/int", GINT_TO_POINTER (SIGINT), test_end);
  g_test_add_func ("/headless/settings-logged", test_settings_logged);
  g_test_add_func ("/headless/key-hidden", test_key_hidden);
  g_test_add_func ("/headless/counters", test_counters);
  g_test_add_func ("/headless/pipe-ignored", test_pipe_ignored);
  g_test_add_func ("/headless/cannot-bind", test_cannot_bind);
  g_test_add_func ("/headless/log-file", test_log_file);
  g_test_add_func ("/headless/log-file/fails", test_log_file_fails);
  g_test_add ("/headless/hangup", Watched, NULL, watched_set_up, test_hangup, watched_tear_down);
  g_test_add ("/headless/snmplog", Watched, NULL, watched_set_up, test_snmplog,
              watched_tear_down);
  status = g_test_run ();
  g_free (bus_address);
  return status;
}
