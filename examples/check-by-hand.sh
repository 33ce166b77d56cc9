#!/bin/sh
# Checks a ledger with git, ssh-keygen, sha256sum, sed and awk alone: no part of countersign is
# needed, installed or believed.
#
#   check-by-hand.sh REPOSITORY [BRANCH]
#
# It answers whether every byte was signed by a key that the ledger itself names for its author.
# Whether the author was entitled to say it there, the one spelling, the Merkle root, and the places
# where ssh-keygen is too lenient are for `countersign verify`: a ledger that fails here is not
# sound, and one that passes here need not be. Compare the ledger id in the first line with the one
# that you were told.
set -eu
LC_ALL=C
export LC_ALL

fail() {
    printf 'check-by-hand: %s\n' "$*" >&2
    exit 1
}

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo 'usage: check-by-hand.sh REPOSITORY [BRANCH]' >&2
    exit 2
fi
branch=${2:-ledger}

# A surrounding git (a hook, a `git -c`) has no say here.
# shellcheck disable=SC2046 # the names of variables, one a word
unset $(git rev-parse --local-env-vars)
repository=$(git -C "$1" rev-parse --absolute-git-dir) || fail "no repository: $1"
[ "$(git -C "$1" rev-parse --is-shallow-repository)" = false ] ||
    fail "shallow, so a part of the history is missing: $1"
format=$(git -C "$1" rev-parse --show-object-format)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The branch is fetched into a repository of our own, so that no configuration, replace ref, graft
# or hook of the other one has a say. Every object is hashed again on the way.
git init --quiet --bare --template= --object-format="$format" "$work/ledger.git"
git -C "$work/ledger.git" fetch --quiet --no-tags -- "$repository" \
    "refs/heads/$branch:refs/heads/ledger" ||
    fail "cannot fetch the branch $branch of $repository"
GIT_DIR=$work/ledger.git GIT_NO_REPLACE_OBJECTS=1 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_DIR GIT_NO_REPLACE_OBJECTS GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL

# The value of a string or time in the header of a payload, which ends with its first empty line.
header() {
    sed -n -e '/^$/q' -e "s/^$1 = \"\\(.*\\)\"\$/\\1/p" -e "s/^$1 = \\([0-9TZ:-]*\\)\$/\\1/p" "$2"
}

# Every byte before the line [signature]; and the armor behind it.
payload() {
    sed '/^\[signature\]$/,$d' "$1"
}

armor() {
    sed '1,/^\[signature\]$/d' "$1" | sed -n '/^-----BEGIN/,/^-----END/p'
}

count() {
    awk 'END { print NR }' "$1"
}

# What a program said last.
answer() {
    said=$(sed -n '$p' "$work/answer")
    printf '%s\n' "${said:-there is no signature}"
}

# History: one line of commits, each of which only adds files.
git rev-list --reverse refs/heads/ledger > "$work/entries"
entries=$(count "$work/entries")
[ "$(git rev-list --merges --count refs/heads/ledger)" -eq 0 ] || fail 'the history has a merge'
git log --no-renames --name-status --format='entry %H' refs/heads/ledger > "$work/changes"
changed=$(sed -e '/^$/d' -e '/^entry /d' -e '/^A/d' -e q "$work/changes")
[ -z "$changed" ] || fail "an entry does more than add files: $changed"
git ls-tree -r --full-tree refs/heads/ledger > "$work/tree"
odd=$(sed -e '/^100644 blob /d' -e q "$work/tree")
[ -z "$odd" ] || fail "no regular file: $odd"
git ls-tree -r --full-tree --name-only refs/heads/ledger > "$work/paths"
day='[0-9]\{4\}/[0-9]\{2\}/[0-9]\{2\}'
odd=$(sed -e "\\#^[a-z0-9][a-z0-9._-]*/$day/[0-9a-f]\{64\}\.toml\$#d" -e q "$work/paths")
[ -z "$odd" ] || fail "no path of a record: $odd"
read -r first < "$work/entries"
founding=$(git ls-tree -r --full-tree --name-only "$first")
case $founding in
trust/????/??/??/*.toml) ledger=$(basename "$founding" .toml) ;;
*) fail "the first entry $first does not hold one trust record" ;;
esac
echo "ledger      $ledger"
echo "history     $entries entries in one line, each of which only adds files"

# Ids: the SHA-256 of the payload, which is also the name of the file.
mkdir "$work/payloads" "$work/files"
while IFS= read -r path; do
    id=$(basename "$path" .toml)
    git cat-file blob "refs/heads/ledger:$path" > "$work/files/$id"
    payload "$work/files/$id" > "$work/payloads/$id"
    found=$(sha256sum < "$work/payloads/$id")
    [ "${found%% *}" = "$id" ] || fail "the id of $path is ${found%% *}"
    day=$(header created_at "$work/payloads/$id" | sed -e 's/T.*//' -e 's#-#/#g')
    [ "$(header kind "$work/payloads/$id")/$day/$id.toml" = "$path" ] ||
        fail "$path does not stand where its kind and day put it"
    [ "$id" = "$ledger" ] || [ "$(header ledger "$work/payloads/$id")" = "$ledger" ] ||
        fail "$path is a record of another ledger"
done < "$work/paths"
records=$(count "$work/paths")
echo "ids         $records records: each id is the digest of its payload, each path is its id"

# Signers: a line for each key of each member, in every trust record.
sed -n '/^trust\//p' "$work/paths" > "$work/trusts"
while IFS= read -r path; do
    # Names and keys are read from the one spelling: lists stand in one line, or a line for each.
    awk '
        function key(text,    words) {
            split(text, words, " ")
            if (name !~ /^[a-z0-9][a-z0-9._-]*$/ || words[2] !~ /^[A-Za-z0-9+\/]+=*$/ ||
                (words[1] != "ssh-ed25519" && words[1] != "sk-ssh-ed25519@openssh.com")) {
                exit bad = 1
            }
            print name " namespaces=\"countersign.record.v1,git\" " words[1] " " words[2]
        }
        # Every string of a line, without regard to what its comment may hold.
        function keys(line,    at, one, inside, text) {
            for (at = 1; at <= length(line); at++) {
                one = substr(line, at, 1)
                if (inside && one == "\\") { at++; text = text substr(line, at, 1) }
                else if (inside && one == "\"") { inside = 0; key(text) }
                else if (one == "\"") { inside = 1; text = "" }
                else if (inside) { text = text one }
            }
        }
        /^\[/ { member = ($0 == "[[trust.member]]"); list = 0 }
        member && /^name = "/ { name = substr($0, 9, length($0) - 9) }
        list && /^]/ { list = 0 }
        list { keys($0) }
        member && /^keys = \[/ { keys(substr($0, 9)); list = ($0 == "keys = [") }
        END { exit bad }
    ' "$work/payloads/$(basename "$path" .toml)" || fail "cannot read the members of $path"
done < "$work/trusts" > "$work/all-signers"
awk '!seen[$0]++' "$work/all-signers" > "$work/signers"
[ -s "$work/signers" ] || fail 'no trust record names a key'
members=$(awk '!seen[$1]++ { n++ } END { print n }' "$work/signers")
trusts=$(count "$work/trusts")
echo "signers     $(count "$work/signers") keys of $members members, from $trusts trust records"

# Records: each is signed with a key of its author.
while IFS= read -r path; do
    id=$(basename "$path" .toml)
    author=$(header author "$work/payloads/$id")
    armor "$work/files/$id" > "$work/armor"
    ssh-keygen -Y verify -f "$work/signers" -I "$author" -n countersign.record.v1 \
        -s "$work/armor" < "$work/payloads/$id" > "$work/answer" 2>&1 ||
        fail "$path is not signed with a key of its author: $(answer)"
done < "$work/paths"
echo "signatures  $records records: each is signed with a key of its author"

# Entries: each commit is signed with a key of a member.
while IFS= read -r entry; do
    git -c gpg.ssh.program=ssh-keygen -c gpg.ssh.allowedSignersFile="$work/signers" \
        verify-commit "$entry" > "$work/answer" 2>&1 < /dev/null ||
        fail "the entry $entry is not signed with a key of a member: $(answer)"
done < "$work/entries"
echo "commits     $entries entries: each is signed with a key of a member"

# Objects: what Git itself can find wrong with them.
git fsck --strict --no-progress --no-dangling > "$work/answer" 2>&1 ||
    fail "git fsck: $(answer)"
echo "objects     git fsck --strict finds nothing wrong"
echo "$records records, $entries entries: every check by hand passes"
