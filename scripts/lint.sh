#!/usr/bin/env bash
# Layout and static checks of the C++ files that differ from REVISION, or of all: scripts/lint.sh [REVISION].
# The static checks compile each source file of the program alone, some seconds a file; headers are seen through them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python3 scripts/check_layers.py
scripts/install-deps.sh clang-format clang-tidy
cmake -S . -B build/lint -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
mapfile -t files < <({ git diff --name-only --diff-filter=d "${1:-$(git hash-object -t tree /dev/null)}"
  git ls-files --others --exclude-standard; } | grep -E '^(derrd|bench|examples)/.*\.(cc|h)$')
((${#files[@]})) || exit 0
clang-format --dry-run --Werror "${files[@]}"
printf '%s\n' "${files[@]}" | sed -n '/^derrd\/.*\.cc$/p' | xargs -r -P "$(nproc)" -n 1 clang-tidy -p build/lint --quiet
