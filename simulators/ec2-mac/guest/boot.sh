#!/bin/bash
# The first process of a simulated Mac, in namespaces of its own: puts its root folder together, goes there, starts
# its init and stays, to bury what the Mac's programs leave behind. Variables: see machine.ts.
set -e

bind() {
  mount --bind "$1" "$2"
  # Without root, whoever is root in here can change nothing out there anyway.
  mount -o remount,bind,ro "$2" || [ -z "$MAC_IS_ROOT" ]
}

ip link set lo up
ip address add 169.254.169.254/32 dev lo

mount --bind "$MAC_ROOT" "$MAC_ROOT"
cd "$MAC_ROOT"
mount -t tmpfs -o mode=755 simulator System/Simulator
cd System/Simulator
mkdir linux system relay run node-cache fleet fleet/simulators fleet/node_modules
: >node
: >fleet/package.json
bind /usr linux
bind "$MAC_SYSTEM" system
bind "$MAC_NODE" node
bind "$MAC_CHECKOUT/simulators" fleet/simulators
bind "$MAC_CHECKOUT/package.json" fleet/package.json
bind "$MAC_NODE_MODULES" fleet/node_modules
mount --bind "$MAC_RELAY" relay
mount --bind "$MAC_NODE_CACHE" node-cache
cd "$MAC_ROOT"
mount --bind "$MAC_INTERNAL" Volumes/InternalDisk
mount -t proc proc proc
mount -t tmpfs -o mode=755 devices dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

pivot_root . .
/System/Simulator/linux/bin/umount -l .
cd /

NODE_COMPILE_CACHE=/System/Simulator/node-cache \
  /System/Simulator/node /System/Simulator/fleet/simulators/ec2-mac/guest/init/main.ts &
wait $!
