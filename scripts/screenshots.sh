#!/usr/bin/env bash
# Takes the pictures in screenshots/ from a real terminal, by keys alone, on the embedded tenant (seed 7).
#
#   cargo build --release && scripts/screenshots.sh            all of them
#   scripts/screenshots.sh 04-file 06-reconcile                these only
#   PROGRAM='bash --norc' scripts/screenshots.sh --try         one picture of any program: is the machine fit for it?
#
# Needs, on Debian or Ubuntu:
#   apt-get install --no-install-recommends xvfb alacritty libgl1-mesa-dri libegl1 xdotool x11-utils imagemagick \
#       fonts-jetbrains-mono fonts-noto-cjk fonts-noto-color-emoji
set -euo pipefail
cd "$(dirname "$0")/.."

COLUMNS_=120 LINES_=34 SCALE=2 COLOURS=256
OUT=screenshots
PROGRAM=${PROGRAM:-target/release/quietline demo --fresh --seed 7}

# ---------------------------------------------------------------------------------------------------------------------
# The table. One picture a row: name | steps. Each picture starts a program of its own, so rows do not depend on each
# other. Steps, separated by blanks:
#   type:TEXT    types it (an underscore is a blank)         key:NAME   one key, as xdotool names it (Return, F4, ctrl+c)
#   wait:N       lets the program work for N seconds         KEY*N      the same key N times
# ---------------------------------------------------------------------------------------------------------------------
OPEN_DIRTY='key:Escape key:F4 wait:0.5 type:o wait:1 type:dirty wait:1 key:Return wait:2'
UPLOAD="$OPEN_DIRTY type:u wait:1 type:National wait:0.5 key:Return wait:2 type:Quarterly_load key:Return"
SHOTS=(
    "01-look-up   | type:2025550101 wait:0.5 key:Return wait:3"
    "02-lists     | key:Escape key:F2 wait:2 key:Down*2 wait:1"
    "03-rules     | key:Escape key:F3 wait:2 key:Down*1 wait:1"
    "04-file      | $OPEN_DIRTY type:eee wait:1"
    "05-uploads   | $UPLOAD wait:2"
    "06-reconcile | $UPLOAD wait:20 type:: wait:0.5 type:lose_three wait:0.5 key:Return wait:1 key:F6 wait:1 type:c wait:4"
    "07-audit     | $UPLOAD wait:15 key:F7 wait:2"
    "08-approve   | $OPEN_DIRTY type:u wait:1 type:National wait:0.5 key:Return wait:2 type:Quarterly_load wait:1"
    "09-help      | key:Escape key:F4 wait:1 type:? wait:1"
    "10-palette   | key:Escape type:: wait:0.5 type:rec wait:1"
)
# The first-run wizard needs a start without a profile.
WIZARD='11-wizard | wait:1'

fail() { echo "screenshots: $*" >&2; exit 1; }
for tool in Xvfb alacritty xdotool xdpyinfo import; do
    command -v "$tool" > /dev/null || fail "$tool is missing; the head of this script names the packages"
done
# ImageMagick 6 and 7 differ in the name of the program.
magick() { if command -v /usr/bin/magick > /dev/null; then /usr/bin/magick "$@"; else /usr/bin/convert "$@"; fi; }

HOME_=$(mktemp -d)
TERMINAL_PID='' SERVER_PID=''
stop() { [ -z "$1" ] || { kill "$1" 2> /dev/null || true; wait "$1" 2> /dev/null || true; }; }
clean_up() { stop "$TERMINAL_PID"; stop "$SERVER_PID"; rm -rf "$HOME_"; }
trap clean_up EXIT
trap 'exit 130' INT TERM

start_server() {
    mkfifo "$HOME_/display"
    Xvfb -displayfd 3 -screen 0 2800x1900x24 -nolisten tcp 3> "$HOME_/display" 2> "$HOME_/xvfb.log" &
    SERVER_PID=$!
    local number
    read -r -t 20 number < "$HOME_/display" || fail "Xvfb did not start: $(cat "$HOME_/xvfb.log")"
    export DISPLAY=":$number"
    xdotool mousemove 5000 5000        # a pointer over the window would send mouse reports
}

# Starts the terminal with a program in a home of its own; sets TERMINAL_PID and WINDOW.
open_terminal() {
    local home tries=0
    home=$(mktemp -d "$HOME_/home.XXXX")
    mkdir -m 700 "$home/run"
    env -u NO_COLOR -u DBUS_SESSION_BUS_ADDRESS HOME="$home" XDG_CONFIG_HOME="$home/config" XDG_DATA_HOME="$home/data" \
        XDG_RUNTIME_DIR="$home/run" QUIETLINE_CONFIG="$home/quietline.toml" QUIETLINE_DATA_DIR="$home/quietline" \
        LIBGL_ALWAYS_SOFTWARE=1 LC_ALL=C.UTF-8 TZ=UTC COLORTERM=truecolor WINIT_X11_SCALE_FACTOR="$SCALE" \
        alacritty -o font.normal.family='JetBrains Mono' -o font.size=11 -o "window.dimensions.columns=$COLUMNS_" \
        -o "window.dimensions.lines=$LINES_" -o window.padding.x=8 -o window.padding.y=8 \
        -o 'cursor.style.blinking="Off"' -e $1 > "$home/log" 2>&1 &
    TERMINAL_PID=$!
    until WINDOW=$(xdotool search --onlyvisible --pid "$TERMINAL_PID" 2> /dev/null | tail -n 1) && [ -n "$WINDOW" ]; do
        tries=$((tries + 1))
        kill -0 "$TERMINAL_PID" 2> /dev/null && [ "$tries" -lt 200 ] || fail "no window: $(cat "$home/log")"
        sleep 0.1
    done
    xdotool windowfocus --sync "$WINDOW"
    sleep 2.5                           # the program's first screen
}

press() {
    local step=$1 times=1
    case $step in
        key:*'*'*) times=${step##*\*}; step=${step%\**} ;;
    esac
    case $step in
        type:*) xdotool type --delay 30 -- "$(tr _ ' ' <<< "${step#type:}")" ;;
        key:*) for ((n = 0; n < times; n++)); do xdotool key --delay 30 "${step#key:}"; sleep 0.05; done ;;
        wait:*) sleep "${step#wait:}" ;;
        *) fail "what is the step '$step'?" ;;
    esac
}

# take NAME STEPS PROGRAM
take() {
    local name=$1 steps=$2 program=$3 step
    open_terminal "$program"
    for step in $steps; do press "$step"; done
    kill -0 "$TERMINAL_PID" 2> /dev/null || fail "$name: the program ended before its picture"
    import -window "$WINDOW" "$HOME_/$name.png"
    # A terminal has few colours: a palette without dithering keeps letters crisp and files small.
    magick "$HOME_/$name.png" -strip +dither -colors "$COLOURS" -define png:compression-level=9 "PNG8:$OUT/$name.png"
    stop "$TERMINAL_PID"
    TERMINAL_PID=''
    echo "$OUT/$name.png $(magick "$OUT/$name.png" -format '%wx%h' info:) $(wc -c < "$OUT/$name.png") bytes"
}

mkdir -p "$OUT"
start_server
if [ "${1:-}" = --try ]; then
    OUT=$(mktemp -d)
    take try "${STEPS:-type:echo_hello key:Return wait:1}" "$PROGRAM"
    exit
fi
[ -x target/release/quietline ] || fail 'target/release/quietline is missing: cargo build --release'
wanted() { [ "$#" -eq 1 ] && return 0; local name=$1; shift; printf '%s\n' "$@" | grep -qx -- "$name"; }
for row in "${SHOTS[@]}" "$WIZARD"; do
    name=$(tr -d ' ' <<< "${row%%|*}")
    steps=${row#*|}
    wanted "$name" "$@" || continue
    program=$PROGRAM
    [ "$row" != "$WIZARD" ] || program='target/release/quietline'
    take "$name" "$steps" "$program"
done
