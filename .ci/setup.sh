#!/bin/bash
# Installs what the integration tests call, on Debian 12: compilers, linkers, signing, oracles and Wine (2.5 GB, about
# 90 s). Does nothing, at once, when all is there. Needs root or sudo without a password; otherwise says what is missing.
set -eu

# command:package
needed="
  clang-22:clang-22
  lld-link-22:lld-22
  llvm-readobj-22:llvm-22
  llvm-dlltool-22:llvm-22
  x86_64-w64-mingw32-gcc:mingw-w64
  x86_64-w64-mingw32-g++:mingw-w64
  x86_64-w64-mingw32-dlltool:mingw-w64
  wine:wine
  wineboot:wine
  wine64:wine64
  wineserver:wine64
  osslsigncode:osslsigncode
  openssl:openssl
  readpe:pev
  flock:util-linux
  cmake:cmake
  ninja:ninja-build
  make:make
  meson:meson
  python3:python3
  chromium:chromium
  cabextract:cabextract
  gcab:gcab
  7z:p7zip-full
  zip:zip
  parallel:parallel
  ssh:openssh-client
  sshd:openssh-server
  ip:iproute2
  rsync:rsync
"

# Debian keeps wine64 and wineserver out of PATH when only the library packages are installed, and sshd out of users'.
PATH=$PATH:/usr/lib/wine:/usr/sbin:/sbin

missing_packages() {
  local entry
  for entry in $needed; do
    command -v "${entry%%:*}" >/dev/null 2>&1 || echo "${entry#*:}"
  done
  # Debian's pefile belongs to this Python. find_spec, because importing pefile takes 200 ms.
  /usr/bin/python3 -c 'import importlib.util as u, sys; sys.exit(u.find_spec("pefile") is None)' >/dev/null 2>&1 ||
    echo python3-pefile
}

packages=$(missing_packages | sort -u | tr '\n' ' ')
if [ -z "$packages" ]; then
  exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
    echo "setup: missing, and neither root nor sudo to install it: $packages" >&2
    echo "setup: as root: apt-get update && apt-get install -y --no-install-recommends $packages" >&2
    exit 1
  fi
  as_root="sudo -n"
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: missing, and no apt-get to install it: $packages" >&2
  exit 1
fi

echo "setup: installing $packages"
lock="-o DPkg::Lock::Timeout=300"
# $as_root, $lock and $packages are lists of words.
$as_root apt-get $lock -qq update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get $lock -qq -y --no-install-recommends install $packages

packages=$(missing_packages | sort -u | tr '\n' ' ')
if [ -n "$packages" ]; then
  echo "setup: still missing after the installation: $packages" >&2
  exit 1
fi
