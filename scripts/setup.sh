#!/usr/bin/env bash
# Installs the system packages that the build, the tests and the demo need. Does nothing where they are present.
set -euo pipefail

packages=(libopenblas-dev libcurl4-openssl-dev zlib1g-dev libsqlite3-dev fortunes fortunes-min qemu-user)

command -v swift >/dev/null || {
    echo "setup: the Swift 6.3 toolchain is needed: https://www.swift.org/install/linux" >&2
    exit 1
}
command -v dpkg-query >/dev/null || {
    echo "setup: not Debian or Ubuntu: make sure that OpenBLAS, libcurl, zlib, SQLite (with headers) are installed," >&2
    echo "setup: and for the tests QEMU's user-mode emulators qemu-aarch64 and qemu-x86_64, 7.2 or newer" >&2
    exit 0
}
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "setup: installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "setup: run as root, or install these first: apt-get install ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
