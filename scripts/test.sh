#!/usr/bin/env bash
# Everything from a bare Debian 12 to tested: installs, builds and runs all tests, then builds and runs
# the library's tests again with the address and undefined-behaviour sanitizers: thirteen to twenty minutes on
# two cores. --fast leaves the second out; --asan runs it alone, with the tests of the whole program too
# (twenty minutes). --tsan runs what works on several threads with the thread sanitizer: the rooms' tests,
# every method of the program at up to 8 threads, and the server (ten to twenty minutes).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case "${1:-}" in
  '') presets=(release asan) ;;
  --fast) presets=(release) ;;
  --asan | --tsan) presets=("${1#--}") ;;
  *)
    echo "usage: scripts/test.sh [--fast | --asan | --tsan]" >&2
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
  targets=all settings=() selection=()
  case "$preset" in
    # The benchmarks, so that they go on compiling; rooms at once, as it is in the other presets.
    release) settings=(-DDERRD_BUILD_BENCHMARKS=ON -DDERRD_UNITY=ON) ;;
    asan)
      [[ "${1:-}" == --asan ]] || { targets=library_tests selection=(--label-regex '^library$'); }
      ;;
    tsan)
      targets="core_test losses_test models_test train_test eval_test serve_test derrd_program"
      selection=(--tests-regex '^(core|losses|models|train|eval|serve)\.')
      ;;
  esac
  step "build ($preset)"
  scripts/build.sh "$preset" "$targets" "${settings[@]}"
  step "tests ($preset)"
  ctest --preset "$preset" --parallel 2 --output-on-failure "${selection[@]}"
  if [[ "$preset" == tsan ]]; then
    step "every method ($preset)"
    .venv/bin/python derrd/cli/program_test.py build/tsan/derrd \
      ProgramTest.test_same_bits_at_any_number_of_threads_and_at_every_run
    .venv/bin/python derrd/cli/synth_test.py build/tsan/derrd \
      SynthTest.test_synth_has_the_same_bits_at_any_number_of_threads
    step "the server ($preset)"
    .venv/bin/python derrd/cli/serve_test.py build/tsan/derrd
    .venv/bin/python derrd/cli/serve_operation_test.py build/tsan/derrd
  fi
done
