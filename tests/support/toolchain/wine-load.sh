#!/bin/bash
# wine-load.sh PREFIX COMMAND ARG...: runs a Windows command headless in that Wine prefix, made first when it is not there.
# The caller holds the prefix's lock (flock -o) and has redirected stdin, stdout and stderr to files: Wine's daemons
# inherit them and outlive the command, so a pipe would stay open for minutes.
set -eu

export WINEPREFIX=$1 WINEDEBUG=-all WINEARCH=win64
# winedbg would wait for ever on a driver that crashes; mscoree and mshtml would ask to download Mono and Gecko.
export WINEDLLOVERRIDES="mscoree,mshtml=;winedbg.exe=d"
unset DISPLAY
shift

server=$(command -v wineserver || echo /usr/lib/wine/wineserver)

if [ ! -e "$WINEPREFIX/ready" ]; then
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  timeout 180 wineboot -i >"$WINEPREFIX.log" 2>&1
  # Commands started before the server has written the registry see half of it.
  timeout 60 "$server" -w
  touch "$WINEPREFIX/ready"
fi

status=0
timeout 60 wine "$@" || status=$?
if [ "$status" -ne 0 ]; then
  # A load that failed leaves winedevice.exe in a state in which the next load may fail too.
  "$server" -k || true
  timeout 60 "$server" -w || true
fi
exit "$status"
