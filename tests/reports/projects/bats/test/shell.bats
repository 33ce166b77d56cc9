#!/usr/bin/env bats

@test "true is true" {
  true
}

@test "false is <true> & \"ö\"" {
  echo "some output"
  [ 1 -eq 2 ]
}

@test "a command that fails" {
  run false
  [ "$status" -eq 0 ]
}

@test "skipped" {
  skip "not today"
  false
}
