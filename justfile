# `just` lists what there is. `just ci` is exactly what is run before a change is taken.

_default:
    @just --list --unsorted

# types only, the quickest answer
check:
    cargo check --all-targets

# the README's test command
test *ARGS:
    cargo test {{ARGS}}

# format, lints, documentation, keyring, tests
ci:
    .ci/run

# the console on the embedded tenant
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# upload rate against the allowed rate, look-up and file speed; numbers for the README
bench *ARGS:
    cargo bench {{ARGS}}

# a minute of two families at their ceilings: no window over it, 98 % of it used, no more tokens than it takes
rates:
    cargo bench --bench rates

# runs that meet random trouble, from a first seed on (1): the list as intended, nothing twice, nothing called accepted that is not there
faulty-runs COUNT="1000" SEED="1":
    QUIETLINE_RUNS={{COUNT}} QUIETLINE_SEED={{SEED}} cargo test --release --test faulty_runs -- --nocapture

# runs that are killed anywhere, from a first seed on (60): nothing lost, nothing doubled, no false green, the trail whole
kill N="1000" SEED="60":
    QUIETLINE_KILLS={{N}} QUIETLINE_SEED={{SEED}} cargo test --test kill -- --nocapture anywhere

# the power goes at every sync of a small run, and disks fail or are full at its writes (Linux): the list as intended all the same
power-loss:
    QUIETLINE_POWER_LOSS=all cargo test --test kill -- --nocapture power

# large files beside DuckDB, xan and csvlens in the same run (installs what is missing)
bench-intake *ROWS:
    cargo bench --bench intake -- {{ROWS}}

# a plan of ten million rows against a list of ten million, CPU of a row of a run, and how soon a killed run sends again
bench-engine *ARGS:
    cargo bench --bench engine -- {{ARGS}}

# five million spellings of telephone numbers, and every thousand of the North American plan, against the library itself
phones-5m SEED="7":
    QUIETLINE_PHONES=5000000 QUIETLINE_SEED={{SEED}} cargo test --release --lib domain::phone::agreement -- --nocapture

# ten million rows through `check`, in 200 MB
bad-input-10m:
    QUIETLINE_ROWS=10000000 cargo test --release --test bad_input large_files

# fuzz the readers of files, so many minutes each (10), held to the law of conservation; all of them or those named
fuzz MINUTES="10" *TARGETS:
    scripts/fuzz.sh {{MINUTES}} {{TARGETS}}

# write the page of problem codes anew
bless:
    QUIETLINE_BLESS=1 cargo test --test problem_codes

# pictures of every pane from a real terminal (what it needs: see the head of the script)
shots *NAMES:
    cargo build --release
    scripts/screenshots.sh {{NAMES}}

# the keyring test alone, beside a Secret Service of its own
secret-service:
    dbus-run-session -- scripts/with-secret-service.sh cargo test --test secret_service

# the rules of the house alone
tidy:
    cargo test --test tidy
