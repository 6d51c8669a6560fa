#!/usr/bin/env bash
# Fuzzes the readers, one after the other: `scripts/fuzz.sh [MINUTES] [TARGET…]`, 10 minutes each by default.
# Needs a C++ compiler (for libFuzzer's runtime) and the pinned stable Rust: the coverage that guides it is a pass of LLVM.
# What is found on the way is kept in target/fuzz/corpus; the seeds in tests/fuzz/corpus stay as they are. An input that
# breaks the law, hangs or grows is written to target/fuzz/found and ends the run with an error:
#     target/fuzz/bin/TARGET target/fuzz/found/TARGET-crash-…      shows it again
set -euo pipefail
cd "$(dirname "$0")/.."

minutes="${1:-10}"
shift || true
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(text sniff xml archive xlsx)
host="$(rustc -vV | sed -n 's/^host: //p')"
passes=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
)
# With --target, build scripts and macros stay without it.
RUSTFLAGS="--cfg fuzzing ${passes[*]}" cargo build --locked --release --target "$host" \
    --manifest-path tests/fuzz/Cargo.toml --target-dir target/fuzz
mkdir -p target/fuzz/bin target/fuzz/found
for target in "${targets[@]}"; do
    cp "target/fuzz/$host/release/$target" target/fuzz/bin/
done

for target in "${targets[@]}"; do
    printf '\n== %s, %s min\n' "$target" "$minutes"
    mkdir -p "target/fuzz/corpus/$target"
    seconds="$(awk -v minutes="$minutes" 'BEGIN { print int(minutes * 60) }')"
    words=()
    [ ! -f "tests/fuzz/words/$target" ] || words=("-dict=tests/fuzz/words/$target")
    "target/fuzz/bin/$target" "target/fuzz/corpus/$target" "tests/fuzz/corpus/$target" \
        -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="target/fuzz/found/$target-" "${words[@]}" 2> >(grep -v '^[#"]' >&2)
done
