#!/bin/sh
# Runs a command with a session bus of its own and, on it, a GNOME Keyring of its own: empty, unlocked.
# Never touches the keyring of the person who runs it, and leaves no daemon behind.
#
#   with-keyring.sh [--bus-only] COMMAND [ARGUMENT…]
#
# --bus-only: no keyring, and nothing that would start one when asked for. The command's output appears when it has
# ended, its exit code is ours. It sees MUSTER_TEST_KEYRING=keyring (or =bus) and otherwise the environment of the
# caller. Needs dbus-run-session and, but for --bus-only, gnome-keyring-daemon.
set -eu

kind=keyring
if [ "${1-}" = --bus-only ]; then
    kind=bus
    shift
fi

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir -m 700 "$home/run" "$home/data"

# Only what is needed: /usr/share/dbus-1 would have the bus start keyrings and prompters of the system.
cat >"$home/bus.conf" <<CONF
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=$home/run/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
CONF

cat >"$home/inside.sh" <<'INSIDE'
kind=$1
home=$2
shift 2

call() {
    dbus-send --print-reply=literal --reply-timeout=2000 "$@" 2>/dev/null
}

if [ "$kind" = keyring ]; then
    # A daemon that is already there is found through these, and would be unlocked instead.
    printf '\n' | env -u GNOME_KEYRING_CONTROL HOME="$home" XDG_DATA_HOME="$home/data" XDG_RUNTIME_DIR="$home/run" \
        gnome-keyring-daemon --unlock --components=secrets --control-directory="$home/run" >"$home/keyring.log" 2>&1
    # It goes to the background before it is on the bus.
    tries=0
    until call --dest=org.freedesktop.secrets /org/freedesktop/secrets \
        org.freedesktop.Secret.Service.ReadAlias string:default | grep -q collection; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] || { echo "the keyring did not come up within 10 s"; cat "$home/keyring.log"; exit 1; }
        sleep 0.05
    done
fi
code=0
MUSTER_TEST_KEYRING=$kind "$@" >"$home/stdout" 2>"$home/stderr" || code=$?
if [ "$kind" = keyring ]; then
    daemon=$(call --dest=org.freedesktop.DBus /org/freedesktop/DBus \
        org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets |
        awk '$1 == "uint32" { print $2 }') || true
    [ -z "$daemon" ] || kill "$daemon"
fi
exit "$code"
INSIDE

# Not into the caller's own output: a daemon that outlives the command would keep a pipe open for ever.
code=0
dbus-run-session --config-file="$home/bus.conf" -- sh "$home/inside.sh" "$kind" "$home" "$@" \
    >"$home/session.log" 2>&1 </dev/null || code=$?
if [ -e "$home/stdout" ]; then
    cat "$home/stdout"
    cat "$home/stderr" >&2
else
    cat "$home/session.log" >&2
fi
[ "$code" = 0 ] || ! [ -s "$home/keyring.log" ] || cat "$home/keyring.log" >&2
exit "$code"
