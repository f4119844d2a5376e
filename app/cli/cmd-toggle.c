/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"

int
culvert_cmd_toggle (const char *const *args)
{
  return culvert_cmd_switch (args, "Toggle",
                             "Stops the tunnel NAME when it runs, starts it when it does not, and "
                             "prints what it is now.\nExit code: 0 done; 1 it does not start; 2 "
                             "usage; 3 no running instance; 4 no tunnel NAME,\nor several.");
}
