#!/bin/sh
# cloison on a node. Run as root over SSH, by a restore timer, and at boot; POSIX shell, Debian's own programs only.
#
# It comes with each call, so the copy in /usr/lib/cloison serves what happens here without a call.
#
#   agent.sh observe                 all that is known here, in one answer of sections
#   agent.sh apply SECONDS [STARTS]  reads a change from standard input (see `stage`), arms the way back, and lets the
#                                    change begin; with 0 it is made at once, without a way back
#   agent.sh outcome                 waits until the change that began has ended, and tells how
#   agent.sh effect                  the change itself, started by `apply`: it outlives the connection that asked for it
#   agent.sh confirm                 the change stays: said over a new connection
#   agent.sh restore WHY             back to what was there before the armed change
#   agent.sh boot                    after a boot: an armed change is not confirmed, so it goes back
#   agent.sh activate AREA           makes what runs what the files say
#   agent.sh tunnel NAME             gives a tunnel's interface, just made by its unit, what the files say
#   agent.sh underlays               brings the underlays' routing tables up to date
#   agent.sh follow                  keeps doing that whenever the routes of an underlay change
#   agent.sh vpn                     tends IPsec connections, and dials
#   agent.sh conditions              opens flows while tunnels are down, and closes them again
#   agent.sh role                    does what a node that serves does, or no longer, whenever it comes to serve or ceases to
#   agent.sh placed                  whether the node has the address at which it hears the others of its place
#   agent.sh linked                  whether some way to another place is open
#   agent.sh drain SERVICE BACKEND SERVER SECONDS   takes a server out at this balancer, and waits for what is open there
#   agent.sh ready SERVICE BACKEND SERVER           puts it back, and waits until it is well
#   agent.sh servers SERVICE         keeps what servers are out for over a reload
#   agent.sh incoming SHA256 NAME ID EXECUTABLE   where a file of that digest is to be put, and how much of it is there
#
# Files are the truth: each is written whole, marked, and activated by its area; what runs follows them. Nothing here
# takes a word of input as a program: areas are a fixed list, names are checked, contents are only written.
set -u
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

verb=${1:-}
state=/var/lib/cloison
lib=/usr/lib/cloison
switch_files=/etc/cloison/switch.d
key_files=/etc/cloison/keys.d
tunnel_files=/etc/cloison/tunnels.d
wireguard_files=/etc/wireguard/cloison
underlay_files=/etc/cloison/underlays.d
frr=/etc/frr
redundancy_file=/etc/cloison/redundancy.conf
keepalived_file=/etc/keepalived/keepalived.conf
master_files=/etc/cloison/master.d
vpn_files=/etc/cloison/vpn.d
vpn_settings=/etc/strongswan.d/70-cloison.conf
strongswan=/etc/swanctl
condition_files=/etc/cloison/conditions.d
guest_files=/etc/cloison/guests.d
release_files=/etc/cloison/releases.d
service_files=/etc/cloison/services.d
# shellcheck disable=SC2034  # read in agent_services.sh
incoming_files=/var/lib/cloison-incoming
going_back=
newline="
"
# In the order in which a change takes effect: the filter is there before anything that passes through it.
areas="packages sysctl firewall switch network roles keys underlays tunnels routing vpn redundancy conditions guests releases services"

# Where files of ours may be; nothing outside is ever written or removed.
is_ours_to_write() {
  case $1 in
    *..*|*//*) return 1 ;;
    /etc/cloison/switch.d/*.conf|/etc/cloison/firewall.nft|/etc/cloison/packages.conf) ;;
    /var/lib/cloison/packages/*.deb) ;;
    /etc/cloison/keys.d/*.conf|/etc/cloison/tunnels.d/*.conf|/etc/cloison/underlays.d/*.conf) ;;
    /etc/wireguard/cloison/*.conf|/etc/frr/frr.conf|/etc/frr/daemons) ;;
    /etc/cloison/vpn.d/*.conf|/etc/cloison/vpn.d/*.swanctl|/etc/cloison/conditions.d/*.conf) ;;
    /etc/swanctl/pubkey/cloison-*.pem|/etc/strongswan.d/70-cloison.conf) ;;
    /etc/cloison/guests.d/*.conf|/etc/cloison/guests.d/*.xml|/etc/cloison/guests.d/*.network-config) ;;
    /etc/cloison/guests.d/*.user-data|/etc/cloison/guests.d/*.disk) ;;
    /etc/cloison/releases.d/*.conf|/etc/cloison/services.d/*.conf|/etc/cloison/services.d/*.secrets|/etc/cloison/services.d/*.files|/etc/cloison/services.d/*.cfg) ;;
    /etc/keepalived/keepalived.conf|/etc/cloison/redundancy.conf|/etc/cloison/master.d/*.conf) ;;
    /etc/systemd/network/70-cloison-*.network|/etc/systemd/network/70-cloison-*.netdev) ;;
    /etc/sysctl.d/70-cloison*.conf) ;;
    /etc/systemd/system/cloison-*.service|/etc/systemd/system/cloison-*.timer) ;;
    /usr/lib/cloison/agent.sh) ;;
    *) return 1 ;;
  esac
  case $1 in *[!A-Za-z0-9._/@-]*) return 1 ;; esac
}

our_files() {
  for file in /etc/cloison/switch.d/*.conf /etc/cloison/firewall.nft /etc/cloison/packages.conf \
    /etc/systemd/network/70-cloison-*.network /etc/systemd/network/70-cloison-*.netdev \
    /etc/sysctl.d/70-cloison*.conf \
    "$key_files"/*.conf "$tunnel_files"/*.conf "$underlay_files"/*.conf $redundancy_file "$master_files"/*.conf \
    "$wireguard_files"/*.conf "$wireguard_files"/*.d/*.conf \
    "$vpn_files"/*.conf "$vpn_files"/*.swanctl "$condition_files"/*.conf \
    $strongswan/pubkey/cloison-*.pem "$vpn_settings" \
    "$guest_files"/*.conf "$guest_files"/*.xml "$guest_files"/*.network-config "$guest_files"/*.user-data "$guest_files"/*.disk \
    "$release_files"/*.conf "$service_files"/*.conf "$service_files"/*.secrets "$service_files"/*.files "$service_files"/*.cfg \
    /etc/systemd/system/cloison-*.service /etc/systemd/system/cloison-*.timer /usr/lib/cloison/agent.sh; do
    if [ -f "$file" ] && [ ! -h "$file" ]; then printf '%s\n' "$file"; fi
  done
  if frr_is_ours; then
    for file in $frr/daemons $frr/frr.conf; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
  fi
  if keepalived_is_ours; then printf '%s\n' $keepalived_file; fi
}

# FRR rewrites one of its files on `write memory`, and our mark in it goes: the other one keeps it.
is_marked() {
  mark_first=; mark_second=
  if [ -r "$1" ]; then { IFS= read -r mark_first; IFS= read -r mark_second; } <"$1"; fi
  case $mark_first in '# cloison '*) return 0 ;; esac
  case $mark_second in '# cloison '*) return 0 ;; esac
  return 1
}
frr_is_ours() { is_marked $frr/daemons || is_marked $frr/frr.conf; }

die() { printf 'cloison: %s\n' "$*" >&2; exit 70; }
cannot() { printf 'cloison: %s\n' "$*" >&2; return 1; }
have() { command -v "$1" >/dev/null 2>&1; }
word() { case $1 in ''|-*|*[!A-Za-z0-9._@-]*) die "'$1' is no name" ;; esac; }
number() { case $1 in ''|*[!0-9]*) die "'$1' is no number" ;; esac; }

# --- Telling ---------------------------------------------------------------------------------------------------------
# Each section: "@NAME STATUS BYTES", the bytes, a line end. What is said on standard error is no part of it.
section() {
  name=$1; shift
  text=$("$@" 2>/dev/null; printf 'x%s' "$?")
  code=${text##*x}
  text=${text%x*}
  printf '@%s %s %s\n%s\n' "$name" "$code" "${#text}" "$text"
}

# "MODE OWNER:GROUP", then what it holds, as one section a file; one program reads them all, whose records are whole files.
# A shared key is shown to nobody.
file_sections() {
  set --
  while IFS= read -r file; do [ -z "$file" ] || set -- "$@" "$file"; done <<FILES
$(our_files)
FILES
  [ $# -gt 0 ] || return 0
  stat -c '%a %U:%G %n' "$@" 2>/dev/null | awk '
    BEGIN { ORS = "" }
    {
      path = $0
      sub(/^[^ ]* [^ ]* /, "", path)
      text = $1 " " $2 "\n"
      RS = "\001cloison\001"
      while ((getline piece < path) > 0) text = text piece
      close(path)
      RS = "\n"
      gsub(/\n    secret = 0x[^\n]*/, "\n    secret = hidden", text)
      gsub(/[^A-Za-z0-9._\/@-]/, "?", path)
      print "@file" path " 0 " length(text) "\n" text "\n"
    }'
}

packages() {
  dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' openvswitch-switch nftables wireguard-tools \
    wireguard-go frr frr-pythontools strongswan-swanctl charon-systemd libstrongswan-standard-plugins \
    libcharon-extra-plugins openssl keepalived haproxy conntrack libvirt-daemon-system qemu-system-x86 qemu-utils genisoimage iproute2
}

# A module, loaded or not, built in or not.
kernel() {
  release=$(uname -r); missing=
  printf '%s\n' "$release"
  for module in openvswitch wireguard esp4 xfrm_interface bridge 8021q nf_tables; do
    if [ -d "/sys/module/$module" ]; then echo $module; else missing="$missing${missing:+|}$module"; fi
  done
  if [ -c /dev/kvm ]; then echo kvm; fi  # also where there are no modules
  [ -z "$missing" ] || grep -hoE "/($missing)\.ko" "/lib/modules/$release/modules.dep" "/lib/modules/$release/modules.builtin" 2>/dev/null |
    sed 's/^.//;s/\.ko$//' | sort -u
}

# STATUS NAME…: `answers` of one program to several questions, a line each, as sections of these names.
line_sections() {
  code=$1; shift
  for name in "$@"; do
    text=${answers%%"$newline"*}
    case $answers in *"$newline"*) answers=${answers#*"$newline"} ;; *) answers= ;; esac
    printf '@%s %s %s\n%s\n' "$name" "$code" "${#text}" "$text"
  done
}

switch_sections() {
  answers=$(ovs-vsctl --timeout=5 --format=json -- --columns=name,datapath_type,ports,external_ids list bridge \
    -- --columns=name,tag,trunks,external_ids,interfaces list port -- --columns=_uuid,name,type,error list interface 2>/dev/null)
  line_sections "$?" switch/bridges switch/ports switch/interfaces
}

address_sections() {
  answers=$(printf 'address show\nroute show table main proto static\nrule show\n' | ip -j -batch - 2>/dev/null)
  line_sections "$?" addresses routes/ipv4 rules/ipv4
  answers=$(printf 'route show table main proto static\nrule show\n' | ip -6 -j -batch - 2>/dev/null)
  line_sections "$?" routes/ipv6 rules/ipv6
}

# Seconds: the time, and since the last boot.
clock_state() { date +%s; IFS=' .' read -r up_for _ </proc/uptime && printf '%s\n' "$up_for"; }

units() {
  systemctl show --no-pager -p Id -p ActiveState -p UnitFileState cloison-firewall.service cloison-restore.service \
    systemd-networkd.service openvswitch-switch.service
}
told() { for name in armed restored; do if [ -f "$state/$name" ]; then printf '%s %s\n' "$name" "$(head -n 1 "$state/$name")"; fi; done; }

# By which way whoever asks has come: sudo forgets what sshd told the session, and its ancestors know.
session_way() {
  pid=$$; tries=0
  while [ "${pid:-0}" -gt 1 ] && [ $tries -lt 12 ]; do
    way=$(grep -zm 1 '^SSH_CONNECTION=' "/proc/$pid/environ" 2>/dev/null | tr -d '\0')
    if [ -n "$way" ]; then
      # shellcheck disable=SC2086  # four words
      set -- ${way#*=}
      printf '%s %s %s %s\n' "$1" "$3" "$4" "$(ip -o route get "$1" | sed -n 's/.* dev \([^ ]*\).*/\1/p')"
      return
    fi
    # After the name, which may hold anything: the state, then whose child it is.
    IFS= read -r way <"/proc/$pid/stat"; way=${way##*") "}; way=${way#* }; pid=${way%% *}; tries=$((tries + 1))
  done
}

observe() {
  section system cat /etc/os-release
  section kernel kernel
  section packages packages
  section clock clock_state
  section told told
  section session session_way
  address_sections
  section units units
  if have ovs-vsctl; then switch_sections; fi
  if [ -n "$(our_bridges)" ]; then section switch/linux bridge_state; fi
  if switch_lines | grep -q '^apart '; then section apart apart_state; fi
  if have nft; then section firewall nft -s -nn list table inet cloison; section firewall/counters nft -j list counters table inet cloison; fi
  section keys public_keys
  if have wg; then section tunnels tunnel_state; fi
  section underlays underlay_state
  section conditions condition_state
  section images image_files
  if [ -d "$guest_files" ] && have virsh; then section guests guest_faults; fi
  section redundancy redundancy_state
  if [ -d "$release_files" ]; then section releases release_state; fi
  if [ -d "$service_files" ]; then section services service_state; section services/secrets service_secrets; fi
  if [ -f "$vpn_settings" ]; then
    section vpn/state vpn_state
    section vpn/connections swanctl --list-conns --raw
    section vpn/secrets secret_digests
  fi
  if frr_is_ours; then section routing vtysh -c 'show running-config'; fi
  section forwarding sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding
  file_sections
  printf '@end 0 0\n\n'
}

# --- Making what runs what the files say -----------------------------------------------------------------------------
lacking() {
  sed -n 's/^package //p' /etc/cloison/packages.conf 2>/dev/null | while read -r name; do
    word "$name"
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf ' %s' "$name"
  done
}

# From the files that came along, else from the node's own sources. Nothing is ever taken off, or put back to an older version.
activate_packages() {
  names=$(lacking)
  if [ -n "$names" ]; then
    export DEBIAN_FRONTEND=noninteractive
    set -- "$state"/packages/*.deb
    if [ -f "$1" ]; then
      said=$(dpkg --install --refuse-downgrade --skip-same-version --force-confold "$@" 2>&1)
    else
      # shellcheck disable=SC2086  # names
      said=$(apt-get -q -y -o DPkg::Lock::Timeout=120 update 2>&1 &&
        apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold install --no-install-recommends $names 2>&1)
    fi
    names=$(lacking)
    [ -z "$names" ] || printf '%s\nnot installed:%s\n' "$(printf '%s\n' "$said" | grep -E '^(E|W|dpkg|Err)' | tail -n 5)" "$names" >&2
  fi
  rm -rf "$state/packages"
  [ -z "$names" ]
}

activate_sysctl() {
  for file in /etc/sysctl.d/70-cloison*.conf; do
    [ -f "$file" ] || continue
    sysctl -q -p "$file" || return 1
  done
}

activate_network() {
  files=0
  for file in /etc/systemd/network/70-cloison-*; do [ -f "$file" ] && files=1; done
  if [ $files = 0 ] && ! systemctl -q is-active systemd-networkd.service; then return 0; fi
  systemctl -q is-active systemd-networkd.service || systemctl enable --now -q systemd-networkd.service || return 1
  networkctl reload || return 1
  for file in /etc/systemd/network/70-cloison-*.network; do
    [ -f "$file" ] || continue
    interface=$(sed -n 's/^Name=//p' "$file" | head -n 1)
    word "$interface"
    # Reloading applies only what networkd takes for changed; an address removed by hand comes back by this.
    [ -d "/sys/class/net/$interface" ] || continue
    networkctl reconfigure "$interface" || return 1
    for address in $(sed -n 's/^Address=//p' "$file"); do
      tries=0
      until ip -o address show dev "$interface" | grep -qF " $address "; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || { printf '%s does not get %s\n' "$interface" "$address" >&2; return 1; }
        sleep 0.1
      done
    done
  done
}

# Before the first rules, the kernel has tracked nothing: what is open would be cut in its middle, and the connection
# that asks for this as well. A second of tracking alone, and both directions of it are known.
learn_connections() {
  [ "$verb" = effect ] || return 0
  nft -f - <<'RULES' || return 1
table inet cloison_before {
  chain input { type filter hook input priority filter; policy accept; ct state new accept; }
  chain forward { type filter hook forward priority filter; policy accept; ct state new accept; }
  chain output { type filter hook output priority filter; policy accept; ct state new accept; }
}
RULES
  sleep 1
}

activate_firewall() {
  file=/etc/cloison/firewall.nft
  if ! have nft; then
    [ -f "$file" ] && die "nftables is not installed"
    return 0
  fi
  if [ ! -f "$file" ]; then
    nft list table inet cloison >/dev/null 2>&1 && nft delete table inet cloison
    return 0
  fi
  nft list table inet cloison >/dev/null 2>&1 || learn_connections
  # A counter that is made now is told since when it counts; one that is there stays as it is.
  sed "s/^add counter .*/& { comment \"$(date +%s)\"; }/" "$file" | nft -f - || return 1
  nft delete table inet cloison_before 2>/dev/null
  # The file fills sets and chains anew in one transaction; what it no longer names is left over.
  for name in $(nft list sets table inet cloison 2>/dev/null | sed -n 's/^[[:space:]]*set \([A-Za-z0-9_]*\) {$/\1/p'); do
    grep -q "^add set inet cloison $name " "$file" || nft delete set inet cloison "$name" || return 1
  done
  for name in $(nft list chains inet 2>/dev/null | sed -n '/^table inet cloison {/,/^}/s/^[[:space:]]*chain \(when_[A-Za-z0-9_]*\) {$/\1/p'); do
    grep -q "^add chain inet cloison $name$" "$file" || nft delete chain inet cloison "$name" || return 1
  done
  # A counter that somebody else's rule refers to stays, and harms nobody.
  nft list counters table inet cloison 2>/dev/null | awk -v file="$file" '
    BEGIN { while ((getline line < file) > 0) if (split(line, words, " ") == 5 && words[2] == "counter") kept[words[5]] = 1 }
    $1 == "counter" && $2 ~ /^r_[0-9a-f]+$/ && !($2 in kept) { print "delete counter inet cloison " $2 }' | nft -f - 2>/dev/null
  return 0
}

activate_units() {
  systemctl daemon-reload || return 1
  for unit in cloison-boot.service cloison-firewall.service cloison-switch.service cloison-underlays.service \
    cloison-tunnels.service cloison-redundancy.service cloison-vpn.service cloison-conditions.service \
    cloison-guests.service; do
    if [ -f "/etc/systemd/system/$unit" ]; then systemctl -q enable "$unit" || return 1; fi
  done
  # Those that go on running have begun with the agent as it was.
  for unit in cloison-underlays.service cloison-redundancy.service cloison-vpn.service cloison-conditions.service; do
    if [ -f "/etc/systemd/system/$unit" ]; then systemctl -q try-restart "$unit" || return 1; fi
  done
}

activate() {
  for area in "$@"; do
    case " $areas units " in *" $area "*) ;; *) die "'$area' is no area" ;; esac
    "activate_$area" || { printf 'cloison: %s could not be activated\n' "$area" >&2; return 1; }
  done
}

# agent_switch.sh comes in here
# agent_apart.sh comes in here
# agent_bridge.sh comes in here
# agent_links.sh comes in here
# agent_vpn.sh comes in here
# agent_redundancy.sh comes in here
# agent_guests.sh comes in here
# agent_services.sh comes in here

# --- Changing --------------------------------------------------------------------------------------------------------
take_lock() {
  mkdir -p "$state" && chmod 700 "$state" || die "cannot write to $state"
  exec 9>"$state/lock" || die "cannot write to $state"
  flock -w 30 9 || die "another change is under way here"
}

# Standard input: "put MODE BYTES PATH" and then the bytes and a line end, "drop PATH", "do AREA", "forget FAMILY PROTOCOL
# FROM TO FIRST-PORT LAST-PORT" (connections that end once the change has taken effect), "end". Everything is written beside its place before anything takes effect, so a full disk changes nothing.
stage() {
  staged=$state/staged
  rm -rf "$staged" && mkdir -p "$staged" || die "cannot write to $state"
  : >"$staged/drops"; : >"$staged/areas"; : >"$staged/puts"; : >"$staged/forgets"
  complete=0
  while IFS=' ' read -r verb first second third; do
    case $verb in
      put)
        number "$first"; number "$second"
        is_ours_to_write "$third" || die "'$third' is no place of ours"
        may_write "$third"
        new=$third.cloison-new
        printf '%s\n' "$third" >>"$staged/puts" || die "the disk is full"
        mkdir -p "$(dirname "$new")" || die "cannot make the folder of $third"
        head -c "$second" >"$new" || die "cannot write $third"
        [ "$(stat -c %s "$new")" = "$second" ] || die "$third came incomplete, or the disk is full"
        chmod "$first" "$new" || die "cannot write $third"
        read -r rest || die "$third came incomplete" ;;
      drop)
        is_ours_to_write "$first" || die "'$first' is no place of ours"
        printf '%s\n' "$first" >>"$staged/drops" || die "the disk is full" ;;
      forget)
        for one in $first $second $third; do
          case $one in *[!A-Za-z0-9.:/]*) die "'$one' is nothing to forget" ;; esac
        done
        printf '%s %s %s\n' "$first" "$second" "$third" >>"$staged/forgets" || die "the disk is full" ;;
      do)
        case " $areas units " in *" $first "*) ;; *) die "'$first' is no area" ;; esac
        printf '%s\n' "$first" >>"$staged/areas" || die "the disk is full" ;;
      end) complete=1; break ;;
      *) die "'$verb' is no instruction" ;;
    esac
  done
  [ $complete = 1 ] || die "the change came incomplete"
}

unstage() {
  [ -f "$state/staged/puts" ] && while IFS= read -r path; do rm -f "$path.cloison-new"; done <"$state/staged/puts"
  rm -rf "$state/staged"
}

# Keeps what is there now, and how to get back to it without anybody's help.
arm() {
  cp -p "$lib/agent.sh" "$state/restore.sh" || die "cannot keep the way back"
  if [ ! -f "$state/armed" ]; then
    rm -rf "$state/former" && mkdir -p "$state/former" || die "cannot write to $state"
    our_files | while IFS= read -r file; do
      mkdir -p "$state/former$(dirname "$file")" && cp -p "$file" "$state/former$file" || exit 1
    done || die "cannot keep what is there: is the disk full?"
    date -u +%Y-%m-%dT%H:%M:%SZ >"$state/armed.new" && mv "$state/armed.new" "$state/armed" || die "the disk is full"
    sync "$state/armed" "$state" 2>/dev/null || sync
  fi
  printf '%s\n' "$1" >"$state/patience" || die "the disk is full"
  # Until it has taken effect it may take longer than whoever confirms it; then the time begins anew.
  set_timer $(($1 + $2 + 240)) || { disarm; die "no timer could be started, so nothing was changed"; }
}

set_timer() {
  stop_timer
  systemd-run -q --unit=cloison-restore --on-active="$1" --timer-property=AccuracySec=1s \
    /bin/sh "$state/restore.sh" restore unconfirmed
}

stop_timer() { systemctl -q stop cloison-restore.timer 2>/dev/null; systemctl -q reset-failed cloison-restore.service 2>/dev/null; return 0; }

# The table of open connections outlives the rules that let them begin. Reads lines from a file.
forget_connections() {
  [ -s "$1" ] || return 0
  have conntrack || { printf 'conntrack is not installed, so open connections would go on\n' >&2; return 1; }
  while read -r family protocol from to first last; do
    case $family in any) families="ipv4 ipv6" ;; *) families=$family ;; esac
    for family in $families; do
      set -- -f "$family"
      [ "$protocol" = any ] || set -- "$@" -p "$protocol"
      [ "$from" = any ] || set -- "$@" -s "$from"
      # One machine is known by whom the answers come from: it may have been asked for under another address.
      case $to in
        any) ;;
        */32|*/128) set -- "$@" -r "${to%/*}" ;;
        *) set -- "$@" -d "$to" ;;
      esac
      if [ "$first" = 0 ] && [ "$last" = 65535 ]; then conntrack -D "$@"; continue; fi
      if [ "$first" = "$last" ]; then conntrack -D "$@" --dport "$first"; continue; fi
      conntrack -L "$@" | awk -v first="$first" -v last="$last" '
        { source = target = sport = dport = "" }
        {
          for (i = 1; i <= NF; i++) {
            split($i, part, "=")
            if (part[1] == "src" && source == "") source = part[2]
            if (part[1] == "dst" && target == "") target = part[2]
            if (part[1] == "sport" && sport == "") sport = part[2]
            if (part[1] == "dport" && dport == "") dport = part[2]
          }
        }
        dport != "" && dport + 0 >= first && dport + 0 <= last { print source, target, sport, dport }' |
        while read -r source target sport dport; do
          conntrack -D -f "$family" -p "$protocol" -s "$source" -d "$target" --sport "$sport" --dport "$dport"
        done
    done
  done <"$1" >/dev/null 2>&1
  return 0
}

take_effect() {
  frr_was_ours=no
  if frr_is_ours; then frr_was_ours=yes; elif grep -q "^$frr/" "$state/staged/puts"; then keep_foreign_frr || return 1; fi
  while IFS= read -r path; do mv -f "$path.cloison-new" "$path" || return 1; done <"$state/staged/puts"
  while IFS= read -r path; do
    case $path in $frr/*) [ $frr_was_ours = yes ] || continue ;; esac  # what was there before us is back
    rm -f "$path" || return 1
  done <"$state/staged/drops"
  set --
  for area in units $areas; do if grep -qxF "$area" "$state/staged/areas"; then set -- "$@" "$area"; fi; done
  activate "$@" && forget_connections "$state/staged/forgets"
}

change() {
  number "$1"; number "$2"
  take_lock
  trap 'unstage' EXIT
  stage
  rm -f "$state/result"
  if [ "$1" = 0 ]; then
    take_effect || return 75
    sync
    return 0
  fi
  arm "$1" "$2"
  trap - EXIT
  # A change of the network may cut the connection that asks for it: it is made apart, and asked for over a new one.
  systemctl -q reset-failed cloison-change.service 2>/dev/null
  systemd-run -q --collect --unit=cloison-change /bin/sh "$state/restore.sh" effect \
    || { disarm; unstage; die "the change could not be started, so nothing was changed"; }
}

effect() {
  exec 2>"$state/said"
  sleep 0.2  # whoever asked hears that it begins, before the connection may be cut
  take_lock
  trap 'unstage' EXIT
  [ -f "$state/armed" ] && [ -f "$state/staged/areas" ] || die "nothing is armed"
  if take_effect && set_timer "$(cat "$state/patience")"; then
    echo 0 >"$state/result.new"
  else
    put_back failed
    { echo 75; head -c 4000 "$state/said"; } >"$state/result.new"
  fi
  mv "$state/result.new" "$state/result"
  sync
}

# At most half a minute; longer than any change takes, and shorter than anybody waits. A connection that is silent would
# not be learnt (see `learn_connections`), so each turn says something.
outcome() {
  tries=0
  while [ ! -f "$state/result" ] && [ $tries -lt 300 ]; do
    printf '@waiting 0 0\n\n'
    sleep 0.1
    tries=$((tries + 1))
  done
  section outcome cat "$state/result"
  printf '@end 0 0\n\n'
}

disarm() {
  stop_timer
  rm -f "$state/armed"
  rm -rf "$state/former"
}

confirm() {
  take_lock
  [ -f "$state/armed" ] || { printf 'cloison: nothing is armed\n' >&2; return 76; }
  rm -f "$state/restored"
  disarm
  set_disks_aside
  sync
}

area_of() {
  case $1 in
    "$switch_files"/*) echo switch ;;
    /etc/cloison/firewall.nft) echo firewall ;;
    /etc/systemd/network/*) echo network ;;
    /etc/sysctl.d/*) echo sysctl ;;
    /etc/cloison/packages.conf) echo packages ;;
    "$key_files"/*) echo keys ;;
    "$tunnel_files"/*|"$wireguard_files"/*) echo tunnels ;;
    "$underlay_files"/*) echo underlays ;;
    "$frr"/*) echo routing ;;
    "$vpn_files"/*|"$vpn_settings"|$strongswan/*) echo vpn ;;
    "$condition_files"/*) echo conditions ;;
    "$guest_files"/*) echo guests ;;
    "$release_files"/*) echo releases ;;
    "$service_files"/*|/etc/systemd/system/cloison-app-*) echo services ;;
    "$keepalived_file"|"$redundancy_file") echo redundancy ;;
    "$master_files"/*) echo roles ;;
    *) echo units ;;
  esac
}

# Areas in which a file is not what it was: what runs follows the files, so the others run as they did.
differing_areas() {
  {
    our_files | while IFS= read -r file; do cmp -s "$file" "$state/former$file" || area_of "$file"; done
    (cd "$state/former" && find . -type f) | while IFS= read -r file; do
      [ -f "/${file#./}" ] || area_of "/${file#./}"
    done
  } | sort -u
}

# Files as they were, and what differs activated from them; at boot all that starts from them anyway. A key is kept: it
# takes nobody's way, and another one would have to be told to every far end.
put_back() {
  # shellcheck disable=SC2034  # read in agent_services.sh
  going_back=yes
  [ -d "$state/former" ] || mkdir -p "$state/former"
  differing_areas >"$state/differing"
  our_files | while IFS= read -r file; do
    case $file in "$key_files"/*) continue ;; esac
    [ -f "$state/former$file" ] || rm -f "$file"
  done
  # Routing that was being removed comes back: what FRR had before is kept again.
  [ ! -f "$state/former$frr/daemons" ] || frr_is_ours || keep_foreign_frr
  # File by file: copying folders would give ours to those of the system.
  (cd "$state/former" && find . -type f) | while IFS= read -r file; do
    mkdir -p "$(dirname "/${file#./}")"
    cp -p "$state/former/${file#./}" "/${file#./}"
  done
  frr_is_ours || give_frr_back
  point_all
  if [ "$1" != reboot ]; then
    # The filter first: it is what mostly locks out, and until it is back it permits what nobody has confirmed.
    for area in firewall units ${areas%firewall*} ${areas#*firewall}; do
      if grep -qxF "$area" "$state/differing"; then activate "$area"; fi
    done
    stop_timer
  elif grep -qxF services "$state/differing"; then
    systemctl daemon-reload  # units were read before their files went back
  fi
  rm -f "$state/differing"
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >"$state/restored"
  rm -f "$state/armed"
  rm -rf "$state/former"
  sync
}

restore() {
  case $1 in *[!a-z-]*) die "'$1' is no reason" ;; esac
  take_lock
  [ -f "$state/armed" ] || return 0
  put_back "$1"
}

# A boot forgets timers: what is still armed was never confirmed.
boot() { if [ -f "$state/armed" ]; then restore reboot; fi; }

case $verb in
  observe) observe ;;
  apply) change "${2:-}" "${3:-0}" ;;
  outcome) outcome ;;
  effect) effect ;;
  confirm) confirm ;;
  restore) restore "${2:-unconfirmed}" ;;
  boot) boot ;;
  activate) shift; activate "$@" ;;
  tunnel) tunnel "${2:-}" ;;
  underlays) underlays ;;
  follow) follow ;;
  role) follow_role ;;
  placed) placed ;;
  linked) linked ;;
  running) running "${2:-}" ;;
  status) tell_running ;;
  vpn) vpn ;;
  conditions) conditions ;;
  incoming) incoming "${2:-}" "${3:-}" "${4:-}" "${5:-}" "${6:-}" ;;
  drain) drain "${2:-}" "${3:-}" "${4:-}" "${5:-}" ;;
  ready) ready "${2:-}" "${3:-}" "${4:-}" ;;
  servers) keep_servers "${2:-}" ;;
  *) die "usage: observe | apply SECONDS | outcome | effect | confirm | restore WHY | boot | activate AREA... | tunnel NAME | underlays | follow | role | placed | linked | vpn | conditions | incoming SHA256 NAME ID EXECUTABLE | drain SERVICE BACKEND SERVER SECONDS | ready SERVICE BACKEND SERVER | servers SERVICE" ;;
esac
