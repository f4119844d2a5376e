/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What the tests of the application share: a folder that goes away, and waiting in the main
 * loop for a condition instead of for a time. */
#pragma once

#include "culvert-profile.h"

/* At most this long; then the test fails. */
#define APP_TEST_SECONDS 20

/* A folder of its own for a test (transfer full). */
char *app_test_new_folder (void);
/* Deletes it with all that is in it, and frees the name. */
void app_test_drop_folder (char *folder);

/* "127.0.0.1:PORT" with a UDP port that was free a moment ago (transfer full). */
char *app_test_dup_free_address (void);

/* Runs the main loop until the expression is true. */
#define app_test_wait(expression) \
  do \
    { \
      gint64 app_test_end_ = g_get_monotonic_time () + APP_TEST_SECONDS * G_USEC_PER_SEC; \
      guint app_test_tick_ = g_timeout_add (20, app_test_tick_cb, NULL); \
\
      while (!(expression)) \
        { \
          if (g_get_monotonic_time () > app_test_end_) \
            g_error ("in vain: %s", #expression); \
          g_main_context_iteration (NULL, TRUE); \
        } \
      g_source_remove (app_test_tick_); \
    } \
  while (0)

/* Lets the loop look at its condition now and then. */
gboolean app_test_tick_cb (gpointer user_data);

/* A GAsyncReadyCallback that stores the result in a GAsyncResult * (transfer full). */
void app_test_result_cb (GObject *source, GAsyncResult *result, gpointer user_data);

/* A value for the setting that is allowed and not the default; floating. */
GVariant *app_test_new_value (const CulvertSetting *setting, CulvertRole role);
/* With every setting of the role at such a value, and a key. (transfer full) */
CulvertProfile *app_test_new_full_profile (CulvertRole role);
