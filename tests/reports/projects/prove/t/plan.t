print "1..3\nok 1 - one\nok 2 - two\n";
