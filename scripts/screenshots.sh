#!/usr/bin/env bash
# Takes the pictures in screenshots/ from a real terminal, by keys alone, on the embedded tenant (seed 7).
#
#   cargo build --release && scripts/screenshots.sh            all of them
#   scripts/screenshots.sh 04-file 06-reconcile                these only
#   BINARY=target/debug/quietline scripts/screenshots.sh       of another build
#   OUT=/tmp/pictures scripts/screenshots.sh                   to another folder
#
# The terminal is alacritty on a display of its own; inside it tmux passes the keys on and tells what is on the screen,
# so that each step waits for what it needs to see and never for a time.
#
# Needs, on Debian or Ubuntu:
#   apt-get install --no-install-recommends xvfb alacritty tmux libgl1-mesa-dri libegl1 xdotool x11-utils imagemagick \
#       fonts-jetbrains-mono fonts-noto-cjk fonts-noto-color-emoji
set -euo pipefail
cd "$(dirname "$0")/.."

COLUMNS_=120 LINES_=34 SCALE=2 COLOURS=32
# Rows of the file whose upload is caught in flight: 60,000 take 600 calls, twelve seconds at the tenant's limit.
ROWS=60000
OUT=${OUT:-screenshots}
BINARY=${BINARY:-target/release/quietline}
DEMO="$BINARY demo --fresh --seed 7"

# ---------------------------------------------------------------------------------------------------------------------
# The table. One picture a row: name | steps. Each picture starts a program of its own, so rows do not depend on each
# other. Steps, separated by blanks; an underscore is a blank:
#   type:TEXT    types it                       key:NAME     one key, as tmux names it (Enter, Escape, F4, C-c)
#   see:TEXT     waits until it is shown        key:NAME*N   the same key N times
#   gone:TEXT    waits until it is not          open:FILE    pastes a path, which opens the file
# ---------------------------------------------------------------------------------------------------------------------
START='see:Number'
DIRTY="$START key:Escape key:F4 see:open type:o see:dirty type:dirty see:dirty.csv key:Enter see:Day_or_month key:Escape see:rejected"
PLAN='type:u see:list type:National see:National key:Enter see:reason type:Quarterly_load'
READY="$DIRTY $PLAN key:Tab key:Enter see:Runs key:F5 see:●_READY"
SHOTS=(
    "01-look-up   | $START type:2025550101 key:Enter see:DO_NOT_CALL see:Because"
    "02-lists     | $START key:Escape key:F2 see:National key:Down*2"
    "03-rules     | $START key:Escape key:F3 see:BLOCK key:Down"
    "04-file      | $DIRTY type:eee"
    "05-approve   | $DIRTY $PLAN"
    "06-in-flight | $START key:Escape key:F4 see:open open:register.csv see:60,000_usable $PLAN key:Tab key:Enter see:Runs key:F5 see:3,"
    "07-ready     | $READY"
    "08-reconcile | $READY type:: see:type_to_find type:lose_three see:lose_three_entries key:Enter key:F6 type:c see:missing_3"
    "09-audit     | $READY key:F7 see:upload"
    "10-help      | $DIRTY type:? see:map_columns"
    "11-palette   | $START key:Escape type:: see:type_to_find type:rec see:reconcile"
    "12-mono      | $DIRTY type:: see:type_to_find type:next_theme see:light key:Enter gone:dark,_light type:: see:type_to_find type:next_theme see:light key:Enter gone:dark,_light type:eee"
    "13-wizard    | see:sandbox"
)

fail() { echo "screenshots: $*" >&2; exit 1; }
for tool in Xvfb alacritty tmux xdotool xdpyinfo import; do
    command -v "$tool" > /dev/null || fail "$tool is missing; the head of this script names the packages"
done
[ -x "$BINARY" ] || fail "$BINARY is missing: cargo build --release"
# ImageMagick 6 and 7 differ in the name of the program.
magick() { if command -v /usr/bin/magick > /dev/null; then /usr/bin/magick "$@"; else /usr/bin/convert "$@"; fi; }

HOME_=$(mktemp -d)
SOCKET='' LOG=/dev/null
TERMINAL_PID='' SERVER_PID=''
screen() { tmux -S "$SOCKET" "$@"; }
stop() { [ -z "$1" ] || { kill "$1" 2> /dev/null || true; wait "$1" 2> /dev/null || true; }; }
close_terminal() { [ -z "$SOCKET" ] || screen kill-server 2> /dev/null || true; stop "$TERMINAL_PID"; TERMINAL_PID=''; }
clean_up() { close_terminal; stop "$SERVER_PID"; rm -rf "$HOME_"; }
trap clean_up EXIT
trap 'exit 130' INT TERM

# waits WHAT COMMAND…: until it succeeds, at most a minute.
waits() {
    local what=$1 tries=0
    shift
    until "$@" > /dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 600 ] || ! kill -0 "$TERMINAL_PID" 2> /dev/null; then
            screen capture-pane -p >&2 2> /dev/null || true
            cat "$LOG" >&2
            fail "$what did not come"
        fi
        sleep 0.1
    done
}

start_server() {
    mkfifo "$HOME_/display"
    Xvfb -displayfd 3 -screen 0 2800x1900x24 -nolisten tcp 3> "$HOME_/display" 2> "$HOME_/xvfb.log" &
    SERVER_PID=$!
    local number
    read -r -t 20 number < "$HOME_/display" || fail "Xvfb did not start: $(cat "$HOME_/xvfb.log")"
    export DISPLAY=":$number"
    xdotool mousemove 5000 5000        # a pointer over the window would send mouse reports
}

# Fictional numbers only: the 555 exchange of many area codes.
write_register() {
    awk -v rows="$ROWS" 'BEGIN {
        split("201 202 203 205 206 207", area, " ")
        print "phone,jurisdiction"
        for (i = 0; i < rows; i++) printf "+1%d55%05d,US\n", area[int(i / 10000) + 1], i % 10000 + 50000
    }' > "$1"
}

window() { WINDOW=$(xdotool search --onlyvisible --pid "$TERMINAL_PID" 2> /dev/null | tail -n 1) && [ -n "$WINDOW" ]; }
right_size() { [ "$(screen display -p '#{pane_width}x#{pane_height}')" = "${COLUMNS_}x$LINES_" ]; }

# open_terminal PROGRAM TRIES: starts the terminal with a program in a home of its own; sets TERMINAL_PID and WINDOW.
open_terminal() {
    local home
    home=$(mktemp -d "$HOME_/home.XXXX")
    mkdir -m 700 "$home/run"
    LOG="$home/log"
    SOCKET="$home/tmux"                 # one each: the server before it may still be on its way out
    write_register "$HOME_/register.csv"
    cat > "$home/tmux.conf" <<-CONF
	set -g status off
	set -g escape-time 0
	set -g default-terminal tmux-256color
	set -ga terminal-overrides ',*:Tc'
	CONF
    (cd "$home" && exec env -u NO_COLOR -u DBUS_SESSION_BUS_ADDRESS -u TMUX HOME="$home" XDG_CONFIG_HOME="$home/config" \
        XDG_DATA_HOME="$home/data" XDG_RUNTIME_DIR="$home/run" QUIETLINE_CONFIG="$home/quietline.toml" \
        QUIETLINE_DATA_DIR=data LIBGL_ALWAYS_SOFTWARE=1 LC_ALL=C.UTF-8 TZ=UTC COLORTERM=truecolor \
        WINIT_X11_SCALE_FACTOR="$SCALE" \
        alacritty -o font.normal.family='JetBrains Mono' -o font.size=11 -o "window.dimensions.columns=$COLUMNS_" \
        -o "window.dimensions.lines=$LINES_" -o window.padding.x=8 -o window.padding.y=8 \
        -o 'cursor.style.blinking="Off"' -e tmux -S "$SOCKET" -f "$home/tmux.conf" new-session "$1") \
        > "$LOG" 2>&1 &
    TERMINAL_PID=$!
    # alacritty now and then gives up at its start on a busy machine.
    local tries=0
    until window; do
        tries=$((tries + 1))
        if [ "$tries" -ge 200 ] || ! kill -0 "$TERMINAL_PID" 2> /dev/null; then
            [ "$2" -gt 1 ] || fail "no window: $(cat "$LOG")"
            close_terminal
            open_terminal "$1" $(($2 - 1))
            return
        fi
        sleep 0.1
    done
    waits "a window of ${COLUMNS_}×$LINES_" right_size
}

shows() { screen capture-pane -p | grep -qF -- "$1"; }
hides() { ! shows "$1"; }
same_as_before() {
    local before=$STILL
    STILL=$(screen capture-pane -p | sum)
    [ "$STILL" = "$before" ]
}

press() {
    local step=$1 times=1 text
    text=$(tr _ ' ' <<< "${step#*:}")
    case $step in
        type:*) screen send-keys -l -- "$text" ;;
        key:*)
            [[ $text != *'*'* ]] || { times=${text##*\*}; text=${text%\**}; }
            for ((n = 0; n < times; n++)); do screen send-keys "$text"; sleep 0.1; done
            ;;
        see:*) waits "“$text”" shows "$text" ;;
        gone:*) waits "the end of “$text”" hides "$text" ;;
        open:*) screen set-buffer -b path "$HOME_/$text"; screen paste-buffer -p -b path ;;
        *) fail "what is the step '$step'?" ;;
    esac
    sleep 0.2                           # a key reaches the program before the next one is typed
}

# take NAME STEPS PROGRAM
take() {
    local name=$1 steps=$2 program=$3 step tries=0
    open_terminal "$program" 3
    for step in $steps; do press "$step"; done
    # An upload in flight never stands still; everything else is drawn to its end first.
    STILL=''
    until same_as_before || [ "$tries" -ge 8 ]; do tries=$((tries + 1)); sleep 0.3; done
    import -window "$WINDOW" "$HOME_/$name.png"
    # A terminal has few colours: a palette without dithering keeps letters crisp and files small.
    magick "$HOME_/$name.png" -strip +dither -colors "$COLOURS" -define png:compression-filter=0 -define png:compression-level=9 "PNG8:$OUT/$name.png"
    close_terminal
    echo "$OUT/$name.png $(magick "$OUT/$name.png" -format '%wx%h' info:) $(wc -c < "$OUT/$name.png") bytes"
}

mkdir -p "$OUT"
start_server
wanted() { [ "$#" -eq 1 ] && return 0; local name=$1; shift; printf '%s\n' "$@" | grep -qx -- "$name"; }
for row in "${SHOTS[@]}"; do
    name=$(tr -d ' ' <<< "${row%%|*}")
    wanted "$name" "$@" || continue
    # The first-run wizard needs a start without a profile.
    program=$DEMO
    [ "$name" != 13-wizard ] || program=$BINARY
    take "$name" "${row#*|}" "$(cd "$(dirname "${program%% *}")" && pwd)/$(basename "${program%% *}")${program#"${program%% *}"}"
done
