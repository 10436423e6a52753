# shellcheck shell=sh disable=SC2154
# Machines: a part of agent.sh. libvirt runs them; their disks are files beside its images and outlive every change: what is
# no longer used is set aside under another name once the change is confirmed, and nothing here removes it.

guest_state=$state/guests
images=/var/lib/libvirt/images

# Lines "guest NAME HOSTNAME INSTANCE IMAGE", and "disk NAME GIB" of second disks.
guest_lines() { sed -s '/^#/d;/^$/d' "$guest_files"/*.conf 2>/dev/null; }
disk_lines() { sed -s '/^#/d;/^$/d' "$guest_files"/*.disk 2>/dev/null; }
image_files() {
  for file in "$images"/*.qcow2 "$images"/*.raw; do
    [ -f "$file" ] || continue
    file=${file##*/}
    case $file in cloison-*|-*|.*|*[!A-Za-z0-9._-]*) ;; *) printf '%s\n' "${file%.*}" ;; esac
  done
}
is_running() { [ "$(virsh -q domstate "$1" 2>/dev/null | head -n 1)" = running ]; }
definition() { virsh -q dumpxml --inactive "$1" 2>/dev/null | sha256sum; }

# What a machine has to be started with: another answer than at its start means that it must begin again.
wanted_start() { cat "$guest_files/$1.xml" "$guest_files/$1.network-config" "$guest_files/$1.conf" 2>/dev/null | sed '/^#/d' | sha256sum; }

# Lines "NAME WHAT" of what is not as it was made.
guest_faults() {
  running=" $(virsh -q list --name 2>/dev/null | tr '\n' ' ')" known=" $(virsh -q list --all --name 2>/dev/null | tr '\n' ' ')"
  disk_lines | while read -r _ name _; do [ -f "$images/cloison-$name.data.qcow2" ] || echo "$name diskless"; done
  guest_lines | while read -r _ name _; do
    case $known in *" $name "*) ;; *) echo "$name missing"; continue ;; esac
    [ "$(definition "$name")" = "$(cat "$guest_state/$name.defined" 2>/dev/null)" ] || echo "$name changed"
    case $running in
      *" $name "*) [ "$(wanted_start "$name")" = "$(cat "$guest_state/$name.started" 2>/dev/null)" ] || echo "$name former" ;;
      *) echo "$name stopped" ;;
    esac
  done
}

# A machine of that name that somebody else has made.
may_make_guest() {
  have virsh || die "libvirt-daemon-system is not installed"
  have qemu-img || die "qemu-utils is not installed"
  have genisoimage || die "genisoimage is not installed"
  name=$(basename "$1" .conf)
  if [ ! -f "$1" ] && virsh -q domid "$name" >/dev/null 2>&1 && [ ! -f "$guest_state/$name.defined" ]; then
    die "there is a machine $name already, and it is none of cloison's"
  fi
}

# Asks them all to end, and after a minute ends them. One that is just booting does not hear it, so it is asked again.
stop_guests() {
  for name in "$@"; do virsh -q shutdown "$name" >/dev/null 2>&1; done
  for name in "$@"; do
    tries=0
    while is_running "$name" && [ $tries -lt 300 ]; do
      sleep 0.2
      tries=$((tries + 1))
      [ $((tries % 25)) != 0 ] || virsh -q shutdown "$name" >/dev/null 2>&1
    done
    if is_running "$name"; then virsh -q destroy "$name" >/dev/null || return 1; fi
  done
}

# NAME IMAGE: its first disk. One that is there is used as it is.
make_first_disk() {
  disk=$images/cloison-$1.$2.qcow2
  [ ! -f "$disk" ] || return 0
  format=qcow2
  [ -f "$images/$2.qcow2" ] || format=raw
  [ -f "$images/$2.$format" ] || { printf 'there is no image %s in %s\n' "$2" "$images" >&2; return 1; }
  (umask 077; qemu-img convert -f $format -O qcow2 "$images/$2.$format" "$disk.new") >&2 && mv "$disk.new" "$disk" ||
    { rm -f "$disk.new"; return 1; }  # of a full disk, nothing stays
}

disk_size() { qemu-img info -U -f qcow2 --output=json "$1" | sed -n 's/^ *"virtual-size": \([0-9]*\).*/\1/p' | tail -n 1; }

# NAME GIB: its second disk, which grows while it runs.
make_second_disk() {
  disk=$images/cloison-$1.data.qcow2
  if [ ! -f "$disk" ]; then (umask 077; qemu-img create -q -f qcow2 "$disk" "$2G") >&2; return; fi
  [ "$(disk_size "$disk")" -lt $(($2 * 1073741824)) ] || return 0
  if is_running "$1" && virsh -q domblklist "$1" | grep -qF "$disk"; then
    virsh -q blockresize "$1" "$disk" "$2GiB" >/dev/null
  else
    qemu-img resize -q -f qcow2 "$disk" "$2G" >&2
  fi
}

# Before anything is ended for it.
no_disk_shrinks() {
  disk_lines | {
    code=0
    while read -r _ name gib; do
      disk=$images/cloison-$name.data.qcow2
      [ -f "$disk" ] && [ "$(disk_size "$disk")" -gt $((gib * 1073741824)) ] || continue
      printf 'the second disk of %s is larger than %s GiB, and is not made smaller\n' "$name" "$gib" >&2
      code=1
    done
    [ $code = 0 ]
  }
}

# NAME HOSTNAME INSTANCE: what cloud-init reads (NoCloud).
make_seed() {
  seed=$(mktemp -d "$guest_state/seed.XXXXXX") || return 1
  sed '/^# cloison /d' "$guest_files/$1.user-data" >"$seed/user-data" &&
    sed '/^# cloison /d' "$guest_files/$1.network-config" >"$seed/network-config" &&
    printf 'instance-id: cloison-%s\nlocal-hostname: %s\n' "$3" "$2" >"$seed/meta-data" &&
    (cd "$seed" && umask 077 && genisoimage -quiet -output "$images/cloison-$1.seed.iso.new" -volid cidata -joliet -rock \
      user-data meta-data network-config 2>/dev/null) &&
    mv "$images/cloison-$1.seed.iso.new" "$images/cloison-$1.seed.iso"
  code=$?
  rm -rf "$seed"
  return $code
}

activate_guests() {
  lines=$(guest_lines)
  if [ -z "$lines$(disk_lines)" ] && [ ! -d "$guest_state" ]; then return 0; fi
  have virsh || { [ -z "$lines" ] && return 0; die "libvirt-daemon-system is not installed"; }
  systemctl -q is-active libvirtd.service || systemctl enable --now -q libvirtd.service || return 1
  mkdir -p "$guest_state" && chmod 700 "$guest_state" || return 1
  no_disk_shrinks || return 1
  # Those that nobody wants any more, and those that must begin again, end first and together.
  gone=
  for file in "$guest_state"/*.defined; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .defined)
    [ -f "$guest_files/$name.conf" ] || gone="$gone $name"
  done
  again=$(printf '%s\n' "$lines" | while read -r _ name _; do
    [ -n "$name" ] || continue
    if is_running "$name" && [ "$(wanted_start "$name")" != "$(cat "$guest_state/$name.started" 2>/dev/null)" ]; then echo "$name"; fi
  done)
  # shellcheck disable=SC2086  # names
  stop_guests $gone $again || return 1
  for name in $gone; do
    virsh -q undefine "$name" >/dev/null || ! virsh -q domid "$name" >/dev/null 2>&1 || return 1
    rm -f "$guest_state/$name.defined" "$guest_state/$name.started" "$images/cloison-$name.seed.iso"
  done
  disks=$(disk_lines)
  while read -r what name gib; do
    [ -n "$what" ] || continue
    word "$name"; number "$gib"
    make_second_disk "$name" "$gib" || return 1
  done <<DISKS
$disks
DISKS
  while read -r what name host instance image; do
    [ -n "$what" ] || continue
    word "$name"; word "$host"; word "$instance"; word "$image"
    make_first_disk "$name" "$image" || return 1
    sed '/^#/d' "$guest_files/$name.xml" >"$guest_state/$name.xml" &&
      virsh -q define "$guest_state/$name.xml" >/dev/null || return 1
    rm -f "$guest_state/$name.xml"
    definition "$name" >"$guest_state/$name.defined"
    if ! is_running "$name"; then
      # It begins once its port is as it should be.
      make_seed "$name" "$host" "$instance" && virsh -q start "$name" --paused >/dev/null && keep_apart &&
        virsh -q resume "$name" >/dev/null || return 1
      wanted_start "$name" >"$guest_state/$name.started"
    fi
  done <<LINES
$lines
LINES
}

# A confirmed change: what no machine uses any more is kept under another name.
set_disks_aside() {
  [ -d "$guest_state" ] || return 0
  used=$(guest_lines | awk '{ print $2 "." $5 }'; disk_lines | awk '{ print $2 ".data" }')
  now=$(date -u +%Y%m%dT%H%M%SZ)
  for disk in "$images"/cloison-*.qcow2; do
    [ -f "$disk" ] || continue
    name=${disk##*/cloison-}
    printf '%s\n' "$used" | grep -qxF "${name%.qcow2}" || mv "$disk" "$disk.removed-$now"
  done
}
