#!/usr/bin/env bash
# Everything from a bare Debian 12 to tested: installs, builds and runs all tests, then builds and
# runs them again with the address and undefined-behaviour sanitizers. --fast leaves the second out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  '') presets=(release asan) ;;
  --fast) presets=(release) ;;
  *)
    echo "usage: scripts/test.sh [--fast]" >&2
    exit 2
    ;;
esac

step() { echo "== [${SECONDS} s] $*"; }

# The Python packages that the tests use; installed again only when their list changes.
make_venv() {
  local wanted=scripts/requirements-test.txt stamp=.venv/requirements-test.txt
  cmp -s "$wanted" "$stamp" && return
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" "$stamp"
}

export ASAN_OPTIONS="strict_string_checks=1:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"

step "packages"
scripts/install-deps.sh
step "Python environment"
make_venv
for preset in "${presets[@]}"; do
  step "build ($preset)"
  scripts/build.sh "$preset"
  step "tests ($preset)"
  ctest --preset "$preset" --parallel 2 --output-on-failure
done
