/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-setting-text.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  const char *title;
  const char *help;
} CulvertSettingText;

static const CulvertSettingText texts[CULVERT_N_SETTINGS] = {
  [CULVERT_SETTING_LOCALADDR] = {
    N_ ("Local Address"),
    N_ ("Where programs on this computer connect to use the tunnel: address:port, or the path of "
        "a UNIX socket. Without an address everybody in the local network may use it."),
  },
  [CULVERT_SETTING_REMOTEADDR] = {
    N_ ("Server"),
    N_ ("Where the other end listens: host:port, or host:first-last for a range of ports that "
        "are used in turn."),
  },
  [CULVERT_SETTING_LISTEN] = {
    N_ ("Listen On"),
    N_ ("Where clients reach this server over UDP: address:port, or address:first-last for a "
        "range of ports. Without an address it listens everywhere."),
  },
  [CULVERT_SETTING_TARGET] = {
    N_ ("Target"),
    N_ ("Where connections that come out of the tunnel go: host:port, or the path of a UNIX "
        "socket."),
  },
  [CULVERT_SETTING_CONN] = {
    N_ ("Sessions"),
    N_ ("How many sessions to the server share the connections. More than one helps where each "
        "flow is throttled by itself."),
  },
  [CULVERT_SETTING_AUTOEXPIRE] = {
    N_ ("Renew Sessions After"),
    N_ ("From this age a session takes no new connections and a fresh one replaces it. "
        "0 keeps sessions for as long as they work."),
  },
  [CULVERT_SETTING_SCAVENGETTL] = {
    N_ ("Grace of Renewed Sessions"),
    N_ ("How long a renewed session lives on for the connections it still carries."),
  },
  [CULVERT_SETTING_CLOSEWAIT] = {
    N_ ("Wait Before Closing"),
    N_ ("How long a connection that ended in one direction may still finish the other one."),
  },
  [CULVERT_SETTING_TCP] = {
    N_ ("Look Like TCP"),
    N_ ("Carries the packets inside emulated TCP segments, for networks that block or slow UDP "
        "down. Linux only; needs the right to open raw sockets."),
  },
  [CULVERT_SETTING_KEY] = {
    N_ ("Key"),
    N_ ("The secret both ends share. Whoever has it can use the tunnel and read what it carries."),
  },
  [CULVERT_SETTING_KEY_FILE] = {
    N_ ("Key File"),
    N_ ("Reads the key from the first line of this file instead."),
  },
  [CULVERT_SETTING_CRYPT] = {
    N_ ("Cipher"),
    N_ ("How packets are encrypted."),
  },
  [CULVERT_SETTING_QPP] = {
    N_ ("Quantum Permutation Pads"),
    N_ ("Scrambles every connection once more inside the encryption, at the cost of speed."),
  },
  [CULVERT_SETTING_QPP_COUNT] = {
    N_ ("Number of Pads"),
    N_ ("For quantum permutation pads; best a prime number."),
  },
  [CULVERT_SETTING_MODE] = {
    N_ ("Mode"),
    N_ ("How soon packets are sent and sent again: faster modes answer quicker and cost more "
        "data and processor time."),
  },
  [CULVERT_SETTING_MTU] = {
    N_ ("Packet Size"),
    N_ ("The largest UDP payload. Make it smaller where large packets get lost: mobile networks, "
        "other tunnels."),
  },
  [CULVERT_SETTING_SNDWND] = {
    N_ ("Send Window"),
    N_ ("How many packets may be under way to the peer. It limits the speed up: the longer the "
        "way, the larger it must be."),
  },
  [CULVERT_SETTING_RCVWND] = {
    N_ ("Receive Window"),
    N_ ("How many packets the peer may have under way to here. It limits the speed down, together "
        "with the peer’s send window."),
  },
  [CULVERT_SETTING_DATASHARD] = {
    N_ ("Data Packets per Group"),
    N_ ("Error correction: so many data packets form a group with the parity packets. 0 switches "
        "it off."),
  },
  [CULVERT_SETTING_PARITYSHARD] = {
    N_ ("Parity Packets per Group"),
    N_ ("Error correction: so many lost packets of a group are rebuilt without asking again. "
        "0 switches it off."),
  },
  [CULVERT_SETTING_FEC] = {
    N_ ("Error Correction"),
    N_ ("Whether parity is always sent, only as much as the line needs, or never. It is about what "
        "this end sends."),
  },
  [CULVERT_SETTING_NOCOMP] = {
    N_ ("No Compression"),
    N_ ("Most of what travels today is compressed or encrypted already; compressing again only "
        "costs time."),
  },
  [CULVERT_SETTING_RATELIMIT] = {
    N_ ("Speed Limit"),
    N_ ("The most a session sends per second, parity and resends included. 0 is no limit."),
  },
  [CULVERT_SETTING_PACING] = {
    N_ ("Pacing"),
    N_ ("How evenly packets leave: auto follows what the line delivers, off sends as the windows "
        "allow, like kcptun; or a number of bytes per second."),
  },
  [CULVERT_SETTING_BE_NICE] = {
    N_ ("Give Way to Others"),
    N_ ("With automatic pacing: slow down as soon as the line begins to queue, so that others on "
        "it do not suffer."),
  },
  [CULVERT_SETTING_DSCP] = {
    N_ ("Service Class (DSCP)"),
    N_ ("A mark on the packets by which some networks tell urgent traffic apart; 46 is expedited "
        "forwarding."),
  },
  [CULVERT_SETTING_SOCKBUF] = {
    N_ ("Socket Buffer"),
    N_ ("What the system may hold for the UDP socket in each direction. Too small a buffer drops "
        "bursts."),
  },
  [CULVERT_SETTING_ACKNODELAY] = {
    N_ ("Acknowledge at Once"),
    N_ ("Confirms every packet as it comes instead of once per interval: quicker, and more small "
        "packets."),
  },
  [CULVERT_SETTING_NODELAY] = {
    N_ ("Short Timeout"),
    N_ ("Mode manual: 1 takes the short minimum timeout before a packet is sent again."),
  },
  [CULVERT_SETTING_INTERVAL] = {
    N_ ("Interval"),
    N_ ("Mode manual: time between two rounds of sending."),
  },
  [CULVERT_SETTING_RESEND] = {
    N_ ("Fast Resend"),
    N_ ("Mode manual: after so many acknowledgements of later packets one counts as lost. "
        "0 waits for the timeout."),
  },
  [CULVERT_SETTING_NC] = {
    N_ ("No Congestion Window"),
    N_ ("Mode manual: 1 sends as the windows allow, whatever the line loses."),
  },
  [CULVERT_SETTING_SMUXVER] = {
    N_ ("Stream Protocol"),
    N_ ("Version of the protocol that carries many connections in one session. 2 gives every "
        "connection a window of its own; kcptun before November 2025 assumes 1."),
  },
  [CULVERT_SETTING_SMUXBUF] = {
    N_ ("Session Buffer"),
    N_ ("What all connections of a session together may have received and not yet passed on."),
  },
  [CULVERT_SETTING_FRAMESIZE] = {
    N_ ("Frame Size"),
    N_ ("The largest piece of one connection before the next one has its turn."),
  },
  [CULVERT_SETTING_STREAMBUF] = {
    N_ ("Connection Window"),
    N_ ("What one connection may have under way (stream protocol 2). It limits the speed of a "
        "single download; at most the session buffer."),
  },
  [CULVERT_SETTING_KEEPALIVE] = {
    N_ ("Heartbeat"),
    N_ ("Time between two signs of life. Routers forget quiet connections, often after 30 "
        "seconds."),
  },
  [CULVERT_SETTING_STRICT] = {
    N_ ("Refuse Differing Clients"),
    N_ ("Turns away clients with another compression or stream protocol, instead of taking theirs "
        "for their session."),
  },
  [CULVERT_SETTING_LOG] = {
    N_ ("Log File"),
    N_ ("Appends the log to this file."),
  },
  [CULVERT_SETTING_LOG_LEVEL] = {
    N_ ("Log Level"),
    N_ ("How much goes into the log."),
  },
  [CULVERT_SETTING_QUIET] = {
    N_ ("Do Not Log Connections"),
    N_ ("No line for every connection that is opened and closed."),
  },
  [CULVERT_SETTING_SNMPLOG] = {
    N_ ("Counters File"),
    N_ ("Appends the counters to this CSV file, as kcptun does; the name may hold a Go time "
        "pattern such as 20060102."),
  },
  [CULVERT_SETTING_SNMPPERIOD] = {
    N_ ("Counters Period"),
    N_ ("Time between two lines of the counters file. 0 writes none."),
  },
  [CULVERT_SETTING_METRICS] = {
    N_ ("Metrics Address"),
    N_ ("Serves /metrics, /stats and /healthz over HTTP: address:port, or :port for this computer "
        "alone."),
  },
  [CULVERT_SETTING_PPROF] = {
    N_ ("Processor Profiles"),
    N_ ("Serves profiles of the program on port 6060 of this computer, where the build has "
        "them."),
  },
  [CULVERT_SETTING_WORKERS] = {
    N_ ("Threads"),
    N_ ("Threads that carry traffic. 0 takes one per processor, at most four."),
  },
  [CULVERT_SETTING_MEM_LIMIT] = {
    N_ ("Memory Limit"),
    N_ ("Memory for the packets of all tunnels; K, M or G may follow. 0 is the built-in limit."),
  },
  [CULVERT_SETTING_CONTROL] = {
    N_ ("Control Socket"),
    N_ ("Socket for “culvert status” and the like. “none” makes no socket; empty is one in the "
        "run-time directory."),
  },
};

typedef struct
{
  CulvertSettingId id;
  const char *word;
  const char *title;  /* (nullable) */
  const char *effect; /* (nullable) */
} CulvertChoiceText;

#define AEAD N_ ("Encrypted, and safe against changes on the way.")
#define SEALED N_ ("Encrypted; changes on the way are noticed only by a checksum.")
#define WEAK N_ ("Hides nothing from those who know it: not a protection.")

static const CulvertChoiceText choices[] = {
  { CULVERT_SETTING_CRYPT, "aes-128-gcm", NULL, AEAD },
  { CULVERT_SETTING_CRYPT, "aes", N_ ("aes (256 bits)"), SEALED },
  { CULVERT_SETTING_CRYPT, "none", N_ ("none (only a checksum)"), WEAK },
  { CULVERT_SETTING_CRYPT, "null", N_ ("null (nothing at all)"), WEAK },
  { CULVERT_SETTING_CRYPT, "xor", NULL, WEAK },
  { CULVERT_SETTING_CRYPT, NULL, NULL, SEALED },
  { CULVERT_SETTING_MODE, "normal", N_ ("Normal"), NULL },
  { CULVERT_SETTING_MODE, "fast", N_ ("Fast"), NULL },
  { CULVERT_SETTING_MODE, "fast2", N_ ("Faster (fast2)"), NULL },
  { CULVERT_SETTING_MODE, "fast3", N_ ("Fastest (fast3)"), NULL },
  { CULVERT_SETTING_MODE, "manual", N_ ("Manual"),
    N_ ("By short timeout, interval, fast resend and congestion window below.") },
  { CULVERT_SETTING_LOG_LEVEL, "error", N_ ("Errors"), NULL },
  { CULVERT_SETTING_LOG_LEVEL, "warning", N_ ("Warnings"), NULL },
  { CULVERT_SETTING_LOG_LEVEL, "info", N_ ("Information"), NULL },
  { CULVERT_SETTING_LOG_LEVEL, "debug", N_ ("Everything"), NULL },
  { CULVERT_SETTING_FEC, "fixed", N_ ("Fixed"), NULL },
  { CULVERT_SETTING_FEC, "adaptive", N_ ("Adaptive"),
    N_ ("Costs little on a clean line, protects on a bad one.") },
  { CULVERT_SETTING_FEC, "off", N_ ("Off"), NULL },
};

static const struct
{
  const char *title;
  const char *help; /* (nullable) */
} groups[CULVERT_SETTING_N_GROUPS] = {
  [CULVERT_SETTING_GROUP_CONNECTION] = { N_ ("Connection"), NULL },
  [CULVERT_SETTING_GROUP_PROTECTION] = { N_ ("Protection"), NULL },
  [CULVERT_SETTING_GROUP_TRANSPORT] = {
    N_ ("Transport"),
    N_ ("How packets travel: speed, delay and what it costs.") },
  [CULVERT_SETTING_GROUP_STREAMS] = {
    N_ ("Streams"),
    N_ ("How connections share a session.") },
  [CULVERT_SETTING_GROUP_LOGGING] = {
    N_ ("Log and Counters"),
    N_ ("For “culvert --headless”, which runs this profile without a window.") },
  [CULVERT_SETTING_GROUP_PROCESS] = {
    N_ ("Process"),
    N_ ("For “culvert --headless”, which runs this profile without a window.") },
};

const char *
culvert_setting_text_get_title (CulvertSettingId id)
{
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, "");

  return texts[id].title != NULL ? _(texts[id].title) : culvert_settings (NULL)[id].key;
}

const char *
culvert_setting_text_get_help (CulvertSettingId id)
{
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, "");

  return texts[id].help != NULL ? _(texts[id].help) : culvert_settings (NULL)[id].help;
}

gboolean
culvert_setting_text_is_complete (CulvertSettingId id)
{
  g_return_val_if_fail (id < CULVERT_N_SETTINGS, FALSE);

  return texts[id].title != NULL && texts[id].title[0] != '\0' && texts[id].help != NULL
         && texts[id].help[0] != '\0';
}

const char *
culvert_setting_text_get_unit (const CulvertSetting *setting)
{
  static const char *const units[] = {
    N_ ("acks"),    N_ ("bytes"),  N_ ("bytes/s"), N_ ("ms"),      N_ ("packets"), N_ ("pads"),
    N_ ("s"),       N_ ("sessions"), N_ ("shards"), N_ ("threads"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (units[i], setting->unit))
      return _(units[i]);
  return setting->unit;
}

static const CulvertChoiceText *
culvert_setting_text_find_choice (CulvertSettingId id, const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    if (choices[i].id == id
        && (choices[i].word == NULL || g_strcmp0 (choices[i].word, word) == 0))
      return &choices[i];
  return NULL;
}

const char *
culvert_setting_text_get_choice (CulvertSettingId id, const char *word)
{
  const CulvertChoiceText *choice = culvert_setting_text_find_choice (id, word);

  return choice != NULL && choice->title != NULL ? _(choice->title) : NULL;
}

const char *
culvert_setting_text_get_choice_effect (CulvertSettingId id, const char *word)
{
  const CulvertChoiceText *choice = culvert_setting_text_find_choice (id, word);

  return choice != NULL && choice->effect != NULL ? _(choice->effect) : NULL;
}

const char *
culvert_setting_text_get_group_title (CulvertSettingGroup group)
{
  g_return_val_if_fail (group < CULVERT_SETTING_N_GROUPS, "");

  return _(groups[group].title);
}

const char *
culvert_setting_text_get_group_help (CulvertSettingGroup group)
{
  g_return_val_if_fail (group < CULVERT_SETTING_N_GROUPS, NULL);

  return groups[group].help != NULL ? _(groups[group].help) : NULL;
}
