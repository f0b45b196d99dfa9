#!/usr/bin/env bash
# Names every full expression in which g++ 12.2 would destroy a temporary twice: one that holds a co_await and beside
# it an aggregate or a capturing lambda whose destructor does something, or a braced list (which does not compile).
#
#   coawait_lint.sh BUILD [FILE...]   BUILD holds compile_commands.json of a clang build without precompiled headers;
#                                     without files: all below examples/ tests/ tools/ that mention co_await
#   coawait_lint.sh --self-test       finds all marked lines of coawait_lint_sample.cpp and no others
#
# Exits with 1 where something is found. Needs clang-query (Debian: clang-tools).
set -euo pipefail
cd "$(dirname "$0")/.."

# A temporary with a destructor is a cxxBindTemporaryExpr. What stands in the body of a lambda is not a part of the
# expression that holds the lambda; its own full expressions are looked at by themselves.
inside_lambda='hasAncestor(lambdaExpr(hasAncestor(exprWithCleanups(equalsBoundNode("whole")))))'
query="match exprWithCleanups(isExpansionInMainFile(), expr().bind(\"whole\"),
  hasDescendant(coawaitExpr(unless($inside_lambda))),
  anyOf(hasDescendant(cxxBindTemporaryExpr(has(anyOf(initListExpr(), lambdaExpr())), unless($inside_lambda))),
        hasDescendant(cxxStdInitializerListExpr(unless($inside_lambda)))))"

# lint FILE ARGUMENT...: prints file:line of each finding; fails when there is one or the file cannot be read.
lint() {
  local file=$1 output found
  shift
  output=$(clang-query -c 'set traversal AsIs' -c 'set bind-root false' -c "$query" "$file" "$@" 2>&1) || true
  if grep -qE '(^|: )(fatal )?error:|Error|not found' <<<"$output" || ! grep -qE '^[0-9]+ match(es)?\.$' <<<"$output"; then
    printf '%s: cannot be checked:\n%s\n' "$file" "$(grep -iE 'error|not found' <<<"$output" | head -5)"
    return 1
  fi
  found=$(sed -nE "s|^$PWD/||; s|^([^:]+:[0-9]+):[0-9]+: note: \"whole\" binds here.*|\\1|p" <<<"$output" | sort -u -t: -k2n)
  [[ -z $found ]] || { while read -r place; do
    echo "$place: a temporary with a destructor beside co_await; give it a name first"
  done <<<"$found"; return 1; }
}

self_test() {
  local sample=scripts/coawait_lint_sample.cpp expected found
  expected=$(grep -nE '// BAD$' $sample | cut -d: -f1)
  found=$(lint $sample -- -std=c++20 | cut -d: -f2 || true)
  if [[ $found != "$expected" ]]; then
    echo "self test: the marked lines of $sample and the found ones differ (<, >):"
    diff <(echo "$expected") <(echo "$found") || true
    return 1
  fi
  echo "self test: all $(wc -l <<<"$expected") marked lines found, and no others"
}

usage() { sed -n '5,7s/^# *//p' "$0" >&2; exit 2; }

command -v clang-query >/dev/null || { echo "coawait_lint.sh: clang-query is not installed (Debian: clang-tools)" >&2; exit 1; }
case ${1:-} in
  --self-test) self_test ;;
  --one) shift; lint "$@" ;;
  '' | -*) usage ;;
  *)
    build=$1
    shift
    [[ -f $build/compile_commands.json ]] || { echo "coawait_lint.sh: no compile_commands.json in $build" >&2; exit 2; }
    if (($# == 0)); then
      mapfile -t files < <(grep -rlE --include='*.cpp' --include='*.hpp' '\bco_await\b' examples tests tools 2>/dev/null |
        grep -vE '^tests/(compile|package)/' | sort)
      set -- "${files[@]}"
    fi
    (($#)) || { echo "no file mentions co_await"; exit 0; }
    printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I{} "$0" --one {} -p "$build" || exit 1
    echo "$# files checked"
    ;;
esac
