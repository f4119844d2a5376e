/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-cmd.h"

int
culvert_cmd_disconnect (const char *const *args)
{
  return culvert_cmd_switch (args, "Stop",
                             "Stops the tunnel NAME of a running instance; the process goes on.\n"
                             "Exit code: 0 it is stopped, also when it was before; 2 usage; 3 no "
                             "running instance;\n4 no tunnel NAME, or several.");
}
