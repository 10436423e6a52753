# shellcheck shell=sh disable=SC2154
# IPsec by strongSwan, and flows that open while tunnels are down: a part of agent.sh.

# --- Telling ---------------------------------------------------------------------------------------------------------
ipsec_key() { printf '%s/private/cloison-key-%s.pem' "$strongswan" "$1"; }
ipsec_public_keys() {
  for file in "$strongswan"/private/cloison-key-*.pem; do
    [ -s "$file" ] || continue
    key=${file##*/cloison-key-}
    printf '%s %s\n' "${key%.pem}" "$(openssl pkey -in "$file" -pubout 2>/dev/null | sed '/^-----/d' | tr -d '\n')"
  done
}

# "NAME ok|differ": what of the kernel and of strongSwan's files belongs to a connection; "-" for the services.
# What follows a change of roles is a moment late.
vpn_state() {
  tries=0
  while :; do
    vpn_told=$(vpn_now)
    if [ ! -f "$redundancy_file" ] || [ $tries -ge 24 ] || vpn_settled; then break; fi
    tries=$((tries + 1)); sleep 0.25
  done
  printf '%s\n' "$vpn_told"
}

vpn_settled() {
  case "$vpn_told$newline" in *" differ$newline"*) return 1 ;; esac
  loaded=" $(loaded_connections | tr '\n' ' ')"
  if rests; then [ "$loaded" = " " ]; return; fi
  for connection in $({ vpn_lines way; vpn_lines listen; } | awk '{ print $3 }'); do
    case $loaded in *" $connection "*) ;; *) return 1 ;; esac
  done
}

vpn_now() {
  if systemctl -q is-active strongswan.service && systemctl -q is-active cloison-vpn.service; then echo "- ok"; fi
  see_ways
  astray=" $(vpn_astray | tr '\n' ' ')"
  vpn_lines interface | while read -r _ name interface id _; do
    found=ok
    [ "$id" = 0 ] || is_our_link "$interface" || found=differ
    case $astray in *" $name "*) found=differ ;; esac
    filled "$name" | cmp -s - "$strongswan/conf.d/cloison-$name.conf" || found=differ
    printf '%s %s\n' "$name" $found
  done
}

# Connections that lack a route or an address, each once.
vpn_astray() {
  {
    vpn_lines interface; vpn_lines route; vpn_lines address
    ip -o address show scope global 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print "held", $2, $4 }'
    for family in $(families); do ip "-$family" route show table main proto static 2>/dev/null | sed "s/^/led$family /"; done
  } | awk '
    $1 == "interface" { interface[$2] = $3 }
    $1 == "held" { held[$2 " " $3] = 1 }
    $1 == "route" || $1 == "address" { line[++lines] = $0 }
    $1 ~ /^led/ {
      prefix = $2; by = metric = ""; source = "-"
      if (prefix == "default") prefix = $1 == "led6" ? "::/0" : "0.0.0.0/0"
      if (prefix !~ /\//) prefix = prefix ($1 == "led6" ? "/128" : "/32")
      for (i = 3; i < NF; i++) {
        if ($i == "dev") by = $(i + 1)
        if ($i == "metric") metric = $(i + 1)
        if ($i == "src") source = $(i + 1)
      }
      led[prefix " " by " " metric] = source
    }
    END {
      for (i = 1; i <= lines; i++) {
        split(line[i], part, " ")
        by = interface[part[2]]
        if (part[1] == "route" ? led[part[3] " " by " " part[4]] != part[5] : !((by " " part[3]) in held)) print part[2]
      }
    }' | sort -u
}

# A digest under a salt that is new each time: whoever knows the key can compare, and nobody else learns anything that lasts.
secret_digests() {
  salt=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf -- '- %s\n' "$salt"
  for file in "$vpn_files"/*.swanctl; do
    [ -f "$file" ] && grep -q '^    secret = ' "$file" || continue
    printf '%s %s\n' "$(basename "$file" .swanctl)" \
      "$({ printf '%s\n' "$salt"; sed -n 's/^    secret = //p' "$file"; } | sha256sum | cut -d ' ' -f 1)"
  done
}

# --- Keys ------------------------------------------------------------------------------------------------------------
# Born here as WireGuard's are; where strongSwan reads it, and its profile of AppArmor lets it.
make_ipsec_key() {
  word "$1"
  file=$(ipsec_key "$1")
  if [ ! -s "$file" ]; then
    have openssl || { cannot "openssl is not installed"; return 1; }
    [ -d "$strongswan/private" ] || { cannot "strongswan-swanctl is not installed"; return 1; }
    (umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$file.new" 2>/dev/null) &&
      mv "$file.new" "$file" || return 1
  fi
  openssl pkey -in "$file" -pubout -out "$strongswan/pubkey/cloison-key-$1.pem.new" 2>/dev/null &&
    chmod 644 "$strongswan/pubkey/cloison-key-$1.pem.new" &&
    mv "$strongswan/pubkey/cloison-key-$1.pem.new" "$strongswan/pubkey/cloison-key-$1.pem"
}

drop_ipsec_keys() {
  for file in "$strongswan"/private/cloison-key-*.pem; do
    [ -f "$file" ] || continue
    key=${file##*/cloison-key-}; key=${key%.pem}
    grep -qx "key $key ecdsa-p384" "$key_files/$key.conf" 2>/dev/null ||
      rm -f "$file" "$strongswan/pubkey/cloison-key-$key.pem" || return 1
  done
}

# --- Connections -----------------------------------------------------------------------------------------------------
# Lines of a connection's file: "interface NAME INTERFACE ID" (ID 0: strongSwan's own), "way NAME CONNECTION INTERFACE MARK"
# where it dials, the preferred first, or "listen NAME CONNECTION", "address NAME ADDRESS", "route NAME PREFIX METRIC SOURCE".
vpn_lines() {
  vpn_kind=$1
  set -- "$vpn_files"/*.conf
  [ ! -f "$1" ] || sed -s '/^#/d;/^$/d' "$@" 2>/dev/null | grep "^$vpn_kind "
}
of_connection() { vpn_lines "$1" | awk -v name="$2" '$2 == name'; }

# Of nodes that stand in for each other, only the one that serves has connections.
rests() { [ -f "$redundancy_file" ] && ! serves; }

# What strongSwan reads of it: each way with the address that its interface has now. Without one it goes nowhere, rather than
# by another provider. `see_ways` looks for all of them.
see_ways() {
  filling=
  if rests; then filling=nothing; return; fi
  for interface in $(vpn_lines way | awk '$4 != "-" { print $4 }' | sort -u); do
    word "$interface"
    address=$(ip -4 -o address show dev "$interface" scope global 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4; exit }')
    filling="${filling}s/@$interface@/${address:-127.0.0.2}/;"
  done
}

filled() {
  [ "$filling" != nothing ] || return 0
  sed "/^#/d;$filling" "$vpn_files/$1.swanctl" 2>/dev/null  # who compares may have seen enough
}

vpn_routes() { of_connection route "$1" | awk '{ print $3, $4, $5 }' | sort; }

# Somebody else's strongSwan is not ours to change: our settings hold for all of it.
may_take_strongswan() {
  have swanctl && [ -x /usr/sbin/charon-systemd ] || die "strongswan-swanctl or charon-systemd is not installed"
  [ ! -f "$vpn_settings" ] || return 0
  ! systemctl -q is-active strongswan-starter.service || die "strongswan-starter serves somebody else here"
  for file in "$strongswan"/conf.d/*.conf; do
    case $file in *'*'*|*/cloison-*) ;; *) die "strongSwan serves somebody else here already: there is $file" ;; esac
  done
  if systemctl -q is-active strongswan.service && [ -n "$(swanctl --list-conns --raw 2>/dev/null | grep '^list-conn event')" ]; then
    die "strongSwan serves somebody else here already: swanctl --list-conns"
  fi
}

give_strongswan_back() {
  systemctl -q is-active cloison-vpn.service && systemctl stop cloison-vpn.service
  [ -f "$state/strongswan" ] || return 0
  systemctl -q disable --now strongswan.service
  drop_interfaces " "
  drop_address_rules " "
  rm -f "$strongswan"/conf.d/cloison-*.conf "$state/strongswan"
}

drop_interfaces() {
  for interface in /sys/class/net/vpn-*; do
    interface=${interface##*/}
    case $1 in *" $interface "*) continue ;; esac
    if is_our_link "$interface"; then ip link del dev "$interface" || return 1; fi
  done
}

# Where the kernel encrypts, each link has an interface of its own; in userspace strongSwan has one for all.
sync_interface() {
  number "$mtu"; word "$1"; number "$2"
  if [ "$2" != 0 ] && [ ! -e "/sys/class/net/$1" ]; then
    ip link add dev "$1" type xfrm dev lo if_id "$2" && ip link set dev "$1" alias "cloison tunnel" up || return 1
  fi
  [ -e "/sys/class/net/$1" ] || return 0
  [ "$(cat "/sys/class/net/$1/mtu")" = "$mtu" ] || ip link set dev "$1" mtu "$mtu"
}

put_vpn_route() {
  case $2$4 in *[!0-9A-Fa-f.:/-]*) cannot "'$2' is no prefix"; return 1 ;; esac
  number "$3"
  family=$(family_of "$2")
  if [ "$4" = - ]; then
    ip "-$family" route replace "$2" dev "$1" metric "$3" proto static
  else
    ip "-$family" route replace "$2" dev "$1" metric "$3" proto static src "$4"
  fi
}

vpn_addresses_there() { ip -o address show dev "$1" scope global 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4 }'; }
lacks_address() {
  there=" $(vpn_addresses_there "$2" | tr '\n' ' ')"
  for address in $(of_connection address "$1" | awk '{ print $3 }'); do
    case $there in *" $address "*) ;; *) printf '%s\n' "$address" ;; esac
  done
}

# strongSwan in userspace serves no selector in which the node has no address.
sync_vpn_addresses() {
  [ -e "/sys/class/net/$2" ] || return 0
  for address in $(lacks_address "$1" "$2"); do
    case $address in
      *[!0-9A-Fa-f.:]*) cannot "'$address' is no address"; return 1 ;;
      *:*) ip address add "$address/128" dev "$2" nodad || return 1 ;;
      *) ip address add "$address/32" dev "$2" || return 1 ;;
    esac
  done
}

sync_vpn_routes() {
  [ -e "/sys/class/net/$2" ] || return 0
  vpn_routes "$1" | while read -r prefix metric source; do
    put_vpn_route "$2" "$prefix" "$metric" "$source" || return 1
  done
}

# Routes of ours to where nobody leads any more.
drop_vpn_routes() {
  led=" $(vpn_lines route | awk '{ print $3 }' | tr '\n' ' ')"
  for interface in ipsec0 $(vpn_lines interface | awk '{ print $3 }' | sort -u); do
    [ -e "/sys/class/net/$interface" ] || continue
    for family in $(families); do
      whole=32; [ "$family" = 4 ] || whole=128
      for prefix in $(ip "-$family" route show dev "$interface" proto static 2>/dev/null | awk '{ print $1 }'); do
        case $led in *" $prefix "*|*" $prefix/$whole "*) ;; *) ip "-$family" route del "$prefix" dev "$interface" proto static ;; esac
      done
    done
  done
}

# IKE, and ESP in UDP, leave by the interface whose address they have: the mark of the underlay's other packets cannot be
# given to them one connection at a time. ESP of the kernel's own has that mark.
by_address=20472
not_otherwise=20473
drop_address_rules() {
  for pref in $by_address $not_otherwise; do
    ip -4 rule show pref $pref | while read -r _ _ address _ _ _ port _; do
      case $1 in *" $address "*) continue ;; esac
      ip -4 rule del pref $pref from "$address" ipproto udp sport "$port"
    done
  done
}

sync_address_rules() {
  wanted=" "
  while read -r interface mark; do
    [ -n "$interface" ] || continue
    address=$(ip -4 -o address show dev "$interface" scope global 2>/dev/null | awk '{ sub(/\/.*/, "", $4); print $4; exit }')
    [ -n "$address" ] || continue
    wanted="$wanted$address "
    for port in 500 4500; do
      ip -4 rule show pref $not_otherwise | grep -q "from $address ipproto udp sport $port " ||
        ip -4 rule add pref $not_otherwise from "$address" ipproto udp sport $port protocol kernel unreachable || return 1
      ip -4 rule show pref $by_address | grep -q "from $address ipproto udp sport $port lookup $mark" ||
        ip -4 rule add pref $by_address from "$address" ipproto udp sport $port protocol kernel lookup "$mark" || return 1
    done
  done <<LINES
$(vpn_lines way | awk '$4 != "-" && $5 != 0 { print $4, $5 }' | sort -u)
LINES
  drop_address_rules "$wanted"
}

# 0: nothing was new for strongSwan; 2: something was.
fill_connections() {
  code=0
  see_ways
  for name in $(vpn_lines interface | awk '{ print $2 }'); do
    word "$name"
    file=$strongswan/conf.d/cloison-$name.conf
    filled "$name" | cmp -s - "$file" && continue
    (umask 077 && filled "$name" >"$file.new") && mv "$file.new" "$file" || return 1
    printf '%s\n' "$name" >>"$state/vpn.changed"
    code=2
  done
  for file in "$strongswan"/conf.d/cloison-*.conf; do
    [ -f "$file" ] || continue
    name=${file##*/cloison-}
    if [ ! -f "$vpn_files/${name%.conf}.swanctl" ]; then rm -f "$file" || return 1; code=2; fi
  done
  return $code
}

sync_vpn() {
  interfaces=" "
  mtu=$(vpn_lines mtu | awk '{ print $3; exit }')
  astray=" $(vpn_astray | tr '\n' ' ')"
  while read -r _ name interface id _; do
    [ -n "$name" ] || continue
    sync_interface "$interface" "$id" || { cannot "there is no interface $interface"; return 1; }
    interfaces="$interfaces$interface "
    case $astray in *" $name "*) ;; *) continue ;; esac
    sync_vpn_addresses "$name" "$interface" || { cannot "$interface does not get its addresses"; return 1; }
    sync_vpn_routes "$name" "$interface" || { cannot "the routes of $name cannot be made"; return 1; }
  done <<LINES
$(vpn_lines interface)
LINES
  drop_interfaces "$interfaces" && drop_vpn_routes && sync_address_rules || { cannot "rules and routes cannot be made"; return 1; }
}

loaded_connections() { swanctl --list-conns --raw 2>/dev/null | sed -n 's/^list-conn event {\([^ ]*\) .*/\1/p'; }

# Connections that are up as strongSwan remembers them end where no file, or another one, says what they are.
load_connections() {
  swanctl --load-creds --clear --noprompt >/dev/null 2>&1 || { cannot "strongSwan does not take the keys: swanctl --load-creds"; return 1; }
  said=$(swanctl --load-conns 2>&1) || { cannot "strongSwan does not take the connections: $(printf '%s' "$said" | tail -n 3)"; return 1; }
  changed=" $( [ ! -f "$state/vpn.changed" ] || tr '\n' ' ' <"$state/vpn.changed")"
  kept=" "
  while read -r what name connection _; do
    case $what in way|listen) case $changed in *" $name "*) ;; *) kept="$kept$connection " ;; esac ;; esac
  done <<LINES
$(rests || { vpn_lines way; vpn_lines listen; })
LINES
  for connection in $(swanctl --list-sas --raw 2>/dev/null | sed -n 's/^list-sa event {\([^ ]*\) .*/\1/p' | sort -u); do
    case $kept in *" $connection "*) ;; *) swanctl --terminate --force --timeout 2 --ike "$connection" >/dev/null 2>&1 ;; esac
  done
  rm -f "$state/vpn.changed"
}

activate_vpn() {
  if [ ! -f "$vpn_settings" ]; then give_strongswan_back; return; fi
  [ -f "$state/strongswan" ] || : >"$state/strongswan" || return 1
  # What tends the connections would write the same files meanwhile; it begins again at the end.
  systemctl -q is-active cloison-vpn.service && systemctl stop cloison-vpn.service
  mkdir -p /run/cloison || return 1
  fill_connections; [ $? != 1 ] || { cannot "strongSwan's files cannot be written"; return 1; }
  systemctl -q is-enabled strongswan.service 2>/dev/null || systemctl -q enable strongswan.service || return 1
  if ! systemctl -q is-active strongswan.service || ! cmp -s "$vpn_settings" /run/cloison/strongswan.conf; then
    systemctl -q reset-failed strongswan.service 2>/dev/null
    systemctl restart strongswan.service || { cannot "strongSwan does not start: journalctl -u strongswan"; return 1; }
    cp "$vpn_settings" /run/cloison/strongswan.conf || return 1
  fi
  load_connections && sync_vpn && systemctl restart cloison-vpn.service
}

# Names of connections whose inner packets pass now.
up_connections() {
  swanctl --list-sas --raw 2>/dev/null | sed -n '/ state=INSTALLED /s/^list-sa event {\([^ ]*\) .*/\1/p' | tr '\n' ' '
}

# NAME CONNECTION…, the preferred first: one of them is up, and the far end drops the one before as the new one begins. A
# better way is tried while a worse one goes on.
dial() {
  while :; do
    if rests; then sleep 1; continue; fi
    up=" $(up_connections)"
    pause=10
    for connection in "$@"; do
      case $up in *" $connection "*) [ "$connection" != "$1" ] || pause=2; break ;; esac
      if swanctl --initiate --timeout 2 --ike "$connection" --child "$connection" >/dev/null 2>&1; then
        [ "$connection" != "$1" ] || pause=2
        break
      fi
      [ "$up" != " " ] || pause=1
    done
    sleep $pause
  done
}

vpn() {
  for name in $(vpn_lines way | awk '{ print $2 }' | sort -u); do
    # shellcheck disable=SC2046  # names without spaces
    dial $(of_connection way "$name" | awk '{ print $3 }') &
  done
  while :; do
    if ! systemctl -q is-active strongswan.service; then
      systemctl -q reset-failed strongswan.service 2>/dev/null
      systemctl start strongswan.service 2>/dev/null
    fi
    fill_connections
    filled_code=$?
    rm -f "$state/vpn.changed"  # an address that came or went, which is no reason to end what goes by another
    # Whoever has restarted strongSwan, or loaded something else, finds ours there again.
    missing=no
    loaded=" $(loaded_connections | tr '\n' ' ')"
    for connection in $(rests || { vpn_lines way; vpn_lines listen; } | awk '{ print $3 }'); do
      case $loaded in *" $connection "*) ;; *) missing=yes ;; esac
    done
    if [ $filled_code = 2 ] || [ $missing = yes ]; then load_connections; fi
    sync_vpn
    tries=0; role=$(if rests; then echo rests; else echo serves; fi)
    while [ $tries -lt 12 ] && [ "$(if rests; then echo rests; else echo serves; fi)" = $role ]; do sleep 0.25; tries=$((tries + 1)); done
  done
}

# --- Conditions ------------------------------------------------------------------------------------------------------
# Lines: "condition NAME CHAIN SECONDS", "neighbour NAME ADDRESS" and "connection NAME CONNECTION" (while one of them is up,
# it is closed), "close NAME FAMILY PROTOCOL FROM TO FIRST LAST" (what ends then).
condition_lines() {
  condition_kind=$1
  set -- "$condition_files"/*.conf
  [ ! -f "$1" ] || sed -s '/^#/d;/^$/d' "$@" 2>/dev/null | grep "^$condition_kind "
}
verdicts=/run/cloison/conditions

# open, closed, or odd where somebody else has put something in.
chain_state() {
  rules=$(nft -s list chain inet cloison "$1" 2>/dev/null) || { echo missing; return; }
  rules=$(printf '%s\n' "$rules" | sed '/^table /d;/^[[:space:]]*chain /d;/^[[:space:]]*}$/d;s/^[[:space:]]*//')
  case $rules in '') echo closed ;; accept) echo open ;; *) echo odd ;; esac
}

condition_state() {
  condition_lines condition | while read -r _ name chain _; do
    verdict=$(cat "$verdicts/$name" 2>/dev/null)
    found=differ
    if systemctl -q is-active cloison-conditions.service && [ "$(chain_state "$chain")" = "${verdict:-closed}" ]; then found=ok; fi
    printf '%s %s\n' "$name" $found
  done
}

# Far ends that BFD (RFC 5880) sees, whatever their session's number.
up_neighbours() { vtysh -c 'show bfd peers brief' 2>/dev/null | awk '$NF == "up" { print $(NF - 1) }' | tr '\n' ' '; }

any_up() {
  { condition_lines neighbour; condition_lines connection; } | awk -v name="$1" '$2 == name { found = 1 } END { exit !found }' || return 0
  for one in $(condition_lines neighbour | awk -v name="$1" '$2 == name { print $3 }'); do
    case $2 in *" $one "*) return 0 ;; esac
  done
  for one in $(condition_lines connection | awk -v name="$1" '$2 == name { print $3 }'); do
    case $3 in *" $one "*) return 0 ;; esac
  done
  return 1
}

open_condition() {
  nft -f - <<RULES && printf 'open\n' >"$verdicts/$1"
add chain inet cloison $2
flush chain inet cloison $2
add rule inet cloison $2 accept
RULES
}

close_condition() {
  nft flush chain inet cloison "$2" 2>/dev/null
  printf 'closed\n' >"$verdicts/$1"
  condition_lines close | awk -v name="$1" '$2 == name { $1 = $2 = ""; print substr($0, 3) }' >"$verdicts/$1.forget"
  forget_connections "$verdicts/$1.forget"
}

# All tunnels down for some seconds opens it, so that a restart of routing does not; the first that is back closes it.
conditions() {
  mkdir -p "$verdicts" || die "cannot write to $verdicts"
  while :; do
    neighbours=" $(up_neighbours)"
    connections=" "
    [ -z "$(condition_lines connection)" ] || connections=" $(up_connections)"
    now=$(cut -d . -f 1 /proc/uptime)
    condition_lines condition | while read -r _ name chain patience; do
      word "$name"; word "$chain"; number "$patience"
      if any_up "$name" "$neighbours" "$connections"; then
        rm -f "$verdicts/$name.since"
        [ "$(chain_state "$chain")" = closed ] && [ -f "$verdicts/$name" ] && [ "$(cat "$verdicts/$name")" = closed ] || close_condition "$name" "$chain"
        continue
      fi
      [ -f "$verdicts/$name.since" ] || printf '%s\n' "$now" >"$verdicts/$name.since"
      if [ $((now - $(cat "$verdicts/$name.since"))) -ge "$patience" ]; then
        [ "$(chain_state "$chain")" = open ] && [ "$(cat "$verdicts/$name" 2>/dev/null)" = open ] || open_condition "$name" "$chain"
      elif [ "$(chain_state "$chain")" != closed ] || [ ! -f "$verdicts/$name" ]; then
        close_condition "$name" "$chain"
      fi
    done
    sleep 1
  done
}

activate_conditions() {
  if [ -z "$(condition_lines condition)" ]; then
    systemctl -q is-active cloison-conditions.service && systemctl stop cloison-conditions.service
    return 0
  fi
  systemctl restart cloison-conditions.service
}
