#!/bin/bash
# Several hosts on one machine, each with an sshd of its own: hosts.sh up FOLDER NAME... and hosts.sh down FOLDER.
# With root and network namespaces each host is a namespace with an address of its own; otherwise a port on loopback.
# FOLDER/ssh_config names them, so that `ssh -F FOLDER/ssh_config NAME` reaches one.
set -eu
command=$1
folder=$2
shift 2
PATH=$PATH:/usr/sbin:/sbin
tag=hv$(basename "$folder" | cksum | cut -c1-6)

up() {
  if [ "$(id -u)" -eq 0 ]; then mkdir -p /run/sshd; fi
  ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
  local number=0 name
  for name in "$@"; do
    number=$((number + 1))
    start_host "$name" "$number"
  done
  for name in "$@"; do wait_for "$name"; done
}

start_host() {
  local name=$1 number=$2 space="$tag$2" address port prefix=""
  if [ "$(id -u)" -eq 0 ] && ip netns add "$space" 2>/dev/null; then
    # 198.18.0.0/15 is for tests of devices between networks (RFC 2544).
    local net=198.18.$((0x$(printf '%s' "$tag" | cksum | cut -d' ' -f1 | xargs printf %x) % 250)).$((number * 4))
    address=${net%.*}.$((${net##*.} + 2))
    ip link add "$space" type veth peer name eth0 netns "$space"
    ip address add "${net%.*}.$((${net##*.} + 1))/30" dev "$space"
    ip link set "$space" up
    ip -n "$space" address add "$address/30" dev eth0
    ip -n "$space" link set eth0 up
    ip -n "$space" link set lo up
    port=22
    prefix="ip netns exec $space"
    echo "$space" >>"$folder/namespaces"
  else
    address=127.0.0.1
    port=$((20000 + ($$ + number * 97) % 20000))
  fi
  ssh-keygen -q -t ed25519 -N '' -f "$folder/$name.key"
  cat >"$folder/$name.sshd" <<CONFIG
ListenAddress $address
Port $port
HostKey $folder/$name.key
AuthorizedKeysFile $folder/key.pub
PasswordAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile $folder/$name.pid
SetEnv PATH=$folder/bin:$PATH
CONFIG
  cat >>"$folder/ssh_config" <<CONFIG
Host $name
  HostName $address
  Port $port
  IdentityFile $folder/key
  IdentitiesOnly yes
  BatchMode yes
  LogLevel ERROR
  StrictHostKeyChecking no
  UserKnownHostsFile $folder/known_hosts
CONFIG
  # $prefix is a list of words.
  $prefix "$(command -v sshd)" -f "$folder/$name.sshd" -E "$folder/$name.log"
}

wait_for() {
  local attempt
  for attempt in $(seq 50); do
    if ssh -F "$folder/ssh_config" "$1" true 2>/dev/null; then return; fi
    sleep 0.2
  done
  echo "hosts.sh: $1 does not answer after $attempt attempts" >&2
  cat "$folder/$1.log" >&2
  exit 1
}

down() {
  local pid space
  for pid in "$folder"/*.pid; do
    if [ -e "$pid" ]; then kill "$(cat "$pid")" 2>/dev/null || true; fi
  done
  if [ -e "$folder/namespaces" ]; then
    while read -r space; do
      ip link delete "$space" 2>/dev/null || true
      ip netns delete "$space" || true
    done <"$folder/namespaces"
  fi
}

"$command" "$@"
