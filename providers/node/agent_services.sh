# --- Services --------------------------------------------------------------------------------------------------------
# /etc/cloison/releases.d/NAME.conf:  release NAME ID SHA256 EXECUTABLE KEEP
# /etc/cloison/services.d/NAME.conf:  service NAME ID EXECUTABLE, and then lines of listen, probe, begins, watch, after
# What is installed lies in /opt/cloison/NAME/releases/ID; `current` beside it leads to the one that runs.
service_unit() { printf 'cloison-app-%s' "$1"; }
# Several of one service share what is installed of it: "gateway" of "gateway@1".
installed_of() { printf '/opt/cloison/%s' "${1%@*}"; }

# The words after WORD in the file of a release or service, first line of it.
said_of() { sed -n "s/^$2 //p" "$1" 2>/dev/null | head -n 1; }

# A file that did not change has the size and the time that it had; digests of all that is installed at each look would
# cost seconds.
release_contents() { (cd "$1" && find . -type f ! -name .cloison -printf '%p %s %T@ %m %U\n' | LC_ALL=C sort | sha256sum); }

# ok, missing, or changed since it was installed.
release_fault() {
  folder=/opt/cloison/$1/releases/$2
  [ -f "$folder/.cloison" ] || { echo missing; return; }
  [ "$(release_contents "$folder")" = "$(sed -n 2p "$folder/.cloison")" ] && [ -x "$folder/$3" ] || { echo changed; return; }
  echo ok
}

release_state() {
  for file in "$release_files"/*.conf; do
    [ -f "$file" ] || continue
    # shellcheck disable=SC2046  # words
    set -- $(said_of "$file" release)
    [ $# = 5 ] && word "$1" && word "$2" && printf '%s %s %s\n' "$1" "$2" "$(release_fault "$1" "$2" "$4")"
  done
}

# SHA256 NAME ID EXECUTABLE SENT: how much is there of what is sent for it, a file of digest SENT, and where it comes in, so
# that what was interrupted goes on; "there" where that release is installed, as one that comes back may be; "wanted" without SENT.
incoming() {
  word "$1"; word "$2"; word "$3"
  if [ "$(release_fault "$2" "$3" "$4")" = ok ] && [ "$(head -n 1 "/opt/cloison/$2/releases/$3/.cloison")" = "$1" ]; then
    section incoming printf 'there\n'
    printf '@end 0 0\n\n'
    return
  fi
  if [ -z "$5" ]; then
    section incoming printf 'wanted\n'
    printf '@end 0 0\n\n'
    return
  fi
  word "$5"
  mkdir -p "$incoming_files" && chmod 711 "$incoming_files" || die "cannot write to $incoming_files"
  find "$incoming_files" -type f -mtime +7 -delete 2>/dev/null
  printf '%s\n' "$5" >"$incoming_files/$1.sent" || die "the disk is full"
  file=$incoming_files/$5
  [ -f "$file" ] || : >"$file" || die "the disk is full"
  chown "${SUDO_UID:-0}" "$file" && chmod 600 "$file" || die "cannot write to $incoming_files"
  section incoming printf '%s %s\n' "$(stat -c %s "$file")" "$file"
  printf '@end 0 0\n\n'
}

# NAME ID SHA256 EXECUTABLE: what came in, checked, unpacked beside its place, and then all at once in it.
install_release() {
  sent=$(cat "$incoming_files/$3.sent" 2>/dev/null)
  file=$incoming_files/${sent:-$3}
  [ -f "$file" ] || { printf 'nothing of %s came in\n' "$1" >&2; return 1; }
  if [ "$(sha256sum <"$file")" != "${sent:-$3}  -" ]; then
    rm -f "$file"
    printf 'what came in of %s has another digest\n' "$1" >&2
    return 1
  fi
  folder=/opt/cloison/$1/releases
  new=$folder/.new-$2
  rm -rf "$new" && mkdir -p "$new" && chmod 755 /opt/cloison "/opt/cloison/$1" "$folder" "$new" || return 1
  if tar -tf "$file" >/dev/null 2>&1; then
    # GNU tar takes no absolute name and none that leads out of the folder; links could lead there, so none may stay.
    tar -C "$new" --no-same-owner --no-same-permissions -xf "$file" || { rm -rf "$new"; return 1; }
    if [ -n "$(find "$new" ! -type f ! -type d -print -quit)" ]; then
      rm -rf "$new"
      printf 'the archive of %s holds something else than files and folders\n' "$1" >&2
      return 1
    fi
  else
    cp "$file" "$new/$4" && chmod 755 "$new/$4" || { rm -rf "$new"; return 1; }
  fi
  chown -R 0:0 "$new" && chmod -R go-w,a+rX "$new" || { rm -rf "$new"; return 1; }
  [ -x "$new/$4" ] || { rm -rf "$new"; printf '%s is no program of %s\n' "$4" "$1" >&2; return 1; }
  { printf '%s\n' "$3"; release_contents "$new"; } >"$new/.cloison" && sync -f "$new" || { rm -rf "$new"; return 1; }
  rm -rf "${folder:?}/$2" && mv -T "$new" "$folder/$2" || return 1
  rm -f "$file" "$incoming_files/$3.sent"
}

# NAME ID KEEP: the oldest go; what runs, what is about to and as many former ones as are kept stay.
prune_releases() {
  running=$(basename "$(readlink "/opt/cloison/$1/current" 2>/dev/null)")
  kept=0
  # shellcheck disable=SC2012  # names are words
  ls -t "/opt/cloison/$1/releases" 2>/dev/null | while IFS= read -r one; do
    if [ "$one" = "$2" ] || [ "$one" = "$running" ]; then continue; fi
    kept=$((kept + 1))
    [ "$kept" -le "$3" ] || rm -rf "/opt/cloison/$1/releases/${one:?}"
  done
}

activate_releases() {
  for file in "$release_files"/*.conf; do
    [ -f "$file" ] || continue
    # shellcheck disable=SC2046  # words
    set -- $(said_of "$file" release)
    [ $# = 5 ] || { printf '%s is no release\n' "$file" >&2; return 1; }
    word "$1"; word "$2"; word "$3"; number "$5"
    case $4 in /*|*..*|*[!A-Za-z0-9._/+-]*) die "'$4' is no program" ;; esac
    [ "$(release_fault "$1" "$2" "$4")" = ok ] || install_release "$1" "$2" "$3" "$4" || return 1
    prune_releases "$1" "$2" "$5"
  done
  for folder in /opt/cloison/*/; do
    name=$(basename "$folder")
    if [ -d "$folder" ] && [ ! -f "$release_files/$name.conf" ] && [ ! -f "$service_files/$name.conf" ]; then rm -rf "/opt/cloison/${name:?}"; fi
  done
  rmdir /opt/cloison 2>/dev/null
  return 0
}

# NAME: its secrets, as its unit reads them. Perl takes them from the file, so that they are in no argument.
unfold_secrets() {
  folder=/etc/cloison/private/services/$1
  rm -rf "${folder:?}"
  [ -f "$service_files/$1.secrets" ] || return 0
  (umask 077 && mkdir -p "$folder") && perl -e '
    my ($file, $folder) = @ARGV;
    umask 077;
    my (%file, $kind, $name);
    open(my $in, "<", $file) or die "cannot read $file";
    while (<$in>) {
      ($kind, $name) = ($1, $2) if /^(variable|credential|certificate|key|authority) ([A-Za-z0-9_.-]+)$/;
      next unless /^    secret = 0x([0-9a-f]*)$/ && defined $name;
      my $value = pack "H*", $1;
      if ($kind eq "credential") { $file{"credential.$name"} = $value; next }
      if ($kind ne "variable") { $file{"$name.pem"} .= "$value\n"; next }
      $value =~ s/(["\\\$`])/\\$1/g;
      $file{environment} .= "$name=\"$value\"\n";
    }
    for my $name (keys %file) {
      open(my $out, ">", "$folder/$name") or die "cannot write to $folder";
      print $out $file{$name} and close $out or die "cannot write to $folder";
    }' "$service_files/$1.secrets" "$folder"
}

# NAME FOLDER: its configuration, as its files say, below that folder.
unfold_files() {
  rm -rf "${2:?}"
  [ -f "$service_files/$1.files" ] || return 0
  mkdir -p "$2" && chmod 755 "$2" || return 1
  grep '^file ' "$service_files/$1.files" | while read -r _ name; do
    word "$name"
    awk -v name="$name" '/^file / { here = $2 == name; next } here && /^\t/ { print substr($0, 2) }' "$service_files/$1.files" >"$2/$name" && chmod 644 "$2/$name" || exit 1
  done
}

# Whether its configuration is as it was made.
files_fault() {
  [ -f "$service_files/$1.files" ] || return 0
  wanted=$(mktemp -d) && unfold_files "$1" "$wanted"
  diff -rq "$wanted" "/etc/cloison-app/$1" >/dev/null 2>&1 || printf '%s configuration\n' "$1"
  rm -rf "$wanted"
}

# Digests under a salt that is new each time, as of shared keys: "- SALT", then "NAME KIND KEY DIGEST".
service_secrets() {
  salt=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf -- '- %s\n' "$salt"
  for file in "$service_files"/*.secrets; do
    [ -f "$file" ] || continue
    kept=
    while IFS= read -r line; do
      case $line in
        "variable "*|"credential "*|"certificate "*|"key "*|"authority "*) kept=$line ;;
        "    secret = "*) printf '%s %s %s\n' "$(basename "$file" .secrets)" "$kept" \
          "$(printf '%s\n%s\n' "$salt" "${line#    secret = }" | sha256sum | cut -d ' ' -f 1)" ;;
      esac
    done <"$file"
  done
}

# What the service is made of: when it differs from what was started last, it is started anew.
service_stamp() {
  for file in "$service_files/$1.conf" "$service_files/$1.secrets" "$service_files/$1.files" "$service_files/$1.cfg" "/etc/systemd/system/$(service_unit "$1").service" "/etc/systemd/system/$(service_unit "$1").timer"; do
    grep -v '^# cloison ' "$file" 2>/dev/null
  done | sha256sum
}

# What a reload does not change.
unit_stamp() { grep -v '^# cloison ' "/etc/systemd/system/$(service_unit "$1").service" 2>/dev/null | sha256sum; }

# One question to the balancer's own socket (HAProxy Management Guide, 9.3), and its answer. Just after a reload it may not listen.
ask_balancer() {
  perl -MIO::Socket::UNIX -e '
    my ($path, @words) = @ARGV;
    for (1 .. 20) {
      if (my $socket = IO::Socket::UNIX->new(Peer => $path)) {
        print $socket "@words\n";
        print while <$socket>;
        exit 0;
      }
      select undef, undef, undef, 0.1;
    }
    exit 1;' "/run/cloison-app-$1/admin.sock" "$2"
}

keep_servers() { word "$1"; ask_balancer "$1" "show servers state" >"/run/cloison-app-$1/servers"; }

# SERVICE BACKEND SERVER: how many are open there, and in which state it is.
server_now() { ask_balancer "$1" "show stat" | awk -F , -v backend="$2" -v server="$3" '$1 == backend && $2 == server { print $5, $18 }'; }

# Nothing new goes there; what is open may end by itself, until the time is over. If nobody puts it back, it comes back by itself.
drain() {
  word "$1"; word "$2"; word "$3"; number "$4"
  open=0
  # A balancer that does not run sends nobody there, and one that does not know the server neither.
  if [ -S "/run/cloison-app-$1/admin.sock" ] && [ -n "$(server_now "$1" "$2" "$3")" ]; then
    systemctl -q stop "cloison-ready-$2-$3.timer" 2>/dev/null
    systemd-run -q --unit="cloison-ready-$2-$3" --on-active="$(($4 + 600))" /bin/sh "$lib/agent.sh" ready "$1" "$2" "$3" || die "no timer could be started"
    ask_balancer "$1" "set server $2/$3 state drain" >/dev/null || die "the balancer does not answer"
    end=$(($(date +%s) + $4))
    while now=$(server_now "$1" "$2" "$3"); [ "${now%% *}" != 0 ] && [ "$(date +%s)" -lt $end ]; do sleep 0.2; done
    open=${now%% *}
    [ "$open" = 0 ] || ask_balancer "$1" "shutdown sessions server $2/$3" >/dev/null
  fi
  section drained printf '%s\n' "$open"
  printf '@end 0 0\n\n'
}

# Until its checks find it well, half a minute at most.
ready() {
  word "$1"; word "$2"; word "$3"
  systemctl -q stop "cloison-ready-$2-$3.timer" 2>/dev/null
  [ -S "/run/cloison-app-$1/admin.sock" ] || return 0
  ask_balancer "$1" "set server $2/$3 state ready" >/dev/null
  tries=0
  while now=$(server_now "$1" "$2" "$3"); [ -n "$now" ] && [ "${now#* }" != UP ] && [ $tries -lt 150 ]; do
    tries=$((tries + 1))
    sleep 0.2
  done
  return 0
}

# Whether it is there, and is not to run.
is_stopped() { grep -qx stopped "$service_files/$1.conf" 2>/dev/null; }

# A scheduled one is started by its timer, and ends.
main_unit() {
  if [ -f "/etc/systemd/system/$(service_unit "$1").timer" ]; then printf '%s.timer' "$(service_unit "$1")"; else printf '%s.service' "$(service_unit "$1")"; fi
}

point_current() {
  # shellcheck disable=SC2046  # words
  set -- $(said_of "$service_files/$1.conf" service)
  [ $# = 3 ] && word "$1" || return 1
  [ "$2" != - ] || return 0
  word "$2"
  folder=$(installed_of "$1")
  [ "$(readlink "$folder/current")" = "releases/$2" ] && return 0
  ln -sfn "releases/$2" "$folder/current.new" && mv -T "$folder/current.new" "$folder/current"
}

# All of them, as the files say: what starts at boot starts as it was confirmed.
point_all() {
  for file in "$service_files"/*.conf; do
    if [ -f "$file" ]; then name=$(basename "$file" .conf); point_current "$name"; unfold_secrets "$name"; unfold_files "$name" "/etc/cloison-app/$name"; fi
  done
}

# Whoever has one of its ports while it does not run: then it could not start, or another one would answer for it.
port_taken() {
  sed -n 's/^listen //p' "$service_files/$1.conf" | while read -r protocol port; do
    case $protocol in tcp) kind=-tln ;; udp) kind=-uln ;; *) continue ;; esac
    if [ -n "$(ss -H $kind "sport = :$port" 2>/dev/null)" ]; then printf '%s/%s' "$protocol" "$port"; break; fi
  done
}

property_of() { systemctl show -p "$2" --value "$(service_unit "$1").service"; }

# NAME: what is not well at one look; nothing where it runs, and all that its probes ask for holds. Perl's own sockets, which
# are in every Debian.
ails() {
  if ! systemctl -q is-active "$(main_unit "$1")"; then
    if [ "$(property_of "$1" ExecMainCode)" = 0 ]; then
      printf 'it is %s' "$(property_of "$1" ActiveState)"
    else
      printf 'it ended with status %s' "$(property_of "$1" ExecMainStatus)"
    fi
    return
  fi
  patience=$(said_of "$service_files/$1.conf" timeout)
  sed -n 's/^probe //p' "$service_files/$1.conf" | while read -r kind port path; do
    case $kind in
      tcp|http) perl -MSocket -MIO::Socket::IP -e '
          my ($kind, $port, $path, $patience) = @ARGV;
          my $said = "nothing answers at tcp/$port";
          $SIG{ALRM} = sub { print "$said within $patience s"; exit 1 };
          alarm $patience;
          my @own = map { m{ inet6? ([0-9a-f.:]+)/} ? $1 : () } qx(ip -o address show scope global);
          for my $address ("127.0.0.1", "::1", @own) {
            my $socket = IO::Socket::IP->new(PeerHost => $address, PeerPort => $port, Proto => "tcp", Timeout => $patience) or next;
            exit 0 if $kind eq "tcp";
            $said = "$path at tcp/$port does not answer";
            print $socket "GET $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            my $answer = <$socket>;
            exit 0 if $answer && $answer =~ m{^HTTP/1\.[01] 2[0-9][0-9] };
            print $answer && $answer =~ m{^HTTP/1\.[01] ([0-9]{3}) } ? "$path at tcp/$port answers $1" : $said;
            exit 1;
          }
          print $said;
          exit 1;' "$kind" "$port" "$path" "$patience" || break ;;
      command) timeout "$patience" systemctl -q start "cloison-probe-$1.service" 2>/dev/null || { printf 'its probe failed'; break; } ;;
    esac
  done
}

# NAME: until its first good probe, as many as it is given; then for as long as it is watched none may fail, and it may not
# have ended and begun again.
comes_up() {
  pause=$(said_of "$service_files/$1.conf" interval)
  left=$(said_of "$service_files/$1.conf" retries)
  while wrong=$(ails "$1"); [ -n "$wrong" ]; do
    left=$((left - 1))
    if [ $left -le 0 ] || [ "$(property_of "$1" NRestarts)" -ge 5 ]; then printf '%s does not come up: %s\n' "$1" "$wrong" >&2; return 1; fi
    sleep "$pause"
  done
  restarts=$(property_of "$1" NRestarts)
  watched=$(($(date +%s) + $(said_of "$service_files/$1.conf" watch)))
  while [ "$(date +%s)" -lt $watched ]; do
    sleep 1
    wrong=$(ails "$1")
    [ "$(property_of "$1" NRestarts)" = "$restarts" ] || wrong=${wrong:-it ended and began again}
    [ -z "$wrong" ] || { printf '%s came up, and failed while it was watched: %s\n' "$1" "$wrong" >&2; return 1; }
  done
}

stop_service() {
  for unit in "$(service_unit "$1").timer" "$(service_unit "$1").service"; do
    systemctl -q is-active "$unit" && systemctl -q stop "$unit"
    systemctl -q reset-failed "$unit" 2>/dev/null
    [ -f "/etc/systemd/system/$unit" ] || rm -f /etc/systemd/system/*.target.wants/"$unit"
  done
  return 0
}

# NAME SECONDS: what it said itself since then, before it failed; where it did not come that far, what systemd said of it.
last_words() {
  last=$(journalctl -q -n 3 -o cat --since "@$2" -t "$1" -u "$(service_unit "$1").service" 2>/dev/null | sed 's/^/it said: /')
  [ -n "$last" ] || last=$(journalctl -q -n 2 -o cat -p err --since "@$2" -u "$(service_unit "$1").service" 2>/dev/null | sed 's/^/systemd said: /')
  [ -z "$last" ] || printf '%s\n' "$last" | tr -d '\000-\010\016-\037' >&2
}

# One that ends at once fails its first look, which tells how.
begin_unit() {
  begun=$(date +%s)
  systemctl -q start "$(main_unit "$1")" 2>/dev/null || sleep 0.3
}

# NAME STAMP: checked before anything of it is used; reloaded where its unit is the same, so that no connection is lost.
start_balancer() {
  have haproxy || { cannot "haproxy is not installed"; return 1; }
  unfold_secrets "$1" || return 1
  said=$(/usr/sbin/haproxy -Ws -c -f "$service_files/$1.cfg" 2>&1) || { printf '%s\n' "$said" | tail -n 5 >&2; return 1; }
  begun=$(date +%s)
  runs=$(sed -n 2p "$state/services/$1" 2>/dev/null)
  rm -f "$state/services/$1"
  if [ "$runs" = "$(unit_stamp "$1")" ] && systemctl -q is-active "$(main_unit "$1")"; then
    systemctl reload "$(main_unit "$1")" || return 1
  else
    stop_service "$1"
    taken=$(port_taken "$1")
    [ -z "$taken" ] || { printf 'another program has %s, which %s listens at\n' "$taken" "$1" >&2; return 1; }
    systemctl -q enable "$(main_unit "$1")" || return 1
    begin_unit "$1"
  fi
  comes_up "$1" || { last_words "$1" "$begun"; return 1; }
  mkdir -p "$state/services" && { printf '%s\n' "$2"; unit_stamp "$1"; } >"$state/services/$1"
}

# NAME: it is there as its files say, and neither runs nor begins with the machine.
rest_service() {
  rm -f "$state/services/$1"
  stop_service "$1"
  systemctl -q disable "$(main_unit "$1")" 2>/dev/null
  point_current "$1" && unfold_secrets "$1" && unfold_files "$1" "/etc/cloison-app/$1"
}

# NAME: stopped as it was, started as its files say. What runs already as they say is left alone.
start_service() {
  stamp=$(service_stamp "$1")
  # shellcheck disable=SC2046  # words
  set -- "$1" $(said_of "$service_files/$1.conf" service)
  [ $# = 4 ] || { printf '%s is no service\n' "$service_files/$1.conf" >&2; return 1; }
  word "$1"
  if is_stopped "$1"; then
    rest_service "$1"
    return
  fi
  if [ "$(head -n 1 "$state/services/$1" 2>/dev/null)" = "$stamp" ] && systemctl -q is-active "$(main_unit "$1")" && [ -z "$(files_fault "$1")" ] &&
    { [ "$3" = - ] || [ "$(readlink "$(installed_of "$1")/current")" = "releases/$3" ]; }; then
    systemctl -q is-enabled "$(main_unit "$1")" || systemctl -q enable "$(main_unit "$1")"
    return
  fi
  if [ "$3" = - ]; then
    start_balancer "$1" "$stamp"
    return
  fi
  word "$3"
  [ "$(release_fault "${1%@*}" "$3" "$4")" = ok ] || { printf 'release %s of %s is not there\n' "$3" "$1" >&2; return 1; }
  rm -f "$state/services/$1"
  stop_service "$1"
  taken=$(port_taken "$1")
  [ -z "$taken" ] || { printf 'another program has %s, which %s listens at\n' "$taken" "$1" >&2; return 1; }
  point_current "$1" && unfold_secrets "$1" && unfold_files "$1" "/etc/cloison-app/$1" && systemctl -q enable "$(main_unit "$1")" || return 1
  begin_unit "$1"
  comes_up "$1" || { last_words "$1" "$begun"; return 1; }
  mkdir -p "$state/services" && printf '%s\n' "$stamp" >"$state/services/$1"
}

# Those that others start after come first.
services_in_order() {
  for file in "$service_files"/*.conf; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .conf)
    printf '%s %s\n' "$name" "$name"
    sed -n 's/^after //p' "$file" | while read -r first; do if [ -f "$service_files/$first.conf" ]; then printf '%s %s\n' "$first" "$name"; fi; done
  done | tsort
}

# NAME: what its files made.
forget_service() {
  rm -rf "$state/services/${1:?}" "/etc/cloison/private/services/$1" "/etc/cloison-app/$1"
  [ -f "$release_files/${1%@*}.conf" ] || rm -f "$(installed_of "$1")/current"
}

activate_services() {
  systemctl daemon-reload || return 1
  for unit in /etc/systemd/system/*.target.wants/cloison-app-*; do
    name=$(basename "$unit"); name=${name#cloison-app-}; name=${name%.*}
    if [ -h "$unit" ] && [ ! -f "$service_files/$name.conf" ]; then stop_service "$name"; forget_service "$name"; fi
  done
  # One that did not run had no link.
  for folder in /etc/cloison/private/services/*/ /etc/cloison-app/*/; do
    name=$(basename "$folder")
    if [ -d "$folder" ] && [ ! -f "$service_files/$name.conf" ]; then forget_service "$name"; fi
  done
  rmdir /etc/cloison-app 2>/dev/null
  # Going back, one that does not come up is no reason to leave the others as they are.
  failed=0
  for name in $(services_in_order); do
    word "$name"
    start_service "$name" || { failed=1; [ -n "$going_back" ] || return 1; }
  done
  return $failed
}

# "service NAME RELEASE|- STATE SINCE RESTARTS", and "ill NAME WHY" of one that is not well now.
running_services() {
  for file in "$service_files"/*.conf; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .conf)
    unit=$(main_unit "$name")
    release=$(basename "$(readlink "$(installed_of "$name")/current" 2>/dev/null)")
    since=$(systemctl show -p StateChangeTimestamp --value "$unit")
    [ -z "$since" ] || since=$(date -d "$since" +%s 2>/dev/null)
    printf 'service %s %s %s %s %s\n' "$name" "${release:--}" "$(systemctl show -p ActiveState --value "$unit")" "${since:-0}" "$(property_of "$name" NRestarts)"
    wrong=
    is_stopped "$name" || wrong=$(ails "$name" | head -n 1)
    [ -z "$wrong" ] || printf 'ill %s %s\n' "$name" "$wrong"
  done
}
tell_running() {
  section running running_services
  printf '@end 0 0\n\n'
}

# NAME ID, and lines of what is not as it should be.
service_state() {
  for file in "$service_files"/*.conf; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .conf)
    unit=$(main_unit "$name")
    current=$(installed_of "$name")/current
    [ ! -h "$current" ] || printf '%s release %s\n' "$name" "$(basename "$(readlink "$current")")"
    if is_stopped "$name"; then
      ! systemctl -q is-active "$unit" || printf '%s running\n' "$name"
      ! systemctl -q is-enabled "$unit" || printf '%s enabled\n' "$name"
    else
      systemctl -q is-active "$unit" || printf '%s stopped %s\n' "$name" "$(systemctl show -p ActiveState --value "$unit")"
      systemctl -q is-enabled "$unit" || printf '%s disabled\n' "$name"
    fi
    [ "$(systemctl show -p NeedDaemonReload --value "$unit")" = no ] || printf '%s changed\n' "$name"
    files_fault "$name"
  done
}

