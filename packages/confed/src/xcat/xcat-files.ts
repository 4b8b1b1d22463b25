/** A file that takes the place of one of conserver's, or that xCAT needs beside it. The same texts are in deploy/xcat. */
export interface XcatFile {
  /** In deploy/xcat. */
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  /** What is there already stays: it serves as well. */
  readonly keepsOther?: true;
  readonly text: string;
}

/** What `confed xcat install` puts there, and `check` looks for. */
export const XCAT_FILES: readonly XcatFile[] = [
  {
    name: "conserver",
    path: "/usr/sbin/conserver",
    mode: 0o755,
    text: `#!/bin/sh
# In conserver's place: makeconservercf wants this file, and the first line of what -V prints.
exec /usr/bin/confed conserver "$@"
`,
  },
  {
    name: "conserver.init",
    path: "/etc/init.d/conserver",
    mode: 0o755,
    text: `#!/bin/sh
### BEGIN INIT INFO
# Provides:          conserver
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Confed in conserver's place
### END INIT INFO
# makeconservercf calls this with stop and then with start whenever it has written a node. So stop waits:
# when start comes within GRACE_S, /etc/conserver.cf is read again instead, and what did not change goes on.

DAEMON=/usr/sbin/conserver
DAEMON_ARGS="-o -O1 -C /etc/conserver.cf"
RUN_DIR=/run/confed-xcat
GRACE_S=5
# Empty: the daemon is started and stopped by this script itself.
UNIT=conserver.service
[ -r /etc/default/confed-xcat ] && . /etc/default/confed-xcat
[ -n "$CONFED_XCAT_DEFAULTS" ] && . "$CONFED_XCAT_DEFAULTS"
PIDFILE=$RUN_DIR/conserver.pid
STOPPING=$RUN_DIR/stopping
[ -d /run/systemd/system ] || UNIT=

mkdir -p "$RUN_DIR" && chmod 0755 "$RUN_DIR" || exit 1

running() {
  if [ -n "$UNIT" ]; then systemctl -q is-active "$UNIT"; return; fi
  pid=$(cat "$PIDFILE" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

start_now() {
  if [ -n "$UNIT" ]; then systemctl start "$UNIT"; return; fi
  # Its own session, and nobody's terminal: whoever called this may go.
  setsid "$DAEMON" $DAEMON_ARGS </dev/null >>"$RUN_DIR/conserver.log" 2>&1 &
  echo $! >"$PIDFILE"
}

stop_now() {
  rm -f "$STOPPING"
  if [ -n "$UNIT" ]; then systemctl stop "$UNIT"; return; fi
  running || return 0
  kill "$pid"
  n=0
  while kill -0 "$pid" 2>/dev/null && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done
  rm -f "$PIDFILE"
}

reload_now() {
  if [ -n "$UNIT" ]; then systemctl reload "$UNIT"; else kill -HUP "$pid"; fi
}

stop_later() {
  token="$$ $(date +%s%N)"
  echo "$token" >"$STOPPING"
  # Of this very stop: one that came later, or a start in between, has another word there, or none.
  later='sleep '$GRACE_S'; [ "$(cat "'$STOPPING'" 2>/dev/null)" = "'$token'" ] && exec "'$0'" stop-now'
  setsid sh -c "$later" </dev/null >/dev/null 2>&1 &
}

case "$1" in
  start)
    rm -f "$STOPPING"
    if running; then reload_now; else start_now; fi ;;
  stop) running && stop_later || true ;;
  stop-now) stop_now ;;
  restart | force-reload)
    rm -f "$STOPPING"
    if running; then reload_now; else start_now; fi ;;
  reload) if running; then reload_now; else echo "conserver is not running" >&2; exit 7; fi ;;
  status)
    if running; then echo "conserver (confed) is running"; else echo "conserver (confed) is not running"; exit 3; fi ;;
  *) echo "usage: $0 {start|stop|stop-now|restart|reload|status}" >&2; exit 2 ;;
esac
`,
  },
  {
    name: "conserver.service",
    path: "/usr/lib/systemd/system/conserver.service",
    mode: 0o644,
    text: `[Unit]
Description=Confed in conserver's place: the consoles of /etc/conserver.cf
Documentation=man:confed(1)
After=network-online.target xcatd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/sbin/conserver -o -O1 -C /etc/conserver.cf
# The file is watched anyway; this is for who does not want to wait.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
TimeoutStopSec=30
KillMode=mixed
StateDirectory=confed/conserver
StateDirectoryMode=0700
LogsDirectory=consoles
LogsDirectoryMode=0755
UMask=0027
LimitNOFILE=262144
LimitCORE=0

# xCAT's cons/* scripts run as root, ask xcatd with the certificates in root's home, hold a lock below
# /tmp that all of them share, and some talk from low ports. Whatever would take that away is off.
User=root
Environment=HOME=/root
Environment=XCATROOT=/opt/xcat
PrivateTmp=no
ProtectHome=no
NoNewPrivileges=no

[Install]
WantedBy=multi-user.target
`,
  },
  {
    name: "console",
    path: "/usr/bin/console",
    mode: 0o755,
    keepsOther: true,
    text: `#!/bin/sh
# conserver's client as xCAT's rcons calls it, on top of Confed's own: console [-f|-s] -M HOST NODE.
mode= host= node=
while [ $# -gt 0 ]; do
  case "$1" in
    -V) echo "console: conserver.com version 8.2.7"; exit 0 ;;
    -h) echo "usage: console [-f|-s] [-M host] [-l user] node" >&2; exit 0 ;;
    -f | -F) mode=-f ;;
    -s | -S) mode=-s ;;
    -a | -A | -v | -n | -E | -U) ;;
    -M | -l | -p | -c | -C | -e)
      [ $# -gt 1 ] || { echo "console: $1 needs a value" >&2; exit 64; }
      [ "$1" = -M ] && host=$2
      shift ;;
    -*) echo "console: $1 is not known here; rcons --help" >&2; exit 64 ;;
    *) node=$1 ;;
  esac
  shift
done
[ -n "$node" ] || { echo "console: which node? console [-f|-s] -M HOST NODE" >&2; exit 64; }
exec /usr/bin/rcons $mode "$node" $host
`,
  },
  {
    name: "xcat-cons",
    path: "/usr/lib/confed/xcat-cons",
    mode: 0o755,
    text: `#!/bin/sh
# xCAT's way to the console of a node, for consoles that a head assigns: nodehm says which method it is.
# head: { conserver: { file: /etc/conserver.cf, exec: "/usr/lib/confed/xcat-cons &" } }
node=$1
root=$XCATROOT
[ -n "$root" ] || root=/opt/xcat
PATH=$root/bin:$root/sbin:$PATH
method=$(nodels "$node" nodehm.cons 2>/dev/null | awk '{ print $2 }')
[ -n "$method" ] || method=$(nodels "$node" nodehm.mgt 2>/dev/null | awk '{ print $2 }')
if [ -z "$method" ]; then
  echo "xcat-cons: $node has neither nodehm.cons nor nodehm.mgt: chdef $node cons=ipmi" >&2
  exit 1
fi
exec "$root/share/xcat/cons/$method" "$node"
`,
  },
  {
    name: "xcat-consoles.conf",
    path: "/etc/systemd/system/confed-agent.service.d/xcat-consoles.conf",
    mode: 0o644,
    text: `# For an agent whose exec consoles are xCAT's cons/* scripts, on a management node or a service node. They run as root, ask
# xcatd with the certificates in root's home, hold a lock below /tmp that all of them share, and some talk from low ports.
# It is copied to /etc/systemd/system/confed-agent.service.d/xcat-consoles.conf.
[Service]
User=root
Group=root
Environment=HOME=/root
Environment=XCATROOT=/opt/xcat
# /root/.xcat, and what ssh and ipmitool keep there.
ProtectHome=no
# /tmp/xcat/consolelock is everybody's, or it locks nothing.
PrivateTmp=no
ReadWritePaths=/tmp /root
# They find out about each other by ps.
ProtectProc=default
NoNewPrivileges=no
RestrictSUIDSGID=no
CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_KILL CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE CAP_NET_RAW
SystemCallFilter=@setuid @chown
`,
  },
];
