/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertPage: base of the pages that show one profile of the hub, in the window's stack.
 *
 * Properties: hub (CulvertHub, set once before the first item); item (CulvertHubItem, nullable:
 * none is selected); is-shown (read-only): the page is on the screen. What costs (timers, tables
 * asked from workers, redrawing) runs only while is-shown. Action page.search (Ctrl+F) of pages
 * that can be searched: puts the focus there. Main thread only. */
#pragma once

#include "culvert-hub.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_PAGE (culvert_page_get_type ())
G_DECLARE_DERIVABLE_TYPE (CulvertPage, culvert_page, CULVERT, PAGE, AdwBin)

struct _CulvertPageClass
{
  AdwBinClass parent_class;

  /* Another item is shown from now on; old (nullable) is still alive. Chaining up is not needed.
   */
  void (*item_changed) (CulvertPage *page, CulvertHubItem *old);
  /* The page came on the screen or left it. */
  void (*shown_changed) (CulvertPage *page, gboolean is_shown);
  /* Where a person types what to look for (transfer none); NULL: not to be searched. */
  GtkEditable *(*get_search) (CulvertPage *page);
};

/* (transfer none) (nullable) */
CulvertHub *culvert_page_get_hub (CulvertPage *page);
/* (transfer none) (nullable) */
CulvertHubItem *culvert_page_get_item (CulvertPage *page);
void culvert_page_set_item (CulvertPage *page, CulvertHubItem *item);
gboolean culvert_page_is_shown (CulvertPage *page);
/* What is looked for, in lower case, without white space around; "": nothing. (transfer full) */
char *culvert_page_dup_needle (CulvertPage *page);
/* Into the clipboard, and says so. */
void culvert_page_copy_text (CulvertPage *page,
                             AdwToastOverlay *toasts,
                             const char *text,
                             const char *message);

G_END_DECLS
