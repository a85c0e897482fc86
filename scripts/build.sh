#!/usr/bin/env bash
# Installs what is missing, configures and builds: scripts/build.sh [PRESET [TARGETS [SETTING...]]] (default:
# release, and everything; settings as -DNAME=VALUE). The program, target derrd_program, is then
# build/PRESET/derrd.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset="${1:-release}"
read -ra targets <<<"${2:-all}"

scripts/install-deps.sh
# The Python of the tests, where scripts/test.sh has made one.
python=()
[[ -x .venv/bin/python ]] && python=("-DPython3_EXECUTABLE=$PWD/.venv/bin/python")
cmake --preset "$preset" "${python[@]}" "${@:3}"
cmake --build --preset "$preset" --target "${targets[@]}"
