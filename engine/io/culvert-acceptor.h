/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* The client's local listener: accepts until there is nothing more or the budget is spent, and
 * hands each descriptor to the pool's slots in turn (WIRE.md 12.2). Out of descriptors, it pauses
 * and tries again after 100 ms, later up to 1 s; it never gives up. */
#pragma once

#include "culvert-part.h"

/* Takes the listening descriptor; NULL when the kernel has no room to watch it (the descriptor is
 * closed). */
CulvertAcceptor *culvert_acceptor_new (CulvertPart *part, int fd);
/* Closes the descriptor and removes the file of a UNIX listener. Accepts NULL. */
void culvert_acceptor_free (CulvertAcceptor *acceptor);
