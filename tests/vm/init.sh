#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
#
# init: the first process of the virtual machine. From an initramfs to the host's own files, read-only, with a layer of memory over
# them. Told by the kernel's command line: vm_layers (tags of shares laid over the host's root, the topmost first, between commas),
# vm_bind (folders of the host that /tmp and the like would hide, likewise), vm_out (where logs go, the only place that can be written
# to), vm_run (what to run, its words between commas).
bb=/bin/busybox
$bb mkdir -p /proc /sys /dev /host /layer /root
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
end() {
	echo "vm: $1" >/dev/ttyS1
	$bb poweroff -f
}
for word in $($bb cat /proc/cmdline); do
	case $word in
	vm_layers=*) tags=${word#*=} ;;
	vm_bind=*) bind=${word#*=} ;;
	vm_out=*) out=${word#*=} ;;
	vm_run=*) run=${word#*=} ;;
	esac
done
while read -r module; do
	$bb insmod "/modules/$module" || end "module $module does not load"
done </modules/order
echo >/proc/sys/kernel/modprobe
share="-t 9p -o trans=virtio,version=9p2000.L,msize=512000"
$bb mount $share,cache=loose,ro host /host || end "no root file system"
$bb mount -t tmpfs -o size=1g layer /layer
$bb mkdir /layer/upper /layer/work
layers=
for tag in $(IFS=,; echo $tags); do
	$bb mkdir "/layer/$tag"
	$bb mount $share,cache=loose,ro "$tag" "/layer/$tag" || end "no layer $tag"
	layers=$layers/layer/$tag:
done
$bb mount -t overlay -o "lowerdir=$layers/host,upperdir=/layer/upper,workdir=/layer/work" overlay /root || end "no layers"
$bb mount -t proc proc /root/proc
$bb mount -t sysfs sysfs /root/sys
$bb mount -t devtmpfs dev /root/dev
$bb mkdir -p /root/dev/pts /root/dev/shm
$bb mount -t devpts devpts /root/dev/pts
for place in run tmp var/tmp dev/shm; do $bb mount -t tmpfs tmpfs "/root/$place" || end "no /$place"; done
# Where these lie under a place that was just hidden.
for place in $(IFS=,; echo $bind); do
	$bb mkdir -p "/root$place"
	$bb mount --bind "/host$place" "/root$place" || end "no $place"
done
$bb mkdir -p "/root$out"
$bb mount $share,cache=none out "/root$out" || end "no folder for logs"
exec $bb switch_root /root $(IFS=,; echo $run)
