# Sourced with the prefix's folder as $1: the environment of a headless Wine, and the prefix, made first when it is not
# there. The caller holds the prefix's lock (flock -o) and has redirected stdin, stdout and stderr to files: Wine's
# daemons inherit them and outlive the command, so a pipe would stay open for minutes.
export WINEPREFIX=$1 WINEDEBUG=-all WINEARCH=win64
# winedbg would wait for ever on a driver that crashes; mscoree and mshtml would ask to download Mono and Gecko.
export WINEDLLOVERRIDES="mscoree,mshtml=;winedbg.exe=d"
unset DISPLAY

server=$(command -v wineserver || echo /usr/lib/wine/wineserver)

if [ ! -e "$WINEPREFIX/ready" ]; then
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  timeout 180 wineboot -i >"$WINEPREFIX.log" 2>&1
  # Commands started before the server has written the registry see half of it.
  timeout 60 "$server" -w
  # Node 20 and 22 refuse the Windows 7 that Wine 8 stands for by default; drivers keep it.
  timeout 60 wine reg add 'HKCU\Software\Wine\AppDefaults\node.exe' /v Version /d win10 /f >>"$WINEPREFIX.log" 2>&1
  timeout 60 "$server" -w
  touch "$WINEPREFIX/ready"
fi
