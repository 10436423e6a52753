# For suites: builds one GoogleTest program and runs it, one shard a processor. Sourced, not run.
# shellcheck shell=bash
: "${CLOISON_SOURCE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
shards=$(nproc)
tests_run=0
tests_skipped=0

# gtest PRESET PROGRAM [ARGUMENT…]: adds to tests_run and tests_skipped; any failure ends the suite with status 1.
# GoogleTest itself deals the tests out to the shards, so no test is run twice and none is left out.
gtest() {
  local preset=$1 program=$2 folder=$CLOISON_SOURCE/build/$1 shard pids=() failed=0 passed count log; shift 2
  echo "building $program ($preset)"
  "$CLOISON_SOURCE/dev" build --preset "$preset" "$program" || exit 1
  log=$folder/$program.log
  for ((shard = 0; shard < shards; shard++)); do
    GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$shard "$folder/$program" --gtest_color=no "$@" >"$log.$shard" 2>&1 &
    pids+=($!)
  done
  for ((shard = 0; shard < shards; shard++)); do
    wait "${pids[shard]}" || { failed=1; echo "shard $shard of $program ($preset) failed:"; }
  done
  passed=$(sum "$log" 's/^\[  PASSED  \] \([0-9]*\) tests\{0,1\}\..*/\1/p')
  count=$(sum "$log" 's/^\[  SKIPPED \] \([0-9]*\) tests\{0,1\}, listed below:.*/\1/p')
  if [ $failed = 1 ]; then
    # What failed, with what it said, and in which test each shard ended; the others are noise here.
    for ((shard = 0; shard < shards; shard++)); do
      grep -vE '^\[( +OK +|-+|=+| RUN +)\]|^$' "$log.$shard" | tail -n 200
      grep -E '^\[ RUN' "$log.$shard" | tail -n 1
    done
    exit 1
  fi
  if [ "$passed" = 0 ]; then echo "$program ($preset) ran no test"; exit 1; fi
  echo "$program ($preset): $passed passed, $count skipped"
  tests_run=$((tests_run + passed))
  tests_skipped=$((tests_skipped + count))
}

sum() { sed -n "$2" "$1".* | awk '{ total += $1 } END { print total + 0 }'; }

# The last line of the suite. A skipped test is named as such: it proved nothing.
counted_tests() {
  if [ $tests_skipped = 0 ]; then echo "counted: $tests_run tests"
  else echo "counted: $tests_run tests, and $tests_skipped skipped"; fi
}
