/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Culvert developers */

#include "config.h"

#include "culvert-pair.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/random.h>

#define KEY_BYTES 32
#define DEFAULT_PORT "29900"
#define CLIENT_SEND_WINDOW 128
#define SERVER_RECEIVE_WINDOW 1024

/* What both ends should have alike. All of them are written, also defaults: the other end may be
 * a version with other defaults. */
static const CulvertSettingId copied[] = {
  CULVERT_SETTING_TCP,        CULVERT_SETTING_CRYPT,       CULVERT_SETTING_QPP,
  CULVERT_SETTING_QPP_COUNT,  CULVERT_SETTING_MODE,        CULVERT_SETTING_MTU,
  CULVERT_SETTING_DATASHARD,  CULVERT_SETTING_PARITYSHARD, CULVERT_SETTING_NOCOMP,
  CULVERT_SETTING_DSCP,       CULVERT_SETTING_SOCKBUF,     CULVERT_SETTING_ACKNODELAY,
  CULVERT_SETTING_SMUXVER,    CULVERT_SETTING_SMUXBUF,     CULVERT_SETTING_FRAMESIZE,
  CULVERT_SETTING_STREAMBUF,  CULVERT_SETTING_KEEPALIVE,
};
static const CulvertSettingId timers[] = {
  CULVERT_SETTING_NODELAY,
  CULVERT_SETTING_INTERVAL,
  CULVERT_SETTING_RESEND,
  CULVERT_SETTING_NC,
};

char *
culvert_pair_generate_key (void)
{
  guint8 bytes[KEY_BYTES];
  char *text;
  size_t filled = 0;

  while (filled < sizeof bytes)
    {
      ssize_t n = getrandom (bytes + filled, sizeof bytes - filled, 0);

      /* Only a signal may interrupt it, and only while the system starts. */
      if (n > 0)
        filled += n;
    }
  text = g_base64_encode (bytes, sizeof bytes);
  explicit_bzero (bytes, sizeof bytes);
  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

/* The part behind the last colon: a port or a range. (transfer full) */
static char *
culvert_pair_dup_ports (const char *address)
{
  const char *colon = strrchr (address, ':');

  return g_strdup (colon != NULL && colon[1] != '\0' ? colon + 1 : DEFAULT_PORT);
}

static gboolean
culvert_pair_split_ports (const char *ports, gint64 *out_min, gint64 *out_max)
{
  g_auto (GStrv) parts = g_strsplit (ports, "-", 2);

  if (!g_ascii_string_to_signed (parts[0], 10, 1, 65535, out_min, NULL))
    return FALSE;
  *out_max = *out_min;
  return parts[1] == NULL
         || g_ascii_string_to_signed (parts[1], 10, *out_min, 65535, out_max, NULL);
}

static void
culvert_pair_copy (CulvertProfile *from, CulvertProfile *to, CulvertSettingId id)
{
  switch (culvert_settings (NULL)[id].type)
    {
    case CULVERT_SETTING_TYPE_STRING:
      culvert_profile_set_string (to, id, culvert_profile_get_string (from, id));
      break;
    case CULVERT_SETTING_TYPE_INT:
      culvert_profile_set_int (to, id, culvert_profile_get_int (from, id));
      break;
    case CULVERT_SETTING_TYPE_BOOL:
      culvert_profile_set_bool (to, id, culvert_profile_get_bool (from, id));
      break;
    }
}

static void
culvert_pair_mirror_to_server (CulvertProfile *client, CulvertProfile *server, const char *target)
{
  g_autofree char *ports = culvert_pair_dup_ports (
      culvert_profile_get_string (client, CULVERT_SETTING_REMOTEADDR));
  g_autofree char *listen = g_strconcat (":", ports, NULL);
  gint64 sndwnd = culvert_profile_get_int (client, CULVERT_SETTING_SNDWND);

  culvert_profile_set_string (server, CULVERT_SETTING_LISTEN, listen);
  if (target != NULL)
    culvert_profile_set_string (server, CULVERT_SETTING_TARGET, target);
  else
    culvert_pair_copy (server, server, CULVERT_SETTING_TARGET);
  culvert_profile_set_int (server, CULVERT_SETTING_SNDWND,
                           culvert_profile_get_int (client, CULVERT_SETTING_RCVWND));
  /* Too large a receive window costs nothing until it is used; other clients may want it. */
  culvert_profile_set_int (server, CULVERT_SETTING_RCVWND, MAX (sndwnd, SERVER_RECEIVE_WINDOW));
}

static void
culvert_pair_mirror_to_client (CulvertProfile *server, CulvertProfile *client, const char *host)
{
  g_autofree char *ports =
      culvert_pair_dup_ports (culvert_profile_get_string (server, CULVERT_SETTING_LISTEN));
  g_autofree char *remote = NULL;
  gint64 rcvwnd = culvert_profile_get_int (server, CULVERT_SETTING_RCVWND);

  if (host == NULL)
    host = "server.example";
  if (strchr (host, ':') != NULL && host[0] != '[')
    remote = g_strdup_printf ("[%s]:%s", host, ports);
  else
    remote = g_strdup_printf ("%s:%s", host, ports);
  culvert_profile_set_string (client, CULVERT_SETTING_REMOTEADDR, remote);
  culvert_profile_set_string (client, CULVERT_SETTING_LOCALADDR, "127.0.0.1:12948");
  culvert_profile_set_int (client, CULVERT_SETTING_RCVWND,
                           culvert_profile_get_int (server, CULVERT_SETTING_SNDWND));
  /* A server's default receive window is no wish; a client's send window floods its line. */
  if (!culvert_profile_is_given (server, CULVERT_SETTING_RCVWND))
    rcvwnd = MIN (rcvwnd, CLIENT_SEND_WINDOW);
  culvert_profile_set_int (client, CULVERT_SETTING_SNDWND, rcvwnd);
}

CulvertProfile *
culvert_pair_mirror (CulvertProfile *profile, const char *peer_address)
{
  gboolean is_client;
  g_autofree char *name = NULL;
  CulvertProfile *peer;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  is_client = culvert_profile_get_role (profile) == CULVERT_ROLE_CLIENT;
  /* translators: %s is the name of a profile */
  name = g_strdup_printf (is_client ? _("%s (server)") : _("%s (client)"),
                          culvert_profile_get_name (profile));
  peer = culvert_profile_new (is_client ? CULVERT_ROLE_SERVER : CULVERT_ROLE_CLIENT, name);
  for (guint i = 0; i < G_N_ELEMENTS (copied); i++)
    culvert_pair_copy (profile, peer, copied[i]);
  if (g_strcmp0 (culvert_profile_get_string (profile, CULVERT_SETTING_MODE), "manual") == 0)
    for (guint i = 0; i < G_N_ELEMENTS (timers); i++)
      culvert_pair_copy (profile, peer, timers[i]);
  if (is_client)
    culvert_pair_mirror_to_server (profile, peer, peer_address);
  else
    culvert_pair_mirror_to_client (profile, peer, peer_address);
  culvert_profile_set_key (peer, culvert_profile_peek_key (profile));
  return peer;
}

/* -- texts ---------------------------------------------------------------------------- */

/* The name as far as file names, units and containers can have it. (transfer full) */
static char *
culvert_pair_dup_slug (CulvertProfile *profile)
{
  g_autofree char *plain =
      g_str_to_ascii (culvert_profile_get_name (profile), NULL);
  GString *slug = g_string_new (NULL);

  for (const char *p = plain; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p))
        g_string_append_c (slug, g_ascii_tolower (*p));
      else if (slug->len > 0 && slug->str[slug->len - 1] != '-')
        g_string_append_c (slug, '-');
    }
  while (slug->len > 0 && slug->str[slug->len - 1] == '-')
    g_string_truncate (slug, slug->len - 1);
  if (slug->len == 0)
    g_string_append (slug, "tunnel");
  return g_string_free (slug, FALSE);
}

char *
culvert_pair_dup_config_path (CulvertProfile *profile)
{
  g_autofree char *slug = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  slug = culvert_pair_dup_slug (profile);
  return g_strdup_printf ("/etc/culvert/%s.json", slug);
}

/* Whether the ports the profile listens on need a privilege. */
static gboolean
culvert_pair_is_privileged (CulvertProfile *profile)
{
  gboolean is_client = culvert_profile_get_role (profile) == CULVERT_ROLE_CLIENT;
  g_autofree char *ports = culvert_pair_dup_ports (culvert_profile_get_string (
      profile, is_client ? CULVERT_SETTING_LOCALADDR : CULVERT_SETTING_LISTEN));
  gint64 min;
  gint64 max;

  return culvert_pair_split_ports (ports, &min, &max) && min < 1024;
}

char *
culvert_pair_dup_unit (CulvertProfile *profile, const char *config_path)
{
  g_autofree char *own_path = NULL;
  const char *capability = "";

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  own_path = culvert_pair_dup_config_path (profile);
  if (culvert_pair_is_privileged (profile))
    capability = "AmbientCapabilities=CAP_NET_BIND_SERVICE\n";
  /* The file may stay readable by root alone: the manager hands it over. */
  return g_strdup_printf ("[Unit]\n"
                          "Description=Culvert tunnel %s\n"
                          "Wants=network-online.target\n"
                          "After=network-online.target\n"
                          "\n"
                          "[Service]\n"
                          "DynamicUser=yes\n"
                          "LoadCredential=config.json:%s\n"
                          "ExecStart=/usr/bin/culvert --headless -c %%d/config.json\n"
                          "ExecReload=/bin/kill -HUP $MAINPID\n"
                          "Restart=on-failure\n"
                          "RestartSec=2\n"
                          "LimitNOFILE=65536\n"
                          "%s"
                          "NoNewPrivileges=yes\n"
                          "ProtectSystem=strict\n"
                          "ProtectHome=yes\n"
                          "PrivateTmp=yes\n"
                          "\n"
                          "[Install]\n"
                          "WantedBy=multi-user.target\n",
                          strrchr (own_path, '/') + 1,
                          config_path != NULL ? config_path : own_path, capability);
}

char *
culvert_pair_dup_docker (CulvertProfile *profile, const char *config_path)
{
  g_autofree char *own_path = NULL;
  g_autofree char *slug = NULL;
  g_autofree char *mount = NULL;
  g_autofree char *quoted = NULL;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  own_path = culvert_pair_dup_config_path (profile);
  slug = culvert_pair_dup_slug (profile);
  mount = g_strdup_printf ("%s:/etc/culvert/config.json:ro",
                           config_path != NULL ? config_path : own_path);
  quoted = g_shell_quote (mount);
  /* The network of the host: a target at 127.0.0.1 is not in the container, and the addresses
   * of clients stay what they are. */
  return g_strdup_printf ("docker run -d --name culvert-%s --restart unless-stopped "
                          "--network host -v %s culvert:%s --headless -c "
                          "/etc/culvert/config.json",
                          slug, quoted, CULVERT_VERSION);
}

char *
culvert_pair_dup_firewall (CulvertProfile *profile, CulvertPairFirewall firewall)
{
  g_autofree char *ports = NULL;
  g_autofree char *range = NULL;
  const char *protocol;
  gint64 min;
  gint64 max;

  g_return_val_if_fail (CULVERT_IS_PROFILE (profile), NULL);

  if (culvert_profile_get_role (profile) != CULVERT_ROLE_SERVER)
    return NULL;
  ports = culvert_pair_dup_ports (culvert_profile_get_string (profile, CULVERT_SETTING_LISTEN));
  if (!culvert_pair_split_ports (ports, &min, &max))
    return NULL;
  protocol = culvert_profile_get_bool (profile, CULVERT_SETTING_TCP) ? "tcp" : "udp";
  if (min == max)
    range = g_strdup_printf ("%d", (int) min);
  else
    range = g_strdup_printf (firewall == CULVERT_PAIR_FIREWALL_NFT ? "%d-%d" : "%d:%d", (int) min,
                             (int) max);
  if (firewall == CULVERT_PAIR_FIREWALL_NFT)
    return g_strdup_printf ("nft add rule inet filter input %s dport %s accept", protocol, range);
  return g_strdup_printf ("ufw allow %s/%s", range, protocol);
}
