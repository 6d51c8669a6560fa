#!/bin/sh
# Runs a command beside an unlocked, empty Secret Service, and leaves nothing behind.
#
#   dbus-run-session -- scripts/with-secret-service.sh cargo test --test secret_service
#
# SECRET_SERVICE_TEST=1 tells the test that a missing service is a failure here, not a reason to skip.
set -eu
[ -n "${DBUS_SESSION_BUS_ADDRESS:-}" ] || { echo "$0: no session bus; run it inside dbus-run-session" >&2; exit 1; }

home=$(mktemp -d)
daemon=
clean_up() {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2> /dev/null || true
        wait "$daemon" 2> /dev/null || true
    fi
    rm -rf "$home"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export XDG_DATA_HOME="$home/data" XDG_RUNTIME_DIR="$home/run" SECRET_SERVICE_TEST=1
mkdir -m 700 "$XDG_DATA_HOME" "$XDG_RUNTIME_DIR"

# One line is the password of the keyring that is made. Without --foreground each call would leave a daemon behind.
echo 'not a secret' | gnome-keyring-daemon --foreground --unlock --components=secrets > "$home/log" 2>&1 &
daemon=$!

owned() {
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets 2> /dev/null | grep -q 'boolean true'
}
tries=0
until owned; do
    tries=$((tries + 1))
    if [ "$tries" -ge 200 ] || ! kill -0 "$daemon" 2> /dev/null; then
        echo "$0: no secret service came up" >&2
        cat "$home/log" >&2
        exit 1
    fi
    sleep 0.05
done

"$@"
