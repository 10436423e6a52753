# shellcheck shell=sh disable=SC2154
# The kernel's own bridge with VLAN filtering (bridge(8), ip-link(8)): a part of agent.sh. Frames are in no VLAN but
# those that are written here; an interface on top of the bridge has each VLAN for the node itself.

# What we plugged in, a port a line; gone with the next boot, as the ports' places are.
plugged=/run/cloison/bridge-ports

is_ours() { [ "$(cat "/sys/class/net/$1/ifalias" 2>/dev/null)" = cloison ]; }
is_our_bridge() { [ -d "/sys/class/net/$1/bridge" ] && is_ours "$1"; }
our_bridges() {
  for folder in /sys/class/net/*/bridge; do
    folder=${folder%/bridge}
    if is_our_bridge "${folder##*/}"; then printf '%s\n' "${folder##*/}"; fi
  done
}

# "NAME NUMBER" of our interfaces on top of a bridge.
our_bridge_vlans() {
  [ -r /proc/net/vlan/config ] || return 0
  sed '1,2d;s/|/ /g' /proc/net/vlan/config | while read -r name vlan _; do
    if is_ours "$name"; then printf '%s %s\n' "$name" "$vlan"; fi
  done
}

# The switch's lines, where what has no tag, 0, has the number that it gets inside a bridge: the highest that no VLAN has.
bridge_lines() {
  switch_lines | awk '
    $1 == "apart" || $1 == "from" || $1 == "answers" { next }
    $1 == "bridge" && $3 != "linux-bridge" { other = 1 }
    { lines[++count] = $0; if ($1 == "vlan" || $1 == "access") used[$4] }
    END {
      if (other) exit
      for (free = 4094; free in used; --free) ;
      for (i = 1; i <= count; ++i) { $0 = lines[i]; if (($1 == "vlan" || $1 == "access") && $4 == 0) $4 = free " untagged"; print }
    }'
}

# Which VLANs each port is to have, by these lines: "PORT NUMBER", with a "u" where its frames have no tag.
bridge_plan() {
  awk '
    $1 == "trunk" { trunks[$3] }
    $1 == "access" { print $3, $4 "u" }
    $1 == "vlan" { print $2, $4; vlans[$4 ($5 == "untagged" ? "u" : "")] }
    END { for (port in trunks) for (vlan in vlans) print port, vlan }' | sort
}

# The same of what is there now.
bridge_vlans() {
  bridge vlan show 2>/dev/null | awk '
    NR > 1 {
      first = 1
      if ($0 ~ /^[^ \t]/) { port = $1; first = 2 }
      if ($first ~ /^[0-9]+$/) print port, $first ($0 ~ /PVID/ && $0 ~ /Untagged/ ? "u" : "")
    }' | sort
}

# Lines "bridge NAME FILTERS", "trunk PORT", with the VLANs that it has where they are not those that it is to have,
# "access PORT NUMBER" and "vlan INTERFACE NUMBER".
bridge_state() {
  lines=$(bridge_lines)
  plan=$(printf '%s\n' "$lines" | bridge_plan)
  there=$(bridge_vlans)
  untagged=$(printf '%s\n' "$lines" | sed -n 's/^vlan .* \([0-9]*\) untagged$/\1/p')
  for bridge in $(our_bridges); do
    printf 'bridge %s %s\n' "$bridge" "$(cat "/sys/class/net/$bridge/bridge/vlan_filtering")"
    for port in "/sys/class/net/$bridge/brif"/*; do
      port=${port##*/}
      grep -qxF "$port" $plugged 2>/dev/null || continue
      has=$(printf '%s\n' "$there" | sed -n "s/^$port //p")
      wanted=$(printf '%s\n' "$plan" | sed -n "s/^$port //p")
      case $has in
        *[!0-9u]*|*[0-9]|'') said="trunk $port" ;;
        "${untagged}u") said="access $port 0" ;;
        *) said="access $port ${has%u}" ;;
      esac
      if printf '%s\n' "$lines" | grep -qx "trunk $bridge $port" && [ "$has" = "$wanted" ]; then said="trunk $port"
      elif [ "${said%% *}" = trunk ]; then said="$said $(printf '%s' "${has:-none}" | tr '\n' ',')"
      fi
      printf '%s\n' "$said"
    done
    our_bridge_vlans | while read -r name vlan; do
      printf '%s\n' "$there" | grep -qx "$bridge $vlan" || continue
      if [ "$vlan" = "$untagged" ]; then vlan=0; fi
      printf 'vlan %s %s\n' "$name" "$vlan"
    done
  done
}

# The same address whenever it is made, and not that of whichever port has the lowest one: neighbours remember it.
bridge_address() {
  printf '%s %s' "$1" "$(cat /etc/machine-id)" | sha256sum | sed 's/^\(..\)\(..\)\(..\)\(..\)\(..\).*/02:\1:\2:\3:\4:\5/'
}

make_bridge() {
  if ! is_our_bridge "$1"; then
    if [ -e "/sys/class/net/$1" ]; then cannot "there is an interface $1 already, and it is none of cloison's"; return 1; fi
    ip link add name "$1" address "$(bridge_address "$1")" type bridge vlan_filtering 1 vlan_default_pvid 0 || return 1
    ip link set dev "$1" alias cloison || return 1
  fi
  ip link set dev "$1" type bridge vlan_filtering 1 || return 1
  ip link set dev "$1" addrgenmode none up
}

# BRIDGE PORT: into the bridge, unless it is in another one.
plug_in() {
  [ -e "/sys/class/net/$2" ] || { cannot "there is no interface $2"; return 1; }
  master=$(readlink "/sys/class/net/$2/master" 2>/dev/null)
  case ${master##*/} in
    "$1") ;;
    '') ip link set dev "$2" master "$1" || return 1 ;;
    *) cannot "interface $2 is in ${master##*/} already"; return 1 ;;
  esac
  printf '%s\n' "$2" >>$plugged.new
  ip link set dev "$2" up
}

# BRIDGE INTERFACE NUMBER
make_bridge_vlan() {
  if [ -e "/sys/class/net/$2" ]; then
    is_ours "$2" || { cannot "there is an interface $2 already, and it is none of cloison's"; return 1; }
  else
    ip link add link "$1" name "$2" type vlan id "$3" || return 1
    ip link set dev "$2" alias cloison || return 1
  fi
  ip link set dev "$2" up
}

# What no line asks for goes first, so that nothing is in two places.
take_out_of_bridges() {
  our_bridge_vlans | while read -r name vlan; do
    printf '%s\n' "$1" | grep -qE "^vlan [^ ]* $name $vlan( |$)" || ip link del dev "$name" || return 1
  done || return 1
  if [ -f $plugged ]; then
    while read -r port; do
      [ -e "/sys/class/net/$port" ] || continue
      printf '%s\n' "$1" | grep -qE "^(trunk [^ ]*|access [^ ]*) $port( |$)" || ip link set dev "$port" nomaster || return 1
    done <$plugged
  fi
  for name in $(our_bridges); do
    printf '%s\n' "$1" | grep -q "^bridge $name linux-bridge$" || ip link del dev "$name" || return 1
  done
}

# As the switch's files say, if they ask for such a bridge; else without one.
activate_bridge() {
  lines=$(bridge_lines)
  take_out_of_bridges "$lines" || return 1
  [ -n "$lines" ] || { rm -f $plugged; return 0; }
  mkdir -p /run/cloison && : >$plugged.new || return 1
  printf '%s\n' "$lines" | while read -r what first second third _; do
    case $what in
      bridge) word "$first"; make_bridge "$first" || exit 1 ;;
      trunk|access) word "$second"; plug_in "$first" "$second" || exit 1 ;;
      vlan) word "$second"; number "$third"; make_bridge_vlan "$first" "$second" "$third" || exit 1 ;;
      *) die "'$what' is no line of a switch" ;;
    esac
  done || return 1
  mv $plugged.new $plugged || return 1
  set_bridge_vlans "$(printf '%s\n' "$lines" | bridge_plan)"
}

# Exactly those of the plan, at the bridges and at what we plugged in.
set_bridge_vlans() {
  bridge_vlans | while read -r port vlan; do
    if ! is_our_bridge "$port" && ! grep -qxF "$port" $plugged; then continue; fi
    printf '%s\n' "$1" | grep -qx "$port $vlan" || at_port del "$port" "$vlan" || exit 1
  done || return 1
  there=$(bridge_vlans)
  printf '%s\n' "$1" | while read -r port vlan; do
    [ -n "$port" ] || continue
    printf '%s\n' "$there" | grep -qx "$port $vlan" || at_port add "$port" "$vlan" || exit 1
  done
}

# add|del PORT NUMBER[u]
at_port() {
  set -- "$1" "$2" "$3" "${3%u}"
  if is_our_bridge "$2"; then bridge vlan "$1" dev "$2" vid "$4" self
  elif [ "$3" = "$4" ]; then bridge vlan "$1" dev "$2" vid "$4"
  else bridge vlan "$1" dev "$2" vid "$4" pvid untagged
  fi
}
