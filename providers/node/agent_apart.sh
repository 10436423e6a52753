# shellcheck shell=sh disable=SC2154
# Machines of one VLAN that reach each other by this node's rules alone: a part of agent.sh. Between their ports the switch
# passes nothing (Open vSwitch: protected; bridge(8): isolated), and for what the rules permit the node answers its
# neighbours itself (RFC 3069). Lines of the switch's files: "apart BRIDGE INTERFACE TAG", who is beyond the trunk, "from
# BRIDGE INTERFACE node|machine ADDRESS" or "any", and "answers BRIDGE INTERFACE ipv4|ADDRESS".

# The files are read once for each change and each look.
lines_now() { printf '%s\n' "${switch_now-$(switch_lines)}"; }
switch_has() { lines_now | grep -E "^$1 "; }
# Where other nodes are beyond the trunk, machines of one VLAN are at several switches, and go by it to whichever node serves.
has_others() { lines_now | grep -q '^from [^ ]* [^ ]* node '; }
apart_tags() { printf ' '; switch_has apart | while read -r _ _ _ tag; do printf '%s ' "$tag"; done; }
trunk_names() { printf ' '; switch_has trunk | while read -r _ _ port; do printf '%s ' "$port"; done; }

# INTERFACE: another hardware address is no news that its neighbours would have to wait for.
tell_neighbours() {
  if [ -d "/proc/sys/net/ipv4/conf/$1" ]; then net_setting "ipv4/conf/$1/arp_notify" 1; fi
  if [ -d "/proc/sys/net/ipv6/conf/$1" ]; then net_setting "ipv6/conf/$1/ndisc_notify" 1; fi
}

# --- Open vSwitch ----------------------------------------------------------------------------------------------------
ovs() { ovs-vsctl --timeout=5 "$@"; }

# BRIDGE: "PORT TAG yes|ours|no" of its ports that are no interfaces of the node's own; "ours": protected, and by us.
ovs_ports() {
  internal=" $(ovs --bare --columns=name find interface type=internal | tr '\n' ' ')"
  members=" $(ovs list-ports "$1" | tr '\n' ' ')"
  ovs --format=csv --data=bare --no-headings --columns=name,tag,protected,external_ids list port |
    while IFS=, read -r port tag protected ids; do
      case $members in *" $port "*) ;; *) continue ;; esac
      case $internal in *" $port "*) continue ;; esac
      is=no
      if [ "$protected" = true ]; then case " $ids " in *" cloison-apart=1 "*) is=ours ;; *) is=yes ;; esac; fi
      printf '%s %s %s\n' "$port" "${tag:-0}" "$is"
    done
}

# BRIDGE: "PORT TAG IS WANTED" of the same.
ovs_ports_wanted() {
  tags=$(apart_tags); trunks=$(trunk_names); close=no
  [ "$tags" = ' ' ] || has_others || close=yes
  ovs_ports "$1" | while read -r port tag is; do
    case $trunks in
      *" $port "*) wanted=$close ;;
      *) case $tags in *" $tag "*) wanted=yes ;; *) wanted=no ;; esac ;;
    esac
    printf '%s %s %s %s\n' "$port" "$tag" "$is" "$wanted"
  done
}

# Numbers of the VLANs that a trunk carries, with commas; none: all. One of which all machines are at this node is not among them.
trunk_vlans() {
  ! has_others || return 0
  lines_now | awk '
    $1 == "vlan" { tag[$3] = $4 }
    $1 == "apart" { closed[$3] }
    $1 == "from" { opened[$3] }
    END {
      for (name in tag) { if (name in closed && !(name in opened)) some = 1; else numbers = numbers "," tag[name] }
      if (some) print (numbers == "" ? "4095" : substr(numbers, 2))
    }' | tr ',' '\n' | sort -n | tr '\n' ',' | sed 's/,$//'
}

ofport() { ovs get interface "$1" ofport; }
own_address() { lines_now | awk -v name="$1" '$1 == "vlan" && $3 == name { print $5 }'; }

# BRIDGE: what it does with frames where other nodes are beyond its trunk. By that come frames of the other nodes, which
# their rules have let pass, and what machines there send to this node, but nothing from machine to machine. Nobody at a
# port of this node can pass for a node.
apart_flows() {
  echo 'priority=0,actions=NORMAL'
  switch_has apart | while read -r _ bridge interface tag; do
    [ "$bridge" = "$1" ] || continue
    inner=$(ofport "$interface")
    own=$(own_address "$interface")
    vlan=dl_vlan=$tag untag=strip_vlan,
    if [ "$tag" = 0 ]; then vlan=vlan_tci=0; untag=; fi
    printf 'priority=60,in_port=%s,actions=NORMAL\npriority=10,dl_src=%s,actions=drop\n' "$inner" "$own"
    for trunk in $(trunk_names); do
      by=in_port=$(ofport "$trunk"),$vlan
      printf 'priority=20,%s,actions=drop\n' "$by"
      switch_has from | while read -r _ _ on who address; do
        [ "$on" = "$interface" ] || continue
        case $who in
          node)
            printf 'priority=40,%s,dl_src=%s,actions=NORMAL\npriority=10,dl_src=%s,actions=drop\n' "$by" "$address" "$address"
            continue ;;
          machine) from=,dl_src=$address ;;
          *) from= ;;
        esac
        printf 'priority=30,%s%s,dl_dst=%s,actions=NORMAL\n' "$by" "$from" "$own"
        printf 'priority=30,%s%s,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=%soutput:%s\n' "$by" "$from" "$untag" "$inner"
      done
    done
  done
}

filters_frames() { has_others && lines_now | grep -q '^apart '; }
our_switches() { switch_has bridge | while read -r _ bridge datapath; do [ "$datapath" = linux-bridge ] || printf '%s\n' "$bridge"; done; }

# A switch that has lost what tells frames apart, by its daemon's restart, passes none until it is told again.
keep_apart_ovs() {
  mkdir -p /run/cloison || return 1
  for bridge in $(our_switches); do
    ports=$(ovs_ports_wanted "$bridge")
    set --
    while read -r port _ is wanted; do
      case "$is $wanted" in
        "no yes") set -- "$@" -- set port "$port" protected=true external_ids:cloison-apart=1 ;;
        "ours no") set -- "$@" -- set port "$port" protected=false -- remove port "$port" external_ids cloison-apart ;;
      esac
    done <<PORTS
$ports
PORTS
    for trunk in $(trunk_names); do set -- "$@" -- set port "$trunk" "trunks=[$(trunk_vlans)]"; done
    [ $# = 0 ] || ovs "$@" || return 1
    if filters_frames; then
      [ "$(ovs get-fail-mode "$bridge")" = secure ] || ovs set-fail-mode "$bridge" secure || return 1
      apart_flows "$bridge" >/run/cloison/flows && ovs-ofctl replace-flows "$bridge" /run/cloison/flows || return 1
    elif [ "$(ovs get-fail-mode "$bridge")" = secure ]; then
      ovs del-fail-mode "$bridge" && printf 'priority=0,actions=NORMAL\n' | ovs-ofctl replace-flows "$bridge" - || return 1
    fi
  done
}

# --- Linux bridge ----------------------------------------------------------------------------------------------------
# "PORT TAG WANTED IS" of the ports that are plugged in; a trunk has no number.
bridge_ports_wanted() {
  tags=$(apart_tags); close=0
  [ "$tags" = ' ' ] || has_others || close=1
  switch_has '(access|trunk)' | while read -r what _ port tag; do
    wanted=$close
    if [ "$what" = access ]; then case $tags in *" $tag "*) wanted=1 ;; *) wanted=0 ;; esac; fi
    printf '%s %s %s %s\n' "$port" "${tag:--}" "$wanted" "$(cat "/sys/class/net/$port/brport/isolated" 2>/dev/null)"
  done
}

keep_apart_bridge() {
  bridge_ports_wanted | while read -r port _ wanted is; do
    [ "$is" != "$wanted" ] || continue
    if [ "$wanted" = 1 ]; then bridge link set dev "$port" isolated on; else bridge link set dev "$port" isolated off; fi || exit 1
  done
}

# --- Either ----------------------------------------------------------------------------------------------------------
# Of nodes that stand in for each other, the serving one is the gateway.
is_gateway() { [ -z "$(redundancy_lines)" ] || serves; }

# INTERFACE: whether it is to answer its machines for each other by IPv4, and for which addresses of IPv6.
answers4() { if is_gateway && lines_now | grep -q "^answers [^ ]* $1 ipv4$"; then echo 1; else echo 0; fi; }
answers6() { ! is_gateway || switch_has answers | awk -v name="$1" '$3 == name && $4 ~ /:/ { print $4 }' | sort; }
proxied6() { ip -6 neigh show proxy dev "$1" 2>/dev/null | awk '{ print $1 }' | sort; }

# PLACE VALUE, below /proc/sys/net.
net_setting() { [ "$(cat "/proc/sys/net/$1" 2>/dev/null)" = "$2" ] || echo "$2" >"/proc/sys/net/$1"; }

# What goes back by the interface by which it came is no reason to tell its sender of a shorter way.
sync_answers() {
  switch_now=$(switch_lines)
  switch_has vlan | while read -r _ _ interface _; do
    [ -d "/proc/sys/net/ipv4/conf/$interface" ] || continue
    if lines_now | grep -q "^apart [^ ]* $interface "; then net_setting "ipv4/conf/$interface/send_redirects" 0 || exit 1; fi
    answer=$(answers4 "$interface")
    if [ "$answer" = 1 ]; then net_setting "ipv4/neigh/$interface/proxy_delay" 0; fi
    net_setting "ipv4/conf/$interface/proxy_arp_pvlan" "$answer" || exit 1
    [ -d "/proc/sys/net/ipv6/conf/$interface" ] || continue
    wanted=$(answers6 "$interface"); present=$(proxied6 "$interface")
    [ "$wanted" != "$present" ] || continue
    for address in $present; do
      printf '%s\n' "$wanted" | grep -qxF "$address" || ip -6 neigh del proxy "$address" dev "$interface" || exit 1
    done
    [ -n "$wanted" ] || continue
    # That of all has it answer those who ask it alone, too.
    net_setting ipv6/conf/all/proxy_ndp 1 && net_setting "ipv6/conf/$interface/proxy_ndp" 1 || exit 1
    net_setting "ipv6/neigh/$interface/proxy_delay" 0
    for address in $wanted; do
      printf '%s\n' "$present" | grep -qxF "$address" || ip -6 neigh add proxy "$address" dev "$interface" || exit 1
    done
  done
}

keep_apart() {
  switch_now=$(switch_lines)
  lines_now | grep -q '^bridge ' || return 0
  case $(switch_has bridge) in
    *" linux-bridge") keep_apart_bridge ;;
    *) keep_apart_ovs ;;
  esac && sync_answers
}

# --- Telling ---------------------------------------------------------------------------------------------------------
# "INTERFACE WHAT WHICH" of what does not keep a VLAN apart: a port, a trunk, frames by a switch, answers, redirects.
apart_state() {
  switch_now=$(switch_lines)
  switch_has apart | while read -r _ bridge interface tag; do
    address=$(own_address "$interface")
    [ -z "$address" ] || [ "$(cat "/sys/class/net/$interface/address")" = "$address" ] || printf '%s frames %s\n' "$interface" "$interface"
    ports_together "$bridge" "$tag" | while read -r what which; do printf '%s %s %s\n' "$interface" "$what" "$which"; done
    [ "$(cat "/proc/sys/net/ipv4/conf/$interface/send_redirects" 2>/dev/null)" = 0 ] || printf '%s redirects -\n' "$interface"
    [ "$(cat "/proc/sys/net/ipv4/conf/$interface/proxy_arp_pvlan" 2>/dev/null)" = "$(answers4 "$interface")" ] ||
      printf '%s answers ipv4\n' "$interface"
    present=$(proxied6 "$interface")
    for address in $(answers6 "$interface"); do
      printf '%s\n' "$present" | grep -qxF "$address" || printf '%s answers %s\n' "$interface" "$address"
    done
  done
}

# BRIDGE TAG: "port PORT", "trunk PORT", "frames BRIDGE".
ports_together() {
  case $(switch_has bridge) in
    *" linux-bridge")
      bridge_ports_wanted | while read -r port at wanted is; do
        if [ "$at" = - ]; then what=trunk; elif [ "$at" = "$2" ]; then what=port; else continue; fi
        [ "$is" = "$wanted" ] || printf '%s %s\n' "$what" "$port"
      done
      return ;;
  esac
  trunks=$(trunk_names)
  ovs_ports_wanted "$1" | while read -r port at is wanted; do
    case $trunks in *" $port "*) what=trunk ;; *) [ "$at" = "$2" ] || continue; what=port ;; esac
    [ "$wanted$is" != yesno ] || printf '%s %s\n' "$what" "$port"
  done
  for trunk in $trunks; do
    [ "$(ovs get port "$trunk" trunks | tr -d '[] ')" = "$(trunk_vlans)" ] || printf 'trunk %s\n' "$trunk"
  done
  filters_frames || return 0
  flows=$(mktemp) && apart_flows "$1" >"$flows" || return 1
  [ "$(ovs get-fail-mode "$1")" = secure ] && ovs-ofctl diff-flows "$1" "$flows" >/dev/null 2>&1 || printf 'frames %s\n' "$1"
  rm -f "$flows"
}
