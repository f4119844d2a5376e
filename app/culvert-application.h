/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The process: command line, life cycle, log, signals. A GApplication, not a GTK one; runs without
 * a session bus, any number of times side by side.
 *
 * The start either fails (exit code 1, reason in the log) or succeeds for good: from then on
 * nothing the network does ends the process. SIGTERM and SIGINT end it within 3 s with exit
 * code 0. */
#pragma once

#include "culvert.h"

#define CULVERT_TYPE_APPLICATION (culvert_application_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertApplication,
                                        culvert_application,
                                        CULVERT,
                                        APPLICATION,
                                        GApplication)

/* Runs the command line to its end; returns the exit code. */
CULVERT_AVAILABLE int culvert_application_main (int argc, char **argv);
