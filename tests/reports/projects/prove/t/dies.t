use Test::More;
ok 1, 'before';
die "dead\n";
