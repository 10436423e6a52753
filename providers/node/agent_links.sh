# shellcheck shell=sh disable=SC2154
# Keys, tunnels, underlays and routing: a part of agent.sh, which names the places and has what all of it uses.

private=/etc/cloison/private

# --- Telling ---------------------------------------------------------------------------------------------------------
# "NAME PUBLIC-KEY". The private key goes into a pipe here, and nowhere else.
public_keys() {
  for file in "$private"/*.key; do
    if [ -s "$file" ]; then printf '%s %s\n' "$(basename "$file" .key)" "$(wg pubkey <"$file")"; fi
  done
  ipsec_public_keys
}

# Without the columns of the private keys and of the shared ones. A shared key is none of ours: it makes of a peer one that
# no file names.
tunnel_state() {
  wg show all dump | awk -F '\t' '
    NF == 5 { print "interface", $1, $3, $4, $5 }
    NF == 9 { print "peer", $1, $2 ($3 == "(none)" ? "" : "+shared-key"), $4, $5, $9 }'
}

# "NAME MARK RULES ROUTES", the last two "ok" or "differ".
underlay_state() {
  underlay_lines | while read -r _ first second third _; do
    rules=ok; routes=ok
    for family in $(families); do
      has_rules "$family" "$third" || rules=differ
      [ "$(routes_of "$family" main "$second")" = "$(routes_of "$family" "$third" "$second")" ] || routes=differ
    done
    printf '%s %s %s %s\n' "$first" "$third" "$rules" "$routes"
  done
}

# --- Keys and tunnels: WireGuard -------------------------------------------------------------------------------------
# A private key is born here and stays here: no answer, no argument and no copy of the former configuration holds it.
activate_keys() {
  ipsec_born=
  for file in "$key_files"/*.conf; do
    [ -f "$file" ] || continue
    key=$(basename "$file" .conf)
    if grep -qx "key $key ecdsa-p384" "$file"; then
      [ -s "$(ipsec_key "$key")" ] || ipsec_born=yes
      make_ipsec_key "$key" || return 1
      continue
    fi
    [ ! -s "$private/$key.key" ] || continue
    have wg || { cannot "wireguard-tools is not installed"; return 1; }
    mkdir -p "$private" && chmod 700 "$private" || return 1
    (umask 077 && wg genkey >"$private/$key.new") && mv "$private/$key.new" "$private/$key.key" || return 1
    # Tunnels that had the lost one go on with this one.
    for tunnel in $(sed -n "s/^tunnel \\([A-Za-z0-9._-]*\\) $key [0-9]*$/\\1/p" "$tunnel_files"/*.conf 2>/dev/null); do
      [ ! -e "/sys/class/net/$tunnel" ] || configure_tunnel "$tunnel" || return 1
    done
  done
  for file in "$private"/*.key; do
    [ -f "$file" ] || continue
    [ -f "$key_files/$(basename "$file" .key).conf" ] || rm -f "$file" || return 1
  done
  drop_ipsec_keys || return 1
  # strongSwan goes on with what it has read of a lost one, until somebody asks anew who this is.
  [ -z "$ipsec_born" ] || [ ! -f "$vpn_settings" ] || ! systemctl -q is-active strongswan.service || load_connections
}

# What is said of a tunnel itself, as wg(8) reads it, with the key that only this node has.
tunnel_text() {
  printf '[Interface]\nPrivateKey = '
  cat "$private/$2.key"
  sed '/^#/d;/^\[Interface\]$/d' "$wireguard_files/$1.conf"
  # One that only dials gets another port: see `call_back`.
}

peers_text() {
  for peer in "$wireguard_files/$1.d"/*.conf; do
    if [ -f "$peer" ]; then sed '/^#/d' "$peer"; fi
  done
}

# Whether the tunnel itself is as its file says: key, port and mark.
stands() {
  [ "$(wg show "$1" public-key)" = "$(wg pubkey <"$private/$2.key")" ] || return 1
  port=$(sed -n 's/^ListenPort = //p' "$wireguard_files/$1.conf")
  [ -z "$port" ] || [ "$(wg show "$1" listen-port)" = "$port" ] || return 1
  mark=$(sed -n 's/^FwMark = //p' "$wireguard_files/$1.conf")
  [ "$(wg show "$1" fwmark)" = "${mark:-off}" ]
}

# The tunnel itself is left alone where it stands already: wireguard-go opens its sockets anew for whatever it is told of
# them, and what it sends before they have their mark goes by another provider, where the far end then answers.
configure_wireguard() {
  if [ "$(cat "/sys/class/net/$1/operstate")" != down ] && stands "$1" "$2"; then
    for public_key in $(wg show "$1" preshared-keys | awk '$2 != "(none)" { print $1 }'); do
      wg set "$1" peer "$public_key" remove || return 1
    done
    peers_text "$1" | wg addconf "$1" /dev/stdin || return 1
    for public_key in $(wg show "$1" peers); do
      peers_text "$1" | grep -qxF "PublicKey = $public_key" || wg set "$1" peer "$public_key" remove || return 1
    done
    return 0
  fi
  [ ! -S "/run/wireguard/$1.sock" ] || ip link set dev "$1" down || return 1
  { tunnel_text "$1" "$2"; peers_text "$1"; } | wg syncconf "$1" /dev/stdin
}

is_our_link() { [ "$(cat "/sys/class/net/$1/ifalias" 2>/dev/null)" = "cloison tunnel" ]; }

# Lines of a tunnel's file: "tunnel NAME KEY MTU", "address NAME ADDRESS/LENGTH". Peers that stay keep their session.
configure_tunnel() (
  file=$tunnel_files/$1.conf
  key=$(awk '$1 == "tunnel" { print $3; exit }' "$file")
  mtu=$(awk '$1 == "tunnel" { print $4; exit }' "$file")
  word "$1"; word "$key"; number "$mtu"
  [ -s "$private/$key.key" ] || { cannot "the tunnel $1 has no key $key"; return 1; }
  ip link set dev "$1" addrgenmode none 2>/dev/null
  ip link set dev "$1" alias "cloison tunnel" && configure_wireguard "$1" "$key" || return 1
  ip link set dev "$1" mtu "$mtu" up || return 1
  wanted=$(awk '$1 == "address" { print $3 }' "$file")
  present=$(ip -o address show dev "$1" | awk '{ print $4 }')
  for address in $wanted; do
    printf '%s\n' "$present" | grep -qxF "$address" && continue
    case $address in
      *[!0-9A-Fa-f.:/]*) cannot "'$address' is no address"; return 1 ;;
      *:*) ip address add "$address" dev "$1" nodad || return 1 ;;
      *) ip address add "$address" dev "$1" || return 1 ;;
    esac
  done
  for address in $present; do
    printf '%s\n' "$wanted" | grep -qxF "$address" || ip address del "$address" dev "$1" || return 1
  done
)

make_tunnel() {
  if [ ! -e "/sys/class/net/$1" ]; then
    if ! ip link add dev "$1" type wireguard 2>/dev/null; then
      have wireguard-go || { cannot "the kernel has no WireGuard, and wireguard-go is not installed"; return 1; }
      systemctl -q reset-failed "cloison-wireguard@$1.service" 2>/dev/null
      systemctl restart "cloison-wireguard@$1.service"  # which calls `tunnel`
      return
    fi
  fi
  configure_tunnel "$1"
}

# Whether somebody listens at the socket (the flag of /proc/net/unix). wg(8) takes one at which nobody does yet for left
# over, and removes it.
listens() { awk -v name="/run/wireguard/$1.sock" '$4 == "00010000" && substr($8, length($8) - length(name) + 1) == name { found = 1 } END { exit !found }' /proc/net/unix; }

# Called by its unit: wireguard-go has just begun to make the interface.
tunnel() {
  word "$1"
  tries=0
  until listens "$1" && wg show "$1" listen-port >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 400 ] || { cannot "wireguard-go does not make $1"; return 1; }
    sleep 0.05
  done
  configure_tunnel "$1"
}

activate_tunnels() {
  for file in "$tunnel_files"/*.conf; do
    [ -f "$file" ] || continue
    make_tunnel "$(basename "$file" .conf)" || return 1
  done
  for link in $(systemctl list-units --all --plain --no-legend 'cloison-wireguard@*.service' |
    sed -n 's/^cloison-wireguard@\([A-Za-z0-9._-]*\)\.service.*/\1/p'); do
    [ -f "$tunnel_files/$link.conf" ] || systemctl stop "cloison-wireguard@$link.service" || return 1
  done
  for link in /sys/class/net/*; do
    link=${link##*/}
    if is_our_link "$link" && [ ! -f "$tunnel_files/$link.conf" ]; then ip link del dev "$link" || return 1; fi
  done
  rmdir "$wireguard_files"/*.d 2>/dev/null
  return 0
}

# --- Underlays: the packets of a tunnel leave by its own provider ----------------------------------------------------
# Lines: "underlay NAME INTERFACE MARK METRIC". Packets with the mark look into the table of that number, which holds
# what the main one knows of the interface, and then nowhere else: a tunnel never goes by another provider unseen.
look_up=20470
stop_there=20471
underlay_lines() {
  set -- "$underlay_files"/*.conf
  [ ! -f "$1" ] || sed -s '/^#/d;/^$/d' "$@" 2>/dev/null
}
families() { if [ -d /proc/sys/net/ipv6 ]; then echo 4 6; else echo 4; fi; }

# FAMILY TABLE INTERFACE: "DESTINATION [via GATEWAY] [src ADDRESS] [onlink]", the best one of each destination.
routes_of() {
  ip "-$1" route show table "$2" dev "$3" 2>/dev/null | awk '
    / proto bgp/ || / via inet6/ || /^fe80:/ || /^ff00:/ || /^multicast/ || seen[$1]++ { next }
    {
      line = $1
      for (i = 2; i <= NF; i++) {
        if ($i == "via" || $i == "src") line = line " " $i " " $(i + 1)
        if ($i == "onlink") line = line " onlink"
      }
      print line
    }' | sort
}

has_rule() { ip "-$1" rule show | grep -q "^$2:.* fwmark $(printf '0x%x' "$3") $4"; }
has_rules() { has_rule "$1" $stop_there "$2" unreachable && has_rule "$1" $look_up "$2" "lookup $2"; }

# The barrier first, and never without it: one packet that goes by another provider takes the far end's answers there.
# As the kernel's own, or networkd would remove them whenever it starts.
add_rules() {
  has_rule "$1" $stop_there "$2" unreachable ||
    ip "-$1" rule add pref $stop_there fwmark "$2" protocol kernel unreachable || return 1
  has_rule "$1" $look_up "$2" "lookup $2" ||
    ip "-$1" rule add pref $look_up fwmark "$2" protocol kernel lookup "$2"
}

sync_underlay() (
  interface=$1; mark=$2; metric=$3
  for family in $(families); do
    add_rules "$family" "$mark" || return 1
    if ip "-$family" route show table "$mark" 2>/dev/null | grep -qv " dev $interface "; then
      ip "-$family" route flush table "$mark"
    fi
    wanted=$(routes_of "$family" main "$interface")
    present=$(routes_of "$family" "$mark" "$interface")
    [ "$wanted" != "$present" ] || continue
    printf '%s\n' "$present" | while read -r line; do
      # shellcheck disable=SC2086  # words of the kernel's own
      [ -z "$line" ] || printf '%s\n' "$wanted" | grep -qxF "$line" ||
        ip "-$family" route del $line dev "$interface" table "$mark" 2>/dev/null
    done
    # What is on the link first: gateways are reached by it.
    { printf '%s\n' "$wanted" | grep -v ' via '; printf '%s\n' "$wanted" | grep ' via '; } | while read -r line; do
      # shellcheck disable=SC2086
      [ -z "$line" ] || ip "-$family" route replace $line dev "$interface" table "$mark" metric "$metric" proto kernel 2>/dev/null
    done
  done
)

underlays() {
  marks=" "
  while read -r what first second third fourth; do
    [ "$what" = underlay ] || continue
    word "$first"; word "$second"; number "$third"; number "$fourth"
    sync_underlay "$second" "$third" "$fourth" || return 1
    marks="$marks$third "
  done <<LINES
$(underlay_lines)
LINES
  for family in $(families); do
    for mark in $(ip "-$family" rule show | sed -n "s/^\($look_up\|$stop_there\):.* fwmark \(0x[0-9a-f]*\) .*/\2/p"); do
      mark=$((mark))
      case $marks in *" $mark "*) continue ;; esac
      ip "-$family" rule del pref $look_up fwmark "$mark" 2>/dev/null
      ip "-$family" rule del pref $stop_there fwmark "$mark" 2>/dev/null
      ip "-$family" route flush table "$mark" 2>/dev/null
    done
  done
}

# A tunnel whose packets went by another provider is answered there, and wireguard-go then sends from where it was
# answered last, which its mark forbids: neither end would find out. At another port nobody answers the wrong way.
call_back() {
  for file in $(grep -lxF "FwMark = $(printf '0x%x' "$1")" "$wireguard_files"/*.conf 2>/dev/null); do
    link=$(basename "$file" .conf)
    [ -e "/sys/class/net/$link" ] || continue
    ip link set dev "$link" down && configure_tunnel "$link" || return 1
  done
}

activate_underlays() {
  astray=$(underlay_state | awk '$3 != "ok" || $4 != "ok" { print $2 }')
  underlays || return 1
  for mark in $astray; do call_back "$mark" || return 1; done
  if [ -n "$(underlay_lines)" ]; then
    systemctl restart cloison-underlays.service
  elif systemctl -q is-active cloison-underlays.service; then
    systemctl stop cloison-underlays.service
  fi
}

# DHCP may bring another gateway at any time. What comes at once, as in a change of a whole interface, is one change;
# what changes while the tables are brought up to date is read afterwards.
follow() {
  interfaces=$(underlay_lines | awk '{ print $3 }')
  ip monitor link route rule | {
    underlays; sleep 1; underlays
    while read -r line; do
      concerned=no
      case $line in *fwmark*) concerned=yes ;; esac
      for interface in $interfaces; do
        case "$line " in *" dev $interface "*|*" $interface: "*|*" $interface@"*) concerned=yes ;; esac
      done
      [ $concerned = yes ] || continue
      timeout 0.3 cat >/dev/null
      underlays
    done
  }
}

# --- Routing: FRR ----------------------------------------------------------------------------------------------------
# Before anything is written. What somebody else made of FRR is not ours to replace.
may_take_frr() {
  [ -d $frr ] && have vtysh || die "frr is not installed"
  [ -e /usr/lib/frr/frr-reload.py ] || die "frr-pythontools is not installed"
  if ! frr_is_ours && grep -q '^[[:space:]]*router ' $frr/frr.conf 2>/dev/null; then
    die "FRR routes here already, for somebody else: $frr/frr.conf has '$(grep -m 1 '^[[:space:]]*router ' $frr/frr.conf)'"
  fi
}

keep_foreign_frr() {
  [ -f "$state/frr" ] && return 0
  for file in daemons frr.conf; do
    [ ! -f $frr/$file ] || cp -p $frr/$file $frr/$file.before-cloison || return 1
  done
  : >"$state/frr"
}

give_frr_back() {
  [ -f "$state/frr" ] || return 0
  systemctl -q disable --now frr.service
  systemctl -q reset-failed frr.service 2>/dev/null  # it ends in a failure where its daemons are gone already
  for file in daemons frr.conf; do
    [ ! -f $frr/$file.before-cloison ] || mv -f $frr/$file.before-cloison $frr/$file || return 1
  done
  rm -f "$state/frr"
}

frr_answers() {
  systemctl -q is-active frr.service || return 1
  for daemon in zebra staticd bgpd bfdd; do
    vtysh -d $daemon -c 'show version' >/dev/null 2>&1 || return 1
  done
}

# FRR answers before it has read its whole file: lines that begin, go through and end it.
frr_landmarks() { grep -c -e '^router bgp' -e ' remote-as ' -e '^route-map ' -e '^ profile '; }

activate_routing() {
  if ! frr_is_ours; then give_frr_back; return; fi
  chown frr:frr $frr/daemons $frr/frr.conf || return 1
  systemctl -q is-enabled frr.service 2>/dev/null || systemctl -q enable frr.service || return 1
  if ! frr_answers; then
    systemctl -q reset-failed frr.service 2>/dev/null
    systemctl restart frr.service || return 1
    tries=0
    until [ "$(vtysh -c 'show running-config' 2>/dev/null | frr_landmarks)" = "$(frr_landmarks <$frr/frr.conf)" ]; do
      tries=$((tries + 1))
      [ $tries -lt 300 ] || { cannot "FRR does not start: journalctl -u frr"; return 1; }
      sleep 0.1
    done
    return 0
  fi
  # Only what differs is told to the daemons: a session that stays is not reset. Lines about the kernel's forwarding
  # are not ours, and FRR would take their absence for an order. From a folder of its own, since frr-reload.py writes what
  # runs into any other frr.conf.
  mkdir -p "$state/frr.d" &&
    { cat $frr/frr.conf; vtysh -c 'show running-config' | grep -E '^(no ip(v6)? forwarding|hostname .*)$'; } \
      >"$state/frr.d/frr.conf" || return 1
  said=$(python3 /usr/lib/frr/frr-reload.py --reload --confdir "$state/frr.d" "$state/frr.d/frr.conf" 2>&1)
  code=$?
  rm -rf "$state/frr.d"
  [ $code = 0 ] || printf '%s\n' "$said" | tail -n 5 >&2
  return $code
}

# Places that may be somebody else's although they could be ours.
may_write() {
  case $1 in
    $frr/*) may_take_frr ;;
    "$keepalived_file"|"$redundancy_file") may_take_keepalived ;;
    "$key_files"/*) have wg || have openssl || die "neither wireguard-tools nor openssl is installed" ;;
    "$wireguard_files"/*) have wg || die "wireguard-tools is not installed" ;;
    "$vpn_files"/*|"$vpn_settings"|$strongswan/*) may_take_strongswan ;;
    "$guest_files"/*.conf) may_make_guest "$1" ;;
    "$guest_files"/*.disk) have qemu-img || die "qemu-utils is not installed" ;;
    "$tunnel_files"/*)
      kernel | grep -qx wireguard || have wireguard-go || die "the kernel has no WireGuard, and wireguard-go is not installed"
      link=$(basename "$1" .conf)
      if [ ! -f "$1" ] && [ -e "/sys/class/net/$link" ] && ! is_our_link "$link"; then
        die "there is an interface $link already, and it is none of cloison's"
      fi ;;
  esac
}
