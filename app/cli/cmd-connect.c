/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"

int
culvert_cmd_connect (const char *const *args)
{
  return culvert_cmd_switch (args, "Start",
                             "Starts the tunnel NAME of a running instance and waits until it "
                             "listens.\nExit code: 0 it does, also when it did before; 1 it does "
                             "not start; 2 usage; 3 no running\ninstance; 4 no tunnel NAME, or "
                             "several.");
}
