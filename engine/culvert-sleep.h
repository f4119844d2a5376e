/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* How long the machine was suspended, told when it wakes: -linux.c, and -none.c for systems that
 * do not tell. Lives in the given context and wakes it for nothing else. */
#pragma once

#include "culvert-base.h"

typedef struct _CulvertSleep CulvertSleep;

typedef void (*CulvertSleepFunc) (CulvertTime slept, void *data);

/* Never NULL. */
CulvertSleep *culvert_sleep_new (GMainContext *context, CulvertSleepFunc func, void *data);
/* Accepts NULL. */
void culvert_sleep_free (CulvertSleep *sleep);

/* Looks now, when there is another reason to be awake; may call func. */
void culvert_sleep_check (CulvertSleep *sleep);
