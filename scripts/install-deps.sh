#!/usr/bin/env bash
# Installs what derrd needs (scripts/packages.txt) on Debian 12, as root or through sudo, and the packages
# named: scripts/install-deps.sh [PACKAGE...]. Does nothing, and needs no network, when all of it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

installed() { [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]; }

if ! command -v apt-get >/dev/null; then
  echo "install-deps: this system has no apt-get; install the counterparts of scripts/packages.txt" >&2
  exit 1
fi

missing=()
while read -r package; do
  installed "$package" || missing+=("$package")
done < <(grep -v '^#' scripts/packages.txt; (($# == 0)) || printf '%s\n' "$@")

if ((${#missing[@]} == 0)); then
  echo "install-deps: all packages are there"
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-deps: ${missing[*]} missing; run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "install-deps: installing ${missing[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"; }
apt update
apt install --no-install-recommends "${missing[@]}"
