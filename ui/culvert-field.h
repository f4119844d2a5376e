/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* What is wrong with an entry, said at the entry. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* row: the entry's. error_row: the row below it, the child of which is a GtkLabel; it is shown
 * while there is a message. message (nullable): NULL: all is well. */
void culvert_field_set_error (GtkWidget *row, GtkWidget *error_row, const char *message);

G_END_DECLS
