#!/bin/bash
# wine-load.sh PREFIX COMMAND ARG...: runs a Windows command that loads a driver, in that Wine prefix (wine-prefix.sh).
set -eu
. "$(dirname "$0")/wine-prefix.sh"
shift

status=0
timeout 60 wine "$@" || status=$?
if [ "$status" -ne 0 ]; then
  # A load that failed leaves winedevice.exe in a state in which the next load may fail too.
  "$server" -k || true
  timeout 60 "$server" -w || true
fi
exit "$status"
