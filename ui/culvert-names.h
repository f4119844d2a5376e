/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* Names of controls for screen readers, where GTK 4.8 gets them wrong. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A button with a mnemonic is called "_Connect Connect", by its text and by the label that shows
 * it. Leaves the label alone to name each such button below root. Again after a text changed. */
void culvert_names_mend (GtkWidget *root);

G_END_DECLS
