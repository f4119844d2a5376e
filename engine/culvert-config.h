/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

/* CulvertConfig: the immutable, validated configuration of one tunnel.
 *
 * Built from a dictionary of JSON keys (a{sv}: strings s, or ay where they are not UTF-8,
 * integers x, i, u or t, booleans b); absent keys take the role's default. Values kcptun works
 * with but which mean something else are replaced and reported by culvert_config_dup_warnings;
 * those it would silently misunderstand are refused with CULVERT_ERROR_CONFIG, naming field,
 * value and what is allowed. Keys that are no setting of the role are kept. Safe to use from
 * any thread once made. culvert-config.defs is the one list of settings; each becomes a
 * read-only property except the secret ones. */
#pragma once

#include "culvert-types.h"

G_BEGIN_DECLS

#define CULVERT_TYPE_CONFIG (culvert_config_get_type ())
CULVERT_AVAILABLE G_DECLARE_FINAL_TYPE (CulvertConfig, culvert_config, CULVERT, CONFIG, GObject)

typedef enum
{
#define CULVERT_STRING(id, ...) CULVERT_SETTING_##id,
#define CULVERT_INT(id, ...) CULVERT_SETTING_##id,
#define CULVERT_BOOL(id, ...) CULVERT_SETTING_##id,
#include "culvert-config.defs"
  CULVERT_N_SETTINGS
} CulvertSettingId;

typedef enum
{
  CULVERT_SETTING_TYPE_STRING,
  CULVERT_SETTING_TYPE_INT,
  CULVERT_SETTING_TYPE_BOOL,
} CulvertSettingType;

typedef enum
{
  CULVERT_SETTING_ATTR_NONE = 0,
  CULVERT_SETTING_ATTR_MUST_MATCH = 1 << 0, /* must be equal on both ends */
  CULVERT_SETTING_ATTR_HOT = 1 << 1,        /* changes without a restart of the tunnel */
  CULVERT_SETTING_ATTR_SECRET = 1 << 2,     /* never in a log, an error or a property */
  CULVERT_SETTING_ATTR_HIDDEN = 1 << 3,     /* for experts */
  CULVERT_SETTING_ATTR_PROCESS = 1 << 4,    /* of the process rather than of a tunnel */
  CULVERT_SETTING_ATTR_EXTENSION = 1 << 5,  /* unknown to kcptun */
  CULVERT_SETTING_ATTR_SIZE = 1 << 6,       /* bytes; K, M or G may follow in text */
} CulvertSettingAttrs;

/* What the text of a STRING must be. */
typedef enum
{
  CULVERT_SETTING_CHECK_TEXT,          /* anything */
  CULVERT_SETTING_CHECK_PATH,          /* a file name, or empty */
  CULVERT_SETTING_CHECK_CIPHER,        /* a name of culvert_config_ciphers */
  CULVERT_SETTING_CHECK_MODE,          /* a name of culvert_config_modes */
  CULVERT_SETTING_CHECK_LOG_LEVEL,     /* error, warning, info, debug */
  CULVERT_SETTING_CHECK_FEC,           /* fixed, adaptive, off */
  CULVERT_SETTING_CHECK_PACING,        /* auto, off, or bytes per second */
  CULVERT_SETTING_CHECK_LISTEN_STREAM, /* [host]:port or UNIX path */
  CULVERT_SETTING_CHECK_TARGET_STREAM, /* host:port or UNIX path */
  CULVERT_SETTING_CHECK_LISTEN_PORTS,  /* [host]:port or [host]:min-max */
  CULVERT_SETTING_CHECK_REMOTE_PORTS,  /* host:port or host:min-max */
  CULVERT_SETTING_CHECK_LISTEN_LOCAL,  /* address:port; :port is loopback; or empty */
} CulvertSettingCheck;

typedef enum
{
  CULVERT_SETTING_GROUP_CONNECTION,
  CULVERT_SETTING_GROUP_PROTECTION,
  CULVERT_SETTING_GROUP_TRANSPORT,
  CULVERT_SETTING_GROUP_STREAMS,
  CULVERT_SETTING_GROUP_LOGGING,
  CULVERT_SETTING_GROUP_PROCESS,
  CULVERT_SETTING_N_GROUPS
} CulvertSettingGroup;

/* low or high of a setting: a value outside is refused. */
#define CULVERT_SETTING_REFUSE G_MININT64

typedef struct
{
  CulvertSettingId id;
  const char *key;   /* JSON key and property name */
  const char *flag;
  const char *alias; /* (nullable) second spelling of the flag */
  CulvertSettingType type;
  CulvertSettingCheck check; /* STRING only */
  CulvertSettingGroup group;
  CulvertSettingAttrs attrs;
  guint roles;               /* bits of CulvertRole */
  const char *unit;          /* INT only, may be empty */
  gint64 min;                /* INT only */
  gint64 max;
  gint64 low;                /* stand-in for a value below min, or CULVERT_SETTING_REFUSE */
  gint64 high;               /* stand-in for a value above max, or CULVERT_SETTING_REFUSE */
  gint64 client_int;         /* defaults of INT */
  gint64 server_int;
  const char *client_string; /* defaults of STRING; NULL: not a setting of that role */
  const char *server_string;
  const char *help;
} CulvertSetting;

/* The list, indexed by CulvertSettingId. */
CULVERT_AVAILABLE const CulvertSetting *culvert_settings (guint *out_n);
/* The setting with this JSON key (any case) for the role, or NULL. */
CULVERT_AVAILABLE const CulvertSetting *culvert_settings_find_key (CulvertRole role,
                                                                   const char *key);
/* The setting with this flag or alias (exact) for the role, or NULL. */
CULVERT_AVAILABLE const CulvertSetting *culvert_settings_find_flag (CulvertRole role,
                                                                    const char *flag);
CULVERT_AVAILABLE const char *culvert_setting_group_get_title (CulvertSettingGroup group);

/* Names the check kinds CIPHER and MODE take; NULL past the end. */
CULVERT_AVAILABLE const char *culvert_config_cipher_name (guint i);
CULVERT_AVAILABLE const char *culvert_config_mode_name (guint i);

/* The i-th word a setting of the kinds CIPHER, MODE, LOG_LEVEL or FEC may have; NULL past the end,
 * and for all other kinds. */
CULVERT_AVAILABLE const char *culvert_setting_get_word (const CulvertSetting *setting, guint i);

/* dict: a{sv}, floating references are sunk. (transfer full); NULL with CULVERT_ERROR_CONFIG. */
CULVERT_AVAILABLE CulvertConfig *culvert_config_new_from_variant (CulvertRole role,
                                                                  GVariant *dict,
                                                                  GError **error);
/* What was given (after stand-ins) and the unknown keys, a{sv}, not floating (transfer full). */
CULVERT_AVAILABLE GVariant *culvert_config_to_variant (CulvertConfig *config);

/* Equal in every effective value and unknown key. */
CULVERT_AVAILABLE gboolean culvert_config_equal (CulvertConfig *a, CulvertConfig *b);
/* Whether a tunnel running a must be started anew to run b. */
CULVERT_AVAILABLE gboolean culvert_config_requires_restart (CulvertConfig *a, CulvertConfig *b);
/* Keys of the settings that differ and are not hot (transfer full), may be empty: those of the
 * tunnel, or those that only a new process takes over. */
CULVERT_AVAILABLE GStrv culvert_config_dup_restart_keys (CulvertConfig *a,
                                                         CulvertConfig *b,
                                                         gboolean of_process);

CULVERT_AVAILABLE CulvertRole culvert_config_get_role (CulvertConfig *config);
/* The effective value; the setting must be of the role and of the type. Strings are never NULL. */
CULVERT_AVAILABLE gint64 culvert_config_get_int (CulvertConfig *config, CulvertSettingId id);
CULVERT_AVAILABLE gboolean culvert_config_get_bool (CulvertConfig *config, CulvertSettingId id);
CULVERT_AVAILABLE const char *culvert_config_get_string (CulvertConfig *config,
                                                         CulvertSettingId id);
/* Whether the value was in the dictionary, rather than a default. */
CULVERT_AVAILABLE gboolean culvert_config_is_given (CulvertConfig *config, CulvertSettingId id);

/* Effective KCP timers: the preset of the mode, or the four settings with mode manual. */
CULVERT_AVAILABLE void culvert_config_get_timers (CulvertConfig *config,
                                                  int *out_nodelay,
                                                  int *out_interval_ms,
                                                  int *out_resend,
                                                  int *out_nc);

/* Keys that are no setting of the role, a{sv}, lives as long as the config (transfer none). */
CULVERT_AVAILABLE GVariant *culvert_config_peek_unknown (CulvertConfig *config);

/* One sentence each about what works but is probably not wanted (transfer full), may be empty. */
CULVERT_AVAILABLE GStrv culvert_config_dup_warnings (CulvertConfig *config);

G_END_DECLS
