/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The executable over saved profiles: headless, as the application without its window, with a
 * session bus, without one, beside a dead one, and with a keyring nobody unlocks. */

#include "config.h"

#include "app-keyring.h"
#include "app-test.h"
#include "culvert-hub.h"

#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>

#define END_SECONDS 3.0
#define UUID "11111111-2222-4333-8444-555555555555"
#define OBJECT_PATH "/io/github/culvert/Culvert"

#define ARGS(...) ((const char *const[]) { __VA_ARGS__, NULL })

typedef struct
{
  char *folder; /* XDG_CONFIG_HOME */
  char *bus;    /* address of the session bus, or NULL: none */
  GTestDBus *test_bus;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = app_test_new_folder ();
}

static void
set_up_bus (Fixture *fixture, gconstpointer data)
{
  set_up (fixture, data);
  fixture->test_bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->test_bus);
  fixture->bus = g_strdup (g_test_dbus_get_bus_address (fixture->test_bus));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->test_bus != NULL)
    g_test_dbus_down (fixture->test_bus);
  g_clear_object (&fixture->test_bus);
  g_free (fixture->bus);
  app_test_drop_folder (fixture->folder);
}

static void
put_profile (Fixture *fixture, const char *uuid, const char *name, const char *more)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "culvert", "profiles", NULL);
  g_autofree char *file = g_strconcat (uuid, ".json", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *text =
      g_strdup_printf ("{\"remoteaddr\": \"127.0.0.1:9\", \"localaddr\": \"127.0.0.1:0\", "
                       "\"key\": \"k\", \"culvert\": {\"name\": \"%s\"%s}}",
                       name, more);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* -- processes ---------------------------------------------------------------------------- */

typedef struct
{
  GSubprocess *process;
  GDataInputStream *log;
} Running;

static void
start (Fixture *fixture, Running *running, const char *const *args)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "XDG_CONFIG_HOME", fixture->folder, TRUE);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", fixture->folder, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY");
  if (fixture->bus != NULL)
    g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", fixture->bus, TRUE);
  else
    g_subprocess_launcher_unsetenv (launcher, "DBUS_SESSION_BUS_ADDRESS");
  g_strv_builder_add (builder, g_getenv ("CULVERT_EXE"));
  g_strv_builder_addv (builder, (const char **) args);
  argv = g_strv_builder_end (builder);
  running->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  running->log = g_data_input_stream_new (g_subprocess_get_stderr_pipe (running->process));
}

/* Reads lines until one has the word; fails at the end of the log. */
static void
wait_line (Running *running, const char *word)
{
  for (;;)
    {
      g_autofree char *line = g_data_input_stream_read_line (running->log, NULL, NULL, NULL);

      if (line == NULL)
        g_error ("the log ended before \"%s\"", word);
      g_test_message ("%s", line);
      if (strstr (line, word) != NULL)
        return;
    }
}

/* Waits; returns the exit code. */
static int
wait_exit (Running *running)
{
  int status;

  g_assert_true (g_subprocess_wait (running->process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (running->process));
  status = g_subprocess_get_exit_status (running->process);
  g_clear_object (&running->log);
  g_clear_object (&running->process);
  return status;
}

static void
end (Running *running)
{
  g_autoptr (GTimer) timer = g_timer_new ();

  g_subprocess_send_signal (running->process, SIGTERM);
  g_assert_cmpint (wait_exit (running), ==, 0);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, END_SECONDS);
}

/* -- headless ------------------------------------------------------------------------------ */

static void
test_profile (Fixture *fixture, gconstpointer data)
{
  Running running;

  put_profile (fixture, UUID, "Office", "");
  put_profile (fixture, "broken", "", "}}");
  start (fixture, &running, ARGS ("--headless", "--profile", "office"));
  wait_line (&running, "Office: listening on: 127.0.0.1:");
  end (&running);
}

static void
test_two_profiles (Fixture *fixture, gconstpointer data)
{
  Running running;

  put_profile (fixture, UUID, "Office", "");
  put_profile (fixture, "22222222-2222-4333-8444-555555555555", "Home", "");
  start (fixture, &running, ARGS ("--headless", "--profile", UUID, "Home"));
  wait_line (&running, "listening on: 127.0.0.1:");
  wait_line (&running, "listening on: 127.0.0.1:");
  end (&running);
}

/* Runs a subcommand beside the process; its standard output (transfer full). */
static char *
ask (Fixture *fixture, const char *const *args, int code)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", fixture->folder, TRUE);
  g_strv_builder_add (builder, g_getenv ("CULVERT_EXE"));
  g_strv_builder_addv (builder, (const char **) args);
  argv = g_strv_builder_end (builder);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error));
  g_assert_no_error (error);
  g_test_message ("%s", output);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, code);
  return output;
}

static void
assert_said (Fixture *fixture, const char *const *args, const char *word)
{
  g_autofree char *output = ask (fixture, args, 0);

  g_assert_nonnull (strstr (output, word));
}

/* Those who were not asked for do not belong to a headless process. */
static void
test_profile_control (Fixture *fixture, gconstpointer data)
{
  g_autofree char *output = NULL;
  Running running;

  put_profile (fixture, UUID, "Office", "");
  put_profile (fixture, "22222222-2222-4333-8444-555555555555", "Home", "");
  start (fixture, &running, ARGS ("--headless", "--profile", "Office"));
  wait_line (&running, "Office: listening on: 127.0.0.1:");
  output = ask (fixture, ARGS ("status", "--json"), 0);
  g_assert_nonnull (strstr (output, "\"Office\""));
  g_assert_null (strstr (output, "\"Home\""));
  g_free (ask (fixture, ARGS ("disconnect", "Office"), 0));
  assert_said (fixture, ARGS ("status", "--json"), "\"off\"");
  g_free (ask (fixture, ARGS ("toggle", "Office"), 0));
  assert_said (fixture, ARGS ("status", "--json"), "127.0.0.1:");
  g_free (ask (fixture, ARGS ("connect", "Home"), 4));
  g_free (ask (fixture, ARGS ("reload"), 0));
  end (&running);
}

/* The application has the plain socket, and all profiles. */
static void
test_application_control (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "culvert", "control", NULL);
  Running running;

  put_profile (fixture, UUID, "Office", ", \"autostart\": true");
  put_profile (fixture, "22222222-2222-4333-8444-555555555555", "Home", "");
  start (fixture, &running, ARGS ("--background"));
  wait_line (&running, "Office: state: verifying");
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_said (fixture, ARGS ("status", "Home", "--json"), "\"off\"");
  g_free (ask (fixture, ARGS ("connect", "Home"), 0));
  assert_said (fixture, ARGS ("status", "Home", "--json"), "127.0.0.1:");
  g_free (ask (fixture, ARGS ("disconnect", "Home"), 0));
  end (&running);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
assert_start_fails (Fixture *fixture, const char *const *args, int code, const char *word)
{
  Running running;

  start (fixture, &running, args);
  wait_line (&running, word);
  g_assert_cmpint (wait_exit (&running), ==, code);
}

static void
test_profile_fails (Fixture *fixture, gconstpointer data)
{
  put_profile (fixture, UUID, "Office", "}, \"crypt\": \"rot13\", \"x\": {");
  assert_start_fails (fixture, ARGS ("--headless", "--profile", "Offce"), 2, "there are: Office");
  assert_start_fails (fixture, ARGS ("--headless", "--profile", "Office"), 1, "rot13");
  assert_start_fails (fixture, ARGS ("--headless", "--profile"), 2, "needs the name");
  assert_start_fails (fixture, ARGS ("--headless", "--profile", "Office", "-mtu", "9"), 2, "-mtu");
}

/* The file alone must not fall back to the default key. */
static void
test_keyring_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "p.json", NULL);

  g_assert_true (g_file_set_contents (path, "{\"remoteaddr\": \"127.0.0.1:9\", \"culvert\": "
                                            "{\"key-store\": \"keyring\"}}", -1, NULL));
  assert_start_fails (fixture, ARGS ("--headless", "-c", path), 2, "--profile");
}

static void
test_keyring_mute (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTimer) timer = g_timer_new ();

  fixture->bus = g_strdup (app_keyring_get_address ());
  put_profile (fixture, UUID, "Office", "}, \"key\": null, \"culvert\": {\"name\": \"Office\", "
                                        "\"key-store\": \"keyring\"");
  assert_start_fails (fixture, ARGS ("--headless", "--profile", "Office"), 1,
                      "the keyring does not answer");
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, 4.0);
}

/* -- the application -------------------------------------------------------------------------- */

static void
test_no_window (Fixture *fixture, gconstpointer data)
{
  assert_start_fails (fixture, ARGS (NULL), 1, "culvert-desktop");
  assert_start_fails (fixture, ARGS ("windw"), 2, "windw");
}

/* Nothing to do: no process stays. */
static void
test_nothing_to_do (Fixture *fixture, gconstpointer data)
{
  Running running;

  put_profile (fixture, UUID, "Office", "");
  start (fixture, &running, ARGS ("--background"));
  g_assert_cmpint (wait_exit (&running), ==, 0);
}

/* Takes connections and leaves them alone. */
static void
test_dead_bus (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "dead", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) bus = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  Running running;

  g_assert_true (g_socket_bind (bus, address, TRUE, NULL));
  g_assert_true (g_socket_listen (bus, NULL));
  fixture->bus = g_strconcat ("unix:path=", path, NULL);
  put_profile (fixture, UUID, "Office", ", \"autostart\": true");
  start (fixture, &running, ARGS ("--background"));
  wait_line (&running, "Office: state: verifying");
  end (&running);
}

static GDBusConnection *
open_bus (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_sync (
      fixture->bus,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);

  g_assert_no_error (error);
  return bus;
}

static GVariant *
call (GDBusConnection *bus, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (
      bus, CULVERT_APPLICATION_ID, OBJECT_PATH, "org.gtk.Actions", method, arguments, NULL,
      G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, &error);

  g_assert_no_error (error);
  return reply;
}

/* There is one application; others pass their wish on, and its actions are on the bus. */
static void
test_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) bus = open_bus (fixture);
  g_autoptr (GVariant) names = NULL;
  g_autofree char *printed = NULL;
  g_autoptr (GVariant) quit = NULL;
  g_autoptr (GTimer) timer = NULL;
  Running first;
  Running second;

  put_profile (fixture, UUID, "Office", ", \"autostart\": true");
  start (fixture, &first, ARGS ("--background"));
  wait_line (&first, "Office: state: verifying");
  start (fixture, &second, ARGS (NULL));
  g_assert_cmpint (wait_exit (&second), ==, 0);
  wait_line (&first, "the window is not installed");
  names = call (bus, "List", NULL);
  printed = g_variant_print (names, FALSE);
  g_assert_nonnull (strstr (printed, "'profile-" UUID "'"));
  g_assert_nonnull (strstr (printed, "'connect-all'"));
  timer = g_timer_new ();
  quit = call (bus, "Activate", g_variant_new_parsed ("('quit', @av [], @a{sv} {})"));
  g_assert_cmpint (wait_exit (&first), ==, 0);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, END_SECONDS);
}

/* The end of the session bus is not the end of the tunnels. */
static void
test_bus_lost (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) bus = open_bus (fixture);
  g_autoptr (GVariant) list = NULL;
  Running running;

  g_dbus_connection_set_exit_on_close (bus, FALSE);
  put_profile (fixture, UUID, "Office", ", \"autostart\": true");
  start (fixture, &running, ARGS ("--background"));
  wait_line (&running, "Office: state: verifying");
  list = call (bus, "List", NULL);
  g_test_dbus_stop (fixture->test_bus);
  app_test_wait (g_dbus_connection_is_closed (bus));
  g_subprocess_send_signal (running.process, SIGUSR1);
  wait_line (&running, "KCP SNMP:");
  end (&running);
  g_clear_object (&fixture->test_bus);
}

#define ADD(name, func, set_up_func) \
  g_test_add ("/desktop/" name, Fixture, NULL, set_up_func, func, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ADD ("profile", test_profile, set_up);
  ADD ("profile-control", test_profile_control, set_up);
  ADD ("application-control", test_application_control, set_up);
  ADD ("two-profiles", test_two_profiles, set_up);
  ADD ("profile-fails", test_profile_fails, set_up);
  ADD ("keyring-file", test_keyring_file, set_up);
  ADD ("no-window", test_no_window, set_up);
  ADD ("nothing-to-do", test_nothing_to_do, set_up);
  ADD ("dead-bus", test_dead_bus, set_up);
  ADD ("bus", test_bus, set_up_bus);
  ADD ("bus-lost", test_bus_lost, set_up_bus);
  if (g_strcmp0 (g_getenv ("CULVERT_TEST_SECRETS"), "1") == 0)
    {
      app_keyring_start_mute ();
      ADD ("keyring-mute", test_keyring_mute, set_up);
    }
  status = g_test_run ();
  app_keyring_stop ();
  return status;
}
