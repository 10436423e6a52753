# shellcheck shell=sh disable=SC2154
# The switch of a node, and Open vSwitch where it is that: a part of agent.sh.

# Lines of the switch's files, bridges before their ports: "bridge NAME DATAPATH", "trunk BRIDGE INTERFACE",
# "access BRIDGE INTERFACE TAG", "vlan BRIDGE INTERFACE TAG [ADDRESS]", and those of agent_apart.sh.
switch_lines() { sed -s '/^#/d;/^$/d' "$switch_files"/*.conf 2>/dev/null | sed 's/^bridge /0 &/;t;s/^/1 /' | sort | cut -d ' ' -f 2-; }

# What one kind of switch has no more is gone before the other kind gets it.
activate_switch() {
  switch_now=$(switch_lines)
  case $switch_now in
    *" linux-bridge$newline"*|*" linux-bridge") activate_ovs '' && activate_bridge ;;
    *) activate_bridge && activate_ovs "$switch_now" ;;
  esac && keep_apart
}

# One transaction; ports of ours that no line names go.
activate_ovs() {
  lines=$1; set -- ; wanted=" "; bridges=" "; tags=$(apart_tags)
  if ! have ovs-vsctl; then
    [ -z "$lines" ] || die "openvswitch-switch is not installed"
    return 0
  fi
  if [ -z "$lines" ] && ! systemctl -q is-active openvswitch-switch.service; then return 0; fi
  systemctl -q is-active openvswitch-switch.service || systemctl enable --now -q openvswitch-switch.service || return 1
  while read -r what first second third; do
    [ -n "$what" ] || continue
    word "$first"; word "$second"
    case $what in
      bridge)
        set -- "$@" -- --may-exist add-br "$first" -- set bridge "$first" "datapath_type=$second" external_ids:cloison=1
        bridges="$bridges$first " ;;
      trunk)
        set -- "$@" -- --may-exist add-port "$first" "$second" -- set port "$second" tag=[] external_ids:cloison=1
        wanted="$wanted$second " ;;
      access)
        number "$third"
        set -- "$@" -- --may-exist add-port "$first" "$second" -- set port "$second" "tag=$third" external_ids:cloison=1
        case $tags in *" $third "*) set -- "$@" protected=true external_ids:cloison-apart=1 ;; esac
        wanted="$wanted$second " ;;
      vlan)
        address="[]"
        case $third in *" "*) address=\"${third#* }\"; third=${third%% *}; tell_neighbours "$second" ;; esac
        number "$third"
        [ "$third" != 0 ] || third="[]"  # untagged
        set -- "$@" -- --may-exist add-port "$first" "$second" -- set port "$second" "tag=$third" external_ids:cloison=1 \
          -- set interface "$second" type=internal "mac=$address"
        wanted="$wanted$second " ;;
      apart|from|answers) ;;
      *) die "'$what' is no line of a switch" ;;
    esac
  done <<LINES
$lines
LINES
  for port in $(ovs-vsctl --timeout=5 --bare --columns=name find port external_ids:cloison=1); do
    case $wanted in *" $port "*) ;; *) set -- "$@" -- --if-exists del-port "$port" ;; esac
  done
  for bridge in $(ovs-vsctl --timeout=5 --bare --columns=name find bridge external_ids:cloison=1); do
    case $bridges in *" $bridge "*) ;; *) set -- "$@" -- --if-exists del-br "$bridge" ;; esac
  done
  [ $# -gt 0 ] || return 0
  ovs-vsctl --timeout=20 "$@" || return 1
  for port in $wanted; do
    [ -e "/sys/class/net/$port" ] || { printf 'there is no interface %s\n' "$port" >&2; return 1; }
    ip link set dev "$port" up || return 1
    # The userspace datapath drops what the kernel left without a checksum.
    ethtool -K "$port" tx off >/dev/null 2>&1 || true
  done
}
