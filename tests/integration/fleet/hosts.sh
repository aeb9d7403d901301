#!/bin/bash
# Several hosts on one machine, each with an sshd of its own: hosts.sh up FOLDER NAME... and hosts.sh down FOLDER.
# With root and network namespaces each host is a namespace with an address of its own; otherwise, and with
# HOSTS_ON_LOOPBACK set, a port on loopback.
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
  local name=$1 number=$2 space="$tag$2" attempt
  ssh-keygen -q -t ed25519 -N '' -f "$folder/$name.key"
  if in_namespace "$space" "$number"; then
    echo "$space" >>"$folder/namespaces"
    configure "$name" "$address" 22
    ip netns exec "$space" "$(command -v sshd)" -f "$folder/$name.sshd" -E "$folder/$name.log"
  else
    # Below the ports that outgoing connections take; another program may have any of them.
    for attempt in $(seq 20); do
      configure "$name" 127.0.0.1 $((20000 + ($$ * 7 + number * 97 + attempt * 1009) % 12000))
      if "$(command -v sshd)" -f "$folder/$name.sshd" -E "$folder/$name.log"; then break; fi
    done
  fi
  cat "$folder/$name.ssh" >>"$folder/ssh_config"
}

# Makes the namespace and sets `address`; fails, and leaves nothing behind, where there may be none. Each step by itself:
# a container may have a part of the rights, and `set -e` does not hold in a condition.
in_namespace() {
  local space=$1 net=198.18.$((0x$(printf '%s' "$tag" | cksum | cut -d' ' -f1 | xargs printf %x) % 250)) first=$(($2 * 4))
  # 198.18.0.0/15 is for tests of devices between networks (RFC 2544).
  address=$net.$((first + 2))
  if [ -n "${HOSTS_ON_LOOPBACK-}" ] || [ "$(id -u)" -ne 0 ]; then return 1; fi
  if ! ip netns add "$space" 2>/dev/null; then return 1; fi
  if ip link add "$space" type veth peer name eth0 netns "$space" &&
    ip address add "$net.$((first + 1))/30" dev "$space" &&
    ip link set "$space" up &&
    ip -n "$space" address add "$address/30" dev eth0 &&
    ip -n "$space" link set eth0 up &&
    ip -n "$space" link set lo up; then return 0; fi
  ip link delete "$space" 2>/dev/null || true
  ip netns delete "$space"
  return 1
}

# The two sides of a host: NAME.sshd and NAME.ssh.
configure() {
  local name=$1 address=$2 port=$3
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
  cat >"$folder/$name.ssh" <<CONFIG
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
