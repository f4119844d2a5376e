/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertPhaseIcon: what a tunnel does as a small picture. Each phase has a shape and a colour of
 * its own; the style class is the phase's word. For the eye alone: screen readers take the
 * words beside it. Property: phase (CULVERT_TYPE_PHASE). */
#pragma once

#include "culvert-hub-item.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define CULVERT_TYPE_PHASE_ICON (culvert_phase_icon_get_type ())
G_DECLARE_FINAL_TYPE (CulvertPhaseIcon, culvert_phase_icon, CULVERT, PHASE_ICON, AdwBin)

void culvert_phase_icon_set_phase (CulvertPhaseIcon *icon, CulvertPhase phase);

G_END_DECLS
