#!/bin/bash
# wine-run.sh PREFIX [COMMAND ARG...]: runs a Windows command in that Wine prefix (toolchain/wine-prefix.sh); without one,
# only makes the prefix. Several may run at once, under a shared lock, but not beside one that makes the prefix.
set -eu
. "$(dirname "$0")/../toolchain/wine-prefix.sh"
shift
if [ "$#" -gt 0 ]; then
  exec timeout 120 wine "$@"
fi
