use strict;
use warnings;
use utf8;
use Test::More;
binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output todo_output);

ok 1, 'passes';
is 1, 2, 'fails with <&> ö';
ok 0;
SKIP: { skip 'no reason', 1; ok 0, 'skipped'; }
TODO: { local $TODO = 'later'; ok 0, 'to do'; }
subtest inner => sub { ok 1, 'in'; ok 0, 'inner fails'; };
done_testing;
