# shellcheck shell=sh disable=SC2154
# Standing in for each other: a part of agent.sh. keepalived decides which node has the addresses that they share (VRRP,
# RFC 9568); what hangs on that follows the addresses themselves.

own_table=20478  # also its rule's place: after those of the underlays

# Lines: "over INTERFACE", "shared ADDRESS/LENGTH INTERFACE", and how the node itself reaches its place: "reach PREFIX SOURCE
# INTERFACE VIA-WHEN-STANDING-BY VIA-WHEN-SERVING", with "-" for none.
redundancy_lines() { sed '/^#/d;/^$/d' "$redundancy_file" 2>/dev/null; }
has_address() { ip -o address show dev "$2" 2>/dev/null | grep -qF " $1 "; }

# Whether this node has the shared addresses now: the first of them tells.
serves() {
  redundancy_lines | while read -r what first second _; do
    [ "$what" = shared ] || continue
    if has_address "$first" "$second"; then echo yes; fi
    break
  done | grep -q yes
}

family_of() { case $1 in *:*) echo 6 ;; *) echo 4 ;; esac; }

# FAMILY: "PREFIX [via ADDRESS] dev INTERFACE src SOURCE", as the node should reach its place by the role that it has.
own_ways() {
  if serves; then role=serving; else role="standing-by"; fi
  over=$(redundancy_lines | awk '$1 == "over" { print $2 }')
  redundancy_lines | while read -r what prefix source interface standing serving; do
    [ "$what" = reach ] && [ "$(family_of "$prefix")" = "$1" ] || continue
    via=$serving
    if [ $role = standing-by ]; then via=$standing; [ "$via" = - ] || interface=$over; fi
    # Where a router is on the way in either role, what is on its network needs none.
    [ "$serving" = - ] || ip "-$1" route show table main dev "$interface" proto kernel 2>/dev/null |
      awk -v rest="dev $interface src $source" '/ via / || /^fe80:/ || /^ff00:/ || /^multicast/ { next } $1 ~ /\// { print $1, rest }'
    if [ "$via" = - ]; then via=; else via=" via $via"; fi
    printf '%s%s dev %s src %s\n' "$prefix" "$via" "$interface" "$source"
  done | sort -u
}

present_ways() {
  ip "-$1" route show table $own_table 2>/dev/null | awk '
    { line = $1; dev = source = ""
      for (i = 2; i < NF; i++) { if ($i == "via") line = line " via " $(i + 1); if ($i == "dev") dev = $(i + 1); if ($i == "src") source = $(i + 1) }
      print line " dev " dev " src " source }' | sort
}

has_own_rule() { ip "-$1" rule show | grep -q "^$own_table:.* iif lo lookup $own_table"; }

# What the node itself sends into its place has its own address, and goes by the node that serves where it stands by.
# As the kernel's own, or networkd would remove it whenever it starts.
sync_own_ways() {
  for family in $(families); do
    wanted=$(own_ways "$family")
    present=$(present_ways "$family")
    if [ -z "$wanted" ]; then
      ip "-$family" rule del pref $own_table iif lo lookup $own_table 2>/dev/null
      ip "-$family" route flush table $own_table 2>/dev/null
      continue
    fi
    has_own_rule "$family" || ip "-$family" rule add pref $own_table iif lo protocol kernel lookup $own_table || return 1
    [ "$wanted" != "$present" ] || continue
    printf '%s\n' "$present" | while read -r line; do
      # shellcheck disable=SC2086  # words of the kernel's own
      [ -z "$line" ] || printf '%s\n' "$wanted" | grep -qxF "$line" || ip "-$family" route del ${line%% *} table $own_table 2>/dev/null
    done
    { printf '%s\n' "$wanted" | grep -v ' via '; printf '%s\n' "$wanted" | grep ' via '; } | while read -r line; do
      # shellcheck disable=SC2086
      ip "-$family" route replace $line table $own_table proto kernel 2>/dev/null
    done
  done
  return 0
}

# DHCP and router advertisements are the serving node's alone.
sync_services() {
  changed=no
  if serves; then wanted=yes; else wanted=no; fi
  for file in "$master_files"/*.conf; do
    [ -f "$file" ] && [ $wanted = yes ] || continue
    place=/run/systemd/network/70-cloison-$(basename "$file" .conf).network.d
    cmp -s "$file" "$place/master.conf" && continue
    mkdir -p "$place" && cp "$file" "$place/master.conf" || return 1
    changed=yes
  done
  for file in /run/systemd/network/70-cloison-*.network.d/master.conf; do
    [ -f "$file" ] || continue
    name=$(basename "$(dirname "$file")" .network.d)
    [ $wanted = yes ] && [ -f "$master_files/${name#70-cloison-}.conf" ] && continue
    rm -f "$file" && rmdir "$(dirname "$file")"
    changed=yes
  done
  [ $changed = no ] || networkctl reload
}

# A connection may have gone by another node meanwhile, so numbers that this one has not seen are no reason to end it.
take_connections_up() { [ ! -f $redundancy_file ] || sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1; }

take_role() { take_connections_up; sync_own_ways && sync_services && sync_answers; }
activate_roles() { take_role; }

# Called by its unit.
follow_role() {
  ip monitor address link | {
    take_role; sleep 1; take_role
    while read -r line; do
      timeout 0.05 cat >/dev/null
      take_role
    done
  }
}

# Called by keepalived: whether it can hear the others at all.
placed() {
  over=$(redundancy_lines | awk '$1 == "over" { print $2; exit }')
  source=$(redundancy_lines | awk '$1 == "own" { print $2; exit }')
  ip -o address show dev "$over" | grep -qF " $source/"
}

# Called by keepalived: whether the service is there to answer.
running() { word "$1"; systemctl -q is-active "$(service_unit "$1").service"; }

# Called by keepalived: whether some way to another place is open. A node without any serves only if no other has one.
linked() { [ -n "$(ip route show proto bgp; ip -6 route show proto bgp 2>/dev/null)" ]; }

keepalived_is_ours() { is_marked $keepalived_file; }

may_take_keepalived() {
  have keepalived || die "keepalived is not installed"
  if [ -e $keepalived_file ] && ! keepalived_is_ours; then
    die "keepalived is configured here already, for somebody else: $keepalived_file"
  fi
}

activate_redundancy() {
  if ! keepalived_is_ours; then
    if [ -f "$state/keepalived" ]; then
      systemctl -q disable --now keepalived.service cloison-redundancy.service 2>/dev/null
      rm -f "$state/keepalived"
    fi
    take_role
    return
  fi
  keepalived -t -f $keepalived_file || return 1
  : >"$state/keepalived"
  systemctl -q is-enabled keepalived.service 2>/dev/null || systemctl -q enable keepalived.service || return 1
  systemctl restart cloison-redundancy.service || return 1
  if systemctl -q is-active keepalived.service; then
    systemctl reload keepalived.service || return 1
  else
    systemctl -q reset-failed keepalived.service 2>/dev/null
    systemctl start keepalived.service || return 1
  fi
  sleep 1  # it serves, or hears who does
  take_role
}

# "daemon ok|stopped", "follower ok|stopped", "missing ADDRESS INTERFACE" of a node that serves, "way PREFIX".
# What follows a change of roles is a moment late.
redundancy_state() {
  [ -f $redundancy_file ] || return 0
  tries=0
  while :; do
    roles=$(redundancy_now)
    case $newline$roles in *"${newline}missing"*|*"${newline}way"*) [ $tries -lt 20 ] || break ;; *) break ;; esac
    tries=$((tries + 1)); sleep 0.1
  done
  printf '%s\n' "$roles"
}

redundancy_now() {
  for unit in keepalived cloison-redundancy; do
    if systemctl -q is-active $unit.service; then echo "$unit ok"; else echo "$unit stopped"; fi
  done
  if serves; then
    echo "role serving"
    redundancy_lines | while read -r what first second _; do
      if [ "$what" = shared ] && ! has_address "$first" "$second"; then printf 'missing %s %s\n' "$first" "$second"; fi
    done
  else
    echo "role standing-by"
  fi
  for family in $(families); do
    [ -z "$(own_ways "$family")" ] || has_own_rule "$family" || echo "way rule"
    present=$(present_ways "$family")
    own_ways "$family" | while read -r line; do
      printf '%s\n' "$present" | grep -qxF "$line" || printf 'way %s\n' "${line%% *}"
    done
  done
}
